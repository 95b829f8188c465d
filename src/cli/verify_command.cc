// bgdb verify: both sides row by row through the translation, while they live. Exit status 1 when they differ, or when
// rows never stood still long enough to tell.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/config.h"
#include "app/verify_wiring.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "core/text.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

using verify::TableState;

struct VerifyOptions {
  app::VerifyRequest request;
  std::string sample = "100%";
  bool values = false;
};

Result<double> share_of(const std::string& text) {
  const bool percent = !text.empty() && text.back() == '%';
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const double share = percent ? number / 100 : number;
  const bool read = end != text.c_str() && std::string_view(end) == (percent ? "%" : "");
  if (!read || !(share > 0) || share > 1) {
    return fail(ErrorCode::usage, fmt::format("--sample {} is no share", text),
                "write e.g. --sample 5% or --sample 0.05");
  }
  return share;
}

std::string key_text(const verify::TableReport& table, const verify::Difference& difference) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < difference.key.size() && i < table.key_columns.size(); ++i)
    parts.push_back(table.key_columns[i] + "=" + difference.key[i]);
  return parts.empty() ? "(table without a key)" : core::join(parts);
}

std::string value_text(const pg::Value& value) {
  return value ? "'" + *value + "'" : "NULL";
}

std::string what_text(const app::VerifyOutcome& outcome, const verify::Difference& difference, bool values) {
  if (difference.kind == verify::DifferenceKind::missing) return "is not on " + outcome.to;
  if (difference.kind == verify::DifferenceKind::extra) return "is only on " + outcome.to;
  std::vector<std::string> columns;
  for (const auto& column : difference.columns) {
    columns.push_back(values ? fmt::format("{}: {} {}, {} {}", column.column, outcome.from, value_text(column.source),
                                           outcome.to, value_text(column.target))
                             : column.column);
  }
  return fmt::format("differs in {}", fmt::join(columns, "; "));
}

std::string constraints_text(const app::VerifyOutcome& outcome) {
  if (outcome.constraints.empty()) return "";
  const bool hold = outcome.constraints_hold();
  return fmt::format("{}: {} of {} checked\n",
                     styled(hold ? "constraints hold" : "constraints are broken", hold ? Style::green : Style::red),
                     core::format_count(static_cast<int64_t>(outcome.constraints.size())), outcome.to);
}

std::string to_text(const app::VerifyOutcome& outcome, bool values) {
  const auto& report = outcome.report;
  Table table({"table", "rows", "chunks", "differences", "result"}, {false, true, true, true, false});
  std::string details;
  for (const auto& one : report.tables) {
    const auto style = one.state == TableState::equal       ? Style::green
                       : one.state == TableState::different ? Style::red
                                                            : Style::yellow;
    auto chunks = core::format_count(one.chunks);
    if (one.chunks_left_out > 0) chunks += fmt::format(" of {}", core::format_count(one.chunks + one.chunks_left_out));
    table.add({one.source.display() + (one.source == one.target ? "" : " -> " + one.target.display()),
               core::format_count(one.rows), chunks,
               core::format_count(static_cast<int64_t>(one.differences.size())) + (one.more ? "+" : ""),
               styled(verify::to_string(one.state), style)});
    for (const auto& difference : one.differences) {
      details += fmt::format("{}: {} {}\n", one.source.display(), key_text(one, difference),
                             what_text(outcome, difference, values));
    }
    if (one.more)
      details += fmt::format("{}: and more; the rest of the table was not compared\n", one.source.display());
    if (one.unsettled > 0) {
      details += fmt::format("{}: {} changed at every look; compare again when they rest\n", one.source.display(),
                             core::format_count(one.unsettled, "row"));
    }
  }
  for (const auto& one : outcome.constraints) {
    if (one.rows == 0) continue;
    details += fmt::format("{}: {}{}\n", one.name, one.what_is_broken(), values ? ", for example " + one.example : "");
  }
  const auto state = report.state();
  return table.render() + (details.empty() ? "" : "\n" + details) +
         fmt::format("\n{} {} -> {}: {} in {}{}\n",
                     styled(state == TableState::equal       ? "equal"
                            : state == TableState::different ? "different"
                                                             : "not settled",
                            state == TableState::equal ? Style::green : Style::red),
                     outcome.from, outcome.to, core::format_count(report.rows, "row"),
                     core::format_duration(report.took),
                     report.continued ? " (with what an earlier run had compared)" : "") +
         constraints_text(outcome);
}

nlohmann::json value_json(const pg::Value& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

std::string to_json(const app::VerifyOutcome& outcome, bool values) {
  auto tables = nlohmann::json::array();
  for (const auto& one : outcome.report.tables) {
    auto differences = nlohmann::json::array();
    for (const auto& difference : one.differences) {
      auto columns = nlohmann::json::array();
      for (const auto& column : difference.columns) {
        nlohmann::json entry = {{"column", column.column}};
        if (values) entry.update({{"source", value_json(column.source)}, {"target", value_json(column.target)}});
        columns.push_back(std::move(entry));
      }
      differences.push_back({{"kind", std::string(verify::to_string(difference.kind))},
                             {"key", difference.key},
                             {"columns", std::move(columns)}});
    }
    tables.push_back({{"source", one.source.display()},
                      {"target", one.target.display()},
                      {"state", std::string(verify::to_string(one.state))},
                      {"method", one.method},
                      {"key_columns", one.key_columns},
                      {"rows", one.rows},
                      {"chunks", one.chunks},
                      {"chunks_left_out", one.chunks_left_out},
                      {"unsettled", one.unsettled},
                      {"more", one.more},
                      {"differences", std::move(differences)}});
  }
  auto constraints = nlohmann::json::array();
  for (const auto& one : outcome.constraints) {
    constraints.push_back({{"constraint", one.name}, {"broken_rows", one.rows}});
    if (!one.referenced.empty()) constraints.back()["referenced"] = one.referenced;
    if (values && one.rows > 0) constraints.back()["example"] = one.example;
  }
  const nlohmann::json value = {{"from", outcome.from},
                                {"to", outcome.to},
                                {"state", std::string(verify::to_string(outcome.report.state()))},
                                {"rows", outcome.report.rows},
                                {"chunks", outcome.report.chunks},
                                {"continued", outcome.report.continued},
                                {"took_ms", outcome.report.took.count()},
                                {"tables", std::move(tables)},
                                {"constraints", std::move(constraints)}};
  return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<int> run(const Global& global, VerifyOptions options) {
  options.request.sample = BGDB_TRY(share_of(options.sample));
  const auto config = BGDB_TRY(app::load_config(global.config_path));
  const auto progress = make_progress(global.json);
  const auto outcome = BGDB_TRY(app::run_verify(config, options.request, *progress));
  print(global.json ? to_json(outcome, options.values) : to_text(outcome, options.values));
  return outcome.report.state() == TableState::equal && outcome.constraints_hold() ? 0 : 1;
}

}  // namespace

void add_verify(CLI::App& app, const Global& global, Exit& exit) {
  auto* command =
      app.add_subcommand("verify", "Compare both sides row by row while they live; exit status 1 when they differ");
  auto options = std::make_shared<VerifyOptions>();
  command->add_option("--table", options->request.tables, "Only this table, as the active side calls it (repeatable)");
  command->add_option("--sample", options->sample, "Share of the chunks to compare, e.g. 5%")->capture_default_str();
  command->add_option("--rows-per-second", options->request.rows_per_second, "At most so many (default: no limit)")
      ->check(CLI::PositiveNumber);
  command->add_option("--jobs", options->request.jobs, "Chunks at a time")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->add_option("--max-differences", options->request.differences_max, "Rows told per table")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_flag("--resume", options->request.resume, "Go on where an interrupted run was");
  command->add_flag("--at-rest", options->request.at_rest, "No link runs and nobody writes: compare what stands there");
  command->add_flag("--values", options->values, "Show the values that differ, not only their columns");
  command->footer(
      "Chunks of each table's key are hashed on both sides, through the mapping; rows of chunks that differ are looked "
      "at\n"
      "again behind what replication brings, so that a row on its way is no difference. Values equal in PostgreSQL's "
      "eyes\n"
      "are equal, however they are written.\n\nExamples:\n  bgdb verify\n  bgdb verify --table public.orders --values\n"
      "  bgdb verify --sample 5% --rows-per-second 50000 --json\n");
  command->callback([&global, &exit, options] {
    const auto status = run(global, *options);
    exit.status = status ? *status : report("verify", status.error());
  });
}

}  // namespace bgdb::cli
