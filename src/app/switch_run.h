// What `bgdb cutover` and `bgdb rollback` call.
#pragma once

#include <string>
#include <vector>

#include "app/switch_spec.h"
#include "cutover/executor.h"

namespace bgdb::app {

struct SwitchOutcome {
  cutover::Report report;
  std::vector<std::string> remarks;
};
// Errors: the driver's description is incomplete. Everything else is in the report.
Result<SwitchOutcome> run_switch(const SwitchSpec& spec, cutover::Mode mode, const cutover::Observer& observer = {});

// 0 switched (or: aborted as asked), 1 a gate is closed or nothing to resume, 2 failed, 3 refused for safety.
int exit_status(const SwitchOutcome& outcome, cutover::Mode mode);

// One line of --dry-run: what would be done where.
struct PlanLine {
  std::string step;
  std::string where;  // blue, green, traffic, bgdb
  std::string what;   // a statement or a driver call, complete
};
struct Plan {
  std::vector<PlanLine> lines;
  std::vector<cutover::GateLine> gates;
  std::string standing;  // one sentence: who serves now
};
// Reads both databases; changes nothing.
Result<Plan> plan_switch(const SwitchSpec& spec);

}  // namespace bgdb::app
