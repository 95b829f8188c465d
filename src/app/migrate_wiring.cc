#include "app/migrate_wiring.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/interrupt.h"
#include "core/sql_file.h"
#include "journal/journal.h"
#include "journal/state.h"

namespace bgdb::app {
namespace {

// Clients of both versions queue behind a request that waits.
constexpr milliseconds kSharedLockTimeout{250};

Result<pg::Session> open_to_migrate(const std::string& dsn) {
  pg::SessionOptions options;
  options.dsn = dsn;
  options.application_name = "bgdb migrate";
  return pg::Session::open(options);
}

Result<void> check_side(const Config& config, const MigrateRequest& request, const std::string& on,
                        const std::string& dsn) {
  if (config.strategy != "parallel" || request.dry_run || request.yes) return {};
  if (on == "blue") {
    return fail(ErrorCode::refused, "migrations run on green; on blue they would change the running version's database",
                "leave out --on blue, or add --yes when this is what you want");
  }
  auto session = BGDB_TRY(open_to_migrate(dsn));
  const auto side = BGDB_TRY(journal::read_side(session));
  if (!side) {
    return fail(ErrorCode::refused, "green is no clone of blue yet: the migrations would find none of its tables",
                "run `bgdb clone` first, or add --yes when green was filled another way");
  }
  if (side->role != journal::Role::active) return {};
  return fail(ErrorCode::refused, "green serves clients: a migration may break the way back to blue",
              "run `bgdb finalize` first, or add --yes when this is what you want");
}

// The journal is kept on the side that serves: blue as long as green is its standby.
Result<void> write_journal(const Config& config, const std::string& dsn, const std::string& step,
                           const nlohmann::json& detail, const std::string& command = "migrate") {
  auto session = BGDB_TRY(open_to_migrate(dsn));
  const auto side = BGDB_TRY(journal::read_side(session));
  const bool standby = side && side->role == journal::Role::standby;
  if (standby && !config.blue_dsn.empty()) session = BGDB_TRY(open_to_migrate(config.blue_dsn));
  if (!BGDB_TRY(journal::state_installed(session))) return {};
  BGDB_TRY(journal::append(session, {command, step, detail.dump()}));
  return {};
}

// A column that was added or retyped has no statistics, and autovacuum may come after the switch.
Result<void> analyze_changed(const std::string& dsn, core::Progress& progress) {
  auto session = BGDB_TRY(open_to_migrate(dsn));
  const auto rows = BGDB_TRY(session.query(core::sql_text("gate/list_unready_tables.sql"), {std::nullopt}));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows.at(i, "column_name")) continue;
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    progress.stage("statistics of " + rows.text(i, "table_name"));
    BGDB_CHECK(session.execute("analyze " + rows.text(i, "table_name")));
  }
  return {};
}

std::string side_of(const Config& config, const std::string& on) {
  return !on.empty() ? on : config.shared() ? "blue" : "green";
}

}  // namespace

Result<migrate::MigrateOptions> migrate_options(const Config& config, const MigrateRequest& request) {
  migrate::MigrateOptions options;
  options.dsn = BGDB_TRY(migrate_dsn(config, request.on));
  options.side = side_of(config, request.on);
  options.paths = {config.resolve(config.migrations.dir)};
  if (config.migrations.framework != "auto")
    options.framework = BGDB_TRY(migration::framework_from_string(config.migrations.framework));
  options.baseline = config.migrations.baseline;
  options.placeholders = config.migrations.placeholders;
  options.to = request.to;
  // One database, both versions of the application: what breaks the old one is asked for by name.
  options.phase = request.phase.empty() && config.shared() ? "expand" : request.phase;
  options.dry_run = request.dry_run;
  options.unfinished = request.unfinished;
  options.allow_missing = request.allow_missing;
  options.allow_out_of_order = request.allow_out_of_order;
  options.pace = request.pace;
  options.jobs = request.jobs;
  if (config.shared()) {
    options.lock_timeout = kSharedLockTimeout;
    options.old_version = migrate::OldVersion{
        request.old_version.empty() ? config.migrations.old_version : request.old_version, config.migrations.quiet_for};
  }
  if (request.lock_timeout) options.lock_timeout = *request.lock_timeout;
  if (request.statement_timeout) options.statement_timeout = *request.statement_timeout;
  if (request.lock_attempts) options.retry.attempts_max = *request.lock_attempts;
  return options;
}

Result<std::string> migrate_dsn(const Config& config, const std::string& on) {
  const auto side = side_of(config, on);
  if (config.shared() && side != "blue") {
    return fail(ErrorCode::refused, "strategy is shared: there is one database, blue, and no " + side,
                "leave out --on");
  }
  const auto& dsn = side == "blue" ? config.blue_dsn : config.green_dsn;
  if (!dsn.empty()) return dsn;
  return fail(ErrorCode::config, fmt::format("{}: {}.dsn is not set", config.path, side),
              "name the database in bgdb.yml");
}

Result<MigrateOutcome> run_migrate(const Config& config, const MigrateRequest& request, core::Progress& progress) {
  const auto options = BGDB_TRY(migrate_options(config, request));
  const auto& dsn = options.dsn;
  MigrateOutcome outcome;
  outcome.on = options.side;
  outcome.phase = options.phase;
  BGDB_CHECK(check_side(config, request, outcome.on, dsn));
  auto report = migrate::run_migrations(options, progress);
  if (request.dry_run) {
    outcome.report = BGDB_TRY(std::move(report));
    auto session = BGDB_TRY(open_to_migrate(dsn));
    outcome.forecast = BGDB_TRY(forecast(session, outcome.report));
    return outcome;
  }
  nlohmann::json detail = {{"on", outcome.on}, {"phase", outcome.phase.empty() ? "all" : outcome.phase}};
  if (!report) {
    detail["error"] = report.error().message;
    (void)write_journal(config, dsn, "failed", detail).has_value();  // the error itself matters more
    return fail(report.error());
  }
  auto files = nlohmann::json::array();
  for (const auto& file : report->files) {
    if (file.state == migrate::FileState::ran) files.push_back(file.file);
  }
  detail["files"] = std::move(files);
  if (!report->evidence.empty()) detail["evidence"] = report->evidence;
  outcome.report = std::move(*report);
  if (outcome.report.ran == 0) return outcome;
  if (!config.shared()) {
    if (const auto analyzed = analyze_changed(dsn, progress); !analyzed) {
      outcome.report.notes.push_back("the new columns have no statistics yet: " + analyzed.error().message);
    }
  }
  if (const auto written = write_journal(config, dsn, "done", detail); !written) {
    outcome.report.notes.push_back("the journal could not be written: " + written.error().message);
  }
  return outcome;
}

Result<migrate::RetireReport> retire(const Config& config, const MigrateRequest& request) {
  if (!config.shared()) {
    return fail(ErrorCode::refused, "strategy is parallel: the old version keeps a database of its own",
                "after the switch, bgdb finalize retires it");
  }
  const auto options = BGDB_TRY(migrate_options(config, request));
  auto report = BGDB_TRY(migrate::retire_old_version(options));
  BGDB_CHECK(write_journal(config, options.dsn, "retire",
                           {{"old_version", options.old_version->application_name},
                            {"files", report.contract_files},
                            {"evidence", report.evidence}}));
  return report;
}

Result<migrate::BatchReport> fill(const Config& config, const FillRequest& request, core::Progress& progress) {
  migrate::BackfillOptions options;
  options.dsn = BGDB_TRY(migrate_dsn(config, request.on));
  options.work = request.work;
  options.pace = request.pace;
  if (config.shared()) options.lock_timeout = kSharedLockTimeout;
  if (request.lock_timeout) options.lock_timeout = *request.lock_timeout;
  auto report = migrate::run_backfill(options, progress);
  nlohmann::json detail = {{"table", request.work.table}, {"set", request.work.set}, {"where", request.work.where}};
  if (!report) {
    detail["error"] = report.error().message;
    (void)write_journal(config, options.dsn, "failed", detail, "backfill").has_value();
    return fail(report.error());
  }
  detail["rows"] = report->rows;
  BGDB_CHECK(write_journal(config, options.dsn, "done", detail, "backfill"));
  return report;
}

}  // namespace bgdb::app
