// What a switch needs from the world. Implemented over real databases and drivers in app/switch_wiring.cc and over
// model databases in tests/sim/switch.cc. Every call is bounded, and may be repeated after a crash at any point.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "cutover/facts.h"

namespace bgdb::cutover {

using std::chrono::milliseconds;

struct GateLine {
  std::string gate;
  bool pass = false;
  std::string value;
  std::string limit;
  std::string reason;
};

// A line of the audit trail. `detail` is a JSON object.
struct Note {
  std::string step;
  std::string detail = "{}";
};

class Ports {
 public:
  virtual ~Ports() = default;

  // 1. Held until the process ends. refused: another operator holds it (the message names who).
  virtual Result<void> lock_operator() = 0;
  // Reads both side rows, waiting for a fence transaction that is still in flight. A database that cannot be asked is
  // nullopt in the facts, not an error, unless both are.
  virtual Result<Facts> observe() = 0;

  // 0.
  virtual std::vector<GateLine> gates() = 0;
  virtual Result<void> prove_links() = 0;  // a marker through each of the two links
  // Opens and checks every session the window needs, so that nothing is opened while clients wait.
  virtual Result<void> prepare() = 0;

  // Audit: into the source's journal before the point of no return, the target's after it.
  virtual Result<void> record_on_source(const Note& note) = 0;
  virtual Result<void> record_on_target(const Note& note) = 0;

  // 2. Arms the guardian first, then pauses. `rest`: of the pause budget.
  virtual Result<void> pause_traffic(milliseconds rest) = 0;
  // 3. One attempt. lock_timeout error: writers were given back at once, the next attempt may follow.
  virtual Result<void> lock_tables(milliseconds lock_timeout, milliseconds rest) = 0;
  // 4. Marker from a session outside the fence; success = applied and durable on the target.
  virtual Result<void> drain(milliseconds rest) = 0;
  // 5.
  virtual Result<void> copy_sequences(milliseconds rest) = 0;
  // 6. Reasons that forbid the switch; empty = none.
  virtual Result<std::vector<std::string>> last_objections(milliseconds rest) = 0;
  // 7. Guards, side = standby with `epoch`, COMMIT: in the fence transaction. Any error: the outcome is not known.
  virtual Result<void> commit_fence(int64_t epoch, milliseconds rest) = 0;
  // Ends the fence's server process, so that its transaction is decided, then reads the facts.
  virtual Result<Facts> settle() = 0;
  // 8. Guards off and side = active with `epoch`, one transaction; success also when that is already so.
  virtual Result<void> activate_target(int64_t epoch) = 0;
  // 9.
  virtual Result<void> point_traffic() = 0;
  virtual Result<void> resume_traffic() = 0;  // and dismisses the guardian
  virtual Result<void> check_front_door(int64_t epoch) = 0;
  // 10. Client sessions left on the source; returns how many were ended.
  virtual Result<int> evict_sessions() = 0;
  virtual Result<void> top_up_sequences() = 0;

  // The way back: ROLLBACK of the fence (closing its session is enough), traffic to the source.
  virtual void drop_fence() = 0;
  virtual Result<void> return_traffic() = 0;
};

}  // namespace bgdb::cutover
