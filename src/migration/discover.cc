// Paths -> histories.
#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "migration/arrange.h"
#include "migration/naming.h"

namespace bgdb::migration {
namespace {

namespace fs = std::filesystem;
constexpr size_t kAnyDepth = static_cast<size_t>(-1);

std::string canonical(const std::string& path) {
  return fs::absolute(path).lexically_normal().string();
}

bool has_versions(const Set& set) {
  return std::any_of(set.files.begin(), set.files.end(), [](const File& file) { return !file.version.empty(); });
}

// Nothing says that these files are migrations.
bool is_loose(const Set& set) {
  return set.framework == Framework::plain && !has_versions(set);
}

bool is_way_down_folder(std::string_view folder) {
  const auto name = base_name(folder);
  return name == "down" || name == "rollback" || name == "rollbacks" || name == "revert" || name == "undo" ||
         name == "verify";
}

// The histories below one folder.
Result<Tree> below(const std::string& folder, size_t depth, std::optional<Framework> framework) {
  Tree tree;
  const Disk disk;
  auto candidates = group(BGDB_TRY(walk(folder, depth, tree.notes)));
  for (auto& candidate : candidates) candidate.framework = framework ? *framework : detect(candidate, disk);
  join_flyway(candidates);
  std::vector<std::pair<Set, bool>> sets;  // and whether it may be left out
  bool recognised = false;
  for (auto& found : candidates) {
    const auto candidate = std::move(found);  // its memory is free again: the tree may be large
    auto set = arrange(candidate, disk, false);
    if (set.files.empty() && set.down_files.empty()) {
      for (auto& note : set.notes) tree.notes.push_back(std::move(note));
      continue;
    }
    const bool doubtful = !candidate.at_root && (is_loose(set) || is_way_down_folder(candidate.folder) ||
                                                 (candidate.excluded && set.framework == Framework::plain));
    recognised = recognised || !doubtful;
    sets.emplace_back(std::move(set), doubtful);
  }
  std::sort(sets.begin(), sets.end(), [](const auto& a, const auto& b) { return a.first.folder < b.first.folder; });
  for (auto& [set, doubtful] : sets) {
    if (doubtful && recognised) {
      tree.notes.push_back(fmt::format(
          "{}: {} SQL file{} no migration by name, so left out; name the folder to have {}", set.folder,
          set.files.size(), set.files.size() == 1 ? " is" : "s are", set.files.size() == 1 ? "it" : "them"));
    } else {
      tree.histories.push_back(std::move(set));
    }
  }
  return tree;
}

// Files named one by one, without a history around them.
Set alone(const std::vector<std::string>& paths, std::optional<Framework> framework) {
  Candidate candidate;
  const Disk disk;
  for (const auto& path : paths) {
    candidate.items.push_back({path, path});
    const auto folder = parent_of(path);
    for (const auto& beside : {path + ".conf", (folder.empty() ? "" : std::string(folder) + "/") + "metadata.toml"}) {
      if (disk.exists(beside)) candidate.markers.push_back(beside);
    }
  }
  candidate.framework = framework ? *framework : detect(candidate, disk);
  return arrange(candidate, disk, true);
}

// x_down.sql beside x.up.sql: mistyped, so no runner takes it; but nobody means it to run upwards.
bool is_mistyped_way_back(const std::string& path) {
  const auto stem = without(path, ".sql");
  for (const std::string_view down : {"_down", "-down"}) {
    if (ends_with(stem, down) && Disk().exists(std::string(without(stem, down)) + ".up.sql")) return true;
  }
  return false;
}

// The files of one home, each with the history it belongs to; `files`: canonical path -> as given.
Result<void> add_files(const Home& home, std::map<std::string, std::string> files, std::optional<Framework> framework,
                       Tree& tree) {
  auto around = BGDB_TRY(below(home.folder, home.depth, framework));
  for (auto& set : around.histories) {
    size_t found = 0;
    const bool loose = is_loose(set);
    for (auto& file : set.files) {
      const auto given = files.find(file.path);
      file.wanted = given != files.end() && !(loose && set.files.size() > 1);
      if (!file.wanted) continue;
      file.path = given->second;  // named as the user did
      files.erase(given);
      ++found;
    }
    for (const auto& file : set.down_files) {
      const auto given = files.find(file.path);
      if (given == files.end()) continue;
      tree.way_back.push_back(given->second);
      files.erase(given);
    }
    set.notes.clear();  // nobody asked for the others
    if (found > 0) tree.histories.push_back(std::move(set));
  }
  // Files that their framework would not run, and files without an order: they have no history.
  std::vector<std::string> rest;
  for (const auto& [path, given] : files) (is_mistyped_way_back(path) ? tree.way_back : rest).push_back(given);
  if (rest.empty()) return {};
  auto set = alone(rest, framework);
  for (const auto& file : set.down_files) tree.way_back.push_back(file.path);
  if (!set.files.empty()) tree.histories.push_back(std::move(set));
  return {};
}

// The same history found twice: once, with the files of both.
void join_same(Tree& tree) {
  std::map<std::string, size_t> known;
  std::vector<Set> joined;
  for (auto& set : tree.histories) {
    const auto key = set.folder.empty() ? set.files.front().path : canonical(set.folder);
    const auto [place, fresh] = known.try_emplace(key + "\n" + std::string(to_string(set.framework)), joined.size());
    if (fresh) {
      joined.push_back(std::move(set));
      continue;
    }
    std::map<std::string, const File*> wanted;
    for (const auto& file : set.files) {
      if (file.wanted) wanted.emplace(canonical(file.path), &file);
    }
    for (auto& file : joined[place->second].files) {
      if (wanted.count(canonical(file.path)) > 0) file.wanted = true;
    }
  }
  tree.histories = std::move(joined);
}

Error not_one(const Tree& tree) {
  std::string names;
  for (size_t i = 0; i < tree.histories.size() && i < 5; ++i) {
    const auto& set = tree.histories[i];
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", set.folder, to_string(set.framework));
  }
  if (tree.histories.size() > 5) names += fmt::format(" and {} more", tree.histories.size() - 5);
  return make_error(ErrorCode::input, "there are several migration histories: " + names, "name one of these folders");
}

// Folders given together, one history: their files in one order.
Set join(std::vector<Set> sets) {
  Set all = std::move(sets.front());
  for (size_t i = 1; i < sets.size(); ++i) {
    const auto move = [](auto& to, auto& from) {
      to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    };
    move(all.files, sets[i].files);
    move(all.down_files, sets[i].down_files);
    move(all.notes, sets[i].notes);
  }
  std::stable_sort(all.files.begin(), all.files.end(),
                   [](const File& a, const File& b) { return a.order_key < b.order_key; });
  look_around(all);
  return all;
}

}  // namespace

Result<Tree> discover_all(const std::vector<std::string>& paths, std::optional<Framework> framework) {
  Tree tree;
  std::map<std::string, std::pair<Home, std::map<std::string, std::string>>> homes;
  for (const auto& path : paths) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status)) {
      return fail(ErrorCode::not_found, fmt::format("no such file or folder: {}", path),
                  "give a migration file or the folder that holds them");
    }
    if (!fs::is_directory(status)) {
      const auto home = home_of_file(path);
      auto& [known, files] = homes[home.folder];
      known = {home.folder, std::max(known.depth, home.depth)};
      files.emplace(canonical(path), path);
      continue;
    }
    auto found = BGDB_TRY(below(path, kAnyDepth, framework));
    for (auto& set : found.histories) tree.histories.push_back(std::move(set));
    for (auto& note : found.notes) tree.notes.push_back(std::move(note));
  }
  for (auto& [folder, home] : homes) BGDB_CHECK(add_files(home.first, std::move(home.second), framework, tree));
  join_same(tree);
  return tree;
}

Result<Set> discover(const std::vector<std::string>& paths, std::optional<Framework> framework) {
  std::vector<Set> sets;
  std::vector<std::string> files;
  for (const auto& path : paths) {
    std::error_code ignored;
    if (fs::exists(path, ignored) && !fs::is_directory(path, ignored)) {
      files.push_back(path);
      continue;
    }
    auto tree = BGDB_TRY(discover_all({path}, framework));
    const auto here = canonical(path + "/.");
    const auto own = std::find_if(tree.histories.begin(), tree.histories.end(),
                                  [&](const Set& set) { return canonical(set.folder + "/.") == here; });
    if (own == tree.histories.end() && tree.histories.size() > 1) return fail(not_one(tree));
    if (tree.histories.empty()) continue;
    auto& set = own == tree.histories.end() ? tree.histories.front() : *own;
    if (tree.histories.size() > 1)
      set.notes.push_back(not_one(tree).message + "; the one of " + path + " itself counts");
    sets.push_back(std::move(set));
  }
  if (!files.empty()) sets.push_back(alone(files, framework));
  if (sets.empty()) return Set{};
  for (const auto& set : sets) {
    if (set.framework != sets.front().framework) {
      Tree tree;
      tree.histories = std::move(sets);
      return fail(not_one(tree));
    }
  }
  return join(std::move(sets));
}

Result<std::optional<Set>> history_around(const Text& text, std::optional<Framework> framework) {
  const auto home = home_of_file(text.path);
  std::error_code ignored;
  if (!fs::is_directory(home.folder, ignored)) return std::optional<Set>();
  auto tree = BGDB_TRY(below(home.folder, home.depth, framework));
  const auto path = canonical(text.path);
  for (auto& set : tree.histories) {
    const auto own =
        std::find_if(set.files.begin(), set.files.end(), [&](const File& file) { return file.path == path; });
    if (own == set.files.end() || is_loose(set)) continue;
    for (auto& file : set.files) file.wanted = &file == &*own;
    own->path = text.path;
    return std::optional<Set>(std::move(set));
  }
  for (auto& set : tree.histories) {  // not saved yet
    File file;
    file.path = path;
    file.framework = set.framework;
    const auto folder = canonical(set.folder);
    if (is_loose(set) || path.rfind(folder + "/", 0) != 0 || !read_name(file, path.substr(folder.size() + 1))) continue;
    if (file.version.empty() || file.direction == Direction::down || file.direction == Direction::undo) continue;
    file.path = text.path;
    for (auto& other : set.files) other.wanted = false;
    const auto after = std::upper_bound(set.files.begin(), set.files.end(), file,
                                        [](const File& a, const File& b) { return a.order_key < b.order_key; });
    set.files.insert(after, std::move(file));
    look_around(set);
    return std::optional<Set>(std::move(set));
  }
  return std::optional<Set>();
}

Set order(const std::vector<Text>& texts, std::optional<Framework> framework) {
  Candidate candidate;
  for (const auto& text : texts) {
    const auto name = base_name(text.path);
    if (is_sql_name(name) || !is_marker_name(name)) {
      candidate.items.push_back({text.path, text.path});
    } else {
      candidate.markers.push_back(text.path);
    }
  }
  const Memory memory(texts);
  candidate.framework = framework ? *framework : detect(candidate, memory);
  return arrange(candidate, memory, true);
}

}  // namespace bgdb::migration
