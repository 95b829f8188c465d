// What must hold before a clone changes anything. All problems are told at once, each with its cure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clone/clone.h"
#include "clone/finding.h"
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
// One of these slots, if another database of the server has it.
struct SlotElsewhere {
  std::string slot, database;
};
Result<std::optional<SlotElsewhere>> elsewhere(pg::Session& session, const std::vector<pg::Value>& slots);

struct Preflight {
  Server blue;
  Server green;
  Plan plan;
  std::vector<Finding> findings;
};

// Checks that only make sense before a clone.
inline constexpr std::string_view kFreeSlots = "slots and senders";
inline constexpr std::string_view kTargetEmpty = "target empty";
inline constexpr std::string_view kFreeDisk = "free disk";
inline constexpr std::string_view kSides = "sides";

// Everything, good and bad. Failure: only when it could not be asked.
Result<Preflight> inspect(pg::Session& blue, pg::Session& green, const CloneOptions& options);
// As inspect(); refused, with the list, when anything fails.
Result<Preflight> check(pg::Session& blue, pg::Session& green, const CloneOptions& options);

}  // namespace bgdb::clone
