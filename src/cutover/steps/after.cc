// Steps 8 to 11: only forward. The data is safe; what is left is the way in.
#include <fmt/format.h>

#include "cutover/context.h"

namespace bgdb::cutover {

Result<void> step_activate(Context& context) {
  return context.ports.activate_target(context.report.epoch);
}

// An operator who was frozen may wake up after a later switch: traffic follows the facts of now, not of then.
Result<void> step_point(Context& context) {
  const auto facts = BGDB_TRY(context.ports.observe());
  const auto standing = judge(facts);
  if (standing == Standing::unknown) {
    return fail(ErrorCode::connection, "cannot ask the databases who serves before traffic is moved");
  }
  if (standing != Standing::switched || !facts.target || facts.target->epoch != context.report.epoch) {
    return fail(ErrorCode::refused,
                fmt::format("another switch came after this one ({}); traffic is left alone",
                            describe(facts, context.options.source_name, context.options.target_name)),
                "See \"bgdb status\".");
  }
  return context.ports.point_traffic();
}

Result<void> step_resume_traffic(Context& context) {
  BGDB_CHECK(context.ports.resume_traffic());
  if (context.window_open) {
    context.window_open = false;
    context.report.pause_ms =
        std::chrono::duration<double, std::milli>(context.clock.now() - context.window_began).count();
  }
  return {};
}

Result<void> step_front_door(Context& context) {
  return context.ports.check_front_door(context.report.epoch);
}

Result<void> step_evict(Context& context) {
  BGDB_TRY(context.ports.evict_sessions());
  return {};
}

Result<void> step_top_up(Context& context) {
  return context.ports.top_up_sequences();
}

Result<void> step_finish(Context& context) {
  std::string steps;
  for (const auto& step : context.report.steps) {
    if (!steps.empty()) steps += ',';
    steps += fmt::format(R"("{}":{:.3f})", row(step.step).name, step.ms);
  }
  return context.ports.record_on_target(
      {.step = "done",
       .detail = fmt::format(R"({{"active":"{}","epoch":{},"pause_ms":{:.3f},"steps_ms":{{{}}}}})",
                             context.options.target_name, context.report.epoch, context.report.pause_ms, steps)});
}

}  // namespace bgdb::cutover
