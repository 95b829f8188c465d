// bgdb clone: a consistent copy of blue on green; --abort takes an unfinished one back.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/clone_wiring.h"
#include "app/config.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "clone/clone.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

constexpr size_t kTablesShown = 20;

struct CloneOptions {
  int workers = 2;
  std::string rate;
  bool without_large_objects = false;
  bool translated = false;
  bool abort = false;
  bool complete = false;
};

std::string rate(int64_t bytes, std::chrono::milliseconds took) {
  return core::format_bytes(bytes * 1000 / std::max<int64_t>(took.count(), 1)) + "/s";
}

std::string to_text(const clone::CloneReport& report) {
  std::string text;
  if (report.already_done) {
    return fmt::format("The clone is already complete: {}, {}. Nothing was changed.\n",
                       core::format_count(report.rows, "row"), core::format_bytes(report.bytes));
  }
  Table table({"table", "rows", "bytes"}, {false, true, true});
  const size_t shown = std::min(report.tables.size(), kTablesShown);  // the largest come first
  for (size_t i = 0; i < shown; ++i) {
    const auto& copied = report.tables[i];
    table.add({copied.name.display(), core::format_count(copied.rows), core::format_bytes(copied.bytes)});
  }
  text += table.render();
  if (shown < report.tables.size()) {
    text += fmt::format("and {} (--json lists all)\n",
                        core::format_count(static_cast<int64_t>(report.tables.size() - shown), "smaller table"));
  }
  if (!report.tables.empty()) text += "\n";
  if (report.continued)
    text += fmt::format("An earlier run had copied {}; this one did the rest.\n",
                        core::format_count(static_cast<int64_t>(report.tables_before), "table"));
  text += fmt::format("{} {}, {} in {}", styled("cloned", Style::green), core::format_count(report.rows, "row"),
                      core::format_bytes(report.bytes), core::format_duration(report.took));
  if (!report.continued) text += fmt::format(" ({})", rate(report.bytes, report.took));
  text += fmt::format("; {} set, {} guarded\n", core::format_count(static_cast<int64_t>(report.sequences), "sequence"),
                      core::format_count(static_cast<int64_t>(report.guarded), "table"));
  text += fmt::format("slot {} holds every change since {}\n", report.slot, report.consistent_point.to_string());
  for (const auto& broken : report.broken) text += fmt::format("not valid on blue either: {}\n", broken);
  for (const auto& name : report.left_out) text += fmt::format("schema only: {}\n", name.display());
  return text + "\nNext: `bgdb migrate`, then `bgdb sync`. Until sync runs, the slot keeps WAL on blue.\n";
}

std::string to_json(const clone::CloneReport& report) {
  auto tables = nlohmann::json::array();
  for (const auto& copied : report.tables) {
    tables.push_back({{"table", copied.name.display()}, {"rows", copied.rows}, {"bytes", copied.bytes}});
  }
  auto left_out = nlohmann::json::array();
  for (const auto& name : report.left_out) left_out.push_back(name.display());
  const nlohmann::json value = {{"already_done", report.already_done},
                                {"continued", report.continued},
                                {"tables_before", report.tables_before},
                                {"broken_foreign_keys", report.broken},
                                {"tables", tables},
                                {"schema_only", left_out},
                                {"rows", report.rows},
                                {"bytes", report.bytes},
                                {"sequences", report.sequences},
                                {"guarded_tables", report.guarded},
                                {"slot", report.slot},
                                {"consistent_point", report.consistent_point.to_string()},
                                {"took_ms", report.took.count()}};
  return value.dump(2) + "\n";
}

Result<int> abort(const clone::CloneOptions& clone_options, const CloneOptions& options, bool json) {
  const auto report = BGDB_TRY(clone::abort_clone(clone_options, options.complete));
  if (json) {
    print(nlohmann::json{{"done", report.done}, {"nothing_to_do", report.nothing_to_do}}.dump(2) + "\n");
    return 0;
  }
  if (report.done.empty()) print("Nothing was left of a clone.\n");
  for (const auto& sentence : report.done) print(sentence + "\n");
  return 0;
}

Result<int> run(const Global& global, const CloneOptions& options) {
  const auto config = BGDB_TRY(app::load_parallel_config(global.config_path));
  auto clone_options = app::clone_options(config);
  clone_options.workers = options.workers;
  clone_options.without_large_objects = options.without_large_objects;
  if (options.translated) clone_options.translation = app::translation_of(config);
  if (!options.rate.empty()) clone_options.bytes_per_second = BGDB_TRY(core::parse_size(options.rate));
  if (options.abort) return abort(clone_options, options, global.json);
  const auto progress = make_progress(global.json);
  const auto report = BGDB_TRY(clone::run_clone(clone_options, *progress));
  print(global.json ? to_json(report) : to_text(report));
  return 0;
}

}  // namespace

void add_clone(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("clone", "Copy blue to green, consistent with the point where replication begins");
  auto options = std::make_shared<CloneOptions>();
  command->add_option("--workers", options->workers, "Tables copied side by side (default 2)")
      ->check(CLI::Range(1, 64));
  command->add_option("--rate", options->rate, "At most so much a second, e.g. 50MiB (default: no limit)");
  command->add_flag("--without-large-objects", options->without_large_objects,
                    "Leave blue's large objects behind (else they are refused)");
  command->add_flag("--translated", options->translated,
                    "Green already has the new schema, and no rows: copy blue's rows through the mapping");
  auto* abort_flag =
      command->add_flag("--abort", options->abort, "Take back an unfinished clone: slot, publication, copied objects");
  command->add_flag("--complete", options->complete, "With --abort: also when the clone is complete")
      ->needs(abort_flag);
  command->footer(
      "A clone that was interrupted goes on with the next bgdb clone: tables that are complete are not copied again, "
      "and all\n"
      "of them are brought to one point. Ctrl-C leaves what is complete; --abort takes everything back.\n\nExamples:\n "
      " bgdb clone\n  bgdb clone --workers 8 --rate 100MiB\n  bgdb clone --translated\n  bgdb clone "
      "--abort\n");
  command->callback([&global, &exit, options] {
    const auto status = run(global, *options);
    exit.status = status ? *status : report("clone", status.error());
  });
}

}  // namespace bgdb::cli
