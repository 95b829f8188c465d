#include "app/git.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/process.h"

namespace bgdb::app {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::minutes kTimeout{2};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::vector<std::string> split_nul(const std::string& text) {
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\0', at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

Result<GitRepository> GitRepository::open(const fs::path& folder) {
  auto done = core::run_process({.argv = {"git", "rev-parse", "--show-toplevel", "--absolute-git-dir"},
                                 .working_directory = folder.string(),
                                 .timeout = kTimeout});
  if (!done || done->exit_status == 127) {
    return fail(ErrorCode::usage, "git cannot be run",
                "install git, or give the files to judge instead of --since and --staged");
  }
  if (done->exit_status != 0) {
    return fail(
        ErrorCode::usage,
        fmt::format("{} is in no git repository that can be used: {}", folder.string(), first_line(done->stderr_text)),
        "run it inside a repository, or give the files to judge instead of --since and --staged");
  }
  GitRepository out;
  const auto line_end = done->stdout_text.find('\n');
  out.top_ = done->stdout_text.substr(0, line_end);
  out.git_dir_ = first_line(done->stdout_text.substr(std::min(line_end + 1, done->stdout_text.size())));
  return out;
}

Result<std::string> GitRepository::run(std::vector<std::string> arguments, std::string input) const {
  core::ProcessOptions options;
  options.argv = {"git", "--no-pager"};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  // A hook's GIT_DIR may be relative to the folder it ran in; GIT_INDEX_FILE stays the hook's.
  options.environment = {{"GIT_DIR", git_dir_}, {"GIT_WORK_TREE", top_.string()}, {"GIT_OPTIONAL_LOCKS", "0"}};
  options.working_directory = top_.string();
  options.stdin_text = std::move(input);
  options.timeout = kTimeout;
  auto done = BGDB_TRY(core::run_process(options));
  if (done.exit_status != 0) {
    return fail(
        ErrorCode::io,
        fmt::format("git {} failed with status {}: {}", arguments[0], done.exit_status, first_line(done.stderr_text)),
        fmt::format("run it in {} to see more", top_.string()));
  }
  return std::move(done.stdout_text);
}

bool GitRepository::shallow() const {
  const auto answer = run({"rev-parse", "--is-shallow-repository"});
  return answer && answer->starts_with("true");
}

Result<std::string> GitRepository::merge_base(const std::string& ref) const {
  const std::string deepen = "fetch the history: `git fetch --unshallow`, or fetch-depth: 0 in actions/checkout";
  const auto commit = run({"rev-parse", "--verify", "--quiet", "--end-of-options", ref + "^{commit}"});
  if (!commit) {
    return fail(ErrorCode::usage, fmt::format("git knows no commit '{}' in {}", ref, top_.string()),
                shallow() ? deepen
                          : "fetch it first (`git fetch origin`), and name it as git does: origin/main, a tag, HEAD~3");
  }
  const auto base = run({"merge-base", first_line(*commit), "HEAD"});
  if (base) return first_line(*base);
  return fail(ErrorCode::usage, fmt::format("'{}' and HEAD have no common commit in {}", ref, top_.string()),
              shallow() ? deepen : "name a commit that this branch started from");
}

Result<std::vector<std::string>> GitRepository::changed_since(const std::string& base) const {
  auto files = split_nul(
      BGDB_TRY(run({"diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--diff-filter=ACMTX", base, "--"})));
  for (auto& file : split_nul(BGDB_TRY(run({"ls-files", "-z", "--others", "--exclude-standard"})))) {
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::vector<std::string>> GitRepository::staged_since(const std::string& base) const {
  std::vector<std::string> arguments = {"diff",         "--cached",      "--name-only",       "-z",
                                        "--no-renames", "--no-ext-diff", "--diff-filter=ACMT"};
  if (!base.empty()) arguments.push_back(base);
  arguments.push_back("--");
  return split_nul(BGDB_TRY(run(std::move(arguments))));
}

Result<void> GitRepository::export_index(const std::vector<std::string>& folders,
                                         const std::vector<std::string_view>& endings, const fs::path& target) const {
  std::vector<std::string> arguments = {"--literal-pathspecs", "ls-files", "-z", "--cached", "--"};
  arguments.insert(arguments.end(), folders.begin(), folders.end());
  std::string wanted;
  for (const auto& file : split_nul(BGDB_TRY(run(std::move(arguments))))) {
    const bool fits = std::any_of(endings.begin(), endings.end(), [&](auto ending) { return file.ends_with(ending); });
    if (fits) wanted += file + '\0';
  }
  BGDB_TRY(run({"checkout-index", "-z", "--stdin", "--prefix=" + target.string() + "/"}, std::move(wanted)));
  return {};
}

}  // namespace bgdb::app
