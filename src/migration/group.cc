#include "migration/group.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <tuple>

#include "core/text.h"
#include "migration/naming.h"

namespace bgdb::migration {
namespace {

namespace fs = std::filesystem;

bool is_unit_name(std::string_view name) {
  return name == "migration.sql" || name == "up.sql" || name == "down.sql";
}

bool is_sqitch_step(std::string_view name) {
  return name == "deploy" || name == "revert" || name == "verify";
}

bool is_excluded_name(std::string name) {
  name = core::lower(std::move(name));
  for (const auto* each :
       {"test", "tests", "testdata", "test-data", "test_data", "__tests__", "fixtures", "fixture", "seed", "seeds",
        "seeders", "docker", "initdb", "initdb.d", "docker-entrypoint-initdb.d", "examples", "example", "queries"}) {
    if (name == each) return true;
  }
  return false;
}

bool has_marker(const Folder& folder, std::string_view name) {
  return std::any_of(folder.markers.begin(), folder.markers.end(),
                     [&](const auto& marker) { return ends_with(marker, name); });
}

class Grouper {
 public:
  explicit Grouper(const std::vector<Folder>& folders) : folders_(folders) {
    for (const auto& folder : folders) {
      if (folder.name == "committed" && folder.parent != Folder::kNone) graphile_.insert(folder.parent);
    }
  }

  std::vector<Candidate> run() {
    for (size_t i = 0; i < folders_.size(); ++i) {
      if (!folders_[i].sql.empty()) add(i, home_of(i));
    }
    // Markers stand in the history's folder, between it and its files, or in drizzle's meta/.
    for (size_t i = 0; i < folders_.size(); ++i) {
      if (folders_[i].markers.empty()) continue;
      const size_t home = folders_[i].name == "meta" && folders_[i].parent != Folder::kNone
                              ? folders_[i].parent
                              : (folders_[i].sql.empty() ? i : home_of(i));
      const auto found = places_.find({home, false});
      if (found == places_.end()) continue;
      for (const auto& name : folders_[i].markers) out_[found->second].markers.push_back(folders_[i].path + "/" + name);
    }
    return std::move(out_);
  }

 private:
  size_t home_of(size_t at) const {
    const Folder& folder = folders_[at];
    if (folder.parent == Folder::kNone) return at;
    if (std::all_of(folder.sql.begin(), folder.sql.end(), is_unit_name)) return folder.parent;
    size_t child = at;
    for (size_t up = folder.parent, steps = 0; up != Folder::kNone && steps < 5; child = up, up = folders_[up].parent) {
      if (is_sqitch_step(folders_[child].name) && has_marker(folders_[up], "sqitch.plan")) return up;
      if (has_marker(folders_[up], "manifest.txt")) return up;
      ++steps;
    }
    const bool graphile = folder.name == "committed" || folder.name == "current";
    if (graphile && graphile_.count(folder.parent) > 0) return folder.parent;
    while (folders_[at].parent != Folder::kNone && is_versioned(folders_[at].name)) at = folders_[at].parent;
    return at;
  }

  void add(size_t at, size_t home) {
    const Folder& folder = folders_[at];
    // Files without a number beside folders of versions are something else: a dump, a seed.
    const bool loose = at == home && std::none_of(folder.sql.begin(), folder.sql.end(), is_numbered);
    const auto [place, fresh] = places_.try_emplace({home, loose && is_version_home(home)}, out_.size());
    if (fresh) {
      Candidate candidate;
      candidate.folder = folders_[home].path;
      candidate.at_root = folders_[home].parent == Folder::kNone;
      for (size_t up = home; folders_[up].parent != Folder::kNone; up = folders_[up].parent) {
        candidate.excluded = candidate.excluded || is_excluded_name(folders_[up].name);
      }
      out_.push_back(std::move(candidate));
    }
    auto& candidate = out_[place->second];
    const auto below = at == home ? std::string() : folder.path.substr(folders_[home].path.size() + 1) + "/";
    for (const auto& name : folder.sql) candidate.items.push_back({folder.path + "/" + name, below + name});
    for (const auto& [extension, count] : folder.other_steps) candidate.other_steps[extension] += count;
  }

  static bool is_numbered(const std::string& name) { return is_versioned(name); }

  bool is_version_home(size_t home) {
    if (version_homes_.empty()) {
      version_homes_.insert(Folder::kNone);
      for (size_t i = 0; i < folders_.size(); ++i) {
        if (folders_[i].sql.empty() || std::all_of(folders_[i].sql.begin(), folders_[i].sql.end(), is_unit_name))
          continue;
        if (is_versioned(folders_[i].name)) version_homes_.insert(home_of(i));
      }
    }
    return version_homes_.count(home) > 0;
  }

  const std::vector<Folder>& folders_;
  std::set<size_t> graphile_;
  std::set<size_t> version_homes_;
  std::map<std::pair<size_t, bool>, size_t> places_;  // home, files without a number -> place in out_
  std::vector<Candidate> out_;
};

bool is_migration_folder(std::string_view path) {
  const auto name = base_name(path);
  return name == "migration" || name == "migrations";
}

std::set<std::vector<std::string>> flyway_versions(const Candidate& candidate) {
  std::set<std::vector<std::string>> versions;
  for (const auto& item : candidate.items) {
    File file;
    file.framework = Framework::flyway;
    if (read_name(file, item.below) && file.direction == Direction::up) versions.insert(std::move(file.order_key));
  }
  return versions;
}

// Where a Flyway folder may belong: the outermost Flyway folder above it, else a parent called migrations.
std::string flyway_root(const std::string& folder, const std::set<std::string>& known) {
  std::string root = folder;
  for (auto up = parent_of(folder); !up.empty(); up = parent_of(up)) {
    if (known.count(std::string(up)) > 0) root = up;
  }
  const auto parent = parent_of(root);
  return root == folder && is_migration_folder(parent) ? std::string(parent) : root;
}

void absorb(Candidate& into, Candidate& other) {
  const auto prefix = other.folder.size() > into.folder.size() ? other.folder.substr(into.folder.size() + 1) + "/" : "";
  for (auto& item : other.items) into.items.push_back({std::move(item.path), prefix + item.below});
  for (auto& marker : other.markers) into.markers.push_back(std::move(marker));
  for (const auto& [extension, count] : other.other_steps) into.other_steps[extension] += count;
  other.items.clear();
}

}  // namespace

std::string Candidate::marker(std::string_view name) const {
  for (const auto& path : markers) {
    if (ends_with(path, name)) return path;
  }
  return {};
}

std::vector<Candidate> group(const std::vector<Folder>& folders) {
  return Grouper(folders).run();
}

void join_flyway(std::vector<Candidate>& candidates) {
  std::set<std::string> known;
  for (const auto& candidate : candidates) {
    if (candidate.framework == Framework::flyway) known.insert(candidate.folder);
  }
  std::map<std::string, std::vector<size_t>> families;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].framework == Framework::flyway) families[flyway_root(candidates[i].folder, known)].push_back(i);
  }
  for (const auto& [root, members] : families) {
    if (members.size() < 2) continue;
    std::set<std::vector<std::string>> all;
    size_t count = 0;
    for (const size_t i : members) {
      auto versions = flyway_versions(candidates[i]);
      count += versions.size();
      all.merge(versions);
    }
    if (all.size() != count) continue;  // a version twice: these are histories of their own
    Candidate joined;
    joined.folder = root;
    joined.framework = Framework::flyway;
    joined.at_root = candidates[members.front()].at_root;
    joined.excluded = candidates[members.front()].excluded;
    for (const size_t i : members) absorb(joined, candidates[i]);
    candidates[members.front()] = std::move(joined);
  }
  candidates.erase(std::remove_if(candidates.begin(), candidates.end(), [](const auto& c) { return c.items.empty(); }),
                   candidates.end());
}

Home home_of_file(const std::string& path) {
  const auto absolute = fs::absolute(path).lexically_normal();
  const auto folder = absolute.parent_path();
  const Disk disk;
  if (is_unit_name(absolute.filename().string()) && is_versioned(folder.filename().string())) {
    return {folder.parent_path().string(), 1};
  }
  auto child = folder;
  for (size_t depth = 1; depth < 5 && child.has_relative_path(); ++depth, child = child.parent_path()) {
    const auto up = child.parent_path();
    const bool sqitch = is_sqitch_step(child.filename().string()) && disk.exists((up / "sqitch.plan").string());
    if (sqitch || disk.exists((up / "migrations_manifest.txt").string())) return {up.string(), 4};
  }
  if (folder.filename() == "committed") return {folder.parent_path().string(), 1};
  Home home{folder.string(), 0};
  const auto name = absolute.filename().string();
  // A folder with a number is a version when its files have numbers, too, or when it is written as one.
  for (auto up = folder; is_versioned(up.filename().string()); ++home.depth) {
    const auto own = up.filename().string();
    if (!is_versioned(name) && core::is_digit(own[0]) && own.find('.') == std::string::npos) break;
    up = up.parent_path();
    home.folder = up.string();
  }
  if (name.find("__") != std::string::npos && is_migration_folder(folder.parent_path().string())) {
    return {folder.parent_path().string(), 3};
  }
  if (disk.exists((folder / "meta" / "_journal.json").string())) home.depth = 1;
  if (disk.exists((folder / "committed").string())) home.depth = 1;
  if (name.find("__") != std::string::npos) home.depth = std::max<size_t>(home.depth, 3);
  return home;
}

}  // namespace bgdb::migration
