// Time behind one seam, so that waits and retries can be tested with virtual time.
#pragma once

#include <chrono>
#include <string>

namespace bgdb::core {

using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime now() = 0;
  // May return early only when the process was asked to stop (see core/interrupt.h).
  virtual void sleep_for(std::chrono::milliseconds duration) = 0;
};

// The real clock; usable from any thread.
Clock& system_clock();

std::chrono::milliseconds time_since(SteadyTime start);

// 2026-01-31T02:03:04.567Z, for journals and logs only; never for decisions.
std::string wall_time_utc();

}  // namespace bgdb::core
