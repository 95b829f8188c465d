// A backfill that no file describes: rows of a table that fulfil a condition get new values, in batches that disturb
// neither writers nor replication. Files of phase backfill are run by run_migrations(), with the same batches.
#pragma once

#include <string>
#include <vector>

#include "core/progress.h"
#include "core/result.h"
#include "core/retry.h"
#include "migrate/batch_report.h"
#include "migrate/work.h"

namespace bgdb::migrate {

struct BackfillOptions {
  std::string dsn;
  Work work;
  milliseconds lock_timeout{1'000};
  core::RetryPolicy retry{30, milliseconds(200), milliseconds(5'000), milliseconds(300'000)};
  Pace pace;
};

// Failure: refused (a standby or retired side, no sync trigger, another operator, rows that stay unfilled), not_found,
// lock_timeout (naming who held the lock), timeout (replication stays behind), interrupted, sql. What was done stays
// done; another call with the same work goes on.
Result<BatchReport> run_backfill(const BackfillOptions& options, core::Progress& progress);

// Running and interrupted backfills of a database, by their facts.
struct BackfillState {
  std::string key;
  std::string table;
  int pass = 1;
  int64_t rows = 0;
  int64_t walked = 0;
  int64_t total = 0;
  double rate = 0;  // rows looked at in a second, by the run that goes on or was the last
  std::string at;   // of the last batch
  milliseconds age{0};
};
struct BackfillStatus {
  bool paused = false;
  std::vector<BackfillState> backfills;
};
Result<BackfillStatus> read_backfills(const std::string& dsn);
// All backfills of the database rest, also those that begin later, until `pause` false. False: it was so already.
Result<bool> pause_backfills(const std::string& dsn, bool pause);

}  // namespace bgdb::migrate
