// bgdb finalize: ends the window in which a rollback is possible.
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "app/finalize.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace bgdb::cli {
namespace {

bool confirmed(const Global& global) {
  if (global.yes) return true;
  if (::isatty(STDIN_FILENO) == 0) return false;
  std::fprintf(stderr, "finalize: after this there is no rollback. Type yes: ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes";
}

int run(bool dry_run, const Global& global) {
  const auto config = app::load_parallel_config(global.config_path);
  if (!config) return report("finalize", config.error());
  if (dry_run) {
    const auto plan = app::plan_finalize(*config);
    if (!plan) return report("finalize", plan.error());
    std::string text;
    for (const auto& line : *plan) text += line + "\n";
    print(global.json ? nlohmann::json(*plan).dump(2) + "\n" : text);
    return 0;
  }
  if (!confirmed(global)) {
    return report("finalize",
                  make_error(ErrorCode::usage, "not confirmed", "Run it with --yes, or answer yes on a terminal."));
  }
  const auto outcome = app::finalize(*config, [&](const std::string& text) {
    if (!global.json) std::fprintf(stderr, "  %s %s\n", styled("ok", Style::green, stderr).c_str(), text.c_str());
  });
  if (!outcome) return report("finalize", outcome.error());
  if (global.json) {
    print(nlohmann::json{{"active", outcome->active}, {"retired", outcome->retired}, {"done", outcome->done}}.dump(2) +
          "\n");
  } else {
    print(
        fmt::format("{} stays active. {} is retired: keep it, drop it, or make it the next standby with \"bgdb clone\" "
                    "into an emptied database.\n",
                    outcome->active, outcome->retired));
  }
  return 0;
}

}  // namespace

void add_finalize(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("finalize", "End the window: drop links, slots and guards; retire the old side");
  const auto dry_run = std::make_shared<bool>(false);
  command->add_flag("--dry-run", *dry_run, "Show what would be dropped; change nothing");
  command->footer(
      "After it there is no rollback. A run that was interrupted is run again.\n\nExample:\n  bgdb finalize --yes\n");
  command->callback([dry_run, &global, &exit] { exit.status = run(*dry_run, global); });
}

}  // namespace bgdb::cli
