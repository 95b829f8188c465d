#include "cutover/executor.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "core/interrupt.h"
#include "cutover/context.h"

namespace bgdb::cutover {
namespace {

using Perform = Result<void> (*)(Context&);

Perform perform_of(Step step) {
  switch (step) {
    case Step::operator_lock:
      return step_operator_lock;
    case Step::observe:
      return step_observe;
    case Step::gates:
      return step_gates;
    case Step::intent:
      return step_intent;
    case Step::pause:
      return step_pause;
    case Step::fence:
      return step_fence;
    case Step::drain:
      return step_drain;
    case Step::sequences:
      return step_sequences;
    case Step::final_facts:
      return step_final_facts;
    case Step::commit:
      return step_commit;
    case Step::settle:
      return step_settle;
    case Step::activate:
      return step_activate;
    case Step::point:
      return step_point;
    case Step::resume_traffic:
      return step_resume_traffic;
    case Step::front_door:
      return step_front_door;
    case Step::evict:
      return step_evict;
    case Step::top_up:
      return step_top_up;
    case Step::finish:
      return step_finish;
    case Step::undo_fence:
      return step_undo_fence;
    case Step::undo_traffic:
      return step_undo_traffic;
    case Step::undo_record:
      return step_undo_record;
  }
  return nullptr;
}

// Chaos tests only: BGDB_CRASH_AT=<step>:before|after kills this process as kill -9 would, BGDB_FREEZE_AT stops it as a
// suspended machine would be. Documented in docs/design/cutover.md.
void crash_point(Step step, std::string_view when) {
  const auto wanted = [&](const char* variable) {
    const char* point = std::getenv(variable);
    return point != nullptr && fmt::format("{}:{}", row(step).name, when) == point;
  };
  if (wanted("BGDB_CRASH_AT")) ::kill(::getpid(), SIGKILL);
  if (wanted("BGDB_FREEZE_AT")) {
    ::unsetenv("BGDB_FREEZE_AT");  // once: a step may be repeated
    ::kill(::getpid(), SIGSTOP);
  }
}

// Why observe() ended the run, in words.
Error refusal(const Context& context) {
  const auto& options = context.options;
  const std::string facts = describe(context.report.facts, options.source_name, options.target_name);
  switch (context.standing.value_or(Standing::unknown)) {
    case Standing::fenced:
      if (context.mode == Mode::abort) {
        return make_error(
            ErrorCode::refused,
            fmt::format("the {} is past its point of no return ({}); it can only be finished", options.command, facts),
            fmt::format("Run \"bgdb {} --resume\"; then \"bgdb rollback\" goes back without losing writes.",
                        options.command));
      }
      return make_error(ErrorCode::refused, fmt::format("a {} is half done ({})", options.command, facts),
                        fmt::format("Run \"bgdb {} --resume\": it finishes from the facts.", options.command));
    case Standing::switched:
      return make_error(ErrorCode::refused, fmt::format("{} is active already ({})", options.target_name, facts),
                        context.mode == Mode::abort
                            ? "Run \"bgdb rollback\" to go back without losing writes."
                            : fmt::format("To repeat the traffic steps run \"bgdb {} --resume\".", options.command));
    case Standing::opposite:
      return make_error(
          ErrorCode::refused, fmt::format("a switch the other way is half done ({})", facts),
          fmt::format("Run \"bgdb {} --resume\".", options.command == "cutover" ? "rollback" : "cutover"));
    case Standing::retired:
      return make_error(ErrorCode::refused, fmt::format("the window is closed: one side is retired ({})", facts),
                        "A new release begins with \"bgdb clone\".");
    case Standing::broken:
      return make_error(
          ErrorCode::refused, fmt::format("both sides say that they are active ({})", facts),
          "Stop the clients and find out who changed bgdb.side; \"bgdb journal\" on both sides tells more.");
    case Standing::ready:
    case Standing::unknown:
      break;
  }
  return make_error(ErrorCode::connection, fmt::format("cannot tell who serves ({})", facts),
                    "Make both databases reachable, then run the command again.");
}

class Executor {
 public:
  explicit Executor(Context& context) : context_(context) {}

  Report run() {
    Step step = first_step();
    while (true) {
      const Event event = perform(step);
      const Next following = next(context_.mode, step, event);
      if (following.end) return finish(*following.end, step);
      if (following.retry) {
        // What was refused for safety is not cured by trying again.
        if (refused_ || out_of_patience(step)) return finish(End::incomplete, step);
        context_.clock.sleep_for(context_.options.retry_pause);
      }
      step = *following.step;
    }
  }

 private:
  Event perform(Step step) {
    const auto began = context_.clock.now();
    if (last_ != step) {
      last_ = step;
      step_began_ = began;
      if (context_.observer.begins) context_.observer.begins(step);
    }
    crash_point(step, "before");
    auto result = in_time(step) ? perform_of(step)(context_)
                                : Result<void>(fail(ErrorCode::timeout,
                                                    fmt::format("the pause budget ({} ms) ran out before step {}",
                                                                context_.options.pause_max.count(), row(step).name),
                                                    "Raise switch.pause_max, or switch when there is less load."));
    crash_point(step, "after");
    StepReport entry{.step = step, .note = {}, .ok = result.has_value()};
    entry.ms = std::chrono::duration<double, std::milli>(context_.clock.now() - step_began_).count();
    refused_ = !result && result.error().code == ErrorCode::refused;
    if (!result) {
      entry.note = result.error().to_string();
      const bool decisive = row(step).on_failure != OnFailure::carry_on && step < Step::undo_fence;
      if (decisive && !context_.report.error) context_.report.error = result.error();
    }
    // A step that is repeated shows once, with its last outcome and its whole duration.
    auto& steps = context_.report.steps;
    if (!steps.empty() && steps.back().step == step) {
      steps.back() = entry;
    } else {
      steps.push_back(entry);
    }
    if (context_.observer.ended) context_.observer.ended(entry);
    Event event{.ok = result.has_value()};
    if (step == Step::observe || step == Step::settle) event.standing = context_.standing;
    return event;
  }

  bool in_time(Step step) const {
    return !row(step).in_budget || step == Step::pause || context_.rest() > milliseconds(0);
  }

  bool out_of_patience(Step step) const {
    const auto patience =
        step == Step::undo_traffic ? context_.options.undo_patience : context_.options.forward_patience;
    return core::interrupted() || context_.clock.now() - step_began_ >= patience;
  }

  Report finish(End end, Step step) {
    auto& report = context_.report;
    report.end = end;
    if (end == End::refused && step == Step::observe && !report.error) report.error = refusal(context_);
    if (end == End::switched) report.error.reset();
    if (end == End::incomplete) {
      const auto& last = report.steps.back();
      const bool back = step == Step::undo_traffic;
      report.error = make_error(
          ErrorCode::timeout, fmt::format("step {} does not succeed: {}", row(step).name, last.note),
          back ? fmt::format("{} serves; the way in is not restored. Cure it and run \"bgdb {} --abort\".",
                             context_.options.source_name, context_.options.command)
               : fmt::format("The data is safe. Cure it and run \"bgdb {} --resume\".", context_.options.command));
    }
    return std::move(report);
  }

  Context& context_;
  std::optional<Step> last_;
  bool refused_ = false;  // the last step's error was a refusal
  core::SteadyTime step_began_{};
};

}  // namespace

Report run_switch(Ports& ports, core::Clock& clock, const Options& options, Mode mode, const Observer& observer) {
  Context context{ports, clock, options, observer, mode};
  return Executor(context).run();
}

}  // namespace bgdb::cutover
