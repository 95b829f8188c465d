// How hard a backfill works: batches that take about as long as they should, a rest behind each, and waiting while
// replication is behind, the server is busy or a person said "pause". Internal to migrate/. One thread.
#pragma once

#include <chrono>
#include <string>

#include "core/clock.h"
#include "core/progress.h"
#include "migrate/batch_report.h"
#include "pg/session.h"

namespace bgdb::migrate {

class Throttle {
 public:
  // REQUIRES: bgdb's state is installed on the session's database. `what` names the work in notes and errors.
  Throttle(pg::Session& session, const Pace& pace, core::Progress& progress, std::string what)
      : session_(session), pace_(pace), progress_(progress), what_(std::move(what)) {}

  int64_t batch_rows() const { return batch_rows_; }
  void batch_was_blocked();  // the next one is smaller
  // Outside a transaction, behind a batch that looked at `rows` rows. Failure: timeout (lag or load did not fall),
  // interrupted.
  Result<void> rest(milliseconds took, int64_t rows);
  milliseconds rested() const { return rested_; }

 private:
  void sleep(milliseconds duration);
  Result<void> give_way();
  Result<std::string> reason_to_wait();

  pg::Session& session_;
  const Pace& pace_;
  core::Progress& progress_;
  std::string what_;
  int64_t batch_rows_ = 500;
  core::SteadyTime looked_{};
  bool paused_ = false;
  bool idle_slot_told_ = false;
  milliseconds rested_{0};
};

}  // namespace bgdb::migrate
