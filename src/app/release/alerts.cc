#include "app/release/alerts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/units.h"

namespace bgdb::app {

bool AlertState::out_of_limit(double value) const {
  return (alert_.above && value > *alert_.above) || (alert_.below && value < *alert_.below);
}

AlertTurn AlertState::take(const Sample& sample, core::SteadyTime now) {
  last_ = sample;
  if (!sample.value || std::isnan(*sample.value)) {
    // What was firing keeps firing: silence is no recovery. What was about to fire begins anew.
    out_since_.reset();
    if (!blind_since_) blind_since_ = now;
    const bool long_enough = now - *blind_since_ >= std::max(alert_.lasting, milliseconds(60'000));
    if (blind_ || !long_enough) return firing_ ? AlertTurn::still_fires : AlertTurn::none;
    blind_ = true;
    return AlertTurn::blind;
  }
  blind_since_.reset();
  const bool saw_nothing = std::exchange(blind_, false);
  if (!out_of_limit(*sample.value)) {
    out_since_.reset();
    if (std::exchange(firing_, false)) return AlertTurn::clears;
    return saw_nothing ? AlertTurn::sees : AlertTurn::none;
  }
  if (!out_since_) out_since_ = now;
  if (firing_) return AlertTurn::still_fires;
  if (now - *out_since_ < alert_.lasting) return saw_nothing ? AlertTurn::sees : AlertTurn::none;
  firing_ = true;
  return AlertTurn::fires;
}

std::string AlertState::text() const {
  const std::string lasting =
      alert_.lasting.count() > 0 ? " (asked to last " + core::format_duration(alert_.lasting) + ")" : "";
  if (!last_.value) {
    return fmt::format("{}: no sample{}", alert_.name(), last_.problem.empty() ? "" : ": " + last_.problem);
  }
  return fmt::format("{}: {:g}{}", alert_.name(), *last_.value, lasting);
}

}  // namespace bgdb::app
