#include "migrate/migrate.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/clock.h"
#include "core/interrupt.h"
#include "journal/state.h"
#include "migrate/exclusion.h"
#include "migrate/plan.h"
#include "migrate/runner.h"

namespace bgdb::migrate {
namespace {

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

namespace {

Result<pg::Session> open_control(const MigrateOptions& options) {
  pg::SessionOptions session_options;
  session_options.dsn = options.dsn;
  session_options.application_name = "bgdb migrate";
  return pg::Session::open(session_options);
}

Result<void> enter(pg::Session& control) {
  BGDB_CHECK(lock_operator(control));
  BGDB_CHECK(lock_out_survivors(control));
  return journal::install_state(control);
}

std::vector<std::string> pending_contract_files(const Plan& plan) {
  std::vector<std::string> files;
  for (const auto& file : plan.files) {
    if (file.report.state == FileState::pending && file.report.phase == "contract") files.push_back(file.report.file);
  }
  return files;
}

}  // namespace

Result<MigrateReport> run_migrations(const MigrateOptions& options, core::Progress& progress) {
  auto control = BGDB_TRY(open_control(options));
  if (!options.dry_run) BGDB_CHECK(enter(control));
  const bool installed = BGDB_TRY(journal::state_installed(control));
  const auto side = BGDB_TRY(journal::read_side(control));
  if (side && side->role == journal::Role::retired) {
    return fail(ErrorCode::refused, control.host_display() + " is retired: nothing is migrated on it any more",
                "migrate the side that serves, or clone anew");
  }
  auto plan = BGDB_TRY(make_plan(control, options, installed));

  MigrateReport report;
  report.notes = plan.notes;
  if (const auto contract = pending_contract_files(plan); options.old_version && !contract.empty()) {
    report.evidence = BGDB_TRY(check_retired(control, *options.old_version, contract));
  }
  const bool standby = side && side->role == journal::Role::standby;
  const bool pending = std::any_of(plan.files.begin(), plan.files.end(),
                                   [](const auto& file) { return file.report.state == FileState::pending; });
  if (standby && pending && !options.dry_run) BGDB_CHECK(lock_out_links(control));
  Pass pass;
  if (standby && !options.dry_run) pass.session = &control;
  Watcher watcher(options.dsn, watch_interval(options.lock_timeout));
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

Result<RetireReport> retire_old_version(const MigrateOptions& options) {
  auto control = BGDB_TRY(open_control(options));
  BGDB_CHECK(enter(control));
  auto contract = options;
  contract.phase = "contract";
  RetireReport report;
  report.contract_files = pending_contract_files(BGDB_TRY(make_plan(control, contract, true)));
  if (report.contract_files.empty()) {
    return fail(ErrorCode::refused, "no contract file waits for the old version to be retired",
                "bgdb migrate --dry-run --phase contract shows what is there");
  }
  report.evidence =
      BGDB_TRY(declare_retired(control, options.old_version.value_or(OldVersion{}), report.contract_files));
  return report;
}

}  // namespace bgdb::migrate
