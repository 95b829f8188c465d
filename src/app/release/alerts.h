// Pure: from samples of a figure to what must be done. An alert fires when its figure stays out of the limit for as
// long as bgdb.yml says, measured with the steady clock; a figure that cannot be read never fires, but is told as such.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/release_config.h"
#include "core/clock.h"

namespace bgdb::app {

struct Sample {
  std::optional<double> value;
  std::string problem;  // why there is none
};

enum class AlertTurn { none, fires, still_fires, clears, blind, sees };

class AlertState {
 public:
  explicit AlertState(ReleaseAlert alert) : alert_(std::move(alert)) {}
  // `blind` once when no sample came for `for`, at least for a minute; `sees` when one comes again.
  AlertTurn take(const Sample& sample, core::SteadyTime now);
  const ReleaseAlert& alert() const { return alert_; }
  bool firing() const { return firing_; }
  // Since when the figure has been out of the limit without a break.
  std::optional<core::SteadyTime> out_since() const { return out_since_; }
  // An earlier run saw it. REQUIRES: before the first take().
  void was_out(core::SteadyTime since) { out_since_ = since; }
  // "error_rate is 0.08, above 0.01 for 2m00s"
  std::string text() const;

 private:
  bool out_of_limit(double value) const;

  ReleaseAlert alert_;
  std::optional<core::SteadyTime> out_since_;
  std::optional<core::SteadyTime> blind_since_;
  Sample last_;
  bool firing_ = false;
  bool blind_ = false;
};

}  // namespace bgdb::app
