// Which framework a candidate belongs to: marker files first, then names, then neighbours, then the heads of a few
// files. Names come before contents because they are what the frameworks themselves look at.
#include <array>
#include <filesystem>
#include <set>

#include "migration/group.h"
#include "migration/markers.h"
#include "migration/naming.h"

namespace bgdb::migration {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSamples = 12;
constexpr size_t kHead = 4096;

struct Names {
  size_t prisma = 0, diesel = 0, hasura = 0, flyway = 0, suffixed = 0, numbered = 0, pop = 0, procrastinate = 0;
};

// 1_a.sql among 2_b.up.sql, too many to be strays: a runner that takes both, which golang-migrate and its like do not.
bool takes_bare_names(const Names& names) {
  return names.numbered > names.suffixed && (names.numbered - names.suffixed) * 2 >= names.suffixed;
}

// 1700000000000_x: milliseconds, which Hasura's command line puts in front.
bool is_stamped_in_milliseconds(std::string_view name) {
  const auto digits = name.substr(0, name.find('_'));
  return digits.size() == 13 && all_digits(digits) && digits[0] == '1';
}

bool is_flyway_name(std::string_view name) {
  File file;
  file.framework = Framework::flyway;
  return name.find("__") != std::string_view::npos && read_name(file, name);
}

// 0.2/00__a.sql, 0.3/00__b.sql: the folder is the version and the numbers begin anew in it, which Flyway refuses.
bool numbers_begin_anew(const Candidate& candidate) {
  std::set<std::vector<std::string>> seen;
  for (const auto& item : candidate.items) {
    File file;
    file.framework = Framework::flyway;
    const bool in_version = is_versioned(base_name(parent_of(item.below)));
    if (!in_version || !read_name(file, item.below) || file.direction != Direction::up) continue;
    if (!seen.insert(file.order_key).second) return true;
  }
  return false;
}

// 03.00.00_01_pre_cancel.sql
bool is_pre_or_post(std::string_view name) {
  return std::count(name.begin(), name.end(), '.') >= 3 &&
         (name.find("_pre_") != std::string_view::npos || name.find("_post_") != std::string_view::npos);
}

Names count_names(const Candidate& candidate) {
  Names names;
  for (const auto& item : candidate.items) {
    const auto name = base_name(item.below);
    const bool in_folder = item.path.find('/') != std::string::npos;
    names.numbered += is_versioned(name);
    if (in_folder && name == "migration.sql") {
      ++names.prisma;
    } else if (in_folder && (name == "up.sql" || name == "down.sql")) {
      ++names.diesel;
      names.hasura += is_stamped_in_milliseconds(base_name(parent_of(item.path)));
    } else if (ends_with(name, ".up.sql") || ends_with(name, ".down.sql")) {
      ++names.suffixed;
      names.pop +=
          name.find(".autocommit.") != std::string_view::npos || name.find(".postgres.up.") != std::string_view::npos;
    } else if (is_flyway_name(name)) {
      ++names.flyway;
    } else if (is_versioned(name) && is_pre_or_post(name)) {
      ++names.procrastinate;
    }
  }
  return names;
}

// A Rust project's folder: Cargo.toml up to three levels above, and no Go module nearer.
bool near_cargo(const Candidate& candidate, const Source& source) {
  std::string up = candidate.folder.empty() ? "." : candidate.folder;
  for (int i = 0; i < 4; ++i) {
    if (source.exists(up + "/Cargo.toml")) return true;
    if (source.exists(up + "/go.mod")) return false;
    up += "/..";
  }
  return false;
}

bool in_supabase(const Candidate& candidate) {
  if (base_name(candidate.folder) != "migrations" && candidate.folder != ".") return false;
  const auto folder = fs::absolute(candidate.folder).lexically_normal();
  return folder.filename() == "migrations" && folder.parent_path().filename() == "supabase";
}

// What the heads of some files say, evenly spread: a marker that every file of the framework has is found in any.
std::optional<Framework> ask_contents(const Candidate& candidate, const Source& source) {
  const size_t step = candidate.items.size() / kSamples + 1;
  for (size_t i = 0; i < candidate.items.size(); i += step) {
    const auto head = source.read(candidate.items[i].path, kHead);
    if (!head) continue;
    if (const auto found = framework_of_text(*head)) return found;
  }
  return std::nullopt;
}

Framework from_suffixes(const Candidate& candidate, const Names& names, const Source& source) {
  if (!candidate.marker("atlas.sum").empty()) return Framework::atlas;
  if (names.pop > 0 || candidate.other_steps.count(".fizz") > 0) return Framework::pop;
  const auto said = ask_contents(candidate, source);
  if (said == Framework::sqlx || said == Framework::morph) return *said;
  return near_cargo(candidate, source) ? Framework::sqlx : Framework::golang_migrate;
}

}  // namespace

Framework detect(const Candidate& candidate, const Source& source) {
  if (!candidate.marker("/sqitch.plan").empty()) return Framework::sqitch;
  if (!candidate.marker("_journal.json").empty()) return Framework::drizzle;
  if (!candidate.marker("manifest.txt").empty()) return Framework::soda;
  if (!candidate.marker("/manifest.json").empty()) return Framework::temporal;
  const Names names = count_names(candidate);
  if (names.prisma > 0 && names.prisma >= names.diesel) return Framework::prisma;
  if (names.diesel > 0) return names.hasura * 2 > names.diesel ? Framework::hasura : Framework::diesel;
  const bool flyway = names.flyway > 0 && names.flyway >= names.suffixed && names.flyway * 2 >= names.numbered;
  if (flyway && !numbers_begin_anew(candidate)) return Framework::flyway;
  if (names.suffixed > 0 && !takes_bare_names(names)) return from_suffixes(candidate, names, source);
  if (names.procrastinate > 0) return Framework::procrastinate;
  if (const auto said = ask_contents(candidate, source)) return *said;
  if (!candidate.marker("atlas.sum").empty()) return Framework::atlas;
  if (in_supabase(candidate)) return Framework::supabase;
  const bool graphile = std::any_of(candidate.items.begin(), candidate.items.end(),
                                    [](const auto& item) { return item.below.rfind("committed/", 0) == 0; });
  if (graphile) return Framework::graphile;
  if (names.numbered > 0 && candidate.marker("manifest.json").empty() && near_cargo(candidate, source)) {
    return Framework::sqlx;
  }
  return Framework::plain;
}

}  // namespace bgdb::migration
