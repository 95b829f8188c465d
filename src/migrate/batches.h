// Runs one backfill: batch by batch, each with its place in the walk in one transaction, until no row is left. Killed
// at any moment it is continued by the next run with the same key; nothing is done twice that matters, because a row
// that is done does not fulfil the condition. Internal to migrate/. One thread, one session.
#pragma once

#include <atomic>

#include "core/clock.h"
#include "core/progress.h"
#include "core/retry.h"
#include "migrate/batch_report.h"
#include "migrate/batch_table.h"
#include "migrate/throttle.h"
#include "migrate/watcher.h"

namespace bgdb::migrate {

class Batches {
 public:
  // REQUIRES: bgdb's state is installed. `key` of the row of bgdb.fact that holds the place; the caller removes it when
  // it has written down that all is done.
  Batches(pg::Session& session, const Work& work, std::string key, const Pace& pace, const core::RetryPolicy& retry,
          Watcher& watcher, core::Progress& progress);

  // Another table's failure ends this one behind its batch.
  void stop_when(const std::atomic<bool>& stop) { stop_ = &stop; }
  // Failure: refused (no sync trigger, rows that stay unfilled), lock_timeout (naming who held the lock), timeout,
  // interrupted, sql.
  Result<BatchReport> run();

 private:
  struct Position {
    int pass = 1;
    std::string table;
    Place low;
    Place last;
  };
  Result<void> read_position();
  Result<void> write_position(bool done = false);
  Result<void> check_trigger();
  Result<int64_t> pass(const std::vector<BatchTable>& tables);
  Result<int64_t> walk(const BatchTable& table);
  Result<int64_t> batch(const BatchTable& table);
  Result<bool> anything_left();
  Result<void> wait_for_holders();
  Result<void> begin();

  pg::Session& session_;
  const Work& work_;
  std::string key_;
  const core::RetryPolicy& retry_;
  Watcher& watcher_;
  core::Progress& progress_;
  Throttle throttle_;
  Position position_;
  BatchReport report_;
  const std::atomic<bool>* stop_ = nullptr;
  bool done_ = false;  // by an earlier run
  int64_t stuck_ = 0;  // rows that this pass wrote, and that fulfil the condition still
  int64_t walked_ = 0;
  int64_t total_ = 0;
  int64_t seen_ = 0;  // by this run
  core::SteadyTime begun_;
};

}  // namespace bgdb::migrate
