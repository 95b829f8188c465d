#include "app/migrate_wiring.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/interrupt.h"
#include "journal/journal.h"
#include "journal/state.h"

namespace bgdb::app {
namespace {

Result<pg::Session> open(const std::string& dsn) {
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
  auto session = BGDB_TRY(open(dsn));
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
                           const nlohmann::json& detail) {
  auto session = BGDB_TRY(open(dsn));
  const auto side = BGDB_TRY(journal::read_side(session));
  const bool standby = side && side->role == journal::Role::standby;
  if (standby && !config.blue_dsn.empty()) session = BGDB_TRY(open(config.blue_dsn));
  if (!BGDB_TRY(journal::state_installed(session))) return {};
  BGDB_TRY(journal::append(session, {"migrate", step, detail.dump()}));
  return {};
}

}  // namespace

Result<MigrateOutcome> run_migrate(const Config& config, const MigrateRequest& request, core::Progress& progress) {
  const bool shared = config.strategy == "shared";
  MigrateOutcome outcome;
  outcome.on = !request.on.empty() ? request.on : shared ? "blue" : "green";
  // One database, both versions of the application: what breaks the old one is asked for by name.
  outcome.phase = request.phase.empty() && shared ? "expand" : request.phase;
  const auto& dsn = outcome.on == "blue" ? config.blue_dsn : config.green_dsn;
  if (dsn.empty())
    return fail(ErrorCode::config, fmt::format("{}: {}.dsn is not set", config.path, outcome.on),
                "name the database in bgdb.yml");
  BGDB_CHECK(check_side(config, request, outcome.on, dsn));

  migrate::MigrateOptions options;
  options.dsn = dsn;
  options.paths = {config.resolve(config.migrations.dir)};
  if (config.migrations.framework != "auto")
    options.framework = BGDB_TRY(migration::framework_from_string(config.migrations.framework));
  options.baseline = config.migrations.baseline;
  options.to = request.to;
  options.phase = outcome.phase;
  options.dry_run = request.dry_run;
  options.unfinished = request.unfinished;
  if (request.lock_timeout) options.lock_timeout = *request.lock_timeout;
  if (request.lock_attempts) options.retry.attempts_max = *request.lock_attempts;
  auto report = migrate::run_migrations(options, progress);
  if (request.dry_run) {
    outcome.report = BGDB_TRY(std::move(report));
    return outcome;
  }
  nlohmann::json detail = {{"on", outcome.on}, {"phase", outcome.phase.empty() ? "all" : outcome.phase}};
  if (!report) {
    detail["error"] = report.error().message;
    (void)write_journal(config, dsn, "failed", detail).has_value();  // the error itself matters more
    Error error = report.error();
    if (core::interrupted()) error.code = ErrorCode::interrupted;  // the statement it cancelled says 57014
    return fail(std::move(error));
  }
  auto files = nlohmann::json::array();
  for (const auto& file : report->files) {
    if (file.state == migrate::FileState::ran) files.push_back(file.file);
  }
  detail["files"] = std::move(files);
  outcome.report = std::move(*report);
  if (outcome.report.ran == 0) return outcome;
  if (const auto written = write_journal(config, dsn, "done", detail); !written) {
    outcome.report.notes.push_back("the journal could not be written: " + written.error().message);
  }
  return outcome;
}

}  // namespace bgdb::app
