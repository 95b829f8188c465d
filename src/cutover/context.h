// What the steps of one switch share. Private to cutover/.
#pragma once

#include "core/clock.h"
#include "cutover/executor.h"

namespace bgdb::cutover {

struct Context {
  Ports& ports;
  core::Clock& clock;
  const Options& options;
  const Observer& observer;
  Mode mode;
  Report report{};
  core::SteadyTime window_began{};  // set by the pause step
  bool window_open = false;
  std::optional<Standing> standing{};  // what observe or settle found last

  milliseconds rest() const {
    const auto left = window_began + options.pause_max - clock.now();
    return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(left));
  }
};

// steps/*.cc: one function per step. Success, or why not; a step may set report fields.
Result<void> step_operator_lock(Context& context);
Result<void> step_observe(Context& context);
Result<void> step_gates(Context& context);
Result<void> step_intent(Context& context);
Result<void> step_pause(Context& context);
Result<void> step_fence(Context& context);
Result<void> step_drain(Context& context);
Result<void> step_sequences(Context& context);
Result<void> step_final_facts(Context& context);
Result<void> step_commit(Context& context);
Result<void> step_settle(Context& context);
Result<void> step_activate(Context& context);
Result<void> step_point(Context& context);
Result<void> step_resume_traffic(Context& context);
Result<void> step_front_door(Context& context);
Result<void> step_evict(Context& context);
Result<void> step_top_up(Context& context);
Result<void> step_finish(Context& context);
Result<void> step_undo_fence(Context& context);
Result<void> step_undo_traffic(Context& context);
Result<void> step_undo_record(Context& context);

}  // namespace bgdb::cutover
