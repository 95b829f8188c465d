// How clients reach the active side. One implementation per file; one conformance suite over all.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"

namespace bgdb::traffic {

// Where clients shall go: "blue" or "green", with the server's connection parameters.
struct Target {
  std::string name;
  std::string dsn;
};

// Every call is idempotent, bounded by `timeout`, and safe to repeat after a crash. Errors: timeout, connection, io.
class Driver {
 public:
  virtual ~Driver() = default;
  virtual std::string name() const = 0;
  // Clients' new transactions wait; success = no transaction is running through this way any more. A driver that cannot
  // pause does nothing and succeeds (can_pause() says which).
  virtual bool can_pause() const = 0;
  virtual Result<void> pause(std::chrono::milliseconds timeout) = 0;
  virtual Result<void> resume(std::chrono::milliseconds timeout) = 0;
  // New connections and transactions go to `target` from the next resume() on.
  virtual Result<void> point_to(const Target& target, std::chrono::milliseconds timeout) = 0;
  // Before anything is paused: what point_to() will need later is there.
  virtual Result<void> check() { return {}; }
  // "blue", "green", or empty when it cannot tell.
  virtual Result<std::string> current(std::chrono::milliseconds timeout) = 0;
  // Gradual traffic: of a hundred new clients so many go to green, the others to blue. 0 and 100 lead to one side
  // alone, as point_to() does, and end what the other still carries where the driver can.
  virtual bool has_weights() const { return false; }
  virtual Result<void> set_weight(int percent, std::chrono::milliseconds timeout);
  virtual Result<int> weight(std::chrono::milliseconds timeout);
  // Before anything is weighted: what set_weight() will need is there.
  virtual Result<void> check_weights() { return check(); }
  // A DSN through the front door for the check after the switch; empty = there is none.
  virtual std::string front_door_dsn() const = 0;
  // What the calls would do, one line each (for --dry-run).
  virtual std::vector<std::string> describe(const Target& target) const = 0;
};

}  // namespace bgdb::traffic
