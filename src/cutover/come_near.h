// Before the window opens: a link that follows a full load at a distance would be waited for inside it, with all
// clients. So writers are held first, in pulses too short to notice, until a marker passes within one. It stops when
// that does not help: a long way between two servers stays as long.
#pragma once

#include <chrono>
#include <functional>

#include "core/clock.h"
#include "core/result.h"

namespace bgdb::cutover {

using std::chrono::milliseconds;

inline constexpr milliseconds kPulse{20};

struct NearPorts {
  // How long a marker takes through the link now; `limit` when it has not arrived by then.
  std::function<Result<milliseconds>(milliseconds limit)> marker_takes;
  // Holds writers for up to kPulse; true when a marker arrived meanwhile. They are free when it returns.
  std::function<Result<bool>()> pulse;
};

struct Nearness {
  milliseconds first{0};  // what a marker took at the beginning
  milliseconds last{0};   // and at the end
  int pulses = 0;
  bool near = false;
};
// Within 15 s. Errors: those of the ports.
Result<Nearness> come_near(core::Clock& clock, const NearPorts& ports);

}  // namespace bgdb::cutover
