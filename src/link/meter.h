// What a link measures about itself; every thread of it writes here, status() reads. Lag in milliseconds comes from
// heartbeats: each carries a number, the time of its sending stays here, on our own steady clock, so no server clock
// takes part.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "link/link.h"

namespace bgdb::link {

using SteadyTime = std::chrono::steady_clock::time_point;

class Meter {
 public:
  void set_state(LinkState state, std::string message);
  void set_message(std::string message);
  LinkState state() const;

  void heartbeat_sent(int64_t number, SteadyTime at);
  void heartbeat_applied(int64_t number, SteadyTime at);
  void source_end(Lsn lsn);  // end of the source's log now
  Lsn source_end() const;    // as last heard; 0/0 before
  // Counters of earlier processes, to go on from.
  void go_on_from(const LinkStatus& before);

  void received(Lsn lsn);
  // A connection begins: this is durable. May be less than before, when the target's server is another one now.
  void begin_from(Lsn lsn);
  // Everything up to `lsn` is durable on the target.
  void durable(Lsn lsn);
  Lsn durable() const;
  // The applier committed work that took `busy` and moved from `from` to `to` in the source's log.
  void committed(int64_t rows, int64_t transactions, int64_t quarantined, Lsn from, Lsn to,
                 std::chrono::duration<double> busy);
  void conflict();

  // REQUIRES of the caller: none; `now` only ages heartbeats that are still on their way.
  LinkStatus status(SteadyTime now) const;

 private:
  mutable std::mutex mutex_;
  LinkStatus status_;
  std::map<int64_t, SteadyTime> on_the_way_;
  std::optional<double> last_lag_ms_;
  Lsn source_end_;
  double bytes_per_second_ = 0;
};

}  // namespace bgdb::link
