// bgdb cleanup: every trace of bgdb leaves both databases.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/cleanup.h"
#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/output.h"

namespace bgdb::cli {
namespace {

int run(bool dry_run, const Global& global) {
  const auto config = app::load_config(global.config_path);
  if (!config) return report("cleanup", config.error());
  const auto plan = app::plan_cleanup(*config);
  if (!plan) return report("cleanup", plan.error());
  if (dry_run) {
    std::string text;
    for (const auto& line : *plan) text += line + "\n";
    print(global.json ? nlohmann::json(*plan).dump(2) + "\n" : text);
    return 0;
  }
  if (!confirmed(global, "cleanup: slots, guards and schema bgdb leave both databases.")) {
    return report("cleanup", not_confirmed());
  }
  auto done = nlohmann::json::array();
  const auto cleaned = app::cleanup(*config, [&](const std::string& text) {
    done.push_back(text);
    if (!global.json) std::fprintf(stderr, "  %s %s\n", styled("ok", Style::green, stderr).c_str(), text.c_str());
  });
  if (!cleaned) return report("cleanup", cleaned.error());
  print(global.json ? nlohmann::json{{"done", done}}.dump(2) + "\n" : "Nothing of bgdb is left.\n");
  return 0;
}

}  // namespace

void add_cleanup(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("cleanup", "Remove every trace of bgdb from both databases, after finalize");
  const auto dry_run = std::make_shared<bool>(false);
  command->add_flag("--dry-run", *dry_run, "Show what would be removed; change nothing");
  command->footer("A run that was interrupted is run again.\n\nExample:\n  bgdb cleanup --yes\n");
  command->callback([dry_run, &global, &exit] { exit.status = run(*dry_run, global); });
}

}  // namespace bgdb::cli
