// Gradual traffic: clients are led to green in steps, each of which must hold for a while; when it does not, all go
// back. The front door's present weight is the only fact: whoever runs it next goes on from there.
#pragma once

#include <functional>
#include <string>

#include "app/config.h"
#include "core/result.h"

namespace bgdb::app {

// The section of bgdb.yml that is weighted: `traffic` with strategy shared, `canary` with parallel. refused: weighted
// writes on two databases; a pool that is not declared read-only; a driver or a bgdb.yml without steps.
Result<const TrafficConfig*> shifted_traffic(const Config& config);
// The steps up to the end: with strategy shared the last is always 100 %.
std::vector<TrafficStep> shift_steps(const Config& config, const TrafficConfig& traffic);

Result<int> read_shift(const Config& config);
// One weight, by hand. Journaled. refused also: green is no guarded copy (parallel), another run is at work.
Result<void> set_shift(const Config& config, int percent);

struct ShiftEnd {
  int percent = 0;
  bool went_back = false;
  std::string text;
};
using ShiftSaid = std::function<void(const std::string& event, const std::string& text)>;  // line | alert
// Failure: interrupted (the weight stays as it is), the driver's errors.
Result<ShiftEnd> run_shift(const Config& config, const ShiftSaid& said);

}  // namespace bgdb::app
