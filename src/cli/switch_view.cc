#include "cli/switch_view.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/target_lost.h"
#include "cli/confirm.h"
#include "cli/gates_view.h"
#include "cli/output.h"

namespace bgdb::cli {
namespace {

void show_plan(const app::Plan& plan, const Global& global) {
  if (global.json) {
    auto lines = nlohmann::json::array();
    for (const auto& line : plan.lines)
      lines.push_back({{"step", line.step}, {"where", line.where}, {"what", line.what}});
    print(nlohmann::json{{"standing", plan.standing}, {"gates", gates_json(plan.gates)}, {"plan", lines}}.dump(2) +
          "\n");
    return;
  }
  std::string text = fmt::format("Now: {}\n\n{}\nNothing is changed by --dry-run. The switch would do:\n",
                                 plan.standing, gates_table(plan.gates));
  std::string step;
  for (const auto& line : plan.lines) {
    if (line.step != step) text += "\n" + styled(line.step, Style::bold) + "\n";
    step = line.step;
    std::string body;
    for (const char c : line.what) body += c == '\n' ? std::string("\n            ") : std::string(1, c);
    text += fmt::format("  {}{}\n", pad(styled(line.where, Style::cyan), 10), body);
  }
  print(text);
}

// Lines on stderr while it runs.
cutover::Observer live_observer(const Global& global) {
  if (global.json) return {};
  cutover::Observer observer;
  // On a terminal the step that runs stands in the last line, until what became of it takes its place.
  const bool live = ::isatty(STDERR_FILENO) != 0;
  const std::string fresh_line = live ? "\r\033[K" : "";
  if (live) {
    observer.begins = [](cutover::Step step) {
      std::fprintf(stderr, "  ...  %s", std::string(cutover::row(step).name).c_str());
      std::fflush(stderr);
    };
  }
  auto last_held = std::make_shared<std::string>();
  observer.gates = [last_held, fresh_line](const std::vector<cutover::GateLine>& gates) {
    std::string held;
    for (const auto& gate : gates) {
      if (!gate.pass) held += fmt::format("  {} {}: {}\n", styled("hold", Style::red, stderr), gate.gate, gate.reason);
    }
    if (held != *last_held && !held.empty()) std::fputs((fresh_line + held).c_str(), stderr);
    *last_held = held;
  };
  auto last_failed = std::make_shared<std::string>();
  observer.ended = [last_failed, fresh_line](const cutover::StepReport& step) {
    std::fputs(fresh_line.c_str(), stderr);
    if (!step.ok && step.note == *last_failed) return;  // the same failure again and again
    *last_failed = step.ok ? "" : step.note;
    // The error itself, with its cure, follows as the last lines.
    const std::string note = step.note.substr(0, step.note.find('\n'));
    std::fprintf(stderr, "  %s %-15s %8.1f ms%s%s\n",
                 step.ok ? styled("ok  ", Style::green, stderr).c_str() : styled("FAIL", Style::red, stderr).c_str(),
                 std::string(cutover::row(step.step).name).c_str(), step.ms, note.empty() ? "" : "  ", note.c_str());
  };
  return observer;
}

void show_outcome(const app::SwitchOutcome& outcome, const app::SwitchSpec& spec, const Global& global, int status) {
  const auto& report = outcome.report;
  if (global.json) {
    auto steps = nlohmann::json::array();
    for (const auto& step : report.steps) {
      steps.push_back({{"step", cutover::row(step.step).name}, {"ms", step.ms}, {"ok", step.ok}, {"note", step.note}});
    }
    nlohmann::json json = {{"result", cutover::to_string(report.end)},
                           {"epoch", report.epoch},
                           {"pause_ms", report.pause_ms},
                           {"steps", steps},
                           {"gates", gates_json(report.gates)},
                           {"remarks", outcome.remarks},
                           {"status", status}};
    if (report.error) json["error"] = {{"message", report.error->message}, {"hint", report.error->hint}};
    print(json.dump(2) + "\n");
    return;
  }
  for (const auto& remark : outcome.remarks) std::fprintf(stderr, "note: %s\n", remark.c_str());
  if (report.end == cutover::End::switched) {
    print(fmt::format("{} {} is active, epoch {}; writes paused for {:.0f} ms.\n", styled("Switched.", Style::green),
                      spec.target.name, report.epoch, report.pause_ms));
  } else if (report.end == cutover::End::back) {
    print(fmt::format("{} {} serves on; nothing was switched.\n", styled("Back.", Style::yellow), spec.source.name));
  }
}

// The sentence in which the loss is accepted: typed on a terminal, or given with --accept.
std::string acceptance(const SwitchFlags& flags, const app::Loss& loss) {
  if (!flags.accept.empty() || ::isatty(STDIN_FILENO) == 0) return flags.accept;
  std::fprintf(stderr, "Type this sentence to go on:\n  %s\n> ", loss.sentence.c_str());
  std::string answer;
  std::getline(std::cin, answer);
  return answer;
}

int give_up_target(const SwitchFlags& flags, const app::Config& config, const Global& global) {
  const auto loss = app::assess_loss(config);
  if (!loss) return report("rollback", loss.error());
  if (!global.json) {
    for (const auto& line : loss->lines) std::fprintf(stderr, "  %s\n", line.c_str());
  }
  const auto said = loss->accepted ? loss->sentence : acceptance(flags, *loss);
  const auto outcome = app::give_up_target(config, *loss, said, flags.take_over);
  if (!outcome) return report("rollback", outcome.error());
  if (global.json) {
    print(nlohmann::json{{"active", "blue"}, {"epoch", outcome->epoch}, {"lost", loss->lines}, {"done", outcome->done}}
              .dump(2) +
          "\n");
    return 0;
  }
  std::string text;
  for (const auto& line : outcome->done) text += line + "\n";
  print(text);
  return 0;
}

int run(const SwitchFlags& flags, const Global& global, app::Direction direction) {
  const std::string name = direction == app::Direction::cutover ? "cutover" : "rollback";
  if (flags.dry_run + flags.resume + flags.abort > 1) {
    return report(name, make_error(ErrorCode::usage, "--dry-run, --resume and --abort exclude each other",
                                   "Give one of them; \"bgdb status\" shows whether a switch is half done."));
  }
  const auto config = app::load_parallel_config(global.config_path);
  if (!config) return report(name, config.error());
  if (flags.target_lost) return give_up_target(flags, *config, global);
  auto spec = app::make_switch_spec(*config, direction);
  spec.take_over = flags.take_over;
  if (flags.dry_run) {
    const auto plan = app::plan_switch(spec);
    if (!plan) return report(name, plan.error());
    show_plan(*plan, global);
    for (const auto& gate : plan->gates) {
      if (!gate.pass) return 1;
    }
    return 0;
  }
  const auto mode = flags.resume ? cutover::Mode::resume : flags.abort ? cutover::Mode::abort : cutover::Mode::run;
  const auto question = fmt::format("{}: move writes from {} to {}?", name, spec.source.name, spec.target.name);
  if (mode == cutover::Mode::run && !confirmed(global, question)) return report(name, not_confirmed());
  const auto outcome = app::run_switch(spec, mode, live_observer(global));
  if (!outcome) return report(name, outcome.error());
  const int status = app::exit_status(*outcome, mode);
  show_outcome(*outcome, spec, global, status);
  if (status != 0 && outcome->report.error && !global.json) report(name, *outcome->report.error);
  if (status == 1 && mode == cutover::Mode::resume && !outcome->report.error && !global.json) {
    std::fprintf(stderr, "bgdb %s: there was nothing to resume: %s serves. Run \"bgdb %s\" for a new attempt.\n",
                 name.c_str(), spec.source.name.c_str(), name.c_str());
  }
  return status;
}

}  // namespace

void add_switch(CLI::App& app, const Global& global, Exit& exit, app::Direction direction) {
  const bool forward = direction == app::Direction::cutover;
  auto* command =
      app.add_subcommand(forward ? "cutover" : "rollback",
                         forward ? "Move writes from blue to green in one atomic switch"
                                 : "Move writes back from green to blue; nothing written meanwhile is lost");
  const auto flags = std::make_shared<SwitchFlags>();
  command->add_flag("--dry-run", flags->dry_run, "Show every statement and driver call, and the gates; change nothing");
  command->add_flag("--resume", flags->resume, "Finish a switch that was interrupted, from the facts in the databases");
  command->add_flag("--abort", flags->abort, "Give traffic back to the source; refused after the point of no return");
  command->add_option("--take-over", flags->take_over,
                      "PID@HOST of a run that hangs, as the refusal names it: end it and take its place");
  if (!forward) {
    command->add_flag("--target-lost", flags->target_lost,
                      "Green is dead and does not come back: lead clients to blue without it, and retire it");
    command->add_option("--accept", flags->accept, "With --target-lost: the sentence in which the loss is accepted");
  }
  command->footer(
      fmt::format("Exit status: 0 done, 1 a gate is closed or there is nothing to resume, 2 failed, 3 refused "
                  "for safety.\n\nExample:\n  bgdb {0} --dry-run\n  bgdb {0} --yes\n",
                  forward ? "cutover" : "rollback"));
  command->callback([flags, &global, &exit, direction] { exit.status = run(*flags, global, direction); });
}

}  // namespace bgdb::cli
