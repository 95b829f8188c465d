// bgdb rehearse: the waiting migrations on a throwaway copy of production; what they lock, rewrite and take.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "app/rehearse.h"
#include "cli/backfill_view.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "core/text.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

struct RehearseOptions {
  app::RehearseRequest request;
  bool clean = false;
};

std::string joined(const std::vector<std::string>& texts) {
  return core::join(texts);
}

std::string effects(const app::RehearsedStatement& statement) {
  std::string text;
  const auto add = [&](const std::string& what, const std::vector<std::string>& objects) {
    if (!objects.empty()) text += (text.empty() ? "" : "; ") + what + joined(objects);
  };
  add("", statement.locks);
  add("rewrites ", statement.rewrites);
  add("reads all of ", statement.scans);
  add("builds indexes of ", statement.index_builds);
  return text;
}

std::string file_text(const app::RehearsedFile& file) {
  auto text = fmt::format("{} {}\n", styled(file.file, Style::bold),
                          styled(fmt::format("({}, {})", file.phase, core::format_duration(file.took)), Style::dim));
  Table table({"line", "statement", "took", "locks held", "effects"}, {true, false, true, true, false});
  for (const auto& statement : file.statements) {
    table.add({std::to_string(statement.line), fit(statement.text, 48), core::format_duration(statement.took),
               statement.locks.empty() ? "" : core::format_duration(statement.held), effects(statement)});
  }
  text += table.render();
  for (const auto& statement : file.statements) {
    if (!statement.failure.empty())
      text += fmt::format("{} line {}: {}\n", styled("failed", Style::red), statement.line, statement.failure);
    for (const auto& difference : statement.differences)
      text += fmt::format("{} line {}: lint predicted otherwise: {}\n", styled("note", Style::yellow), statement.line,
                          difference);
  }
  for (const auto& batch : file.batches) text += "  " + batch_text(batch) + "\n";
  return text + "\n";
}

std::string queries_text(const app::RehearseReport& report) {
  if (report.queries_tried == 0 && report.not_tried.empty()) return {};
  auto text =
      fmt::format("queries of the old version: {} tried, {} break\n", report.queries_tried, report.broken.size());
  Table table({"query", "breaks at", "phase", "why"});
  for (const auto& query : report.broken)
    table.add({fit(query.sql, 60), fmt::format("{}:{}", query.file, query.line), query.phase, query.message});
  text += table.render();
  for (const auto& query : report.not_tried) text += styled("not tried: ", Style::yellow) + query + "\n";
  return text + "\n";
}

std::string to_text(const app::RehearseReport& report) {
  std::string text = fmt::format("copied {}, {} in {}\n\n", core::format_count(report.copy.rows, "row"),
                                 core::format_bytes(report.copy.bytes), core::format_duration(report.copy.took));
  for (const auto& file : report.files) text += file_text(file);
  if (report.files.empty()) text += "No migration waits.\n\n";
  text += queries_text(report);
  constexpr size_t kSizesMax = 20;
  Table sizes({"table", "before", "after"}, {false, true, true});
  for (size_t i = 0; i < std::min(report.sizes.size(), kSizesMax); ++i) {
    const auto& size = report.sizes[i];
    sizes.add({size.table, core::format_bytes(size.before), size.after == 0 ? "gone" : core::format_bytes(size.after)});
  }
  if (!sizes.empty()) text += sizes.render() + "\n";
  text += fmt::format("database: {} before, {} after\n", core::format_bytes(report.bytes_before),
                      core::format_bytes(report.bytes_after));
  for (const auto& note : report.notes) text += styled("note: ", Style::yellow) + note + "\n";
  text += report.failed() ? styled("A migration failed.", Style::red) + " "
                          : styled("rehearsed", Style::green) + fmt::format(" {} files in {}. ", report.files.size(),
                                                                            core::format_duration(report.took));
  text += report.kept
              ? fmt::format("{} was kept on {}; `bgdb rehearse --clean` drops it.\n", report.database, report.server)
              : "The throwaway database was dropped.\n";
  return text;
}

nlohmann::json statement_json(const app::RehearsedStatement& statement) {
  return {{"line", statement.line},
          {"text", statement.text},
          {"transaction", statement.transaction},
          {"took_ms", statement.took.count()},
          {"held_ms", statement.held.count()},
          {"locks", statement.locks},
          {"rewrites", statement.rewrites},
          {"scans", statement.scans},
          {"index_builds", statement.index_builds},
          {"differences", statement.differences},
          {"failure", statement.failure}};
}

nlohmann::json to_json(const app::RehearseReport& report) {
  nlohmann::json json = {
      {"database", report.database},
      {"server", report.server},
      {"kept", report.kept},
      {"failed", report.failed()},
      {"took_ms", report.took.count()},
      {"copy", {{"rows", report.copy.rows}, {"bytes", report.copy.bytes}, {"took_ms", report.copy.took.count()}}},
      {"bytes_before", report.bytes_before},
      {"bytes_after", report.bytes_after},
      {"notes", report.notes}};
  json["sizes"] = nlohmann::json::array();
  for (const auto& size : report.sizes)
    json["sizes"].push_back({{"table", size.table}, {"before", size.before}, {"after", size.after}});
  json["old_queries"] = {{"tried", report.queries_tried}, {"not_tried", report.not_tried}};
  json["old_queries"]["broken"] = nlohmann::json::array();
  for (const auto& query : report.broken) {
    json["old_queries"]["broken"].push_back({{"sql", query.sql},
                                             {"message", query.message},
                                             {"file", query.file},
                                             {"line", query.line},
                                             {"phase", query.phase}});
  }
  json["files"] = nlohmann::json::array();
  for (const auto& file : report.files) {
    nlohmann::json entry = {
        {"file", file.file}, {"phase", file.phase}, {"took_ms", file.took.count()}, {"failed", file.failed}};
    entry["statements"] = nlohmann::json::array();
    for (const auto& statement : file.statements) entry["statements"].push_back(statement_json(statement));
    entry["backfills"] = nlohmann::json::array();
    for (const auto& batch : file.batches) entry["backfills"].push_back(batch_json(batch));
    json["files"].push_back(std::move(entry));
  }
  return json;
}

Result<int> run(const Global& global, RehearseOptions options) {
  const auto config = BGDB_TRY(app::load_config(global.config_path));
  options.request.yes = global.yes;
  if (options.clean) {
    const auto dropped = BGDB_TRY(app::clean_rehearsals(config, options.request));
    print(global.json       ? nlohmann::json{{"dropped", dropped}}.dump(2) + "\n"
          : dropped.empty() ? "No rehearsal left anything.\n"
                            : "dropped " + joined(dropped) + "\n");
    return 0;
  }
  const auto progress = make_progress(global.json);
  const auto report = BGDB_TRY(app::rehearse(config, options.request, *progress));
  print(global.json ? to_json(report).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                    : to_text(report));
  return report.failed() || report.breaks_old_version() ? 1 : 0;
}

}  // namespace

void add_rehearse(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("rehearse", "Run the waiting migrations on a throwaway copy of production's data");
  auto options = std::make_shared<RehearseOptions>();
  auto& request = options->request;
  command->add_option("--on", request.on, "Server that takes the copy, as libpq understands it (default: green's)")
      ->type_name("DSN");
  command->add_option("--to", request.to, "The last version to run");
  command->add_option(
      "--old-queries", request.old_queries,
      "Queries of the old version, tried behind each statement: FILE, pg_stat_statements (of production) "
      "or auto (made from the schema)");
  command->add_option("--workers", request.workers, "Tables copied side by side (default 2)")->check(CLI::Range(1, 64));
  command->add_flag("--keep", request.keep, "Leave the database there, to look at");
  command->add_flag("--clean", options->clean, "Only drop what killed rehearsals left and what was kept");
  command->footer(
      "Production is only read, in one snapshot. The copy is dropped in the end, also after Ctrl-C; what a killed run\n"
      "leaves is dropped by the next one.\n\nExit status: 0 fine, 1 a migration failed on the copy, or breaks a query "
      "of the old version\nbefore contract.\n\nExamples:\n  "
      "bgdb "
      "rehearse\n  bgdb rehearse --on \"host=staging user=bgdb\" --keep\n");
  command->callback([&global, &exit, options] {
    const auto status = run(global, *options);
    exit.status = status ? *status : report("rehearse", status.error());
  });
}

}  // namespace bgdb::cli
