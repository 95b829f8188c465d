// bgdb rewrite: a hazardous migration becomes expand, backfill and contract files.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/rewrite_file.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "rewrite/rewrite.h"

namespace bgdb::cli {
namespace {

struct RewriteOptions {
  app::RewriteOptions rewrite;
  std::string framework;
  bool to_stdout = false;
  bool diff = false;
};

std::string phase_table(const app::Rewritten& result) {
  Table table({"phase", "deploy", "transaction", "file"});
  bool deployed = false;
  for (const auto& file : result.files) {
    if (file.undo || !file.path.ends_with(".sql")) continue;
    const bool contract = file.phase == rewrite::Phase::contract;
    if (contract && !deployed) table.add({"", styled("new version; old one retired", Style::bold), "", ""});
    deployed = deployed || contract;
    table.add({std::string(rewrite::to_string(file.phase)), contract ? "new version only" : "old version runs",
               file.in_transaction ? "one" : "none", file.path});
  }
  if (!deployed) table.add({"", styled("new version", Style::bold), "", ""});
  return table.render();
}

nlohmann::json to_json(const app::Rewritten& result, bool written) {
  auto json = nlohmann::json{{"version", 1}, {"file", result.base.path}, {"written", written}};
  json["changes"] = nlohmann::json::array();
  json["refused"] = nlohmann::json::array();
  json["files"] = nlohmann::json::array();
  if (result.in_place) {
    json["text"] = result.in_place->text;
    json["left"] = result.in_place->left;
    for (const auto& change : result.in_place->changes)
      json["changes"].push_back({{"line", change.line}, {"recipe", change.recipe}, {"summary", change.summary}});
  }
  for (const auto& change : result.plan.changes) {
    json["changes"].push_back({{"line", change.line}, {"recipe", change.recipe}, {"summary", change.summary}});
  }
  for (const auto& refusal : result.plan.refused) {
    json["refused"].push_back(
        {{"line", refusal.line}, {"statement", refusal.statement}, {"reason", refusal.reason}, {"hint", refusal.hint}});
  }
  for (const auto& file : result.files) {
    json["files"].push_back({{"path", file.path},
                             {"phase", rewrite::to_string(file.phase)},
                             {"in_transaction", file.in_transaction},
                             {"undo", file.undo}});
  }
  return json;
}

void show(const app::Rewritten& result, const RewriteOptions& options) {
  if (options.to_stdout) {
    for (const auto& file : result.files) {
      print(fmt::format("-- ==== {}\n{}\n", file.path, file.text));
    }
    return;
  }
  std::string text;
  for (const auto& change : result.plan.changes)
    text += fmt::format("{}:{}: {}\n", result.base.path, change.line, change.summary);
  text += "\n" + phase_table(result);
  for (const auto& note : result.plan.old_version_notes)
    text += fmt::format("\n{} {}\n", styled("note", Style::yellow), note);
  text += fmt::format("\nThe files replace {}, which must not run. PLAN.md beside them tells the order.\n",
                      result.base.path);
  print(text);
}

void show_in_place(const app::Rewritten& result, const RewriteOptions& options) {
  if (options.to_stdout) {
    print(result.in_place->text);
    return;
  }
  std::string text;
  for (const auto& change : result.in_place->changes)
    text += fmt::format("{}:{}: {}\n", result.base.path, change.line, change.summary);
  if (text.empty()) text = result.base.path + ": nothing to fix in place.\n";
  for (const auto& left : result.in_place->left) text += fmt::format("{} {}\n", styled("left", Style::yellow), left);
  print(text);
}

int run(const Global& global, RewriteOptions options) {
  if (!options.framework.empty()) {
    const auto framework = migration::framework_from_string(options.framework);
    if (!framework) return report("rewrite", framework.error());
    options.rewrite.framework = *framework;
  }
  const auto result = app::rewrite_file(options.rewrite);
  if (!result) return report("rewrite", result.error());
  const bool something = !result->files.empty() || (result->in_place && !result->in_place->changes.empty());
  const bool write = !options.to_stdout && !options.diff && something;
  if (write) {
    if (const auto written = app::write_rewritten(*result); !written) return report("rewrite", written.error());
  }
  const bool refused = !result->plan.refused.empty();
  if (options.diff && !refused) {
    print(app::diff_of(*result));
  } else if (result->in_place && !global.json) {
    show_in_place(*result, options);
  } else if (global.json) {
    print(to_json(*result, write).dump(2) + "\n");
  } else if (!result->plan.refused.empty()) {
    print(rewrite::render_plan_text(result->plan, result->base, {}));
  } else if (result->plan.nothing_to_rewrite()) {
    print(result->base.path + ": nothing to rewrite; the old version works during and after it.\n");
  } else {
    show(*result, options);
  }
  return result->plan.refused.empty() ? 0 : 1;
}

}  // namespace

void add_rewrite(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("rewrite", "Turn a hazardous migration into expand, backfill and contract files");
  auto options = std::make_shared<RewriteOptions>();
  command->add_option("file", options->rewrite.file, "The migration file")->required();
  command->add_option("-o,--output", options->rewrite.output_folder,
                      "Folder for the files (default: <name>.rewrite beside FILE)");
  command->add_flag("--stdout", options->to_stdout, "Print the files, write nothing");
  auto* in_place = command->add_flag("--in-place", options->rewrite.in_place,
                                     "Only the fixes that keep it one file (CONCURRENTLY, NOT VALID and VALIDATE), "
                                     "written into FILE");
  command->add_flag("--diff", options->diff, "Print what would change as a patch, write nothing")->excludes("--stdout");
  in_place->excludes("--output");
  command->add_option("--schema-from", options->rewrite.schema_from,
                      "Folder of the migrations that make the schema (default: FILE's own)");
  command->add_option("--framework", options->framework,
                      "flyway, golang-migrate, goose, dbmate, diesel, prisma, sqlx, sql-migrate, plain");
  command->footer(
      "Between expand and contract the old and the new version of the application both work.\n"
      "Exit status: 0 rewritten or nothing to do, 1 a statement has no safe form (nothing is written), 2 unusable "
      "input.\n\n"
      "Examples:\n  bgdb rewrite migrations/V2.4__rename_email.sql\n  bgdb rewrite migrations/V2.4__rename_email.sql "
      "--stdout\n  bgdb rewrite migrations/V2.5__index.sql --in-place --diff\n");
  command->callback([options, &global, &exit] { exit.status = run(global, *options); });
}

}  // namespace bgdb::cli
