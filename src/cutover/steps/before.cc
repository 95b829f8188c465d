// Steps 0 to 2: before clients notice anything.
#include <fmt/format.h>

#include "core/interrupt.h"
#include "cutover/context.h"

namespace bgdb::cutover {
namespace {

// One closed gate with its reason, several by name: the observer showed the reasons.
std::string held_gates(const std::vector<GateLine>& gates) {
  std::string names;
  std::string reason;
  int held = 0;
  for (const auto& gate : gates) {
    if (gate.pass) continue;
    names += (held++ == 0 ? "" : ", ") + gate.gate;
    reason = gate.reason;
  }
  if (held == 0) return {};
  return held == 1 ? fmt::format("a gate is closed: {}: {}", names, reason)
                   : fmt::format("{} gates are closed: {}", held, names);
}

}  // namespace

Result<void> step_operator_lock(Context& context) {
  return context.ports.lock_operator();
}

Result<void> step_observe(Context& context) {
  context.report.facts = BGDB_TRY(context.ports.observe());
  context.standing = judge(context.report.facts);
  context.report.epoch = next_epoch(context.report.facts);
  // Half done or done: the epoch is the one the switch carried.
  if (*context.standing == Standing::fenced) context.report.epoch = context.report.facts.source->epoch;
  if (*context.standing == Standing::switched) context.report.epoch = context.report.facts.target->epoch;
  return {};
}

// All gates pass, without a break, for stable_for. A gate that holds starts the count again; after twice the time the
// switch is refused.
Result<void> step_gates(Context& context) {
  const auto& options = context.options;
  if (!context.report.facts.target) {
    return fail(ErrorCode::connection, fmt::format("{} cannot be reached", options.target_name),
                "Check its dsn in bgdb.yml with \"bgdb doctor\".");
  }
  const auto began = context.clock.now();
  auto passing_since = began;
  while (true) {
    context.report.gates = context.ports.gates();
    if (context.observer.gates) context.observer.gates(context.report.gates);
    const auto now = context.clock.now();
    const std::string held = held_gates(context.report.gates);
    if (held.empty() && now - passing_since >= options.stable_for) break;
    if (!held.empty()) {
      passing_since = now + milliseconds(1);
      if (now - began >= 2 * options.stable_for) {
        context.report.gate_closed = true;
        return fail(ErrorCode::refused, held, "\"bgdb gate\" shows every gate with its numbers.");
      }
    }
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    context.clock.sleep_for(milliseconds(200));
  }
  return context.ports.prove_links();
}

Result<void> step_intent(Context& context) {
  const auto& options = context.options;
  BGDB_CHECK(context.ports.prepare());
  return context.ports.record_on_source(
      {.step = "intent",
       .detail = fmt::format(R"({{"source":"{}","target":"{}","epoch":{},"pause_max_ms":{}}})", options.source_name,
                             options.target_name, context.report.epoch, options.pause_max.count())});
}

Result<void> step_pause(Context& context) {
  context.window_began = context.clock.now();
  context.window_open = true;
  return context.ports.pause_traffic(context.rest());
}

}  // namespace bgdb::cutover
