// The switch as a table of states. Pure: given where it is and what happened, it says what to do next. The executor
// performs; tests/sim/switch.cc kills it everywhere. docs/design/cutover.md has the table in words.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "cutover/facts.h"

namespace bgdb::cutover {

enum class Mode { run, resume, abort };

enum class Step {
  operator_lock,
  observe,
  gates,
  intent,
  pause,
  fence,
  drain,
  sequences,
  final_facts,
  commit,  // the point of no return
  settle,  // the answer to commit was an error or lost: ask the databases
  activate,
  point,
  resume_traffic,
  front_door,
  evict,
  top_up,
  finish,
  // the way back, before the point of no return
  undo_fence,
  undo_traffic,
  undo_record,
};

enum class OnFailure {
  refuse,    // nothing was changed: end
  undo,      // give the source its writers back
  settle,    // find out what is true
  retry,     // again until it works; when patience ends: `incomplete`
  carry_on,  // noted, shown, not decisive
};

struct Row {
  Step step;
  std::string_view name;
  Step next;
  OnFailure on_failure;
  bool in_budget;  // only begun while the pause budget lasts
};
const Row& row(Step step);
const std::vector<Row>& table();
// By name, for BGDB_CRASH_AT; nullopt = no such step.
std::optional<Step> step_named(std::string_view name);

enum class End {
  switched,    // the target serves, clients reach it
  back,        // the source serves on; the switch did not happen
  refused,     // nothing was begun
  incomplete,  // past the point of no return (or not known): --resume finishes it
};
std::string_view to_string(End end);

// What came of a step. `standing`: what observe and settle found.
struct Event {
  bool ok = true;
  std::optional<Standing> standing{};
};

struct Next {
  std::optional<Step> step{};
  std::optional<End> end{};
  bool retry = false;  // `step` is the same one, after a pause
};

Step first_step();
Next next(Mode mode, Step step, const Event& event);

}  // namespace bgdb::cutover
