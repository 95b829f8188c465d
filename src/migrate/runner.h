// One file on one session. In a transaction: all statements, the version row and the guards of new tables commit
// together. Outside: unit by unit, each unit's progress committed with it where it can be; what cannot is settled from
// the database's own facts by the next run. Internal to migrate/.
#pragma once

#include <functional>

#include "migrate/batches.h"
#include "migrate/exclusive.h"
#include "migrate/plan.h"
#include "migrate/watcher.h"

namespace bgdb::migrate {

// Statements that commit together in a file without a transaction of its own.
struct Unit {
  size_t first = 0;
  size_t last = 0;                    // inclusive
  bool outside = false;               // one statement that refuses to run in a transaction block
  bool may_commit = false;            // one that commits parts of its work by itself: CALL, DO with COMMIT
  bool explicit_transaction = false;  // BEGIN ... COMMIT of the file
  std::optional<Work> work{};         // a backfill: bgdb drives its batches
};
Result<std::vector<Unit>> split_units(const migration::Loaded& loaded, const std::string& file);
// Does the file run as one transaction? Not when it holds its own BEGIN, batches, or one statement that refuses to.
bool runs_together(const migration::Loaded& loaded, const std::vector<Unit>& units);

// In the open transaction. A statement that hangs while it holds ACCESS EXCLUSIVE would hold the application up. 0:
// none.
Result<void> limit_statements(pg::Session& session, milliseconds timeout);

class Runner {
 public:
  // REQUIRES: the state is installed on the session's database. `standby`: new tables get a guard.
  Runner(const MigrateOptions& options, Watcher& watcher, core::Progress& progress, bool standby)
      : options_(options), watcher_(watcher), progress_(progress), standby_(standby) {}

  Result<void> run(PlannedFile& file);

 private:
  Result<pg::Session> open_session(Watcher& watcher);
  Result<void> run_in_transaction(pg::Session& session, PlannedFile& file);
  Result<void> attempt(pg::Session& session, PlannedFile& file, core::SteadyTime started);
  Result<void> run_by_units(pg::Session& session, PlannedFile& file, const std::vector<Unit>& units);
  Result<void> run_unit(pg::Session& session, PlannedFile& file, const Unit& unit, size_t number);
  Result<void> run_inside(pg::Session& session, PlannedFile& file, const Unit& unit, size_t number);
  Result<void> run_outside(pg::Session& session, PlannedFile& file, const parse::Statement& statement);
  Result<bool> settle(pg::Session& session, PlannedFile& file, const Unit& unit);
  Result<void> repeat_settings(pg::Session& session, PlannedFile& file, const std::vector<Unit>& units, size_t count);
  // Backfills that follow each other: units [first, end).
  Result<void> run_batches(pg::Session& session, PlannedFile& file, const std::vector<Unit>& units, size_t first,
                           size_t end);
  Result<void> fill_side_by_side(PlannedFile& file, const std::vector<Unit>& units, size_t first, size_t end);
  Result<BatchReport> fill(pg::Session& session, PlannedFile& file, const Unit& unit, size_t number, Watcher& watcher,
                           const std::atomic<bool>& stop);
  Result<void> statement(pg::Session& session, PlannedFile& file, const parse::Statement& statement);
  Result<void> record(pg::Session& session, PlannedFile& file, core::SteadyTime started);
  Result<std::vector<std::string>> unguarded(pg::Session& session);
  Result<void> guard_new(pg::Session& session, PlannedFile& file, const std::vector<std::string>& before);
  Result<int> drop_invalid(pg::Session& session, const parse::Statement& statement);
  Result<void> with_retries(PlannedFile& file, const std::function<Result<void>()>& body);
  Error explain(Error error, const PlannedFile& file, const parse::Statement& statement) const;

  const MigrateOptions& options_;
  Watcher& watcher_;
  core::Progress& progress_;
  bool standby_;
};

}  // namespace bgdb::migrate
