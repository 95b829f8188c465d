// Files of a tree, in the order in which their framework runs them.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "migration/naming.h"

namespace bgdb::migration {
namespace {

namespace fs = std::filesystem;

Result<std::string> read_text(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return fail(ErrorCode::io, fmt::format("cannot read {}: {}", path, std::strerror(errno)),
                "check that the file exists and may be read");
  std::string text;
  struct stat status {};
  if (fstat(file, &status) == 0 && status.st_size > 0) text.resize(static_cast<size_t>(status.st_size));
  size_t size = 0;
  ssize_t got = 0;
  while (true) {
    if (size == text.size()) text.resize(size + 4'096);
    got = read(file, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<size_t>(got);
  }
  const int problem = got < 0 ? errno : 0;
  close(file);
  if (problem != 0) return fail(ErrorCode::io, fmt::format("cannot read {}: {}", path, std::strerror(problem)));
  text.resize(size);
  return text;
}

struct Found {
  Text text;
  bool named = false;  // given by name, not found in a folder: kept whatever it is called
};

bool skipped_folder(const fs::path& path) {
  const auto name = path.filename().string();
  return name == "node_modules" || (name.size() > 1 && name[0] == '.');
}

Result<void> collect(const std::string& path, std::vector<Found>& found) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) {
    return fail(ErrorCode::not_found, fmt::format("no such file or folder: {}", path),
                "give a migration file or the folder that holds them");
  }
  if (!fs::is_directory(status)) {
    found.push_back({{path, BGDB_TRY(read_text(path))}, true});
    return {};
  }
  fs::recursive_directory_iterator walk(path, error);
  if (error) return fail(ErrorCode::io, fmt::format("cannot read folder {}: {}", path, error.message()));
  for (const fs::recursive_directory_iterator end; walk != end; walk.increment(error)) {
    if (error) return fail(ErrorCode::io, fmt::format("cannot read folder {}: {}", path, error.message()));
    if (walk->is_directory() && skipped_folder(walk->path())) {
      walk.disable_recursion_pending();
      continue;
    }
    auto extension = walk->path().extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (extension != ".sql" || !walk->is_regular_file()) continue;
    const auto name = walk->path().string();
    found.push_back({{name, BGDB_TRY(read_text(name))}, false});
  }
  return {};
}

// Trees that serve several databases name the dialect in the file: only PostgreSQL's run here.
bool other_dialect(const std::string& path) {
  for (const auto* dialect : {".mysql.", ".sqlite.", ".sqlite3.", ".cockroach.", ".mssql."}) {
    if (path.find(dialect) != std::string::npos) return true;
  }
  return false;
}

Set arrange(std::vector<Found> found, std::optional<Framework> framework) {
  std::vector<Text> texts;
  for (auto& each : found) texts.push_back(std::move(each.text));
  Set set;
  set.framework = framework ? *framework : detect(texts);
  std::vector<File> baselines;
  for (size_t i = 0; i < texts.size(); ++i) {
    File file;
    file.path = texts[i].path;
    file.framework = set.framework;
    const bool ours = read_name(file) && !other_dialect(file.path);
    if (!ours && !found[i].named) continue;
    if (!ours && file.order_key.empty()) file.order_key = {"2", file.path};
    file.declared_phase = find_declared_phase(texts[i].text);
    file.declared_contract = file.declared_phase == "contract";
    switch (file.direction) {
      case Direction::down:
      case Direction::undo:
        set.down_files.push_back(std::move(file));
        break;
      case Direction::baseline:
        baselines.push_back(std::move(file));
        break;
      default:
        set.files.push_back(std::move(file));
    }
  }
  // A Flyway baseline stands for the versions up to it: where they are all there, it does not run.
  for (auto& baseline : baselines) {
    const bool replaced = std::any_of(set.files.begin(), set.files.end(), [&](const File& file) {
      return file.direction == Direction::up && file.order_key <= baseline.order_key;
    });
    if (!replaced) set.files.push_back(std::move(baseline));
  }
  const auto before = [](const File& a, const File& b) {
    return std::tie(a.order_key, a.path) < std::tie(b.order_key, b.path);
  };
  std::sort(set.files.begin(), set.files.end(), before);
  std::sort(set.down_files.begin(), set.down_files.end(), before);
  return set;
}

}  // namespace

Result<Set> discover(const std::vector<std::string>& paths, std::optional<Framework> framework) {
  std::vector<Found> found;
  for (const auto& path : paths) BGDB_CHECK(collect(path, found));
  const auto by_path = [](const Found& a, const Found& b) { return a.text.path < b.text.path; };
  std::stable_sort(found.begin(), found.end(), by_path);
  found.erase(std::unique(found.begin(), found.end(),
                          [](const Found& a, const Found& b) { return a.text.path == b.text.path; }),
              found.end());
  return arrange(std::move(found), framework);
}

Set order(std::vector<Text>& texts, std::optional<Framework> framework) {
  std::vector<Found> found;
  for (const auto& text : texts) found.push_back({text, true});
  return arrange(std::move(found), framework);
}

Result<size_t> count_up_to(const Set& set, std::string_view version) {
  std::string_view bare = version;
  if (bare.size() > 1 && (bare[0] == 'V' || bare[0] == 'v') && bare[1] >= '0' && bare[1] <= '9') bare.remove_prefix(1);
  const auto wanted = version_key(set.framework, bare);
  std::optional<size_t> exact;
  for (size_t i = 0; i < set.files.size(); ++i) {
    const auto& file = set.files[i];
    const bool same_version = !file.version.empty() && version_key(set.framework, file.version) == wanted;
    if (same_version || file.stem() == version || file.path == version) exact = i + 1;
  }
  if (exact) return *exact;
  const bool versioned = !bare.empty() && bare[0] >= '0' && bare[0] <= '9';
  if (!versioned) {
    return fail(ErrorCode::not_found, fmt::format("no migration file has the version \"{}\"", version),
                set.files.empty() ? "there are no migration files"
                                  : fmt::format("the last one is \"{}\"", set.files.back().stem()));
  }
  size_t count = 0;
  for (const auto& file : set.files) {
    if (file.version.empty() || version_key(set.framework, file.version) > wanted) break;
    ++count;
  }
  return count;
}

Result<Loaded> load(const File& file) {
  auto text = BGDB_TRY(read_text(file.path));
  auto loaded = load_text(file, std::move(text));
  // Diesel and Flyway may switch the transaction off in a file beside the SQL.
  std::string beside;
  if (file.framework == Framework::diesel) beside = fs::path(file.path).parent_path() / "metadata.toml";
  if (file.framework == Framework::flyway) beside = file.path + ".conf";
  std::error_code error;
  if (beside.empty() || !fs::exists(beside, error)) return loaded;
  auto settings = BGDB_TRY(read_text(beside));
  settings.erase(std::remove_if(settings.begin(), settings.end(), [](char c) { return c == ' ' || c == '\t'; }),
                 settings.end());
  each_line(settings, [&](size_t, std::string_view line) {
    if (line.rfind("run_in_transaction=false", 0) != 0 && line.rfind("executeInTransaction=false", 0) != 0) return;
    loaded.in_transaction = false;
    for (auto& section : loaded.sections) section.in_transaction = false;
  });
  return loaded;
}

}  // namespace bgdb::migration
