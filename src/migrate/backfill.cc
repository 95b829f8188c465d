#include "migrate/backfill.h"

#include <fmt/format.h>

#include <cstdlib>

#include "core/sql_file.h"
#include "journal/state.h"
#include "migrate/batches.h"
#include "migrate/exclusion.h"

namespace bgdb::migrate {
namespace {

Result<pg::Session> open(const std::string& dsn, milliseconds lock_timeout = milliseconds(5'000)) {
  pg::SessionOptions options;
  options.dsn = dsn;
  options.application_name = "bgdb backfill";
  options.settings = {{"lock_timeout", fmt::format("{}ms", lock_timeout.count())}};
  return pg::Session::open(options);
}

// Rows that clients may not write are not ours to write either: the link brings them.
Result<void> check_side(pg::Session& session) {
  const auto side = BGDB_TRY(journal::read_side(session));
  if (!side || side->role == journal::Role::active) return {};
  return fail(ErrorCode::refused,
              fmt::format("{} is the {} side: its rows come from the side that serves", session.host_display(),
                          journal::to_string(side->role)),
              "fill the table on the side that serves, or write the backfill as a migration file");
}

// As run_migrations(): while it is held, no other run walks the same rows, nor does what is left of a dead one.
Result<void> hold_migrate_lock(pg::Session& session) {
  (void)session.execute("set client_connection_check_interval = '1s'").has_value();  // not on every platform
  return session.execute("select pg_advisory_lock_shared(hashtext('bgdb'), hashtext('migrate'))");
}

}  // namespace

Result<BatchReport> run_backfill(const BackfillOptions& options, core::Progress& progress) {
  auto control = BGDB_TRY(open(options.dsn));
  BGDB_CHECK(lock_operator(control));
  BGDB_CHECK(lock_out_survivors(control));
  BGDB_CHECK(journal::install_state(control));
  BGDB_CHECK(check_side(control));
  auto session = BGDB_TRY(open(options.dsn, options.lock_timeout));
  BGDB_CHECK(hold_migrate_lock(session));
  Watcher watcher(options.dsn, watch_interval(options.lock_timeout));
  watcher.watch(session.server_pid());
  const auto key = "backfill:" + options.work.digest();
  progress.stage(core::parse_qualified_name(options.work.table).display());
  auto report = BGDB_TRY(Batches(session, options.work, key, options.pace, options.retry, watcher, progress).run());
  BGDB_CHECK(session.execute("delete from bgdb.fact where key = $1", {key}));
  return report;
}

Result<BackfillStatus> read_backfills(const std::string& dsn) {
  auto session = BGDB_TRY(open(dsn));
  BackfillStatus status;
  if (!BGDB_TRY(journal::state_installed(session))) return status;
  status.paused = BGDB_TRY(session.scalar("select exists (select from bgdb.fact where key = 'backfill.pause')")) == "t";
  const auto rows = BGDB_TRY(session.query(core::sql_text("backfill/list_backfills.sql")));
  for (size_t i = 0; i < rows.size(); ++i) {
    status.backfills.push_back({rows.text(i, "key"), rows.text(i, "table"), static_cast<int>(rows.integer(i, "pass")),
                                rows.integer(i, "rows"), rows.integer(i, "walked"), rows.integer(i, "total"),
                                std::strtod(rows.text(i, "rate").c_str(), nullptr), rows.text(i, "at"),
                                milliseconds(rows.integer(i, "age_ms"))});
  }
  return status;
}

Result<bool> pause_backfills(const std::string& dsn, bool pause) {
  auto session = BGDB_TRY(open(dsn));
  if (!BGDB_TRY(journal::state_installed(session))) {
    if (!pause) return false;
    BGDB_CHECK(journal::install_state(session));
  }
  const auto changed = BGDB_TRY(
      session.query(pause ? "insert into bgdb.fact (key, value) values ('backfill.pause', '{}') on conflict do nothing"
                          : "delete from bgdb.fact where key = 'backfill.pause'"));
  return changed.affected > 0;
}

}  // namespace bgdb::migrate
