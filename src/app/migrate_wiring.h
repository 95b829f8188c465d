// bgdb migrate for a configuration: which database, which files, which phase; the journal of the side that serves.
#pragma once

#include <string>

#include "app/config.h"
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
  std::optional<int> lock_attempts;
};

struct MigrateOutcome {
  std::string on;
  std::string phase;
  migrate::MigrateReport report;
};

// Failure: as migrate::run_migrations(); refused when the side and the strategy do not go together.
Result<MigrateOutcome> run_migrate(const Config& config, const MigrateRequest& request, core::Progress& progress);

}  // namespace bgdb::app
