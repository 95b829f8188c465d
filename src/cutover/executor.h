// Performs what the machine says, through the ports, with the pause budget in hand. Runs in the caller's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "cutover/machine.h"
#include "cutover/ports.h"

namespace bgdb::cutover {

struct Options {
  std::string source_name = "blue";
  std::string target_name = "green";
  std::string command = "cutover";  // what to call in hints: "bgdb <command> --resume"
  milliseconds pause_max{2'000};    // the whole window: pause to resume
  milliseconds lock_timeout{300};
  int lock_attempts = 20;
  milliseconds stable_for{0};             // all gates pass this long without a break
  milliseconds forward_patience{60'000};  // past the point of no return: how long one step is tried before `incomplete`
  milliseconds undo_patience{10'000};
  milliseconds retry_pause{100};
};

struct StepReport {
  Step step = Step::operator_lock;
  double ms = 0;
  std::string note;  // error or count
  bool ok = true;
};

struct Report {
  End end = End::refused;
  int64_t epoch = 0;
  double pause_ms = 0;  // from pause (or fence) to resume, as seen from here
  std::vector<StepReport> steps;
  std::vector<GateLine> gates;
  bool gate_closed = false;    // the reason for `refused` or `back` was a gate
  std::optional<Error> error;  // the first decisive one
  Facts facts;
};

// Told of every step as it begins and ends (for a terminal). May be empty.
struct Observer {
  std::function<void(Step step)> begins;
  std::function<void(const StepReport& report)> ended;
  std::function<void(const std::vector<GateLine>& gates)> gates;
};

Report run_switch(Ports& ports, core::Clock& clock, const Options& options, Mode mode, const Observer& observer = {});

}  // namespace bgdb::cutover
