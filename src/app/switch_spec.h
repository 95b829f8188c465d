// One switch(source, target) in terms of the configuration. Cutover is (blue, green), rollback (green, blue).
#pragma once

#include <string>

#include "app/config.h"
#include "core/result.h"
#include "gate/standard.h"
#include "traffic/make.h"

namespace bgdb::app {

struct SwitchSpec {
  std::string command;  // cutover | rollback
  gate::Place source;
  gate::Place target;
  std::string link_out;   // source -> target
  std::string link_back;  // target -> source
  std::string slot_out;   // on the source, also the publication whose tables are locked and guarded
  std::string slot_back;  // on the target
  milliseconds pause_max{2'000};
  milliseconds lock_timeout{300};
  int lock_attempts = 20;
  milliseconds stable_for{0};
  gate::Inputs gates;
  milliseconds gate_timeout{5'000};
  traffic::DriverSpec traffic;
  std::string journal_mirror;    // JSON lines file; empty = none
  std::string guardian_program;  // this executable
  std::string take_over{};       // PID@HOST of the operator whose place is taken; empty = nobody's
  // Operator locks are always taken blue first.
  bool source_is_blue() const { return command == "cutover"; }
};

enum class Direction { cutover, rollback };
SwitchSpec make_switch_spec(const Config& config, Direction direction);
traffic::DriverSpec driver_spec(const Config& config);  // of the way that writes go
traffic::DriverSpec driver_spec(const Config& config, const TrafficConfig& traffic);
gate::Inputs gate_inputs(const Config& config, Direction direction);
milliseconds gate_timeout(const Config& config);
std::string journal_mirror_path(const Config& config);

}  // namespace bgdb::app
