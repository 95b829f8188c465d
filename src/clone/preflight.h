// What must hold before a clone changes anything. All problems are told at once, each with its cure.
#pragma once

#include <string>
#include <vector>

#include "clone/clone.h"
#include "clone/plan.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::clone {

struct Server {
  int version = 0;  // 150018
  std::string wal_level;
  std::string encoding;
  std::string system_identifier;
  std::string database;
  bool in_recovery = false;
  int64_t slots_free = 0;
  int64_t senders_free = 0;
  int64_t prepared_transactions = 0;
  int64_t large_objects = 0;
  bool may_replicate = false;
  bool may_create = false;
  std::string user;
  std::string collation;              // by which text sorts
  std::vector<std::string> settings;  // ALTER DATABASE ... SET, which a dump does not carry
};
Result<Server> read_server(pg::Session& session);

struct Preflight {
  Server blue;
  Server green;
  Plan plan;
  std::vector<std::string> notes;  // what a person should know; nothing that stops
};

// Failure: refused, with the list.
Result<Preflight> check(pg::Session& blue, pg::Session& green, const CloneOptions& options);

}  // namespace bgdb::clone
