// The throwaway database of a rehearsal: made on the target server under a name that marks it, dropped whatever
// happens. What a killed run left is found by that name, and dropped, by the next one.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "app/config.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::app {

class RehearseDatabase {
 public:
  // One rehearsal at a time for a configuration and server. Drops what killed runs left.
  // Failure: refused (another rehearsal is at work; the server is production's own and !own_server), privilege.
  static Result<RehearseDatabase> create(const Config& config, const std::string& server_dsn, bool own_server);
  RehearseDatabase(RehearseDatabase&& other) noexcept
      : session_(std::move(other.session_)),
        name_(std::exchange(other.name_, {})),
        dsn_(std::move(other.dsn_)),
        notes_(std::move(other.notes_)) {}
  RehearseDatabase& operator=(RehearseDatabase&&) = delete;
  ~RehearseDatabase();  // drops it

  const std::string& dsn() const { return dsn_; }
  const std::string& name() const { return name_; }
  std::string server() const { return session_.host_display(); }
  const std::vector<std::string>& notes() const { return notes_; }
  Result<void> keep();
  Result<void> drop();

  // Drops what killed runs left and what was kept. Returns the names.
  static Result<std::vector<std::string>> clean(const Config& config, const std::string& server_dsn);

 private:
  explicit RehearseDatabase(pg::Session session) : session_(std::move(session)) {}
  pg::Session session_;  // to another database of the server; holds the lock
  std::string name_;     // empty: dropped or kept
  std::string dsn_;
  std::vector<std::string> notes_;
};

}  // namespace bgdb::app
