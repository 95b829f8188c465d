#include "app/lint_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "app/git.h"
#include "core/text.h"

namespace bgdb::app {

namespace fs = std::filesystem;

namespace {

bool is_sql(const std::string& path) {
  return core::lower(fs::path(path).extension().string()) == ".sql";
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

// Symbolic links on the way are followed, as git does for the repository's top; the file itself need not exist.
fs::path real_path(const fs::path& path) {
  std::error_code problem;
  const auto real = fs::weakly_canonical(fs::absolute(path), problem);
  auto out = problem ? fs::absolute(path).lexically_normal() : real;
  return out.has_filename() ? out : out.parent_path();
}

// Where the index is written to for a run; taken away afterwards.
class ExportFolder {
 public:
  static Result<std::shared_ptr<ExportFolder>> create() {
    std::error_code problem;
    auto name = (fs::temp_directory_path(problem) / "bgdb-staged-XXXXXX").string();
    if (problem || ::mkdtemp(name.data()) == nullptr) {
      return fail(ErrorCode::io, fmt::format("cannot make a temporary folder: {}", std::strerror(errno)),
                  "point TMPDIR to a folder that can be written");
    }
    auto out = std::make_shared<ExportFolder>();
    out->path = fs::canonical(name, problem);
    return out;
  }
  ~ExportFolder() {
    std::error_code problem;
    if (!path.empty()) fs::remove_all(path, problem);
  }
  fs::path path;
};

// What a migration's judgement may depend on besides the file: its neighbours, and what frameworks write beside them.
constexpr std::string_view kNeighbours[] = {".sql", ".SQL", ".toml", ".json", ".conf", ".plan",
                                            ".sum", ".txt", ".mod",  ".xml",  ".yaml", ".yml"};

Result<ChangedFiles> export_staged(const GitRepository& git, const std::vector<std::string>& changed) {
  ChangedFiles out;
  if (changed.empty()) return out;
  std::set<std::string> folders;
  for (const auto& file : changed) {
    auto folder = fs::path(file).parent_path();  // and one up: diesel and prisma keep each migration in its own
    if (folder.has_parent_path()) folder = folder.parent_path();
    folders.insert(folder.empty() ? "." : folder.generic_string());
  }
  const auto target = BGDB_TRY(ExportFolder::create());
  BGDB_CHECK(git.export_index({folders.begin(), folders.end()}, {std::begin(kNeighbours), std::end(kNeighbours)},
                              target->path));
  for (const auto& file : changed) out.paths.push_back((target->path / file).string());
  out.display = [root = target->path, top = git.top()](const std::string& path) {
    const fs::path read = fs::absolute(path).lexically_normal();
    return is_below(read, root) ? shown_from_here(top / read.lexically_relative(root)) : path;
  };
  out.keep = target;
  return out;
}

}  // namespace

std::string shown_from_here(const fs::path& path) {
  const auto here = fs::current_path();
  return is_below(path, here) ? path.lexically_relative(here).generic_string() : path.string();
}

Result<ChangedFiles> changed_files(const std::vector<std::string>& paths, const std::string& since, bool staged) {
  std::vector<fs::path> places;
  for (const auto& path : paths) places.push_back(real_path(path));
  auto start = places.empty() ? fs::current_path() : places.front();
  while (!fs::is_directory(start) && start.has_relative_path()) start = start.parent_path();
  const auto git = BGDB_TRY(GitRepository::open(start));
  for (const auto& place : places) {
    if (!is_below(place, git.top())) {
      return fail(ErrorCode::usage,
                  fmt::format("{} is not in the git repository {}", place.string(), git.top().string()),
                  "give paths of one repository");
    }
  }
  const auto base = since.empty() ? std::string() : BGDB_TRY(git.merge_base(since));
  std::vector<std::string> changed;
  for (auto& file : BGDB_TRY(staged ? git.staged_since(base) : git.changed_since(base))) {
    const auto full = git.top() / file;
    const bool wanted = places.empty() || std::any_of(places.begin(), places.end(),
                                                      [&](const auto& place) { return is_below(full, place); });
    if (wanted && is_sql(file)) changed.push_back(std::move(file));
  }
  if (staged) return export_staged(git, changed);
  ChangedFiles out;
  for (const auto& file : changed) {
    if (fs::is_regular_file(git.top() / file)) out.paths.push_back(shown_from_here(git.top() / file));
  }
  return out;
}

}  // namespace bgdb::app
