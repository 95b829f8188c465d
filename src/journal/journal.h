// The audit trail bgdb.journal: append only, each record carrying the hash of the one before. One chain per database;
// the side that is active when something is done gets the record. Optionally mirrored as JSON lines beside bgdb.yml, so
// that a removed tail shows as well.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "pg/session.h"

namespace bgdb::journal {

struct Entry {
  std::string command;        // cutover
  std::string step;           // intent
  std::string detail = "{}";  // a JSON object; never secrets
};

struct Record {
  int64_t seq = 0;
  std::string at;  // UTC
  std::string actor;
  std::string host;
  std::string command;
  std::string step;
  std::string detail;
  std::string previous;
  std::string hash;
};

// This process's user, or BGDB_ACTOR: who is named as the one who did it.
std::string actor();

// Appends in the session's transaction, or in one of its own when there is none. Appenders queue on an advisory lock.
// actor and host are this process's user and machine.
Result<Record> append(pg::Session& session, const Entry& entry);

// The newest `limit` records, oldest first; 0 = all.
Result<std::vector<Record>> read(pg::Session& session, int64_t limit = 0);

struct Verdict {
  int64_t records = 0;
  bool intact = true;
  std::string problem{};  // the first one, naming the record
};
// Recomputes every hash and follows the chain. `mirror`: hashes of this database's records as they were mirrored.
Result<Verdict> check(pg::Session& session);

// One JSON object without a newline.
std::string to_json(const Record& record);
// Appends a line for `record` (created with mode 0600), synced. `side`: blue | green.
Result<void> mirror(const std::string& path, const std::string& side, const Record& record);
// Every mirrored record of `side` must stand in the database with the same hash: finds a tail that was removed or a
// chain that was rewritten as a whole. A missing file is no problem (nothing was mirrored here).
Result<Verdict> check_mirror(pg::Session& session, const std::string& path, const std::string& side);

}  // namespace bgdb::journal
