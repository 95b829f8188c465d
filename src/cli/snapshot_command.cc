// bgdb snapshot and bgdb restore: the catastrophe copy, and the way back to it.
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "app/snapshot.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

struct SnapshotOptions {
  app::SnapshotRequest request;
  std::string keep = "7d";
  bool no_check = false;
  bool list = false;
};

struct RestoreOptions {
  std::string path;
  std::string side = "blue";
  int jobs = 2;
  bool although_other_serves = false;
  bool dry_run = false;
};

nlohmann::json json_of(const clone::Archive& archive) {
  int64_t rows = 0;
  for (const auto& table : archive.tables) rows += table.rows;
  return {{"path", archive.path},
          {"database", archive.database},
          {"taken_at", archive.taken_at},
          {"lsn", archive.lsn.to_string()},
          {"checked", archive.checked},
          {"bytes", archive.bytes},
          {"tables", archive.tables.size()},
          {"rows", rows}};
}

int list(const std::string& folder, bool json) {
  const auto archives = clone::list_archives(folder);
  auto all = nlohmann::json::array();
  Table table({"copy", "taken", "size", "tables", "checked"}, {false, false, true, true, false});
  for (const auto& archive : archives) {
    all.push_back(json_of(archive));
    table.add({archive.path, archive.taken_at, core::format_bytes(archive.bytes),
               core::format_count(static_cast<int64_t>(archive.tables.size())),
               archive.checked ? styled("yes", Style::green) : styled("no", Style::yellow)});
  }
  print(json ? all.dump(2) + "\n" : archives.empty() ? "No copy in " + folder + ".\n" : table.render());
  return 0;
}

Result<int> run_snapshot(const Global& global, SnapshotOptions options) {
  const auto config = BGDB_TRY(app::load_config(global.config_path));
  if (options.list) return list(app::snapshot_folder(config, options.request.folder), global.json);
  options.request.keep = std::chrono::duration_cast<std::chrono::seconds>(BGDB_TRY(core::parse_duration(options.keep)));
  options.request.check = !options.no_check;
  const auto progress = make_progress(global.json);
  const auto outcome = BGDB_TRY(app::take_snapshot(config, options.request, *progress));
  if (global.json) {
    nlohmann::json value = {{"side", outcome.side}, {"removed", outcome.removed}};
    value["snapshot"] = outcome.archive ? json_of(*outcome.archive) : nlohmann::json(nullptr);
    print(value.dump(2) + "\n");
    return 0;
  }
  if (!outcome.archive) {
    print(fmt::format("{} by {}; whether it can be restored is for that tool to say\n", styled("saved", Style::green),
                      options.request.command[0]));
    return 0;
  }
  print(fmt::format("{} {} ({}, {}) in {}\n{}\n", styled("saved", Style::green), outcome.side,
                    core::format_bytes(outcome.archive->bytes),
                    core::format_count(static_cast<int64_t>(outcome.archive->tables.size()), "table"),
                    outcome.archive->path,
                    outcome.archive->checked ? "It was restored once: every table has the rows it had."
                                             : "It was not restored: whether it is good is not known."));
  for (const auto& removed : outcome.removed) print(fmt::format("removed {}\n", removed));
  print(fmt::format("\nBack to it: `bgdb restore {}`\n", outcome.archive->path));
  return 0;
}

std::string loss_text(const app::RestorePlan& plan) {
  std::string text = fmt::format("{} goes back to {}{}. Everything committed since is lost", plan.side,
                                 plan.archive.taken_at, plan.archive.checked ? "" : " (a copy that was never checked)");
  text += plan.loss.log_bytes ? fmt::format(": {} of log", core::format_bytes(*plan.loss.log_bytes)) : std::string();
  text += ".\n\n";
  Table table({"table", "rows then", "rows now", "difference"}, {false, true, true, true});
  for (const auto& one : plan.loss.tables) {
    table.add({one.name.display() + (one.only_now ? " (younger than the copy)" : ""), core::format_count(one.rows_then),
               core::format_count(one.rows_now), core::format_count(one.rows_then - one.rows_now)});
  }
  text += table.empty() ? "No table has another number of rows; rows that were changed are lost all the same.\n"
                        : table.render() + "Rows that were changed since are lost as well.\n";
  for (const auto& name : plan.unfinished) {
    text += fmt::format("{} is left of a restore that died: drop database {};\n", name, quote_ident(name));
  }
  return text + "The links between the sides end; a new release begins with `bgdb clone`.\n";
}

nlohmann::json loss_json(const app::RestorePlan& plan) {
  auto tables = nlohmann::json::array();
  for (const auto& one : plan.loss.tables) {
    tables.push_back({{"table", one.name.display()}, {"rows_then", one.rows_then}, {"rows_now", one.rows_now}});
  }
  nlohmann::json value = {
      {"side", plan.side}, {"snapshot", json_of(plan.archive)}, {"tables", tables}, {"unfinished", plan.unfinished}};
  value["log_bytes"] = plan.loss.log_bytes ? nlohmann::json(*plan.loss.log_bytes) : nlohmann::json(nullptr);
  return value;
}

bool overwriting_confirmed(const Global& global, const std::string& side) {
  if (global.yes) return true;
  if (::isatty(STDIN_FILENO) == 0) return false;
  std::fprintf(stderr, "Type the side's name (%s) to go on: ", side.c_str());
  std::string answer;
  std::getline(std::cin, answer);
  return answer == side;
}

Result<int> run_restore(const Global& global, const RestoreOptions& options) {
  const auto config = BGDB_TRY(app::load_config(global.config_path));
  const auto plan = BGDB_TRY(app::plan_restore(config, options.path, options.side, options.although_other_serves));
  if (options.dry_run) {
    print(global.json ? loss_json(plan).dump(2) + "\n" : loss_text(plan));
    return 0;
  }
  if (!global.json) print(loss_text(plan));
  std::fflush(stdout);
  if (!overwriting_confirmed(global, options.side)) {
    return fail(ErrorCode::usage, "not confirmed; nothing was changed", "run it with --yes, or answer on a terminal");
  }
  const auto progress = make_progress(global.json);
  const auto restored = BGDB_TRY(app::restore(config, plan, options.jobs, *progress));
  if (global.json) {
    auto value = loss_json(plan);
    value["restored"] = {{"database", restored.database},
                         {"kept_as", restored.kept_as},
                         {"rows", restored.rows},
                         {"slots_left", restored.slots_left}};
    print(value.dump(2) + "\n");
  } else {
    print(fmt::format("\n{} {} in database {}; what stood there is kept as {}\n", styled("restored", Style::green),
                      core::format_count(restored.rows, "row"), restored.database, restored.kept_as));
    for (const auto& slot : restored.slots_left) {
      print(fmt::format("slot {} of {} keeps WAL and nobody reads it: select pg_drop_replication_slot({})\n", slot,
                        restored.kept_as, quote_literal(slot)));
    }
  }
  return 0;
}

}  // namespace

void add_snapshot(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("snapshot", "Save the side that serves as a whole, and check it by restoring it");
  auto options = std::make_shared<SnapshotOptions>();
  command->add_option("--dir", options->request.folder, "Where copies are kept (default: snapshots beside bgdb.yml)");
  command->add_option("--jobs", options->request.jobs, "Tables side by side")->check(CLI::Range(1, 64));
  command->add_option("--keep", options->keep, "Older copies are removed once the new one is good")
      ->capture_default_str();
  command->add_flag("--no-check", options->no_check, "Do not restore it into a throwaway database");
  command->add_flag("--list", options->list, "Show the copies that are there");
  command->add_option("command", options->request.command, "Instead of pg_dump: a program of yours, after --");
  command->footer(
      "Examples:\n  bgdb snapshot\n  bgdb snapshot --jobs 4 --keep 14d\n  bgdb snapshot -- pgbackrest --stanza=shop "
      "backup\n");
  command->callback([&global, &exit, options] {
    const auto status = run_snapshot(global, *options);
    exit.status = status ? *status : report("snapshot", status.error());
  });
}

void add_restore(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("restore", "Go back to a snapshot; says what is lost, and asks");
  auto options = std::make_shared<RestoreOptions>();
  command->add_option("path", options->path, "The copy's folder (bgdb snapshot --list)")->required();
  command->add_option("--side", options->side, "The side whose database is replaced")
      ->check(CLI::IsMember({"blue", "green"}))
      ->capture_default_str();
  command->add_option("--jobs", options->jobs, "Tables side by side")->check(CLI::Range(1, 64));
  command->add_flag("--dry-run", options->dry_run, "Only say what would be lost");
  command->add_flag("--although-other-serves", options->although_other_serves,
                    "Also while the other side serves; its traffic must be paused");
  command->footer(
      "The copy is restored into a new database and compared with what it held when it was taken; only then the two\n"
      "databases exchange their names. What stood there is kept.\n\nExample:\n  bgdb restore snapshots/shop-20260102-"
      "030405 --dry-run\n");
  command->callback([&global, &exit, options] {
    const auto status = run_restore(global, *options);
    exit.status = status ? *status : report("restore", status.error());
  });
}

}  // namespace bgdb::cli
