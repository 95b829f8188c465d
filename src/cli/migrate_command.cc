// bgdb migrate: runs the migration files on green (or, with one database, on it), each recorded once.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "app/migrate_wiring.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

using migrate::FileReport;
using migrate::FileState;

struct Options {
  app::MigrateRequest request;
  std::string unfinished;
  std::string lock_timeout;
  int lock_attempts = 0;
};

std::string remarks(const FileReport& file) {
  std::string text;
  const auto add = [&](const std::string& remark) { text += (text.empty() ? "" : ", ") + remark; };
  if (!file.in_transaction && (file.state == FileState::ran || file.state == FileState::pending)) add("no transaction");
  if (file.continued) add("continued");
  if (file.retries > 0) add(fmt::format("{} lock {}", file.retries, file.retries == 1 ? "retry" : "retries"));
  if (file.indexes_repaired > 0) add(fmt::format("{} invalid index rebuilt", file.indexes_repaired));
  if (file.tables_guarded > 0)
    add(fmt::format("{} new {} guarded", file.tables_guarded, file.tables_guarded == 1 ? "table" : "tables"));
  return text;
}

std::string to_text(const app::MigrateOutcome& outcome, bool dry_run) {
  const auto& report = outcome.report;
  Table table({"file", "phase", "state", "took", ""}, {false, false, false, true, false});
  int applied = 0;
  for (const auto& file : report.files) {
    if (file.state == FileState::applied || file.state == FileState::baseline) {
      ++applied;
      continue;
    }
    const auto style = file.state == FileState::ran       ? Style::green
                       : file.state == FileState::pending ? Style::yellow
                                                          : Style::dim;
    table.add({file.file, file.phase, styled(std::string(migrate::to_string(file.state)), style),
               file.state == FileState::ran ? core::format_duration(file.duration) : "", remarks(file)});
  }
  std::string text = table.render();
  if (!table.empty()) text += "\n";
  for (const auto& note : report.notes) text += styled("note: ", Style::yellow) + note + "\n";
  if (dry_run)
    return text + fmt::format("{} would run on {}, {} were there already. Nothing was changed.\n", report.pending,
                              outcome.on, applied);
  if (report.ran == 0)
    return text + fmt::format("Nothing to run on {}: {} migrations are there already.\n", outcome.on, applied);
  text += fmt::format("{} {} on {}, {} were there already\n", styled("migrated", Style::green), report.ran, outcome.on,
                      applied);
  if (outcome.on == "green") text += "\nNext: `bgdb sync` keeps green in step with blue.\n";
  return text;
}

std::string to_json(const app::MigrateOutcome& outcome, bool dry_run) {
  auto files = nlohmann::json::array();
  for (const auto& file : outcome.report.files) {
    files.push_back({{"file", file.file},
                     {"version", file.version},
                     {"phase", file.phase},
                     {"state", migrate::to_string(file.state)},
                     {"in_transaction", file.in_transaction},
                     {"duration_ms", file.duration.count()},
                     {"retries", file.retries},
                     {"continued", file.continued},
                     {"indexes_repaired", file.indexes_repaired},
                     {"tables_guarded", file.tables_guarded}});
  }
  const nlohmann::json value = {{"on", outcome.on},
                                {"phase", outcome.phase.empty() ? "all" : outcome.phase},
                                {"dry_run", dry_run},
                                {"ran", outcome.report.ran},
                                {"pending", outcome.report.pending},
                                {"notes", outcome.report.notes},
                                {"files", files}};
  return value.dump(2) + "\n";
}

Result<int> run(const Global& global, Options options) {
  const auto config = BGDB_TRY(app::load_config(global.config_path));
  auto& request = options.request;
  request.yes = global.yes;
  if (!options.lock_timeout.empty()) request.lock_timeout = BGDB_TRY(core::parse_duration(options.lock_timeout));
  if (options.lock_attempts > 0) request.lock_attempts = options.lock_attempts;
  if (options.unfinished == "done") request.unfinished = migrate::Unfinished::done;
  if (options.unfinished == "again") request.unfinished = migrate::Unfinished::again;
  const auto progress = make_progress(global.json);
  const auto outcome = BGDB_TRY(app::run_migrate(config, request, *progress));
  print(global.json ? to_json(outcome, request.dry_run) : to_text(outcome, request.dry_run));
  return 0;
}

}  // namespace

void add_migrate(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("migrate", "Run the migrations that the database does not have yet");
  auto options = std::make_shared<Options>();
  auto& request = options->request;
  command->add_option("--on", request.on, "green (default) or blue")->check(CLI::IsMember({"green", "blue"}));
  command
      ->add_option(
          "--phase", request.phase,
          "expand (and files without a phase), backfill or contract; default: all, expand with strategy shared")
      ->check(CLI::IsMember({"expand", "backfill", "contract"}));
  command->add_option("--to", request.to, "The last version to run");
  command->add_flag("--dry-run", request.dry_run, "List what would run");
  command->add_option("--lock-timeout", options->lock_timeout,
                      "How long a statement may wait for a lock before the file is tried again (default 1s)");
  command->add_option("--lock-attempts", options->lock_attempts, "How often a file is tried (default 30)")
      ->check(CLI::Range(1, 10000));
  command
      ->add_option("--unfinished", options->unfinished,
                   "A statement outside a transaction was running when an earlier run died: it is done, or runs again")
      ->check(CLI::IsMember({"done", "again"}));
  command->footer(
      "Each file keeps its framework's transaction mode. A run that was killed is continued by the next "
      "one.\n\nExamples:\n"
      "  bgdb migrate --dry-run\n  bgdb migrate\n  bgdb migrate --phase expand\n");
  command->callback([&global, &exit, options] {
    const auto status = run(global, *options);
    exit.status = status ? *status : report("migrate", status.error());
  });
}

}  // namespace bgdb::cli
