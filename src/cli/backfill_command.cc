// bgdb backfill: the backfill files that wait, or one backfill from the command line; pause, resume, how far they are.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "app/migrate_wiring.h"
#include "cli/backfill_view.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "core/ident.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

struct BackfillOptions {
  std::string on;
  migrate::Work work;
  bool once = false;
  bool pause = false;
  bool resume = false;
  bool status = false;
  std::string lock_timeout;
  PaceOptions pace;
};

Result<int> run_pause(const std::string& dsn, bool pause, bool json) {
  const bool changed = BGDB_TRY(migrate::pause_backfills(dsn, pause));
  if (json) {
    print(nlohmann::json{{"paused", pause}, {"changed", changed}}.dump(2) + "\n");
    return 0;
  }
  if (pause) {
    print(changed ? "Paused: backfills of this database rest behind their batch. `bgdb backfill --resume` goes on.\n"
                  : "Backfills were paused already.\n");
  } else {
    print(changed ? "Resumed.\n" : "Backfills were not paused.\n");
  }
  return 0;
}

Result<int> run_status(const std::string& dsn, bool json) {
  const auto status = BGDB_TRY(migrate::read_backfills(dsn));
  auto list = nlohmann::json::array();
  Table table({"table", "pass", "filled", "looked at", "of about", "last batch"},
              {false, true, true, true, true, false});
  for (const auto& one : status.backfills) {
    list.push_back({{"table", one.table},
                    {"pass", one.pass},
                    {"rows", one.rows},
                    {"walked", one.walked},
                    {"total", one.total},
                    {"last_at", one.at},
                    {"key", one.key}});
    table.add({one.table, std::to_string(one.pass), core::format_count(one.rows), core::format_count(one.walked),
               core::format_count(one.total), one.at});
  }
  if (json) {
    print(nlohmann::json{{"paused", status.paused}, {"backfills", list}}.dump(2) + "\n");
    return 0;
  }
  print((status.paused ? styled("paused", Style::yellow) + "; `bgdb backfill --resume` goes on\n" : "") +
        (table.empty() ? "No backfill is under way.\n" : table.render()));
  return 0;
}

Result<int> run_files(const app::Config& config, const BackfillOptions& options, const Global& global) {
  app::MigrateRequest request;
  request.on = options.on;
  request.phase = "backfill";
  request.yes = global.yes;
  request.pace = BGDB_TRY(options.pace.pace());
  request.jobs = options.pace.jobs;
  if (!options.lock_timeout.empty()) request.lock_timeout = BGDB_TRY(core::parse_duration(options.lock_timeout));
  const auto progress = make_progress(global.json);
  const auto outcome = BGDB_TRY(app::run_migrate(config, request, *progress));
  auto list = nlohmann::json::array();
  std::string text;
  for (const auto& file : outcome.report.files) {
    for (const auto& batch : file.batches) {
      auto json = batch_json(batch);
      json["file"] = file.file;
      list.push_back(std::move(json));
      text += fmt::format("{} {}\n", styled("filled", Style::green), batch_text(batch));
    }
  }
  if (global.json) {
    print(nlohmann::json{{"on", outcome.on}, {"files", outcome.report.ran}, {"backfills", list}}.dump(2) + "\n");
    return 0;
  }
  if (outcome.report.ran == 0) text = "No backfill file waits on " + outcome.on + ".\n";
  print(text);
  return 0;
}

Result<int> run(const Global& global, const BackfillOptions& options) {
  const auto config = BGDB_TRY(app::load_config(global.config_path));
  const auto dsn = BGDB_TRY(app::migrate_dsn(config, options.on));
  if (options.pause || options.resume) return run_pause(dsn, options.pause, global.json);
  if (options.status) return run_status(dsn, global.json);
  if (options.work.table.empty()) return run_files(config, options, global);
  app::FillRequest request;
  request.on = options.on;
  request.work = options.work;
  request.work.table = core::parse_qualified_name(options.work.table).sql();
  request.work.all = !options.once;
  request.pace = BGDB_TRY(options.pace.pace());
  if (!options.lock_timeout.empty()) request.lock_timeout = BGDB_TRY(core::parse_duration(options.lock_timeout));
  const auto progress = make_progress(global.json);
  const auto report = BGDB_TRY(app::fill(config, request, *progress));
  print(global.json ? batch_json(report).dump(2) + "\n"
                    : fmt::format("{} {}\n", styled("filled", Style::green), batch_text(report)));
  return 0;
}

}  // namespace

void add_backfill(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("backfill", "Fill columns in batches that give way to clients and replication");
  auto options = std::make_shared<BackfillOptions>();
  command->add_option("--on", options->on, "green or blue (default: where migrations run)")
      ->check(CLI::IsMember({"green", "blue"}));
  auto* table =
      command->add_option("--table", options->work.table, "A table to fill, instead of the files of phase backfill");
  auto* set = command->add_option("--set", options->work.set, "Its new values: \"col = expression\"")->needs(table);
  auto* where =
      command->add_option("--where", options->work.where, "Rows that are not done; must be false for a row that is")
          ->needs(table);
  table->needs(set)->needs(where);
  command
      ->add_option("--trigger", options->work.trigger,
                   "The trigger that fills what clients write meanwhile: without it the backfill is refused")
      ->needs(table);
  command->add_flag("--once", options->once, "One pass; rows that come meanwhile may stay unfilled")->needs(table);
  auto* pause = command->add_flag("--pause", options->pause, "Let running backfills rest, from another terminal");
  auto* resume = command->add_flag("--resume", options->resume, "Let them go on");
  auto* status = command->add_flag("--status", options->status, "How far running and interrupted backfills are");
  pause->excludes(resume)->excludes(status)->excludes(table);
  resume->excludes(status)->excludes(table);
  status->excludes(table);
  command->add_option("--lock-timeout", options->lock_timeout, "How long a batch may wait for a lock");
  add_pace_options(*command, options->pace);
  command->footer(
      "Each batch is a transaction of its own and leaves out rows that others hold. A backfill that was stopped or "
      "killed goes\non where it was when it is run again.\n\nExamples:\n  bgdb backfill\n  bgdb backfill --max-rate "
      "5000 "
      "--lag-max 16MiB\n  bgdb backfill --table orders --set \"total_cents = total * 100\" --where \"total_cents is "
      "null\"\n  bgdb backfill --status\n");
  command->callback([&global, &exit, options] {
    const auto status = run(global, *options);
    exit.status = status ? *status : report("backfill", status.error());
  });
}

}  // namespace bgdb::cli
