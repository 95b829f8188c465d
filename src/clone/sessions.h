// The sessions that a clone works through, and the operator's lock that they hold.
#pragma once

#include <string_view>

#include "clone/clone.h"
#include "pg/replication_stream.h"
#include "pg/session.h"

namespace bgdb::clone {

inline constexpr const char* kApplication = "bgdb clone";

Result<pg::Session> open_side(const std::string& dsn, std::string_view side);

// Failure: refused, when another command is at work, or when both are one database.
Result<void> lock_operators(pg::Session& blue, pg::Session& green);

// An exported snapshot of blue. It lives as long as the session that holds it; transactions that imported it, longer.
struct Snapshot {
  pg::ReplicationStream holder;
  std::string name;
  Lsn at;  // holds exactly what committed before
};
// Without a slot that stays. Waits for transactions that write to end.
Result<Snapshot> take_snapshot(const std::string& blue_dsn);

// A read-only transaction in the snapshot.
Result<pg::Session> open_in(const Snapshot& snapshot, const std::string& blue_dsn);

}  // namespace bgdb::clone
