// One look at all relations of a database: files, locks of one backend, scan counters. Two looks around a statement
// tell what it did. Internal to prove/.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pg/session.h"
#include "prove/observation.h"

namespace bgdb::prove {

struct RelationState {
  QualifiedName name;  // empty: gone, known from its lock only
  char kind = 'r';
  std::string file;
  std::string owner;  // oid of the table of an index or an owned sequence, "0" none
  std::vector<lint::LockMode> modes;
  int64_t scans = 0;
};
using ServerState = std::map<std::string, RelationState>;  // by oid

struct StateQuery {
  int32_t backend = 0;          // whose locks
  bool own_transaction = true;  // scans of the asking session's transaction, else the cumulative counters
  bool waiting = false;         // locks that are not granted yet, too
};
Result<ServerState> read_state(pg::Session& session, const StateQuery& query);

// Everything but failure and duration.
Observation observe_between(const ServerState& before, const ServerState& after);

// ... CONCURRENTLY locks an index in the strongest mode when nobody can use it any more: not a lock that anybody meets.
void forget_dead_indexes(const ServerState& before, ServerState& after);

// Adds the locks of another look at the same backend (statements outside a transaction are looked at again and again).
void add_locks(ServerState& into, const ServerState& look);

}  // namespace bgdb::prove
