// bgdb release plan | run: a whole release from bgdb.yml, stage by stage.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "app/release/run.h"
#include "app/release/standing.h"
#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "core/clock.h"
#include "core/contains.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

using app::StageState;

std::string state_text(const StageState& stage, bool next) {
  if (stage.is == StageState::Is::done) return styled("done", Style::green);
  if (stage.is == StageState::Is::not_needed) return styled("not needed", Style::dim);
  return next ? styled("next", Style::yellow) : "to do";
}

const char* state_name(StageState::Is is) {
  return is == StageState::Is::done ? "done" : is == StageState::Is::due ? "due" : "not needed";
}

// What a stage does, for somebody who has not read the manual.
std::string what(const std::string& stage, const app::Config& config) {
  const auto ms = [](std::chrono::milliseconds duration) { return core::format_duration(duration); };
  if (stage == "lint") return "judge the migrations";
  if (stage == "clone") return "copy blue to green at one moment, while blue serves";
  if (stage == "migrate") return config.shared() ? "run the expand files" : "run the migrations on green";
  if (stage == "backfill") return "fill what expand added, in batches";
  if (stage == "sync") return "start both links: bgdb sync, which then runs on by itself";
  if (stage == "verify") return "compare both sides row by row";
  if (stage == "soak") return "wait until green was in step for " + ms(config.gates.soak_min);
  if (stage == "gates") return "wait until every gate passes, at most " + ms(config.release.gates_within);
  if (stage == "cutover") return "move writes to green; asks first without --yes";
  if (stage == "traffic") return "lead clients to the new version step by step";
  if (stage == "watch") {
    return fmt::format(
        "look at {} for {}",
        config.release.alerts.size() == 1 ? "1 alert" : fmt::format("{} alerts", config.release.alerts.size()),
        ms(config.watch_window));
  }
  if (stage == "finalize") return "end the way back; asks first without --yes";
  if (stage == "retire") return "declare the old version gone, which its sessions must confirm";
  return "remove what only the old version needs; asks first without --yes";
}

std::string command_text(const StageState& stage) {
  return stage.command.empty() ? "" : fmt::format("bgdb {}", fmt::join(stage.command, " "));
}

nlohmann::json plan_json(const app::Config& config, const app::Standing& standing) {
  auto stages = nlohmann::json::array();
  for (const auto& stage : standing.stages) {
    auto hooks = nlohmann::json::object();
    for (const std::string when : {"before_", "after_"}) {
      const auto found = config.release.hooks.find(when + stage.name);
      if (found == config.release.hooks.end()) continue;
      for (const auto& hook : found->second) hooks[when + stage.name].push_back(hook.run);
    }
    stages.push_back({{"stage", stage.name},
                      {"state", state_name(stage.is)},
                      {"fact", stage.fact},
                      {"does", what(stage.name, config)},
                      {"command", command_text(stage)},
                      {"hooks", hooks}});
  }
  const auto* next = standing.next();
  nlohmann::json json = {{"release", config.name},
                         {"strategy", config.strategy},
                         {"serving", standing.serving},
                         {"next", next == nullptr || standing.refusal ? "" : next->name},
                         {"rolled_back", standing.rolled_back},
                         {"hold", standing.hold},
                         {"stages", stages}};
  if (standing.refusal) json["refusal"] = {{"message", standing.refusal->message}, {"hint", standing.refusal->hint}};
  return json;
}

std::string plan_text(const app::Config& config, const app::Standing& standing) {
  Table table({"stage", "state", "now", "what it does", "by hand"});
  std::string hooks;
  const auto* next = standing.next();
  for (const auto& stage : standing.stages) {
    table.add({stage.name, state_text(stage, &stage == next && !standing.refusal), stage.fact, what(stage.name, config),
               command_text(stage)});
    for (const std::string when : {"before_", "after_"}) {
      const auto found = config.release.hooks.find(when + stage.name);
      if (found == config.release.hooks.end()) continue;
      const auto known = standing.hooks.find(when + stage.name);
      const std::string ran = known == standing.hooks.end() ? "" : known->second == "ran" ? "  (has run)" : "  (due)";
      for (const auto& hook : found->second) {
        hooks += fmt::format("  {}: {}{}\n", when + stage.name, fmt::join(hook.run, " "), ran);
      }
    }
  }
  std::string text = fmt::format("{} {} (strategy {}); {} serves\n\n{}", styled("Release", Style::bold), config.name,
                                 config.strategy, standing.serving, table.render());
  if (!hooks.empty()) text += "\nhooks\n" + hooks;
  text += "\n";
  if (standing.refusal) {
    return text + styled("! " + standing.refusal->message, Style::red) + "\n  " + standing.refusal->hint + "\n";
  }
  if (!standing.hold.empty()) text += styled("! finalize is held: " + standing.hold, Style::red) + "\n";
  if (standing.rolled_back) {
    return text + styled("! rolled back: blue serves again", Style::red) +
           "\n  \"bgdb release run --again\" when the cause is mended.\n";
  }
  if (next == nullptr) return text + "Nothing is left to do.\n";
  return text + fmt::format("Next: {}. \"bgdb release run\" goes on from here.\n", next->name);
}

Result<int> run_plan(const Global& global) {
  const auto config = BGDB_TRY(app::load_config(global.config_path));
  const auto standing = BGDB_TRY(app::read_standing(config));
  print(global.json ? plan_json(config, standing).dump(2) + "\n" : plan_text(config, standing));
  return standing.refusal ? standing.refusal->exit_status() : 0;
}

app::ReleaseIo io_of(const Global& global) {
  app::ReleaseIo io;
  io.said = [json = global.json](const app::ReleaseNews& news) {
    if (json) {
      const nlohmann::json line = {
          {"at", core::wall_time_utc()}, {"event", news.kind}, {"stage", news.stage}, {"text", news.text}};
      print(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
      std::fflush(stdout);
      return;
    }
    const bool bad = news.kind == "failure" || news.kind == "alert" || news.kind == "warning";
    const auto style = bad ? Style::red : news.kind == "end" || news.kind == "cleared" ? Style::green : Style::bold;
    const std::string mark = news.kind == "line" || news.kind == "hook" ? "   " : bad ? "!! " : "== ";
    std::fputs(fmt::format("{} {}{} {}\n", core::wall_time_utc().substr(11, 8), mark,
                           styled(news.stage + ":", style, stderr), news.text)
                   .c_str(),
               stderr);
  };
  io.confirmed = [&global](const std::string& question) { return confirmed(global, question); };
  return io;
}

Result<int> run_release(const Global& global, app::ReleaseOptions options) {
  const auto config = BGDB_TRY(app::load_config(global.config_path));
  options.yes = global.yes;
  options.show_output = !global.json;
  const auto& names = app::stage_names(config.shared());
  if (!options.until.empty() && !core::contains(names, options.until)) {
    return fail(ErrorCode::usage, "--until " + options.until + ": there is no such stage",
                fmt::format("The stages are: {}.", fmt::join(names, ", ")));
  }
  const auto outcome = BGDB_TRY(app::run_release(config, options, io_of(global)));
  if (global.json) {
    print(nlohmann::json{{"status", outcome.status}, {"stage", outcome.stage}, {"text", outcome.text}}.dump() + "\n");
  } else if (outcome.status == 0) {
    print(styled("Release:", Style::green) + " " + outcome.text + "\n");
  } else {
    print(
        fmt::format("{} stopped at {}: {}\n  \"bgdb release plan\" shows where it stands; \"bgdb release run\" goes "
                    "on from there.\n",
                    styled("Release:", Style::red), outcome.stage, outcome.text));
  }
  return outcome.status;
}

}  // namespace

void add_release(CLI::App& app, const Global& global, Exit& exit) {
  auto* command =
      app.add_subcommand("release", "A whole release from bgdb.yml, stage by stage, from wherever it stands");
  command->require_subcommand(1);
  auto* plan = command->add_subcommand("plan", "The stages, what each will do, and where the release stands now");
  plan->footer("Reads both databases, changes nothing.\n\nExample:\n  bgdb release plan\n");
  plan->callback([&global, &exit] {
    const auto status = run_plan(global);
    exit.status = status ? *status : report("release plan", status.error());
  });
  auto* run = command->add_subcommand("run", "Do what is left, stage by stage");
  const auto options = std::make_shared<app::ReleaseOptions>();
  run->add_option("--until", options->until, "The last stage of this run, e.g. gates")->type_name("STAGE");
  run->add_flag("--again", options->again, "Although the release was rolled back: its cause is mended");
  run->add_flag("--lift-hold", options->lift_hold, "What an alert held may go on");
  run->footer(
      "Each stage is the command of that name. Ctrl-C or a kill stops it anywhere; run it again and it goes on from "
      "what\n"
      "the databases say. Without --yes it asks before the switch and before finalize. Hooks and stages are logged in\n"
      "bgdb-release.log beside bgdb.yml.\n\nExit status: 0 done, 1 held or stopped by a gate, a hook, findings or a "
      "rollback, 2 failed, 3 refused for safety.\n\nExamples:\n  bgdb release run --until gates\n  bgdb release run "
      "--yes\n");
  run->callback([options, &global, &exit] {
    const auto status = run_release(global, *options);
    exit.status = status ? *status : report("release run", status.error());
  });
  command->footer("Example:\n  bgdb release plan && bgdb release run --until gates\n");
}

}  // namespace bgdb::cli
