// One table (or a part of it) from blue's COPY into green's, and the pace and progress that all streams of a copy
// share.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>

#include "clone/copier.h"
#include "clone/route.h"

namespace bgdb::clone {

// In the snapshot's transaction.
Result<pg::Session> open_blue(const CopyOptions& options);
Result<pg::Session> open_green(const CopyOptions& options);

// Thread-safe.
class Pace {
 public:
  Pace(const std::vector<TablePlan>& tables, int64_t bytes_per_second, core::Progress& progress);
  ~Pace();  // the whole's bar ends
  Pace(const Pace&) = delete;
  std::atomic<bool>& stopped() { return stop_; }
  // What a stream has sent since it last said so. Waits where a rate was asked for.
  void sent(const TablePlan& table, int64_t rows, int64_t bytes);
  void spend(int64_t bytes);
  void table_done(const TablePlan& table, int64_t rows);

 private:
  struct Table {
    int64_t rows = 0;
    int64_t counted = 0;  // of its bytes on blue, in whole_done_
  };
  core::Progress& progress_;
  const int64_t bytes_per_second_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::map<const TablePlan*, Table> tables_;
  int64_t whole_ = 0;  // bytes on blue's disk
  int64_t whole_done_ = 0;
  std::atomic<int64_t> sent_{0};
};

// REQUIRES: both sessions are in their transactions.
Result<TableCopied> stream_table(pg::Session& blue, pg::Session& green, const TablePlan& table, const Route& route,
                                 Pace& pace);

}  // namespace bgdb::clone
