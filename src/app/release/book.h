// What a release (or `bgdb traffic`) keeps: its lock (one run at a time, on blue), its records in the journal of the
// side that serves, the facts "this hook has run" and "finalize is held", and a log beside bgdb.yml. None of them
// decides where the release stands; the databases do (standing.h).
#pragma once

#include <optional>
#include <string>

#include "app/config.h"
#include "pg/session.h"

namespace bgdb::app {

class ReleaseBook {
 public:
  // `command`: release | traffic; names the lock and stands in the journal.
  ReleaseBook(const Config& config, std::string command) : config_(config), command_(std::move(command)) {}

  // refused: names the run that holds the lock. Looks again, and takes it again, when the session was lost.
  Result<void> hold_lock();
  // Into the journal of `side`, where bgdb has a schema; and into the log.
  Result<void> record(const std::string& side, const std::string& step, const std::string& detail);
  void log(const std::string& line);
  std::string log_path() const { return config_.resolve("bgdb-release.log"); }

 private:
  const Config& config_;
  std::string command_;
  std::optional<pg::Session> lock_;
};

// Facts in bgdb.fact of one side. A side without schema bgdb has none.
Result<std::optional<std::string>> read_release_fact(pg::Session& session, const std::string& key);
Result<void> write_release_fact(pg::Session& session, const std::string& key, const std::string& json);
// Failure: connection, with the side's name.
Result<pg::Session> open_side_session(const Config& config, const std::string& side, const std::string& name);

inline constexpr const char* kHoldFact = "release.hold";
inline constexpr const char* kTimersFact = "release.alerts";  // for how long each alert's figure has been out of limit

}  // namespace bgdb::app
