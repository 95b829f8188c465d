#include "app/finalize.h"

#include <fmt/format.h>

#include "app/operator_lock.h"
#include "app/switch_spec.h"
#include "app/teardown.h"
#include "core/sql_file.h"
#include "journal/journal.h"
#include "journal/state.h"
#include "migrate/migrate.h"
#include "replication/objects.h"

namespace bgdb::app {
namespace {

struct FinalizedSide {
  std::string name;
  pg::Session session;
  journal::Side state;
  std::string slot;  // on this side: the link that leaves it
  std::string link;
};

struct Pair {
  FinalizedSide active;
  FinalizedSide other;
};

Result<FinalizedSide> open_side(const Config& config, const std::string& name, bool lock) {
  const bool blue = name == "blue";
  auto session = pg::Session::open({.dsn = blue ? config.blue_dsn : config.green_dsn,
                                    .application_name = operator_application_name("finalize"),
                                    .settings = {{"lock_timeout", "300ms"}, {"synchronous_commit", "on"}}});
  if (!session) return session.error().with_context(name);
  if (lock) BGDB_CHECK(take_operator_lock(*session, name));
  const auto state = BGDB_TRY(journal::read_side(*session));
  if (!state) return fail(ErrorCode::refused, name + " has no bgdb state: there is nothing to finalize");
  const std::string link = blue ? "forward" : "reverse";
  return FinalizedSide{name, *std::move(session), *state, config.slot(link), link};
}

Result<Pair> open_pair(const Config& config, bool lock) {
  auto blue = BGDB_TRY(open_side(config, "blue", lock));
  auto green = BGDB_TRY(open_side(config, "green", lock));
  const auto is_active = [](const FinalizedSide& side) { return side.state.role == journal::Role::active; };
  if (is_active(blue) == is_active(green)) {
    return fail(ErrorCode::refused,
                fmt::format("it is not clear who serves (blue: {}, epoch {}; green: {}, epoch {})",
                            journal::to_string(blue.state.role), blue.state.epoch, journal::to_string(green.state.role),
                            green.state.epoch),
                "Finish the switch first: \"bgdb status\" says how.");
  }
  // Epoch 0 is the clone's: nobody was ever switched, and a copy that nobody needs goes another way.
  const auto& standby = is_active(blue) ? green : blue;
  if (standby.state.role == journal::Role::standby && standby.state.epoch == 0) {
    return fail(ErrorCode::refused,
                fmt::format("nothing was switched yet: {} serves and {} is its new copy",
                            is_active(blue) ? "blue" : "green", standby.name),
                is_active(blue)
                    ? "Run \"bgdb cutover\" first; to give the release up run \"bgdb clone --abort --complete\"."
                    : "For the next release exchange blue.dsn and green.dsn in bgdb.yml.");
  }
  if (is_active(blue)) return Pair{std::move(blue), std::move(green)};
  return Pair{std::move(green), std::move(blue)};
}

Result<void> record(const Config& config, FinalizedSide& side, const std::string& step, const std::string& detail) {
  const auto written = BGDB_TRY(journal::append(side.session, {.command = "finalize", .step = step, .detail = detail}));
  if (const auto path = journal_mirror_path(config); !path.empty()) (void)journal::mirror(path, side.name, written);
  return {};
}

}  // namespace

Result<FinalizeOutcome> finalize(const Config& config, const std::function<void(const std::string&)>& said) {
  auto [active, other] = BGDB_TRY(open_pair(config, /*lock=*/true));
  FinalizeOutcome outcome{.active = active.name, .retired = other.name, .done = {}};
  const auto done = [&](std::string text) {
    if (said) said(text);
    outcome.done.push_back(std::move(text));
  };
  const std::string detail =
      fmt::format(R"({{"active":"{}","retired":"{}","epoch":{}}})", active.name, other.name, active.state.epoch);
  BGDB_CHECK(record(config, active, "intent", detail));

  // First the fact: from here on no switch may begin.
  BGDB_CHECK(other.session.execute(
      "update bgdb.side set role = 'retired', since = clock_timestamp(), by = 'bgdb finalize' where role = 'standby'"));
  done(other.name + " is retired; its guards stay on");
  // Then what can fill a disk, the side that serves first.
  BGDB_CHECK(drop_slot_in_use(active.session, active.name, active.slot));
  done(fmt::format("slot {} on {} is gone", active.slot, active.name));
  BGDB_CHECK(drop_slot_in_use(other.session, other.name, other.slot));
  done(fmt::format("slot {} on {} is gone", other.slot, other.name));
  for (auto* side : {&active, &other}) {
    BGDB_CHECK(replication::drop_publication(side->session, side->slot));
    done(fmt::format("publication {} on {} is gone", side->slot, side->name));
  }
  BGDB_CHECK(cut_link(other.session, other.name, active.link, active.slot));
  BGDB_CHECK(cut_link(active.session, active.name, other.link, other.slot));
  for (auto* side : {&active, &other}) {
    BGDB_CHECK(replication::drop_origin(side->session, migrate::kMigrateOrigin));
  }
  done("origins are gone");
  const int guards = BGDB_TRY(drop_guards(active.session, active.name));
  done(fmt::format("{} guards on {} are gone", guards, active.name));
  BGDB_CHECK(record(config, active, "done", detail));
  return outcome;
}

Result<std::vector<std::string>> plan_finalize(const Config& config) {
  const auto pair = BGDB_TRY(open_pair(config, /*lock=*/false));
  const auto& active = pair.active;
  const auto& other = pair.other;
  return std::vector<std::string>{
      fmt::format("{}: update bgdb.side set role = 'retired' where role = 'standby';", other.name),
      fmt::format("{}: select pg_drop_replication_slot('{}');", active.name, active.slot),
      fmt::format("{}: select pg_drop_replication_slot('{}');", other.name, other.slot),
      fmt::format("{}: drop publication if exists {};", active.name, quote_ident(active.slot)),
      fmt::format("{}: drop publication if exists {};", other.name, quote_ident(other.slot)),
      fmt::format("{}: drop the replication origins {} and {};", other.name, active.slot, migrate::kMigrateOrigin),
      fmt::format("{}: drop the replication origins {} and {};", active.name, other.slot, migrate::kMigrateOrigin),
      fmt::format("{}: drop trigger bgdb_guard on every table;", active.name)};
}

}  // namespace bgdb::app
