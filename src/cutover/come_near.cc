#include "cutover/come_near.h"

#include <algorithm>

namespace bgdb::cutover {
namespace {

constexpr milliseconds kNear{15};
constexpr milliseconds kBreath{10};  // writers go on between two pulses
constexpr milliseconds kBudget{15'000};

}  // namespace

Result<Nearness> come_near(core::Clock& clock, const NearPorts& ports) {
  const auto end = clock.now() + kBudget;
  const auto rest = [&] {
    return std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(end - clock.now()));
  };
  Nearness found;
  // True when the link came nearer since it was looked at last.
  const auto look = [&]() -> Result<bool> {
    const auto before = found.last;
    const auto limit = std::min(before, rest());
    const auto took = BGDB_TRY(ports.marker_takes(limit));
    if (took >= limit) return false;  // it has not arrived: the link is no nearer than it was
    found.last = took;
    found.near = took <= kNear;
    return took < before * 4 / 5;
  };
  found.last = kBudget;
  BGDB_TRY(look());
  found.first = found.last;
  // What a burst left behind goes by itself.
  for (bool helps = true; !found.near && helps && clock.now() < end;) helps = BGDB_TRY(look());
  for (bool helps = true; !found.near && helps && clock.now() < end;) {
    for (auto todo = 3 * found.last / kPulse + 1; !found.near && todo > 0 && clock.now() < end; --todo) {
      if (found.pulses > 0) clock.sleep_for(kBreath);
      found.near = BGDB_TRY(ports.pulse());
      ++found.pulses;
    }
    if (found.near) {
      found.last = kPulse;
    } else {
      helps = BGDB_TRY(look());
    }
  }
  return found;
}

}  // namespace bgdb::cutover
