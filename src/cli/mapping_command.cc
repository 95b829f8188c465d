// bgdb mapping derive: how each column travels, both ways. bgdb mapping check: real rows there and back.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/config.h"
#include "app/mapping_check.h"
#include "app/mapping_wiring.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "core/text.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

Result<translate::MappingPair> derive(const Global& global) {
  const auto config = BGDB_TRY(app::load_parallel_config(global.config_path));
  auto blue = BGDB_TRY(pg::Session::open({.dsn = config.blue_dsn, .application_name = "bgdb mapping"}));
  auto green = BGDB_TRY(pg::Session::open({.dsn = config.green_dsn, .application_name = "bgdb mapping"}));
  return app::derive_mapping(config, blue, green);
}

std::string text_of(const app::MappingCheck& check) {
  std::string text;
  if (!check.differences.empty()) {
    Table table({"table", "column", "way", "rows", "for example", "was", "came back as"},
                {false, false, false, true, false, false, false});
    for (const auto& one : check.differences) {
      table.add({one.table.display(), one.column.empty() ? "(the row)" : one.column, one.way, std::to_string(one.rows),
                 fit(one.key, 30), fit(one.before, 30), fit(one.after, one.column.empty() ? 100 : 30)});
    }
    text = table.render() + "\n";
  }
  if (!check.not_back.empty()) {
    text += "The way back does not carry: " + core::join(check.not_back, "; ") + "\n";
  }
  return text + fmt::format("{} of {} there and back: {}\n", core::format_count(check.rows, "row"),
                            core::format_count(check.tables, "table"),
                            check.differences.empty()
                                ? styled("equal", Style::green)
                                : styled(core::format_count(static_cast<int64_t>(check.differences.size()), "column") +
                                             " differing",
                                         Style::red));
}

nlohmann::json json_of(const app::MappingCheck& check) {
  auto list = nlohmann::json::array();
  for (const auto& one : check.differences) {
    list.push_back({{"table", one.table.display()},
                    {"column", one.column.empty() ? nlohmann::json(nullptr) : nlohmann::json(one.column)},
                    {"way", one.way},
                    {"rows", one.rows},
                    {"key", one.key},
                    {"before", one.before},
                    {"after", one.after}});
  }
  return {{"rows", check.rows}, {"tables", check.tables}, {"differences", list}, {"not_carried_back", check.not_back}};
}

void add_check(CLI::App& command, const Global& global, Exit& exit) {
  auto* check_command = command.add_subcommand("check", "Send real rows there and back, and show what is not the same");
  auto rows = std::make_shared<int64_t>(1'000);
  check_command->add_option("--rows", *rows, "Rows of each table at most")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  check_command->footer(
      "Rows of both sides are written, by the statements the links use, into temporary tables shaped like the other "
      "side's,\nand from there back. Nothing is kept. Exit status 1 when a column does not come back equal, or a row "
      "cannot be written.\n\nExample:\n  bgdb mapping check --rows 10000\n");
  check_command->callback([&global, &exit, rows] {
    const auto config = app::load_parallel_config(global.config_path);
    const auto checked = config ? app::check_mapping(*config, *rows) : Result<app::MappingCheck>(config.error());
    if (!checked) {
      exit.status = report("mapping check", checked.error());
      return;
    }
    print(global.json ? json_of(*checked).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                      : text_of(*checked));
    exit.status = checked->differences.empty() ? 0 : 1;
  });
}

}  // namespace

void add_mapping(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("mapping", "The translation between blue's and green's schema");
  command->require_subcommand(1);
  auto* derive_command = command->add_subcommand("derive", "Derive it and show every column in both directions");
  derive_command->footer(
      "Read from both live schemas, the migrations after migrations.baseline, and mapping.yml. Refuses (exit status 3) "
      "what\n"
      "would stop or damage replication, naming the column and the key to write.\n\nExample:\n  bgdb mapping derive\n");
  derive_command->callback([&global, &exit] {
    const auto pair = derive(global);
    if (!pair) {
      exit.status = report("mapping derive", pair.error());
      return;
    }
    print(global.json ? translate::to_json(*pair) : translate::to_text(*pair));
    exit.status = 0;
  });
  add_check(*command, global, exit);
}

}  // namespace bgdb::cli
