// bgdb journal: the audit trail of both sides; --check follows the hash chains.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/status.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace bgdb::cli {
namespace {

int check(const app::Config& config, const Global& global) {
  const auto verdicts = app::check_journals(config);
  auto json = nlohmann::json::array();
  bool intact = true;
  std::string text;
  for (const auto& verdict : verdicts) {
    intact = intact && verdict.intact;
    json.push_back({{"side", verdict.side},
                    {"records", verdict.records},
                    {"intact", verdict.intact},
                    {"problem", verdict.problem}});
    text += fmt::format("{:<6} {} {}\n", verdict.side,
                        verdict.intact ? styled("intact", Style::green) : styled("BROKEN", Style::red),
                        verdict.intact ? fmt::format("{} records", verdict.records) : verdict.problem);
  }
  print(global.json ? json.dump(2) + "\n" : text);
  return intact ? 0 : 1;
}

}  // namespace

void add_journal(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("journal", "The audit trail: who did what, when; --check verifies the chain");
  const auto verify = std::make_shared<bool>(false);
  const auto limit = std::make_shared<int64_t>(50);
  command->add_flag("--check", *verify, "Recompute every hash (exit status 1 when a record was changed or removed)");
  command->add_option("--limit", *limit, "Newest records to show, 0 = all")->check(CLI::NonNegativeNumber);
  command->footer(
      "Exit status: 0 fine, 1 --check found a change, 2 a side could not be read.\n\nExample:\n  bgdb journal --limit "
      "20\n  bgdb journal --check\n");
  command->callback([verify, limit, &global, &exit] {
    const auto config = app::load_config(global.config_path);
    if (!config) {
      exit.status = report("journal", config.error());
      return;
    }
    if (*verify) {
      exit.status = check(*config, global);
      return;
    }
    const auto [events, unread] = app::read_events(*config, *limit);
    if (unread.size() == config->sides().size()) {
      exit.status = report("journal", unread[0]);
      return;
    }
    auto json = nlohmann::json::array();
    Table table({"at", "side", "actor", "host", "command", "step", "detail"});
    for (const auto& event : events) {
      auto entry = nlohmann::json::parse(journal::to_json(event.record));
      entry["side"] = event.side;
      json.push_back(std::move(entry));
      const auto& record = event.record;
      table.add({record.at, event.side, record.actor, record.host, record.command, record.step, record.detail});
    }
    print(global.json ? json.dump(2) + "\n" : table.empty() ? "The journal is empty.\n" : table.render());
    for (const auto& error : unread) {  // half a trail is not a success
      fmt::print(stderr, "bgdb journal: {}; its records are missing above\n", error.message);
      exit.status = error.exit_status();
    }
  });
}

}  // namespace bgdb::cli
