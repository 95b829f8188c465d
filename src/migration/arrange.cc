#include "migration/arrange.h"

#include <fmt/format.h>

#include <set>
#include <tuple>

#include "core/contains.h"
#include "migration/naming.h"

namespace bgdb::migration {
namespace {

constexpr std::string_view kPostgres[] = {"postgres", "postgresql", "pg"};

// Words between the dots of a name: "1_a.mysql.up.sql" -> mysql, up, sql.
template <class Check>
bool any_dotted(std::string_view name, Check check) {
  for (size_t dot = name.find('.'); dot != std::string_view::npos;) {
    const size_t next = name.find('.', dot + 1);
    if (check(name.substr(dot + 1, next == std::string_view::npos ? next : next - dot - 1))) return true;
    dot = next;
  }
  return false;
}

bool is_postgres_word(std::string_view word) {
  return core::contains(kPostgres, word);
}

// "1_a.postgres.up.sql" -> "1_a.up.sql"
std::string without_dialect(std::string_view name) {
  std::string bare(name);
  for (const auto word : kPostgres) {
    const auto part = "." + std::string(word) + ".";
    if (const auto at = bare.find(part); at != std::string::npos) bare.erase(at, part.size() - 1);
  }
  return ends_with(bare, ".postgres") ? bare.substr(0, bare.size() - 9) : bare;
}

std::string without_autocommit(std::string name) {
  if (const auto at = name.find(".autocommit."); at != std::string::npos) name.erase(at, 11);
  return name;
}

// Files that serve every database, where one of the same name serves PostgreSQL alone.
std::set<std::string> overridden(const Candidate& candidate) {
  std::set<std::string> names;
  for (const auto& item : candidate.items) {
    if (any_dotted(base_name(item.below), is_postgres_word))
      names.insert(without_autocommit(without_dialect(item.below)));
  }
  return names;
}

// The way down as runners write it that need no dot: x-down.sql beside x-up.sql, x_rollback.sql beside x.sql.
bool is_way_down(std::string_view below, const std::set<std::string_view>& names) {
  const auto stem = without(below, ".sql");
  for (const std::string_view down : {"down", "rollback", "revert", "undo"}) {
    if (!ends_with(stem, down) || stem.size() < down.size() + 2) continue;
    const char separator = stem[stem.size() - down.size() - 1];
    if (separator != '-' && separator != '_') continue;
    const std::string base(stem.substr(0, stem.size() - down.size() - 1));
    for (const auto& other : {base + separator + "up.sql", base + ".sql", base + separator + "deploy.sql"}) {
      if (names.count(other) > 0) return true;
    }
  }
  for (const auto* folder : {"down/", "rollback/", "rollbacks/", "revert/", "undo/"}) {
    if (below.rfind(folder, 0) == 0) return true;
  }
  return false;
}

// beforeMigrate.sql, afterMigrateApplied__views.sql.
bool is_flyway_callback(std::string_view name) {
  const size_t verb = name.rfind("before", 0) == 0 ? 6 : name.rfind("after", 0) == 0 ? 5 : 0;
  return verb > 0 && verb < name.size() && std::isupper(static_cast<unsigned char>(name[verb])) != 0;
}

// graphile-migrate's afterReset: SQL files of the migrations' folder that make the database which the first migration
// finds. JSON with comments; "!x.sql" runs x.sql as a superuser.
std::vector<std::string> reset_files(std::string_view gmrc) {
  std::vector<std::string> files;
  size_t at = gmrc.find("\"afterReset\"");
  if (at == std::string_view::npos) return files;
  const size_t value = gmrc.find_first_not_of(" \t\r\n:", at + 12);
  if (value == std::string_view::npos) return files;
  const size_t end = gmrc[value] == '[' ? gmrc.find(']', value) : gmrc.find('\n', value);
  const auto list = gmrc.substr(value, end == std::string_view::npos ? end : end - value);
  for (at = list.find('"'); at != std::string_view::npos; at = list.find('"', at + 1)) {
    const size_t close = list.find('"', at + 1);
    if (close == std::string_view::npos) break;
    auto name = list.substr(at + 1, close - at - 1);
    if (!name.empty() && name[0] == '!') name.remove_prefix(1);
    if (is_sql_name(name)) files.emplace_back(name);
    at = close;
  }
  return files;
}

class Arranger {
 public:
  Arranger(const Candidate& candidate, const Source& source, bool named)
      : candidate_(candidate), named_(named), overridden_(overridden(candidate)) {
    set_.framework = candidate.framework;
    set_.folder = candidate.folder;
    listing_ = read_listing(candidate, source, set_.notes);
    for (const auto& item : candidate.items) names_.insert(item.below);
    for (const auto& path : candidate.markers) {
      if (ends_with(path, ".sql.conf") || base_name(path) == "metadata.toml") settings_.insert(path);
    }
    if (candidate.framework == Framework::flyway) mixed_ = flyway_mixed(source);
    if (candidate.framework == Framework::graphile)
      reset_ = reset_files(near(source, {"/.gmrc", "/.gmrc.js"}).value_or(std::string()));
  }

  Set run() {
    for (const auto& item : candidate_.items) add(item);
    put_baselines();
    const auto before = [](const File& a, const File& b) {
      return std::tie(a.order_key, a.path) < std::tie(b.order_key, b.path);
    };
    std::sort(set_.files.begin(), set_.files.end(), before);
    std::sort(set_.down_files.begin(), set_.down_files.end(), before);
    add_notes();
    look_around(set_);
    return std::move(set_);
  }

 private:
  // Settings stand beside the files or up to three levels above.
  std::optional<std::string> near(const Source& source, std::initializer_list<const char*> names) const {
    std::string up = candidate_.folder.empty() ? "." : candidate_.folder;
    for (int level = 0; level < 4; ++level, up += "/..") {
      for (const auto* name : names) {
        if (source.exists(up + name)) return source.read(up + name, 65536).value_or(std::string());
      }
    }
    return std::nullopt;
  }

  bool flyway_mixed(const Source& source) const {
    auto text = near(source, {"/flyway.conf", "/flyway.toml"}).value_or(std::string());
    text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
    return text.find("mixed=true") != std::string::npos;
  }

  void add(const Candidate::Item& item) {
    File file;
    file.path = item.path;
    file.framework = candidate_.framework;
    file.mixed = mixed_;
    const auto name = base_name(item.below);
    const bool read = read_name(file, item.below);
    const bool ours = (read || is_reset(file, item)) && !any_dotted(name, is_other_database) && find_place(file, item);
    if (!named_) {
      const bool plain_name = !any_dotted(name, is_postgres_word);
      if (plain_name && overridden_.count(without_autocommit(std::string(item.below))) > 0) return;
      if (!ours) {
        const bool callback = file.framework == Framework::flyway && is_flyway_callback(name);
        (callback ? callbacks_ : left_out_) += is_verify(file, item) ? 0 : 1;
        return;
      }
    }
    if (!ours && file.order_key.empty()) file.order_key = {"2", file.path};
    if (convention(file.framework).naming == Naming::any && is_way_down(item.below, names_))
      file.direction = Direction::down;
    find_settings(file);
    if (file.framework == Framework::procrastinate && name.find("_post_") != std::string_view::npos) {
      file.declared_phase = "contract";  // runs after the deployment, the name says
      file.declared_contract = true;
    }
    switch (file.direction) {
      case Direction::down:
      case Direction::undo:
        set_.down_files.push_back(std::move(file));
        break;
      case Direction::baseline:
        baselines_.push_back(std::move(file));
        break;
      default:
        set_.files.push_back(std::move(file));
    }
  }

  // In front of everything committed.
  bool is_reset(File& file, const Candidate::Item& item) const {
    const auto found = std::find(reset_.begin(), reset_.end(), item.below);
    if (found == reset_.end()) return false;
    file.order_key = {"0", numeric(std::to_string(found - reset_.begin()))};
    return true;
  }

  // Sqitch's checks are no steps; nobody misses them.
  static bool is_verify(const File& file, const Candidate::Item& item) {
    return file.framework == Framework::sqitch && item.below.rfind("verify/", 0) == 0;
  }

  // Frameworks with a listing run what it names, and nothing else. False: not this file.
  bool find_place(File& file, const Candidate::Item& item) {
    if (file.framework == Framework::sqitch) {
      if (is_verify(file, item)) return false;
      if (item.below.rfind("revert/", 0) == 0) file.direction = Direction::down;
    }
    if (!listing_) return true;
    auto below = std::string(without(item.below, ".sql"));
    if (file.framework == Framework::sqitch) {
      if (file.direction == Direction::up && below.rfind("deploy/", 0) == 0) file.version = below.substr(7);
      if (file.direction == Direction::down) below.replace(0, 6, "deploy");
    }
    auto place = listing_->place.find(below);
    if (place == listing_->place.end() && file.framework == Framework::soda)
      place = listing_->place.find(std::string(base_name(below)));
    if (place == listing_->place.end()) return false;
    if (const auto tags = listing_->tags.find(below); tags != listing_->tags.end()) file.description = tags->second;
    file.order_key = {numeric(std::to_string(place->second))};
    return true;
  }

  void find_settings(File& file) const {
    std::string beside;
    if (file.framework == Framework::diesel) beside = std::string(parent_of(file.path)) + "/metadata.toml";
    if (file.framework == Framework::flyway) beside = file.path + ".conf";
    if (settings_.count(beside) > 0) file.settings = beside;
  }

  // A Flyway baseline stands for the versions up to it: where one of them is there, it does not run.
  void put_baselines() {
    for (auto& baseline : baselines_) {
      const bool replaced = std::any_of(set_.files.begin(), set_.files.end(), [&](const File& file) {
        return file.direction == Direction::up && file.order_key <= baseline.order_key;
      });
      if (!replaced) set_.files.push_back(std::move(baseline));
    }
  }

  void add_notes() {
    const auto where = set_.folder.empty() ? std::string() : set_.folder + ": ";
    if (left_out_ > 0) {
      set_.notes.push_back(fmt::format("{}{} SQL file{} not run by {}, so left out", where, left_out_,
                                       left_out_ == 1 ? " is" : "s are", to_string(set_.framework)));
    }
    if (callbacks_ > 0) {
      const bool one = callbacks_ == 1;
      set_.notes.push_back(fmt::format("{}{} SQL file{}, which Flyway runs around its migrations; {} not judged", where,
                                       callbacks_, one ? " is a callback" : "s are callbacks",
                                       one ? "it is" : "they are"));
    }
    for (const auto& [extension, count] : candidate_.other_steps) {
      set_.notes.push_back(fmt::format("{}{} step{} in {} files cannot be read; what they change is unknown", where,
                                       count, count == 1 ? "" : "s", extension));
    }
  }

  const Candidate& candidate_;
  bool named_;
  bool mixed_ = false;
  size_t left_out_ = 0, callbacks_ = 0;
  Set set_;
  std::optional<Listing> listing_;
  std::vector<File> baselines_;
  std::set<std::string> overridden_;
  std::set<std::string_view> names_;
  std::set<std::string> settings_;
  std::vector<std::string> reset_;
};

}  // namespace

Set arrange(const Candidate& candidate, const Source& source, bool named) {
  return Arranger(candidate, source, named).run();
}

void look_around(Set& set) {
  const bool unique = convention(set.framework).unique_versions;
  std::string last;
  std::vector<std::string> last_key;
  File* previous = nullptr;
  for (auto& file : set.files) {
    if (file.version.empty()) continue;
    auto key = version_key(set.framework, file.version);
    if (previous != nullptr) {
      previous->next_version = file.version;
      if (unique && key == last_key && file.direction == previous->direction) {
        file.complaint = fmt::format("version {} is also the version of {}", file.version,
                                     named_piece(set.framework, previous->path));
      }
    }
    last = file.version;
    last_key = std::move(key);
    previous = &file;
  }
  for (auto& file : set.files) file.last_version = last;
}

}  // namespace bgdb::migration
