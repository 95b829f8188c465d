// Steps 3 to 7: the source's tables are locked, its writers wait. Everything here fits into the pause budget or is
// undone.
#include <fmt/format.h>

#include "core/interrupt.h"
#include "core/retry.h"
#include "cutover/context.h"

namespace bgdb::cutover {

Result<void> step_fence(Context& context) {
  const auto& options = context.options;
  const core::RetryPolicy policy{.attempts_max = options.lock_attempts,
                                 .backoff_first = milliseconds(10),
                                 .backoff_max = milliseconds(200),
                                 .budget = context.rest()};
  return core::with_retry(
      policy, context.clock,
      [&] {
        return context.ports.lock_tables(std::min(options.lock_timeout, context.rest() + milliseconds(1)),
                                         context.rest());
      },
      [](const Error& error) { return error.code == ErrorCode::lock_timeout; }, [](const Error&, int) {});
}

Result<void> step_drain(Context& context) {
  return context.ports.drain(context.rest());
}

Result<void> step_sequences(Context& context) {
  return context.ports.copy_sequences(context.rest());
}

Result<void> step_final_facts(Context& context) {
  const auto objections = BGDB_TRY(context.ports.last_objections(context.rest()));
  if (!objections.empty()) {
    context.report.gate_closed = true;
    std::string text;
    for (const auto& objection : objections) text += (text.empty() ? "" : "; ") + objection;
    return fail(ErrorCode::refused, "found inside the fence: " + text, "Nothing was switched; cure it and run again.");
  }
  if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted before the point of no return");
  return {};
}

Result<void> step_commit(Context& context) {
  return context.ports.commit_fence(context.report.epoch, context.rest());
}

Result<void> step_settle(Context& context) {
  context.report.facts = BGDB_TRY(context.ports.settle());
  context.standing = judge(context.report.facts);
  return {};
}

}  // namespace bgdb::cutover
