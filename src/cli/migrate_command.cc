// bgdb migrate: runs the migration files on green (or, with one database, on it), each recorded once.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "app/migrate_wiring.h"
#include "cli/backfill_view.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

using migrate::FileReport;
using migrate::FileState;

struct MigrateOptions {
  app::MigrateRequest request;
  std::string unfinished;
  std::string lock_timeout;
  std::string statement_timeout;
  int lock_attempts = 0;
  bool retire = false;
  PaceOptions pace;
};

std::string remarks(const FileReport& file) {
  std::string text;
  const auto add = [&](const std::string& remark) { text += (text.empty() ? "" : ", ") + remark; };
  if (!file.in_transaction && (file.state == FileState::ran || file.state == FileState::pending)) add("no transaction");
  if (file.continued) add("continued");
  if (file.retries > 0) add(fmt::format("{} lock {}", file.retries, file.retries == 1 ? "retry" : "retries"));
  if (file.indexes_repaired > 0) add(fmt::format("{} invalid index rebuilt", file.indexes_repaired));
  for (const auto& lock : file.exclusive)
    add(fmt::format("{} closed for {}", lock.table, core::format_duration(lock.held)));
  for (const auto& batch : file.batches) add(batch_text(batch));
  if (file.tables_guarded > 0)
    add(fmt::format("{} new {} guarded", file.tables_guarded, file.tables_guarded == 1 ? "table" : "tables"));
  return text;
}

const lint::StatementReport* forecast_of(const app::MigrateOutcome& outcome, const std::string& file, int line) {
  for (const auto& forecast : outcome.forecast) {
    if (forecast.file != file) continue;
    for (const auto& statement : forecast.report.statements) {
      if (statement.span.line == line) return &statement;
    }
  }
  return nullptr;
}

// Exactly what would run: each statement, what it shares a transaction with, what others would notice.
std::string statements_text(const app::MigrateOutcome& outcome) {
  std::string text;
  for (const auto& file : outcome.report.files) {
    if (file.state != FileState::pending) continue;
    text += fmt::format("{}{}\n", styled(file.file, Style::bold),
                        file.in_transaction ? ": one transaction" : ": statement by statement");
    Table table({"line", "transaction", "statement", "locks"}, {true, false, false, false});
    for (const auto& statement : file.statements) {
      const auto* forecast = forecast_of(outcome, file.file, statement.line);
      table.add({std::to_string(statement.line),
                 statement.batches          ? "one a batch"
                 : statement.in_transaction ? "shared"
                                            : "its own",
                 fit(statement.text, 60), forecast == nullptr ? "" : app::effects_text(forecast->effects)});
    }
    text += table.render() + "\n";
  }
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
  for (const auto& line : report.evidence) text += styled("retired: ", Style::green) + line + "\n";
  for (const auto& note : report.notes) text += styled("note: ", Style::yellow) + note + "\n";
  if (dry_run)
    return text + "\n" + statements_text(outcome) +
           fmt::format("{} would run on {}, {} were there already. Nothing was changed.\n", report.pending, outcome.on,
                       applied);
  if (report.ran == 0)
    return text + fmt::format("Nothing to run on {}: {} migrations are there already.\n", outcome.on, applied);
  text += fmt::format("{} {} on {}, {} were there already\n", styled("migrated", Style::green), report.ran, outcome.on,
                      applied);
  if (outcome.on == "green") text += "\nNext: `bgdb sync` keeps green in step with blue.\n";
  return text;
}

nlohmann::json statements_json(const app::MigrateOutcome& outcome, const FileReport& file) {
  auto statements = nlohmann::json::array();
  for (const auto& statement : file.statements) {
    nlohmann::json json = {{"line", statement.line},
                           {"text", statement.text},
                           {"in_transaction", statement.in_transaction},
                           {"batches", statement.batches}};
    if (file.state == FileState::ran) json["duration_ms"] = statement.duration.count();
    if (const auto* forecast = forecast_of(outcome, file.file, statement.line)) {
      json["locks"] = nlohmann::json::array();
      for (const auto& lock : forecast->effects.locks) {
        if (lock.released)
          json["locks"].push_back({{"table", lock.relation.display()}, {"mode", to_string(lock.mode)}});
      }
      json["rewrites"] = nlohmann::json::array();
      for (const auto& relation : forecast->effects.rewrites) json["rewrites"].push_back(relation.relation.display());
    }
    statements.push_back(std::move(json));
  }
  return statements;
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
                     {"tables_guarded", file.tables_guarded},
                     {"statements", statements_json(outcome, file)},
                     {"exclusive_locks", nlohmann::json::array()},
                     {"backfills", nlohmann::json::array()}});
    for (const auto& lock : file.exclusive) {
      files.back()["exclusive_locks"].push_back(
          {{"table", lock.table}, {"line", lock.line}, {"held_ms_max", lock.held.count()}});
    }
    for (const auto& batch : file.batches) files.back()["backfills"].push_back(batch_json(batch));
  }
  const nlohmann::json value = {{"on", outcome.on},
                                {"phase", outcome.phase.empty() ? "all" : outcome.phase},
                                {"dry_run", dry_run},
                                {"ran", outcome.report.ran},
                                {"pending", outcome.report.pending},
                                {"notes", outcome.report.notes},
                                {"evidence", outcome.report.evidence},
                                {"files", files}};
  return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<int> run_retire(const app::Config& config, const MigrateOptions& options, bool json) {
  const auto report = BGDB_TRY(app::retire(config, options.request));
  if (json) {
    print(nlohmann::json{{"contract_files", report.contract_files}, {"evidence", report.evidence}}.dump(2) + "\n");
    return 0;
  }
  std::string text;
  for (const auto& line : report.evidence) text += "  " + line + "\n";
  text += fmt::format("{} The old version counts as retired; from now on these may run:\n",
                      styled("written down.", Style::green));
  for (const auto& file : report.contract_files) text += "  " + file + "\n";
  print(text + "\nNext: `bgdb migrate --phase contract`. It ends the way back.\n");
  return 0;
}

Result<int> run(const Global& global, MigrateOptions options) {
  const auto config = BGDB_TRY(app::load_config(global.config_path));
  auto& request = options.request;
  request.yes = global.yes;
  if (!options.lock_timeout.empty()) request.lock_timeout = BGDB_TRY(core::parse_duration(options.lock_timeout));
  if (!options.statement_timeout.empty())
    request.statement_timeout = BGDB_TRY(core::parse_duration(options.statement_timeout));
  request.pace = BGDB_TRY(options.pace.pace());
  request.jobs = options.pace.jobs;
  if (options.retire) return run_retire(config, options, global.json);
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
  auto options = std::make_shared<MigrateOptions>();
  auto& request = options->request;
  command->add_option("--on", request.on, "green (default) or blue")->check(CLI::IsMember({"green", "blue"}));
  command
      ->add_option(
          "--phase", request.phase,
          "expand (and files without a phase), backfill or contract; default: all, expand with strategy shared")
      ->check(CLI::IsMember({"expand", "backfill", "contract"}));
  command->add_option("--to", request.to, "The last version to run");
  command->add_flag("--dry-run", request.dry_run, "Show each statement that would run, its transaction and its locks");
  command->add_option("--lock-timeout", options->lock_timeout,
                      "How long a statement may wait for a lock before the file is tried again (default 1s, "
                      "250ms with strategy shared)");
  command->add_option("--statement-timeout", options->statement_timeout,
                      "How long a statement may run that shares a transaction, and so its locks (default: no limit)");
  auto* retire =
      command->add_flag("--retire", options->retire,
                        "Say that the old version is gone: its sessions are looked for, then contract may run");
  command
      ->add_option("--old-version", request.old_version,
                   "application_name of the old version, * for anything (default: migrations.old_version)")
      ->needs(retire);
  command->add_flag("--allow-out-of-order", request.allow_out_of_order, "Run files that sort ahead of applied ones");
  command->add_flag("--allow-missing", request.allow_missing, "Pass over applied files that are not there any more");
  add_pace_options(*command, options->pace);
  command->add_option("--lock-attempts", options->lock_attempts, "How often a file is tried (default 30)")
      ->check(CLI::Range(1, 10000));
  command
      ->add_option("--unfinished", options->unfinished,
                   "A statement outside a transaction was running when an earlier run died: it is done, or runs again")
      ->check(CLI::IsMember({"done", "again"}));
  command->footer(
      "Each file keeps its framework's transaction mode. A run that was killed is continued by the next "
      "one.\n\nExamples:\n"
      "  bgdb migrate --dry-run\n  bgdb migrate\n  bgdb migrate --phase expand\n  bgdb migrate --retire\n");
  command->callback([&global, &exit, options] {
    const auto status = run(global, *options);
    exit.status = status ? *status : report("migrate", status.error());
  });
}

}  // namespace bgdb::cli
