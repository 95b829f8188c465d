#include "app/release/context.h"

#include <fmt/format.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "app/sync.h"
#include "core/clock.h"
#include "core/interrupt.h"
#include "core/process.h"
#include "core/units.h"

namespace bgdb::app {
namespace {

constexpr milliseconds kLinksWithin{120'000};

// This very program, by its name where it still has one.
std::string own_program() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return !error && std::filesystem::exists(path, error) ? path.string() : "/proc/self/exe";
}

// The last two lines: what happened, and the cure.
std::string tail_of(const std::string& path) {
  std::ifstream in(path);
  std::string before, last;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) before = std::exchange(last, line);
  }
  return before.empty() ? last : before + " " + last;
}

// Why the links do not stream; empty: they do.
std::string links_problem(const Config& config) {
  const auto lag = read_lag(config);
  if (!lag) return lag.error().message;
  for (const auto& sample : *lag) {
    if (!sample.problem.empty()) return sample.link + ": " + sample.problem;
  }
  return {};
}

}  // namespace

void ReleaseContext::say(const std::string& kind, const std::string& stage, const std::string& text) {
  book.log(fmt::format("{} {}: {}", kind, stage, text));
  if (io.said) io.said({kind, stage, text});
}

void ReleaseContext::tell(const std::string& event, const std::string& stage, const std::string& text) {
  say(event, stage, text);
  for (const auto& problem : notify(config, {stage, event, text})) {
    if (untold.insert(problem).second) {
      say("warning", stage, problem);
    } else {
      book.log("warning " + stage + ": " + problem);
    }
  }
}

Result<void> rest(milliseconds duration) {
  const auto until = core::system_clock().now() + duration;
  while (core::system_clock().now() < until) {
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    core::system_clock().sleep_for(milliseconds(50));
  }
  return {};
}

Result<int> run_stage_command(ReleaseContext& context, const std::vector<std::string>& arguments) {
  core::ProcessOptions options{.argv = {own_program(), "--config", context.config.path}};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.inherit_output = context.options.show_output;
  options.output_file = context.book.log_path();
  // A release that is killed takes its command with it: nothing goes on that nobody waits for.
  options.die_with_parent = true;
  auto child = BGDB_TRY(core::ChildProcess::start(options));
  bool passed_on = false;
  while (!child.wait(milliseconds(50))) {
    if (passed_on || !core::interrupted()) continue;
    child.signal(SIGINT);
    passed_on = true;
  }
  const int status = child.exit_status().value_or(2);
  if (core::interrupted() && status != 0) {
    return fail(ErrorCode::interrupted, fmt::format("stopped within bgdb {}", fmt::join(arguments, " ")));
  }
  return status;
}

Result<StageEnd> run_hooks(ReleaseContext& context, const std::string& hook, const std::string& stage) {
  const auto found = context.config.release.hooks.find(hook);
  if (found == context.config.release.hooks.end()) return StageEnd{};
  for (const auto& command : found->second) {
    context.say("hook", stage, fmt::format("{}: {}", hook, fmt::join(command.run, " ")));
    core::ProcessOptions options{.argv = command.run,
                                 .environment = {{"BGDB_RELEASE", context.config.name},
                                                 {"BGDB_STAGE", stage},
                                                 {"BGDB_HOOK", hook},
                                                 {"BGDB_CONFIG", context.config.path}},
                                 .working_directory = context.config.folder,
                                 .timeout = command.timeout};
    options.on_stdout_line = [&](std::string_view line) { context.book.log("  " + std::string(line)); };
    const auto began = core::system_clock().now();
    const auto result = core::run_process(options);
    if (!result && result.error().code == ErrorCode::interrupted) return result.error();
    std::string problem = result ? "" : result.error().message;
    if (result && !result->stderr_text.empty()) context.book.log(result->stderr_text);
    if (result && result->exit_status != 0) {
      const auto& said = result->stderr_text;
      problem = fmt::format("ended with status {}{}", result->exit_status,
                            said.empty() ? "" : ": " + said.substr(0, std::min<size_t>(said.find('\n'), 300)));
    }
    if (!problem.empty()) {
      return StageEnd{1, fmt::format("hook {} ({}) failed: {}; its output is in {}", hook, fmt::join(command.run, " "),
                                     problem, context.book.log_path())};
    }
    const auto took = core::time_since(began);
    context.say("line", stage, fmt::format("{} done in {}", hook, core::format_duration(took)));
  }
  return StageEnd{};
}

Result<StageEnd> start_links(ReleaseContext& context) {
  const auto path = context.config.resolve("bgdb-sync.log");
  core::ProcessOptions options{.argv = {own_program(), "--config", context.config.path, "sync"}};
  options.output_file = path;
  auto sync = BGDB_TRY(core::ChildProcess::start(options));
  const auto pid = sync.pid();
  const auto deadline = core::system_clock().now() + kLinksWithin;
  std::string problem;
  while (core::system_clock().now() < deadline) {
    problem = links_problem(context.config);
    if (problem.empty()) {
      sync.detach();
      context.say("line", "sync",
                  fmt::format("both links stream; bgdb sync runs on without us until finalize (process {}, log {})",
                              pid, path));
      return StageEnd{};
    }
    // Somebody else's sync may be the one that works: then ours ends, and theirs is waited for a moment.
    if (!sync.running() && sync.exit_status() != 0) {
      BGDB_CHECK(rest(milliseconds(3'000)));
      problem = links_problem(context.config);
      if (problem.empty()) return StageEnd{};
      return StageEnd{sync.exit_status().value_or(2), fmt::format("bgdb sync ended: {} (log {})", tail_of(path), path)};
    }
    BGDB_CHECK(rest(milliseconds(200)));
  }
  return StageEnd{2, fmt::format("the links do not stream after {}: {} (log {})", core::format_duration(kLinksWithin),
                                 problem, path)};
}

}  // namespace bgdb::app
