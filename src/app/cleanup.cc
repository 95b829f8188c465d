#include "app/cleanup.h"

#include <fmt/format.h>

#include <fstream>

#include "app/operator_lock.h"
#include "app/teardown.h"
#include "core/sql_file.h"
#include "journal/journal.h"
#include "journal/state.h"
#include "migrate/migrate.h"
#include "replication/objects.h"

namespace bgdb::app {
namespace {

struct CleanedSide {
  std::string name;
  pg::Session session;
  std::optional<journal::Side> state;
};

Result<std::vector<CleanedSide>> open_sides(const Config& config, bool lock) {
  std::vector<CleanedSide> sides;
  for (const auto& [name, dsn] : config.sides()) {
    auto session = pg::Session::open({.dsn = dsn,
                                      .application_name = operator_application_name("cleanup"),
                                      .settings = {{"lock_timeout", "300ms"}}});
    if (!session) return session.error().with_context(name);
    if (lock) BGDB_CHECK(take_operator_lock(*session, name));
    auto state = BGDB_TRY(journal::read_side(*session));
    sides.push_back({name, *std::move(session), std::move(state)});
  }
  bool retired = false;
  bool switched = false;
  for (const auto& side : sides) {
    retired = retired || (side.state && side.state->role == journal::Role::retired);
    // A copy that never served has the clone's epoch.
    switched = switched || (side.state && side.state->role == journal::Role::standby && side.state->epoch > 0);
  }
  // A side that is clean already was cleaned by an earlier run.
  const bool interrupted = sides.size() > 1 && (!sides[0].state || !sides[1].state);
  if (switched && !retired && !interrupted) {
    return fail(ErrorCode::refused, "a switch has happened and its window is open: the links carry the way back",
                "Run \"bgdb finalize\" first.");
  }
  return sides;
}

std::string copy_path(const Config& config, const std::string& side) {
  return config.resolve(fmt::format("bgdb-journal-{}.jsonl", side));
}

// The trail outlives the schema.
Result<void> keep_journal(CleanedSide& side, const std::string& path) {
  const auto records = BGDB_TRY(journal::read(side.session));
  if (records.empty()) return {};
  std::ofstream out(path, std::ios::app);
  for (const auto& record : records) out << journal::to_json(record) << "\n";
  if (!out.flush())
    return fail(ErrorCode::io, "cannot write " + path, "The journal is kept there before it is dropped.");
  return {};
}

}  // namespace

Result<std::vector<std::string>> plan_cleanup(const Config& config) {
  const auto sides = BGDB_TRY(open_sides(config, /*lock=*/false));
  std::vector<std::string> lines;
  for (const auto& side : sides) {
    if (!side.state) {
      lines.push_back(side.name + ": nothing of bgdb is there");
      continue;
    }
    lines.push_back(fmt::format("{}: copy bgdb.journal to {}", side.name, copy_path(config, side.name)));
    lines.push_back(fmt::format("{}: drop slots and publications {}, {}; drop their origins", side.name,
                                config.slot("forward"), config.slot("reverse")));
    lines.push_back(fmt::format("{}: drop trigger bgdb_guard on every table{}", side.name,
                                side.state->role == journal::Role::active ? "" : " (clients can write there then)"));
    lines.push_back(side.name + ": drop schema bgdb cascade");
  }
  return lines;
}

Result<void> cleanup(const Config& config, const std::function<void(const std::string&)>& said) {
  auto sides = BGDB_TRY(open_sides(config, /*lock=*/true));
  // What can fill a disk first, on both sides.
  for (auto& side : sides) {
    for (const auto* link : {"forward", "reverse"}) {
      BGDB_CHECK(drop_slot_in_use(side.session, side.name, config.slot(link)));
    }
  }
  for (auto& side : sides) {
    for (const auto* link : {"forward", "reverse"}) {
      if (side.state) BGDB_CHECK(cut_link(side.session, side.name, link, config.slot(link)));
      BGDB_CHECK(replication::drop_publication(side.session, config.slot(link)));
    }
    BGDB_CHECK(replication::drop_origin(side.session, migrate::kMigrateOrigin));
    said(fmt::format("{}: slots, publications and origins are gone", side.name));
    const int guards = BGDB_TRY(drop_guards(side.session, side.name));
    said(fmt::format("{}: {} guards are gone", side.name, guards));
    if (!side.state) continue;
    const auto path = copy_path(config, side.name);
    BGDB_CHECK(keep_journal(side, path));
    BGDB_CHECK(side.session.execute("set client_min_messages = warning"));
    BGDB_CHECK(side.session.execute("drop schema if exists bgdb cascade"));
    said(fmt::format("{}: schema bgdb is gone; its journal is kept in {}", side.name, path));
  }
  return {};
}

}  // namespace bgdb::app
