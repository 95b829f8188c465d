// bgdb traffic: gradual traffic, where two versions share a database or where a pool only reads.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "app/shift.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "core/clock.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

Result<int> show(const Global& global) {
  const auto config = BGDB_TRY(app::load_config(global.config_path));
  const auto* traffic = BGDB_TRY(app::shifted_traffic(config));
  const int percent = BGDB_TRY(app::read_shift(config));
  const auto steps = app::shift_steps(config, *traffic);
  if (global.json) {
    auto list = nlohmann::json::array();
    for (const auto& step : steps) list.push_back({{"percent", step.percent}, {"for_ms", step.lasting.count()}});
    print(nlohmann::json{{"green_percent", percent}, {"driver", traffic->driver}, {"steps", list}}.dump(2) + "\n");
    return 0;
  }
  std::string text =
      fmt::format("{} % of clients go to green, {} % to blue ({})\n", percent, 100 - percent, traffic->driver);
  Table table({"step", "for", ""}, {true, true, false});
  for (const auto& step : steps) {
    table.add({fmt::format("{} %", step.percent), step.lasting.count() > 0 ? core::format_duration(step.lasting) : "-",
               step.percent == percent  ? styled("here", Style::yellow)
               : step.percent < percent ? "passed"
                                        : ""});
  }
  print(text + (table.empty() ? "" : "\n" + table.render()));
  return 0;
}

Result<int> set(const Global& global, int percent) {
  const auto config = BGDB_TRY(app::load_config(global.config_path));
  BGDB_CHECK(app::set_shift(config, percent));
  print(global.json ? nlohmann::json{{"green_percent", percent}}.dump() + "\n"
                    : fmt::format("{} % of clients go to green.\n", percent));
  return 0;
}

Result<int> shift(const Global& global) {
  const auto config = BGDB_TRY(app::load_config(global.config_path));
  const auto end = BGDB_TRY(app::run_shift(config, [&](const std::string& event, const std::string& text) {
    if (global.json) return;
    std::fprintf(stderr, "%s %s%s\n", core::wall_time_utc().substr(11, 8).c_str(),
                 event == "alert" ? styled("!! ", Style::red, stderr).c_str() : "   ", text.c_str());
  }));
  if (global.json) {
    print(nlohmann::json{{"green_percent", end.percent}, {"went_back", end.went_back}, {"text", end.text}}.dump() +
          "\n");
  } else {
    print((end.went_back ? styled("Back.", Style::red) : styled("Done.", Style::green)) + " " + end.text + "\n");
  }
  return end.went_back ? 1 : 0;
}

}  // namespace

void add_traffic(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("traffic", "Lead clients to green by and by, with a look at each step");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* text, const std::string& footer, auto call) {
    auto* sub = command->add_subcommand(name, text);
    sub->footer(footer);
    sub->callback([&exit, name, call] {
      const Result<int> status = call();
      exit.status = status ? *status : report(std::string("traffic ") + name, status.error());
    });
    return sub;
  };
  add("show", "The front door's present weight, and the steps of bgdb.yml", "Example:\n  bgdb traffic show\n",
      [&global] { return show(global); });
  add("shift", "Go through the steps; health checks and alerts are asked all the time",
      "Goes on from the present weight. When a health check fails twice in a row or an alert fires, all clients go "
      "back\nto blue (exit status 1). Ctrl-C leaves the weight as it is.\n\nExample:\n  bgdb traffic shift\n",
      [&global] { return shift(global); });
  add("back", "All clients go back to blue", "Example:\n  bgdb traffic back\n", [&global] { return set(global, 0); });
  const auto percent = std::make_shared<int>(0);
  add("set", "One weight, by hand", "Example:\n  bgdb traffic set 25\n",
      [&global, percent] { return set(global, *percent); })
      ->add_option("percent", *percent, "How many of a hundred clients go to green")
      ->required()
      ->check(CLI::Range(0, 100));
  command->footer(
      "strategy shared: section traffic of bgdb.yml. strategy parallel: only a pool that is declared to read\n"
      "(section canary, read_only: true); weighted writes are refused (exit status 3).\n\nExample:\n  bgdb traffic "
      "shift\n");
}

}  // namespace bgdb::cli
