// Runs one statement on a real server and says what it did. Inside a transaction the locks are read from pg_locks just
// behind the statement, which is exact: they are held until the transaction ends. A statement that cannot run in a
// transaction is looked at from a second session while others hold its tables, so that each of its requests has to wait
// where it can be seen.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pg/session.h"
#include "prove/observation.h"

namespace bgdb::prove {

class Observer {
 public:
  using Settings = std::vector<std::pair<std::string, std::string>>;
  // `dsn`: a database that may be damaged.
  static Result<Observer> open(const std::string& dsn, const Settings& settings = {});

  // The session in which statements run; its transactions are the caller's business.
  pg::Session& session() { return session_; }

  // REQUIRES: session().in_transaction(). A statement that the server refuses is undone; `failure` says why.
  Result<Observation> inside(const std::string& sql);
  // REQUIRES: not in a transaction. `held`: tables to hold until the statement asks for them.
  Result<Observation> outside(const std::string& sql, const std::vector<QualifiedName>& held);

 private:
  Observer(pg::Session session, pg::Session watcher, std::string dsn)
      : session_(std::move(session)), watcher_(std::move(watcher)), dsn_(std::move(dsn)) {}
  Result<void> flush_counters();

  pg::Session session_;
  pg::Session watcher_;
  std::string dsn_;
};

}  // namespace bgdb::prove
