// bgdb migrate for a configuration: which database, which files, which phase; the journal of the side that serves.
#pragma once

#include <string>

#include "app/config.h"
#include "app/forecast.h"
#include "core/progress.h"
#include "core/result.h"
#include "migrate/migrate.h"

namespace bgdb::app {

struct MigrateRequest {
  std::string on;     // green | blue; empty: green, or blue where there is only one database (strategy shared)
  std::string phase;  // empty: everything (parallel), expand (shared)
  std::string to;
  bool dry_run = false;
  bool yes = false;  // also on a side that serves clients
  migrate::Unfinished unfinished = migrate::Unfinished::ask;
  std::optional<milliseconds> lock_timeout;
  std::optional<milliseconds> statement_timeout;
  std::optional<int> lock_attempts;
  bool allow_missing = false;
  bool allow_out_of_order = false;
  std::string old_version;  // instead of migrations.old_version
  migrate::Pace pace;
  int jobs = 1;
};

struct MigrateOutcome {
  std::string on;
  std::string phase;
  migrate::MigrateReport report;
  std::vector<ForecastFile> forecast;  // of a dry run
};

// What migrate/ is asked to do for a request. Failure: config, refused (a side that the strategy does not have).
Result<migrate::MigrateOptions> migrate_options(const Config& config, const MigrateRequest& request);

// Failure: as migrate::run_migrations(); refused when the side and the strategy do not go together.
Result<MigrateOutcome> run_migrate(const Config& config, const MigrateRequest& request, core::Progress& progress);

// Strategy shared: the old version is gone; contract may run. Failure: refused (it is not gone; two databases).
Result<migrate::RetireReport> retire(const Config& config, const MigrateRequest& request);

// A backfill that no file describes. Written to the journal. Failure: as migrate::run_backfill().
struct FillRequest {
  std::string on;  // as MigrateRequest::on; empty: the only database
  migrate::Work work;
  std::optional<milliseconds> lock_timeout;
  migrate::Pace pace;
};
Result<migrate::BatchReport> fill(const Config& config, const FillRequest& request, core::Progress& progress);
// The database that --on names, or the one that migrations go to.
Result<std::string> migrate_dsn(const Config& config, const std::string& on);

}  // namespace bgdb::app
