#include "app/release/run.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "app/release/context.h"
#include "app/switch_spec.h"
#include "app/sync.h"
#include "core/clock.h"
#include "core/interrupt.h"
#include "core/units.h"
#include "gate/gate.h"

namespace bgdb::app {
namespace {

using Is = StageState::Is;

class Runner {
 public:
  Runner(const Config& config, const ReleaseOptions& options, const ReleaseIo& io)
      : context_{config, options, io, ReleaseBook(config, "release")} {}

  Result<ReleaseOutcome> run();

 private:
  struct Step {
    const StageState* stage = nullptr;
    bool hook_only = false;  // the stage is done, what comes after it is not
  };
  Result<Step> pick(const Standing& standing);
  Result<StageEnd> perform(const StageState& stage, const Standing& standing);
  Result<StageEnd> after_hooks(const StageState& stage, const Standing& standing);
  Result<void> want_hook(const std::string& stage, const Standing& standing, const char* state);

  Result<StageEnd> do_stage(const StageState& stage, const Standing& standing);
  Result<StageEnd> lint(const StageState& stage);
  Result<StageEnd> command(const StageState& stage);
  Result<StageEnd> soak();
  Result<StageEnd> gates();
  Result<StageEnd> finalize(const StageState& stage, const Standing& standing);
  Result<void> lift_hold(const Standing& standing);
  bool asked(const std::string& question) const {
    return context_.options.yes || (context_.io.confirmed && context_.io.confirmed(question));
  }

  ReleaseContext context_;
  std::set<std::string> done_here_;  // stages that leave no fact: lint, gates
};

StageEnd not_confirmed(const std::string& stage) {
  return {2, fmt::format("{} was not confirmed: answer yes on a terminal, or run it with --yes", stage)};
}

Result<Runner::Step> Runner::pick(const Standing& standing) {
  for (const auto& stage : standing.stages) {
    if (done_here_.contains(stage.name)) continue;
    if (stage.is == Is::due) return Step{&stage, false};
    const bool hooks = context_.config.release.hooks.contains("after_" + stage.name);
    if (hooks && standing.hook_pending(stage.name)) return Step{&stage, true};
  }
  return Step{};
}

// Written before the stage and after the hook, so that a run that dies in between leaves behind what it still wanted.
Result<void> Runner::want_hook(const std::string& stage, const Standing& standing, const char* state) {
  const std::string hook = "after_" + stage;
  if (!context_.config.release.hooks.contains(hook) || standing.hook_side.empty()) return {};
  auto session = BGDB_TRY(open_side_session(context_.config, standing.hook_side, "bgdb release"));
  return write_release_fact(session, "release." + hook, nlohmann::json{{"state", state}}.dump());
}

Result<StageEnd> Runner::after_hooks(const StageState& stage, const Standing& before) {
  const auto end = BGDB_TRY(run_hooks(context_, "after_" + stage.name, stage.name));
  if (end.status != 0) return end;
  Standing now = before;
  if (now.hook_side.empty() && stage.name != "lint") now = BGDB_TRY(read_standing(context_.config));
  BGDB_CHECK(want_hook(stage.name, now, "ran"));
  return end;
}

Result<StageEnd> Runner::perform(const StageState& stage, const Standing& standing) {
  const auto began = core::system_clock().now();
  context_.tell("begin", stage.name, stage.fact.empty() ? "begins" : "begins (" + stage.fact + ")");
  const auto side = standing.serving == "green" ? "green" : "blue";
  BGDB_CHECK(context_.book.record(side, "begin " + stage.name, nlohmann::json{{"fact", stage.fact}}.dump()));
  auto end = BGDB_TRY(run_hooks(context_, "before_" + stage.name, stage.name));
  if (end.status != 0) return end;
  BGDB_CHECK(want_hook(stage.name, standing, "wanted"));
  end = BGDB_TRY(do_stage(stage, standing));
  if (end.status != 0 || end.look_again) return end;
  if (stage.name == "lint" || stage.name == "gates") {
    done_here_.insert(stage.name);
  } else {
    // The fact is what counts, not the exit status.
    const auto now = BGDB_TRY(read_standing(context_.config));
    for (const auto& state : now.stages) {
      if (state.name != stage.name || state.is != Is::due) continue;
      return StageEnd{2, fmt::format("{} ended well, but the databases do not show it: {}", stage.name, state.fact)};
    }
  }
  end = BGDB_TRY(after_hooks(stage, standing));
  if (end.status != 0) return end;
  const auto took = core::format_duration(core::time_since(began));
  context_.tell("end", stage.name, "done in " + took);
  return end;
}

Result<StageEnd> Runner::lint(const StageState& stage) {
  const auto& config = context_.config;
  const bool stop = config.release.lint.empty() ? config.shared() : config.release.lint == "stop";
  const int status = BGDB_TRY(run_stage_command(context_, stage.command));
  if (status == 0) return StageEnd{};
  if (status != 1) return StageEnd{status, fmt::format("bgdb lint ended with status {}", status)};
  if (stop) return StageEnd{1, "lint has findings (release.lint: stop)"};
  context_.say("line", "lint", "the findings above are shown, not a stop: each version has a database of its own");
  return StageEnd{};
}

Result<StageEnd> Runner::command(const StageState& stage) {
  const int status = BGDB_TRY(run_stage_command(context_, stage.command));
  if (status == 0) return StageEnd{};
  return StageEnd{status, fmt::format("bgdb {} ended with status {}", fmt::join(stage.command, " "), status)};
}

Result<StageEnd> Runner::soak() {
  const auto& config = context_.config;
  const auto gate = gate::make_soak_gate({"green", config.green_dsn}, "forward", config.gates.soak_min);
  auto said_at = core::SteadyTime{};
  for (;;) {
    const auto decision = gate->evaluate(milliseconds(5'000));
    if (decision.pass) return StageEnd{};
    // Links that stopped are started again; what came out of step is not soaking.
    for (const auto& sample : BGDB_TRY(read_lag(config))) {
      if (!sample.problem.empty()) return StageEnd{.look_again = true};
    }
    if (core::system_clock().now() - said_at > std::chrono::minutes(5)) {
      context_.say("line", "soak", fmt::format("{} of {}", decision.value, decision.limit));
      said_at = core::system_clock().now();
    }
    BGDB_CHECK(rest(milliseconds(1'000)));
  }
}

Result<StageEnd> Runner::gates() {
  const auto& config = context_.config;
  const auto gates = gate::make_gates(gate_inputs(config, Direction::cutover));
  const auto deadline = core::system_clock().now() + config.release.gates_within;
  std::string told;
  for (;;) {
    const auto decisions = gate::evaluate_all(gates, gate_timeout(config));
    if (gate::all_pass(decisions)) return StageEnd{};
    std::string held;
    std::string first;
    for (const auto& decision : decisions) {
      if (decision.pass) continue;
      const auto line = decision.gate + ": " + decision.reason;
      if (first.empty()) first = line;
      held += decision.gate + " ";
      if (told.find(decision.gate + " ") == std::string::npos) context_.say("line", "gates", "holds: " + line);
    }
    told = held;
    if (core::system_clock().now() >= deadline) {
      return StageEnd{1, fmt::format("still closed after {} (release.gates_within): {}",
                                     core::format_duration(config.release.gates_within), first)};
    }
    BGDB_CHECK(rest(milliseconds(1'000)));
  }
}

Result<StageEnd> Runner::finalize(const StageState& stage, const Standing& standing) {
  if (!standing.hold.empty()) {
    return StageEnd{
        1, fmt::format("held by an alert ({}): when it is understood, run it with --lift-hold", standing.hold)};
  }
  if (!asked("end the window: after this there is no rollback?")) return not_confirmed("finalize");
  return command(stage);
}

Result<StageEnd> Runner::do_stage(const StageState& stage, const Standing& standing) {
  if (stage.name == "lint") return lint(stage);
  if (stage.name == "sync") return start_links(context_);
  if (stage.name == "soak") return soak();
  if (stage.name == "gates") return gates();
  if (stage.name == "watch") return watch_release(context_);
  if (stage.name == "traffic") return shift_stage(context_);
  if (stage.name == "finalize") return finalize(stage, standing);
  // What is past its point of no return is finished, not asked about.
  const bool begun = stage.command.size() > 1 && stage.command[1] == "--resume";
  if (stage.name == "cutover" && !begun && !asked("move writes from blue to green?")) return not_confirmed("cutover");
  if (stage.name == "retire" && !asked("is the old version gone for good?")) return not_confirmed("retire");
  if (stage.name == "contract" && !asked("remove what the old version needs?")) return not_confirmed("contract");
  return command(stage);
}

Result<void> Runner::lift_hold(const Standing& standing) {
  if (!context_.options.lift_hold || standing.hold.empty()) return {};
  auto session = BGDB_TRY(open_side_session(context_.config, standing.hook_side, "bgdb release"));
  BGDB_CHECK(session.execute("delete from bgdb.fact where key = $1", {kHoldFact}));
  return context_.book.record(standing.serving, "hold lifted", nlohmann::json{{"hold", standing.hold}}.dump());
}

Result<ReleaseOutcome> Runner::run() {
  BGDB_CHECK(context_.book.hold_lock());
  bool first = true;
  std::string last;
  for (;;) {
    if (core::interrupted()) return fail(ErrorCode::interrupted, "stopped between two stages; run it again to go on");
    BGDB_CHECK(context_.book.hold_lock());
    auto standing = BGDB_TRY(read_standing(context_.config));
    if (standing.refusal) return *standing.refusal;
    if (std::exchange(first, false)) {
      BGDB_CHECK(lift_hold(standing));
      standing = BGDB_TRY(read_standing(context_.config));
      if (standing.rolled_back && !context_.options.again) {
        return fail(ErrorCode::refused, "this release was rolled back: blue serves again",
                    "When the cause is mended, run it with --again; else end it with \"bgdb finalize\".");
      }
    } else if (standing.rolled_back && last == "watch") {
      return ReleaseOutcome{1, last, "rolled back: blue serves again"};
    }
    const auto step = BGDB_TRY(pick(standing));
    if (step.stage == nullptr) return ReleaseOutcome{0, last, "the release is complete"};
    // --until names the last stage; what is done before it stays done.
    const auto& names = stage_names(context_.config.shared());
    const auto place = [&](const std::string& name) { return std::find(names.begin(), names.end(), name); };
    const auto& until = context_.options.until;
    if (!until.empty() && place(step.stage->name) > place(until)) {
      return ReleaseOutcome{0, until, fmt::format("done until {}; next: {}", until, step.stage->name)};
    }
    last = step.stage->name;
    auto end = step.hook_only ? after_hooks(*step.stage, standing) : perform(*step.stage, standing);
    if (end && end->status == 0) continue;
    const std::string text = end ? end->text : end.error().message;
    const bool interrupted = !end && end.error().code == ErrorCode::interrupted;
    context_.tell("failure", last, interrupted ? "stopped by Ctrl-C" : text);
    const auto side = standing.serving == "green" ? "green" : "blue";
    (void)context_.book.record(side, "stopped at " + last, nlohmann::json{{"why", text}}.dump()).has_value();
    if (!end) return end.error();
    return ReleaseOutcome{end->status, last, end->text};
  }
}

}  // namespace

Result<ReleaseOutcome> run_release(const Config& config, const ReleaseOptions& options, const ReleaseIo& io) {
  return Runner(config, options, io).run();
}

}  // namespace bgdb::app
