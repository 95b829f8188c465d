// Which migrations have run on a server, as their runner's own history table says: with `lint --dsn` they are in the
// schema already and are not judged.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "migration/migration.h"
#include "pg/session.h"

namespace bgdb::app {

// One history table's answer.
struct AppliedHistory {
  enum class Told { up_to, number, name };
  migration::Framework framework = migration::Framework::plain;
  bool any_framework = false;  // `bgdb migrate` runs files of every one
  Told told = Told::name;
  std::string table;                  // for messages
  std::vector<std::string> recorded;  // versions, or names of files
};

// Tables that are not there, or that the role may not read, say nothing.
Result<std::vector<AppliedHistory>> read_applied(pg::Session& session);
// Takes the files of `set` that have run out of what is judged. Returns what to tell of it; empty: none has.
std::string leave_out_applied(const std::vector<AppliedHistory>& histories, migration::Set& set);

}  // namespace bgdb::app
