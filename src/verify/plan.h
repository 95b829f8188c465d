// The chunks of a run, one after the other, handed to any number of workers; and what became of them. Walks the
// source's key through its index, a boundary at a time, so that a run of any size begins at once. Thread-safe.
//
// The place that is kept for --resume is the end of the last chunk before which every chunk is done.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "verify/sides.h"
#include "verify/verify.h"

namespace bgdb::verify {

enum class Method { ranges, buckets, whole };

struct Chunk {
  size_t table = 0;
  int64_t number = 0;
  Method method = Method::ranges;
  Key after{};  // empty: from the start
  Key upto{};   // empty: to the end
  int buckets = 1;
};

class Plan {
 public:
  static Result<std::unique_ptr<Plan>> make(const Options& options, core::Progress& progress);

  // nullopt: no more. Errors of the planner's own session.
  Result<std::optional<Chunk>> next();
  const translate::TableComparison& comparison(size_t table) const { return tables_[table].comparison; }

  // How many more differences of the table are wanted.
  int64_t room(size_t table) const;
  struct Outcome {
    int64_t rows = 0;
    std::vector<Difference> differences;
    int64_t unsettled = 0;
    bool more = false;
  };
  Result<void> done(const Chunk& chunk, Outcome outcome);

  int64_t rows_done() const;
  bool continued() const { return continued_; }
  std::vector<TableReport> reports() const;

 private:
  struct Table {
    translate::TableComparison comparison;
    TableReport report{};
    std::string part{};  // the target's name where the source goes to several
    int64_t estimate = -1;
    Method method = Method::ranges;
    bool planned = false;  // its last chunk was handed out
    int64_t next_number = 0;
    Key planned_upto{};
    struct Finished {
      Key upto;
      Outcome outcome;
      bool left_out = false;
    };
    std::map<int64_t, Finished> finished{};  // chunks behind one that is not done yet
    Key kept{};                              // the place: `report` speaks of what is before it
    int64_t kept_number = 0;
    bool complete = false;
  };

  Plan(const Options& options, core::Progress& progress, pg::Session source, pg::Session target)
      : options_(&options), progress_(&progress), source_(std::move(source)), target_(std::move(target)) {}
  Result<void> add_table(const translate::TableMapping& mapping, bool same_collation);
  Result<void> read_notes();
  Result<void> write_note(const Table& table);
  Result<Chunk> cut(Table& table, size_t index);
  void settle(Table& table);
  bool left_out(const Table& table) const;
  std::string note_key(const Table& table) const;

  const Options* options_;
  core::Progress* progress_;
  mutable std::mutex mutex_;
  pg::Session source_;  // boundaries
  pg::Session target_;  // notes
  bool notes_ = false;  // the target has bgdb's state
  bool continued_ = false;
  std::vector<Table> tables_;
};

}  // namespace bgdb::verify
