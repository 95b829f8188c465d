#include "migration/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "core/contains.h"
#include "core/text.h"
#include "migration/naming.h"

namespace bgdb::migration {
namespace {

namespace fs = std::filesystem;

// Below the folder that was asked for: what tools build or fetch, and what `bgdb rewrite` wrote beside its original.
bool is_passed_over(std::string_view name) {
  static constexpr std::array<std::string_view, 7> kNames{"node_modules", "vendor", "target",     "build",
                                                          "dist",         "venv",   "__pycache__"};
  return name.front() == '.' || ends_with(name, ".rewrite") || core::contains(kNames, name);
}

// Steps of a history that are no SQL. Only names with a version count: helpers lie beside migrations, too. Alembic's
// have none, but a folder of their own; Liquibase's changelogs say what they are.
std::string_view other_step(std::string_view name, std::string_view folder) {
  static constexpr std::array<std::string_view, 9> kExtensions{".go", ".py",   ".ts", ".js",  ".rb",
                                                               ".rs", ".fizz", ".kt", ".java"};
  const bool versioned =
      core::is_digit(name.front()) || (name.front() == 'V' && name.size() > 1 && core::is_digit(name[1]));
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  const auto extension = name.substr(dot);
  static constexpr std::array<std::string_view, 4> kChangelogs{".xml", ".yaml", ".yml", ".json"};
  const bool changelog =
      name.find("changelog") != std::string_view::npos || name.find("changeset") != std::string_view::npos;
  if (changelog && core::contains(kChangelogs, extension)) return extension;
  if (folder == "versions" && extension == ".py" && name.front() != '_') return extension;
  return versioned && core::contains(kExtensions, extension) ? extension : std::string_view();
}

enum class Kind { file, folder, neither };

Kind kind_of(const dirent& entry, const std::string& folder) {
  if (entry.d_type == DT_REG) return Kind::file;
  if (entry.d_type == DT_DIR) return Kind::folder;
  if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return Kind::neither;
  struct stat status {};
  if (::stat((folder + "/" + entry.d_name).c_str(), &status) != 0) return Kind::neither;
  if (S_ISREG(status.st_mode)) return Kind::file;
  // A link to a folder may lead in circles.
  return S_ISDIR(status.st_mode) && entry.d_type == DT_UNKNOWN ? Kind::folder : Kind::neither;
}

// Reads one folder; yields the names of its sub-folders, or what is wrong.
Result<std::vector<std::string>> read_folder(Folder& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> handle(::opendir(folder.path.c_str()), &::closedir);
  std::vector<std::string> below;
  if (!handle) {
    return fail(ErrorCode::io, fmt::format("cannot read folder {}: {}", folder.path, std::strerror(errno)),
                "check your rights on it");
  }
  while (const dirent* entry = ::readdir(handle.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    const bool sql = is_sql_name(name);
    const bool marker = !sql && is_marker_name(name);
    const auto step = sql || marker ? std::string_view() : other_step(name, folder.name);
    if (!sql && !marker && step.empty() && entry->d_type == DT_REG) continue;
    const Kind kind = kind_of(*entry, folder.path);
    if (kind == Kind::folder && !is_passed_over(name) && !is_other_database(name)) below.emplace_back(name);
    if (kind != Kind::file) continue;
    if (sql) folder.sql.emplace_back(name);
    if (marker) folder.markers.emplace_back(name);
    if (!step.empty()) ++folder.other_steps[std::string(step)];
  }
  std::sort(folder.sql.begin(), folder.sql.end());
  std::sort(folder.markers.begin(), folder.markers.end());
  std::sort(below.begin(), below.end());
  return below;
}

}  // namespace

bool is_sql_name(std::string_view name) {
  for (const std::string_view end : {".sql", ".pgsql", ".sql.postgres"}) {
    if (name.size() <= end.size()) continue;
    const auto tail = name.substr(name.size() - end.size());
    if (std::equal(tail.begin(), tail.end(), end.begin(), [](char a, char b) { return core::lower(a) == b; }))
      return true;
  }
  return false;
}

bool is_marker_name(std::string_view name) {
  static constexpr std::array<std::string_view, 11> kNames{
      "sqitch.plan", "atlas.sum",  "_journal.json", "manifest.json", ".gmrc",   "migration_lock.toml",
      "flyway.conf", "Cargo.toml", "metadata.toml", "flyway.toml",   ".gmrc.js"};
  return core::contains(kNames, name) || ends_with(name, ".sql.conf") || ends_with(name, "manifest.txt");
}

bool is_other_database(std::string_view word) {
  static constexpr std::array<std::string_view, 21> kNames{
      "mysql",   "mariadb",   "sqlite", "sqlite3", "cockroach", "cockroachdb", "crdb",
      "mssql",   "sqlserver", "oracle", "h2",      "hsqldb",    "db2",         "derby",
      "spanner", "cassandra", "tidb",   "duckdb",  "snowflake", "bigquery",    "clickhouse"};
  return core::contains(kNames, word);
}

Result<std::vector<Folder>> walk(const std::string& root, size_t depth, std::vector<std::string>& notes) {
  std::vector<Folder> folders(1);
  folders[0].path = root;
  while (folders[0].path.size() > 1 && folders[0].path.back() == '/') folders[0].path.pop_back();
  folders[0].name = fs::absolute(root).lexically_normal().filename().string();
  for (size_t at = 0; at < folders.size(); ++at) {
    const auto below = read_folder(folders[at]);
    if (!below) {
      if (at == 0) return fail(below.error());
      notes.push_back(below.error().message + "; left out");
      continue;
    }
    if (folders[at].depth == depth) continue;
    for (const auto& name : *below) {
      Folder child;
      child.path = folders[at].path == "/" ? "/" + name : folders[at].path + "/" + name;
      child.name = name;
      child.parent = at;
      child.depth = folders[at].depth + 1;
      folders.push_back(std::move(child));
    }
  }
  // A history without any SQL is none that can be read: what lies there is said.
  const bool any_sql = std::any_of(folders.begin(), folders.end(), [](const auto& one) { return !one.sql.empty(); });
  for (const auto& one : folders) {
    if (any_sql) break;
    for (const auto& [extension, count] : one.other_steps) {
      notes.push_back(fmt::format("{}: {} step{} in {} files cannot be read; what they change is unknown", one.path,
                                  count, count == 1 ? "" : "s", extension));
    }
  }
  return folders;
}

bool Disk::exists(const std::string& path) const {
  return ::access(path.c_str(), F_OK) == 0;
}

namespace {

// Reading one would wait for ever or never end. What a shell makes of <(...) is a link to a pipe, and fine.
bool is_endless(const std::string& path) {
  struct stat named {
  }, meant{};
  if (::lstat(path.c_str(), &named) != 0 || ::stat(path.c_str(), &meant) != 0) return false;
  return S_ISFIFO(named.st_mode) || S_ISCHR(meant.st_mode) || S_ISBLK(meant.st_mode) || S_ISSOCK(meant.st_mode);
}

// To its end or to `limit`; `room`: bytes that are expected. -1 when it cannot be read (errno).
ssize_t read_all(int file, bool regular, size_t room, size_t limit, std::string& text) {
  for (;;) {
    const size_t had = text.size();
    text.resize(had + room);
    const ssize_t got = ::read(file, text.data() + had, room);
    text.resize(had + (got > 0 ? static_cast<size_t>(got) : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    const bool ended = got == 0 || (regular && static_cast<size_t>(got) < room);
    if (ended || text.size() >= limit) return 0;
    room = std::min<size_t>(limit - text.size(), 65536);
  }
}

}  // namespace

Result<std::string> Disk::read(const std::string& path, size_t limit) const {
  const auto bad = [&] {
    return fail(ErrorCode::io, fmt::format("cannot read {}: {}", path, std::strerror(errno)),
                "check that the file exists and may be read");
  };
  // O_NONBLOCK: opening a named pipe does not wait for a writer.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return bad();
  struct stat status {};
  ::fstat(file, &status);
  const bool regular = S_ISREG(status.st_mode) && status.st_size > 0;  // those of /proc say 0
  if (!regular && is_endless(path)) {
    ::close(file);
    return fail(ErrorCode::io, fmt::format("cannot read {}: it is a named pipe, a device or a socket", path),
                "give a file, or - for standard input");
  }
  if (!regular) ::fcntl(file, F_SETFL, ::fcntl(file, F_GETFL) & ~O_NONBLOCK);
  // The size is a hint: a pipe has none, a file may grow. One byte more asks for the end.
  const size_t room = std::min(limit, static_cast<size_t>(std::max<off_t>(status.st_size, 0)) + 1);
  std::string text;
  const ssize_t done = read_all(file, regular, std::max<size_t>(room, 1), limit, text);
  const int problem = errno;
  ::close(file);
  errno = problem;
  if (done < 0) return bad();
  return text;
}

Memory::Memory(const std::vector<Text>& texts) {
  for (const auto& text : texts) texts_.emplace(fs::path(text.path).lexically_normal().string(), &text.text);
}

bool Memory::exists(const std::string& path) const {
  return texts_.count(fs::path(path).lexically_normal().string()) > 0;
}

Result<std::string> Memory::read(const std::string& path, size_t limit) const {
  const auto found = texts_.find(fs::path(path).lexically_normal().string());
  if (found == texts_.end()) return fail(ErrorCode::not_found, fmt::format("no text for {}", path));
  return found->second->substr(0, limit);
}

}  // namespace bgdb::migration
