#include "migrate/migrate.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/clock.h"
#include "core/interrupt.h"
#include "core/sql_file.h"
#include "journal/operator_lock.h"
#include "journal/state.h"
#include "migrate/runner.h"

namespace bgdb::migrate {
namespace {

Result<void> lock_operator(pg::Session& session) {
  if (BGDB_TRY(journal::take_operator_lock(session))) return {};
  return fail(ErrorCode::refused, "another bgdb command is at work on " + session.host_display(),
              "wait until it ends; `select * from pg_stat_activity where application_name like 'bgdb%'` shows it");
}

// A statement of a run that was killed may still be at work on the server: its session holds the migrate lock.
Result<void> lock_out_survivors(pg::Session& session) {
  constexpr auto kWait = milliseconds(3'000);
  const auto deadline = core::system_clock().now() + kWait;
  for (;;) {
    const auto got = BGDB_TRY(session.scalar("select pg_try_advisory_lock(hashtext('bgdb'), hashtext('migrate'))"));
    if (got == "t") return session.execute("select pg_advisory_unlock(hashtext('bgdb'), hashtext('migrate'))");
    if (core::system_clock().now() >= deadline || core::interrupted()) break;
    core::system_clock().sleep_for(milliseconds(100));
  }
  const auto who = BGDB_TRY(session.query(core::sql_text("migrate/find_survivor.sql")));
  const auto pid = who.empty() ? std::string("?") : who.text(0, "pid");
  return fail(ErrorCode::refused,
              fmt::format("a statement of an earlier run is still at work on {} (pid {}{}{})", session.host_display(),
                          pid, who.empty() ? "" : ": ", who.empty() ? "" : who.text(0, "query")),
              "wait until it ends, or end it with select pg_terminate_backend(" + pid + ")");
}

// A link that applies rows translates into the schema as it was when it started: what comes during the migration would
// miss what the migration adds. Links hold this lock shared (link/applier.cc), we hold it until our session ends.
Result<void> lock_out_links(pg::Session& session) {
  constexpr auto kWait = milliseconds(3'000);  // a link that was just stopped is still on its way out
  const auto deadline = core::system_clock().now() + kWait;
  while (BGDB_TRY(session.scalar("select pg_try_advisory_lock(hashtext('bgdb'), hashtext('apply'))")) != "t") {
    if (core::system_clock().now() >= deadline || core::interrupted()) {
      return fail(ErrorCode::refused,
                  fmt::format("a link applies rows to {}, translated into the schema of before the migration",
                              session.host_display()),
                  "stop `bgdb sync`, migrate, then start it again; the slot keeps everything meanwhile");
    }
    core::system_clock().sleep_for(milliseconds(100));
  }
  return {};
}

// The pass for the guard ends with the run, however it ends. When we are killed it stays, and lets nobody through: no
// later session has the same pid and start.
struct Pass {
  pg::Session* session = nullptr;
  ~Pass() {
    if (session == nullptr || !session->alive()) return;
    (void)session->execute("update bgdb.side set writer_pid = null, writer_started = null").has_value();
  }
};

}  // namespace

std::string_view to_string(FileState state) {
  switch (state) {
    case FileState::baseline:
      return "baseline";
    case FileState::applied:
      return "applied";
    case FileState::pending:
      return "pending";
    case FileState::ran:
      return "ran";
    case FileState::left_out:
      return "left out";
  }
  return "pending";
}

Result<MigrateReport> run_migrations(const MigrateOptions& options, core::Progress& progress) {
  pg::SessionOptions session_options;
  session_options.dsn = options.dsn;
  session_options.application_name = "bgdb migrate";
  auto control = BGDB_TRY(pg::Session::open(session_options));
  if (!options.dry_run) {
    BGDB_CHECK(lock_operator(control));
    BGDB_CHECK(lock_out_survivors(control));
    BGDB_CHECK(journal::install_state(control));
  }
  const bool installed = BGDB_TRY(journal::state_installed(control));
  const auto side = BGDB_TRY(journal::read_side(control));
  if (side && side->role == journal::Role::retired) {
    return fail(ErrorCode::refused, control.host_display() + " is retired: nothing is migrated on it any more",
                "migrate the side that serves, or clone anew");
  }
  auto plan = BGDB_TRY(make_plan(control, options, installed));

  MigrateReport report;
  report.notes = plan.notes;
  const bool standby = side && side->role == journal::Role::standby;
  const bool pending = std::any_of(plan.files.begin(), plan.files.end(),
                                   [](const auto& file) { return file.report.state == FileState::pending; });
  if (standby && pending && !options.dry_run) BGDB_CHECK(lock_out_links(control));
  Pass pass;
  if (standby && !options.dry_run) pass.session = &control;
  Watcher watcher(options.dsn, std::clamp(options.lock_timeout / 5, milliseconds(20), milliseconds(500)));
  Runner runner(options, watcher, progress, standby);
  for (auto& file : plan.files) {
    if (file.report.state == FileState::pending) {
      if (options.dry_run) {
        ++report.pending;
      } else {
        if (core::interrupted())
          return fail(ErrorCode::interrupted,
                      fmt::format("interrupted before {}; {} files ran", file.report.file, report.ran));
        if (!control.alive()) return fail(ErrorCode::connection, "the session that keeps other operators out was lost");
        progress.stage(file.report.file);
        BGDB_CHECK(runner.run(file));
        file.report.state = FileState::ran;
        ++report.ran;
        progress.item_done(file.report.file);
      }
    }
    report.files.push_back(file.report);
  }
  return report;
}

}  // namespace bgdb::migrate
