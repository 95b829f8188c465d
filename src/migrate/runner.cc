#include "migrate/runner.h"

#include <fmt/format.h>

#include "core/clock.h"
#include "core/contains.h"
#include "core/ident.h"
#include "core/interrupt.h"
#include "core/retry.h"
#include "core/sql_file.h"
#include "journal/journal.h"
#include "migrate/lock_retry.h"
#include "migrate/migrate.h"

namespace bgdb::migrate {
namespace {

// On a standby everything a migration writes is derived from rows that the active side has: the link back must not
// carry it there, where it would undo what clients wrote meanwhile. So it carries an origin that both links pass over
// (docs/design/state.md). Only one session may hold it; the one before us may still be on its way out.
Result<void> take_origin(pg::Session& session) {
  const std::string name =
      BGDB_TRY(session.scalar(core::sql_text("replication/read_origin_name.sql"), {kMigrateOrigin}));
  constexpr core::RetryPolicy kPolicy{.attempts_max = 200,
                                      .backoff_first = milliseconds(20),
                                      .backoff_max = milliseconds(200),
                                      .budget = milliseconds(10'000)};
  auto taken = core::with_retry(
      kPolicy, core::system_clock(),
      [&]() -> Result<void> {
        BGDB_CHECK(session.execute(
            "select pg_replication_origin_create($1) where pg_replication_origin_oid($1) is null", {name}));
        return session.execute("select pg_replication_origin_session_setup($1)", {name});
      },
      [](const Error& error) { return error.sqlstate == "55006"; }, [](const Error&, int) {});
  if (taken) return {};
  Error error = taken.error().with_context("cannot mark what the migration writes as not to be sent to the other side");
  if (error.sqlstate == "42501") {
    return error.with_hint(
        "as a superuser: grant execute on all functions named pg_replication_origin_* to bgdb's role");
  }
  return error;
}

}  // namespace

Result<void> limit_statements(pg::Session& session, milliseconds timeout) {
  if (timeout.count() == 0) return {};
  return session.execute(fmt::format("set local statement_timeout = {}", timeout.count()));
}

// Each file gets a session of its own: what it SETs ends with it, as in a run by its framework.
Result<pg::Session> Runner::open_session(Watcher& watcher) {
  pg::SessionOptions options;
  options.dsn = options_.dsn;
  options.application_name = "bgdb migrate";
  options.settings = {{"lock_timeout", fmt::format("{}ms", options_.lock_timeout.count())}};
  auto session = BGDB_TRY(pg::Session::open(options));
  // When we are killed, the server ends what we ran within a second (where its platform can tell), and until it has,
  // the lock keeps the next run out (lock_out_survivors).
  (void)session.execute("set client_connection_check_interval = '1s'").has_value();
  BGDB_CHECK(session.execute("select pg_advisory_lock_shared(hashtext('bgdb'), hashtext('migrate'))"));
  if (standby_) {
    BGDB_CHECK(take_origin(session));
    BGDB_CHECK(session.execute(core::sql_text("migrate/register_writer.sql")));
  }
  watcher.watch(session.server_pid());
  return session;
}

Result<void> Runner::run(PlannedFile& file) {
  const auto units = BGDB_TRY(split_units(file.loaded, file.report.file));
  auto session = BGDB_TRY(open_session(watcher_));
  file.report.statements.clear();
  auto result =
      runs_together(file.loaded, units) ? run_in_transaction(session, file) : run_by_units(session, file, units);
  watcher_.watch(0);
  return result;
}

// Lock time-outs, deadlocks and serialization failures undid the attempt: it may be tried again.
Result<void> Runner::with_retries(PlannedFile& file, const std::function<Result<void>()>& body) {
  return with_lock_retries(options_.retry, watcher_, progress_, file.report.file, file.report.retries, body);
}

Error Runner::explain(Error error, const PlannedFile& file, const parse::Statement& statement) const {
  error = error.with_context(fmt::format("{}:{}", file.report.file, statement.span.line));
  const bool exists =
      error.sqlstate == "42P07" || error.sqlstate == "42701" || error.sqlstate == "42710" || error.sqlstate == "42P06";
  if (exists && options_.baseline.empty() && error.hint.empty()) {
    error.hint =
        "when the database already has this migration, set migrations.baseline in bgdb.yml to the last version that it "
        "has";
  }
  if ((error.sqlstate == "25001" || error.sqlstate == "2D000") && error.hint.empty()) {
    error.hint = "give the statement a file of its own, or switch the file's transaction off the way " +
                 std::string(migration::to_string(file.loaded.file.framework)) + " does it";
  }
  return error;
}

Result<void> Runner::statement(pg::Session& session, PlannedFile& file, const parse::Statement& statement) {
  if (core::interrupted())
    return fail(ErrorCode::interrupted, "interrupted before " + file.report.file + " was complete");
  const auto started = core::system_clock().now();
  const auto ran = session.script(statement.text);
  if (!ran) return fail(explain(ran.error(), file, statement));
  file.report.statements.push_back(describe(statement));
  file.report.statements.back().in_transaction = session.in_transaction();
  file.report.statements.back().duration = core::time_since(started);
  return {};
}

// --- a file in one transaction ---

Result<void> Runner::run_in_transaction(pg::Session& session, PlannedFile& file) {
  const auto started = core::system_clock().now();
  return with_retries(file, [&]() -> Result<void> {
    auto result = attempt(session, file, started);
    if (result || result.error().retry != Retry::outcome_unknown) return result;
    // The answer to COMMIT was lost: the version row tells.
    session = BGDB_TRY(open_session(watcher_));
    const auto rows = BGDB_TRY(session.query("select 1 from bgdb.schema_versions where file = $1 and checksum = $2",
                                             {file.report.file, file.checksum}));
    if (!rows.empty()) return {};
    Error error = result.error();
    error.retry = Retry::never;
    return fail(error.with_context(file.report.file +
                                   ": the connection was lost during COMMIT; nothing of the file was applied"));
  });
}

Result<void> Runner::attempt(pg::Session& session, PlannedFile& file, core::SteadyTime started) {
  auto transaction = BGDB_TRY(pg::Transaction::begin(session));
  file.report.tables_guarded = 0;
  file.report.statements.clear();
  const auto before = BGDB_TRY(unguarded(session));
  BGDB_CHECK(limit_statements(session, options_.statement_timeout));
  auto exclusive = BGDB_TRY(ExclusiveLocks::begin(session));
  for (const auto& each : file.loaded.up.statements) {
    const auto asked = core::system_clock().now();
    BGDB_CHECK(statement(session, file, each));
    BGDB_CHECK(exclusive.look(session, each.span.line, asked));
  }
  BGDB_CHECK(guard_new(session, file, before));
  BGDB_CHECK(record(session, file, started));
  BGDB_CHECK(transaction.commit());
  file.report.exclusive = exclusive.end();
  file.report.duration = core::time_since(started);  // with the commit, which its row cannot know
  return {};
}

// In the open transaction. A file may have switched role or search_path: names here carry their schema.
Result<void> Runner::record(pg::Session& session, PlannedFile& file, core::SteadyTime started) {
  file.report.duration = core::time_since(started);
  const auto& report = file.report;
  return session.execute(
      core::sql_text("migrate/record_version.sql"),
      {report.version, report.file, report.phase, file.checksum, "bgdb migrate by " + journal::actor(),
       std::to_string(report.duration.count()), options_.side});
}

// --- guards ---

Result<std::vector<std::string>> Runner::unguarded(pg::Session& session) {
  std::vector<std::string> oids;
  if (!standby_) return oids;
  const auto rows = BGDB_TRY(session.query(core::sql_text("migrate/list_unguarded_tables.sql")));
  for (size_t i = 0; i < rows.size(); ++i) oids.push_back(rows.text(i, "oid"));
  return oids;
}

Result<void> Runner::guard_new(pg::Session& session, PlannedFile& file, const std::vector<std::string>& before) {
  if (!standby_) return {};
  const auto rows = BGDB_TRY(session.query(core::sql_text("migrate/list_unguarded_tables.sql")));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (core::contains(before, rows.text(i, "oid"))) continue;
    const QualifiedName table{rows.text(i, "schema"), rows.text(i, "name")};
    BGDB_CHECK(
        session.execute(fmt::format("create trigger bgdb_guard before insert or update or delete or truncate on {} for "
                                    "each statement execute function bgdb.refuse_write()",
                                    table.sql())));
    ++file.report.tables_guarded;
  }
  return {};
}

}  // namespace bgdb::migrate
