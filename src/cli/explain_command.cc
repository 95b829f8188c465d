// bgdb explain: what each statement of a migration does: locks, rewrites, scans, what breaks, in which phase; or what a
// rule is about.
#include <fmt/format.h>

#include <filesystem>

#include "cli/commands.h"
#include "cli/lint_options.h"
#include "cli/output.h"
#include "cli/report_out.h"
#include "lint/report.h"
#include "lint/rule_docs.h"

namespace bgdb::cli {

namespace {

struct ExplainOptions : LintOptions {
  bool list_rules = false;
};

bool explain_rule(const lint::RuleBook& rules, const std::string& word) {
  const auto* rule = rules.find(word);
  if (rule != nullptr) print(lint::rule_page(*rule));
  for (const auto& own : rules.own_rules()) {
    if (own.id == word)
      print(fmt::format("# {}\n\n{}\n\nseverity: {}\n", own.id, own.title, lint::to_string(own.severity)));
  }
  return rule != nullptr || rules.check_id(word);
}

Result<void> run_explain(const ExplainOptions& options, const Global& global) {
  auto rules_request = options.request;
  rules_request.config_path = global.config_path;
  if (options.list_rules) {
    list_rules(BGDB_TRY(app::load_rules(rules_request)), global.json);
    return {};
  }
  std::error_code problem;
  for (const auto& path : options.paths) {
    const bool word = path.find_first_of("./") == std::string::npos && path != "-";
    if (!word || std::filesystem::exists(path, problem)) continue;
    const auto rules = BGDB_TRY(app::load_rules(rules_request));
    if (explain_rule(rules, path)) return {};
    return fail(ErrorCode::not_found, fmt::format("'{}' is neither a file nor a rule", path),
                rules.check_id(path).error().hint);
  }
  auto request = BGDB_TRY(request_from(options, global.config_path));
  if (request.paths.empty() && !request.stdin_text) {
    return fail(ErrorCode::usage, "no migration given", "give a file, - for standard input, or the id of a rule");
  }
  request.release = "file";  // what bgdb.yml says about the release's beginning is for lint
  const auto plan = BGDB_TRY(app::plan_lint(request));
  lint::ReportOptions report_options;
  report_options.colour = color_enabled(stdout);
  report_options.width = terminal_width(stdout);
  bool first = true;
  const auto judged = app::run_lint(plan, [&](const lint::FileReport& report) {
    if (global.json) {
      lint::explain_json(report, out());
      return;
    }
    if (!first) out() << '\n';
    first = false;
    lint::explain_text(report, out(), report_options);
  });
  if (!BGDB_TRY(finish_out())) return {};
  const auto summary = BGDB_TRY(judged);
  if (!summary.skipped.empty()) {
    return fail(ErrorCode::input, fmt::format("{} runs only on the way back", summary.skipped.front()),
                "give the file that runs upwards");
  }
  return {};
}

}  // namespace

void add_explain(CLI::App& app, const Global& global, Exit& exit) {
  auto* command =
      app.add_subcommand("explain", "Statement by statement: locks, rewrites, scans, what breaks, in which phase");
  auto options = std::make_shared<ExplainOptions>();
  command->add_option("what", options->paths, "A migration (- reads standard input), or the id of a rule");
  command->add_flag("--rules", options->list_rules, "List all rules: id, severity, title");
  add_judging_options(*command, *options);
  command->footer(
      "Examples:\n"
      "  bgdb explain migrations/V2.4.0__rename_email.sql\n"
      "  bgdb explain --dsn \"host=db dbname=shop\" migrations/V2.4.0__rename_email.sql\n"
      "  bgdb explain rename-column\n");
  command->callback([options, &global, &exit] {
    const auto done = run_explain(*options, global);
    exit.status = done ? 0 : report("explain", done.error());
  });
}

}  // namespace bgdb::cli
