// bgdb finalize: ends the window in which a rollback is possible.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/finalize.h"
#include "app/recycle.h"
#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "core/ident.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

struct Flags {
  bool dry_run = false;
  bool recycle = false;
};

Result<int> run_recycle(const app::Config& config, const Global& global) {
  const auto progress = make_progress(global.json);
  const auto outcome = BGDB_TRY(app::recycle(config, *progress));
  if (global.json) {
    print(nlohmann::json{{"active", outcome.serving},
                         {"standby", outcome.side},
                         {"kept_as", outcome.kept_as},
                         {"rows", outcome.clone.rows}}
              .dump(2) +
          "\n");
    return 0;
  }
  std::string text = fmt::format("{} is a copy of {} again: {}, with the new schema.\n", outcome.side, outcome.serving,
                                 core::format_count(outcome.clone.rows, "row"));
  text += fmt::format("Its old database is kept as {}; when nobody misses it: drop database {};\n", outcome.kept_as,
                      quote_ident(outcome.kept_as));
  if (outcome.serving == "green") {
    text += "For the next release exchange blue.dsn and green.dsn in bgdb.yml: blue is the side that serves.\n";
  }
  print(text + "\nNext: `bgdb sync` keeps it current. Until it runs, a slot keeps WAL on the side that serves.\n");
  return 0;
}

int recycled(const app::Config& config, const Global& global) {
  const auto done = run_recycle(config, global);
  return done ? *done : report("finalize", done.error());
}

int run(const Flags& flags, const Global& global) {
  const auto config = app::load_parallel_config(global.config_path);
  if (!config) return report("finalize", config.error());
  const auto begun = flags.recycle ? app::recycling(*config) : Result<bool>(false);
  if (!begun) return report("finalize", begun.error());
  if (flags.dry_run) {
    const auto plan = app::plan_finalize(*config);
    if (!plan) return report("finalize", plan.error());
    std::string text;
    for (const auto& line : *plan) text += line + "\n";
    if (flags.recycle)
      text += "then an empty database takes the place of the retired one, and the other is cloned into it\n";
    print(global.json ? nlohmann::json(*plan).dump(2) + "\n" : text);
    return 0;
  }
  if (!confirmed(global, "finalize: after this there is no rollback.")) return report("finalize", not_confirmed());
  // An interrupted --recycle has nothing left to finalize.
  if (*begun) return recycled(*config, global);
  const auto outcome = app::finalize(*config, [&](const std::string& text) {
    if (!global.json) std::fprintf(stderr, "  %s %s\n", styled("ok", Style::green, stderr).c_str(), text.c_str());
  });
  if (!outcome) return report("finalize", outcome.error());
  if (flags.recycle) return recycled(*config, global);
  if (global.json) {
    print(nlohmann::json{{"active", outcome->active}, {"retired", outcome->retired}, {"done", outcome->done}}.dump(2) +
          "\n");
  } else {
    print(fmt::format(
        "{} stays active. {} is retired: keep it, drop it, or make it the next standby with \"bgdb finalize "
        "--recycle\".\n",
        outcome->active, outcome->retired));
  }
  return 0;
}

}  // namespace

void add_finalize(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("finalize", "End the window: drop links, slots and guards; retire the old side");
  const auto flags = std::make_shared<Flags>();
  command->add_flag("--dry-run", flags->dry_run, "Show what would be dropped; change nothing");
  command->add_flag("--recycle", flags->recycle,
                    "Then make the retired side the next standby: put its database aside, clone the other into it");
  command->footer(
      "After it there is no rollback. A run that was interrupted is run again. --recycle needs CREATEDB, ownership of "
      "the "
      "retired\ndatabase and disk for both: the old one is kept under another name.\n\nExamples:\n  bgdb finalize "
      "--yes\n  "
      "bgdb finalize --recycle --yes\n");
  command->callback([flags, &global, &exit] { exit.status = run(*flags, global); });
}

}  // namespace bgdb::cli
