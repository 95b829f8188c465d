// bgdb lint: migrations -> verdicts and findings. Exit 0 nothing at or above --fail-on, 1 something, 2 usage or
// internal error.
#include "lint/linter.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "cli/commands.h"
#include "cli/output.h"
#include "lint/report.h"
#include "lint/rule_docs.h"

namespace bgdb::cli {

namespace {

struct LintOptions {
  std::vector<std::string> paths;
  std::string format;
  std::string fail_on = "error";
  std::string framework;
  std::string rules_folder;
  std::string baseline;
  std::string release = "file";
  std::string stdin_name = "stdin.sql";
  std::string docs_folder;
  std::vector<std::string> severities;
  int server_version = 15;
  bool list_rules = false;
};

Result<lint::RuleBook> load_rules(const LintOptions& options) {
  auto rules = BGDB_TRY(lint::RuleBook::built_in());
  if (!options.rules_folder.empty()) BGDB_CHECK(rules.add_folder(options.rules_folder));
  for (const auto& text : options.severities) {
    const auto equals = text.find('=');
    const auto severity =
        equals == std::string::npos ? std::nullopt : lint::severity_from_string(text.substr(equals + 1));
    if (!severity) return fail(ErrorCode::usage, fmt::format("--severity {} is not rule=error|warning|info|off", text));
    BGDB_CHECK(rules.set_severity(text.substr(0, equals), *severity));
  }
  return rules;
}

Result<void> write_docs(const lint::RuleBook& rules, const std::string& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  for (const auto& [name, text] : lint::rule_pages(rules)) {
    std::ofstream out(std::filesystem::path(folder) / name, std::ios::binary);
    out << text;
    if (!out.flush())
      return fail(ErrorCode::io, fmt::format("cannot write {}/{}", folder, name), "check that the folder is writable");
  }
  return {};
}

void list_rules(const lint::RuleBook& rules) {
  Table table({"rule", "severity", "section", "what"});
  for (const auto& rule : rules.rules()) {
    table.add({rule.id, std::string(lint::to_string(rule.severity)), rule.section, rule.title});
  }
  print(table.render());
}

Result<lint::Format> wanted_format(const LintOptions& options, bool json) {
  if (!options.format.empty()) return lint::format_from_string(options.format);
  if (json) return lint::Format::json;
  const char* github = std::getenv("GITHUB_ACTIONS");
  if (github != nullptr && std::string_view(github) == "true") return lint::Format::github;
  return lint::Format::tty;
}

bool fails(const lint::Summary& summary, lint::Severity at_least) {
  for (const auto& [severity, count] : summary.findings) {
    if (severity >= at_least && count > 0) return true;
  }
  return false;
}

// "never" is above every severity.
Result<std::optional<lint::Severity>> fail_level(const std::string& text) {
  if (text == "never") return std::optional<lint::Severity>{};
  const auto severity = lint::severity_from_string(text);
  if (!severity || *severity == lint::Severity::off) {
    return fail(ErrorCode::usage, fmt::format("--fail-on {} is unknown", text), "known: error, warning, info, never");
  }
  return std::optional<lint::Severity>(*severity);
}

Result<int> run_lint(const LintOptions& options, bool json) {
  const auto rules = BGDB_TRY(load_rules(options));
  if (options.list_rules) {
    list_rules(rules);
    return 0;
  }
  if (!options.docs_folder.empty()) {
    BGDB_CHECK(write_docs(rules, options.docs_folder));
    return 0;
  }
  const auto level = BGDB_TRY(fail_level(options.fail_on));
  const auto format = BGDB_TRY(wanted_format(options, json));
  lint::Options lint_options;
  lint_options.server_version = options.server_version;
  lint_options.one_release = options.release == "set";
  if (!options.baseline.empty()) lint_options.baseline = options.baseline;
  if (!options.framework.empty())
    lint_options.framework = BGDB_TRY(migration::framework_from_string(options.framework));
  if (options.paths.empty()) {
    return fail(ErrorCode::usage, "no migration given", "give files or folders, or - for standard input");
  }
  const auto reporter = lint::make_reporter(format, std::cout, rules, color_enabled(stdout));
  lint::Linter linter(rules, lint_options, [&](lint::FileReport report) { reporter->file(report); });
  lint::Summary summary;
  if (options.paths == std::vector<std::string>{"-"}) {
    std::string text(std::istreambuf_iterator<char>(std::cin), {});
    summary = BGDB_TRY(linter.run_text(options.stdin_name, std::move(text)));
  } else {
    summary = BGDB_TRY(linter.run(options.paths));
  }
  reporter->finish(summary);
  std::cout.flush();
  return level && fails(summary, *level) ? 1 : 0;
}

}  // namespace

void add_lint(CLI::App& app, const Global& global, Exit& exit) {
  auto* command =
      app.add_subcommand("lint", "Classify migrations: does the old version survive them, and the way back?");
  auto options = std::make_shared<LintOptions>();
  command->add_option("paths", options->paths, "Files or folders of migrations; - reads standard input");
  command->add_option("--format", options->format,
                      "tty, json, jsonl, sarif or github (default: github under GITHUB_ACTIONS, else tty)");
  command->add_option("--fail-on", options->fail_on, "Exit with 1 at this severity: error, warning, info, never")
      ->capture_default_str();
  command->add_option("--pg-version", options->server_version, "Major version of the server")
      ->check(CLI::Range(9, 30))
      ->capture_default_str();
  command->add_option("--framework", options->framework,
                      "flyway, golang-migrate, goose, dbmate ... (default: detected)");
  command->add_option("--baseline", options->baseline, "The last released version; all later files are one release");
  command->add_option("--release", options->release, "file: each file is a release; set: all given files are one")
      ->check(CLI::IsMember({"file", "set"}))
      ->capture_default_str();
  command->add_option("--rules", options->rules_folder,
                      "Folder of rule files that add to or override the built-in ones");
  command->add_option("--severity", options->severities, "rule=error|warning|info|off, may be repeated")
      ->allow_extra_args(false);
  command->add_option("--stdin-name", options->stdin_name, "File name to assume for standard input")
      ->capture_default_str();
  command->add_flag("--list-rules", options->list_rules, "List all rules");
  command->add_option("--write-rule-docs", options->docs_folder)->group("");
  command->footer(
      "Ignore a finding:  -- bgdb: ignore rule-id reason\n"
      "Declare a file that runs after the old version is retired:  -- bgdb: phase=contract\n\n"
      "Examples:\n"
      "  bgdb lint migrations/\n"
      "  bgdb lint migrations/V2.4.0__rename_email.sql\n"
      "  bgdb lint --baseline 2.3.0 --format sarif migrations/ > lint.sarif\n");
  command->callback([options, &global, &exit] {
    const auto status = run_lint(*options, global.json);
    exit.status = status ? *status : report("lint", status.error());
  });
}

}  // namespace bgdb::cli
