// How long a transaction kept clients away from tables: from the statement that asked for ACCESS EXCLUSIVE to the end.
// That is an upper bound: waiting for the lock counts, because others queue behind the request. Internal to migrate/.
#pragma once

#include "core/clock.h"
#include "migrate/migrate.h"
#include "pg/session.h"

namespace bgdb::migrate {

class ExclusiveLocks {
 public:
  // At the beginning of a transaction: tables that are born in it hold nobody up.
  static Result<ExclusiveLocks> begin(pg::Session& session);
  // Behind each statement, which began at `asked`.
  Result<void> look(pg::Session& session, int line, core::SteadyTime asked);
  // The transaction is over.
  std::vector<ExclusiveLock> end() const;

 private:
  struct Seen {
    ExclusiveLock lock;
    core::SteadyTime asked;
  };
  std::string before_;  // oids
  std::vector<Seen> seen_;
};

}  // namespace bgdb::migrate
