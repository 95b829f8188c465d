// bgdb lint: migrations -> verdicts and findings. Exit 0 nothing at or above --fail-on, 1 something, 2 usage or
// internal error.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/commands.h"
#include "cli/lint_options.h"
#include "cli/output.h"
#include "cli/report_out.h"
#include "lint/rule_docs.h"

namespace bgdb::cli {

namespace {

struct LintArguments : LintOptions {
  std::vector<std::string> formats;  // "sarif", "sarif=lint.sarif"
  std::string output;
  std::string docs_folder;
  size_t findings_max = lint::ReportOptions().findings_max;
  bool quiet = false;
  bool verdicts = false;
  bool list_rules = false;
};

Result<void> write_docs(const lint::RuleBook& rules, const std::string& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  for (const auto& [name, text] : lint::rule_pages(rules)) {
    std::ofstream page(std::filesystem::path(folder) / name, std::ios::binary);
    page << text;
    if (!page.flush())
      return fail(ErrorCode::io, fmt::format("cannot write {}/{}", folder, name), "check that the folder is writable");
  }
  return {};
}

lint::Format default_format(const LintArguments& options, bool json) {
  if (json) return lint::Format::json;
  if (options.verdicts) return lint::Format::verdicts;
  const char* github = std::getenv("GITHUB_ACTIONS");
  const bool annotate = github != nullptr && std::string_view(github) == "true" && options.output.empty();
  return annotate ? lint::Format::github : lint::Format::tty;
}

// --format F says what is printed, --format F=FILE writes a file besides.
Result<std::vector<WantedReport>> wanted_reports(const LintArguments& options, bool json) {
  std::vector<WantedReport> wanted;
  bool printed = false;
  for (const auto& text : options.formats) {
    const auto equals = std::min(text.find('='), text.size());
    WantedReport report;
    report.format = BGDB_TRY(lint::format_from_string(text.substr(0, equals)));
    if (equals < text.size()) report.file = text.substr(equals + 1);
    if (equals < text.size() && report.file.empty()) {
      return fail(ErrorCode::usage, fmt::format("--format {} names no file", text), "write --format sarif=lint.sarif");
    }
    if (report.file.empty() && printed) {
      return fail(ErrorCode::usage, "two formats cannot be printed at once",
                  "give one of them a file: --format sarif=lint.sarif");
    }
    printed = printed || report.file.empty();
    wanted.push_back(report);
  }
  if (!printed) wanted.push_back({default_format(options, json), ""});
  for (auto& report : wanted) {
    if (report.file.empty()) report.file = options.output;
  }
  return wanted;
}

void tell_what_was_left_out(const app::LintPlan& plan, const lint::Summary& summary) {
  if (!summary.skipped.empty()) {
    fmt::print(
        stderr, "bgdb lint: {} not judged: {}\n  they run only on the way back\n",
        summary.skipped.size() == 1 ? "1 file" : fmt::format("{} files", summary.skipped.size()),
        fmt::join(summary.skipped.begin(),
                  summary.skipped.begin() + static_cast<long>(std::min<size_t>(summary.skipped.size(), 3)), ", "));
  }
  for (const auto& note : summary.notes) fmt::print(stderr, "bgdb lint: {}\n", note);
  if (plan.from_git && summary.files == 0) {
    fmt::print(stderr, "bgdb lint: no migration changed {}\n",
               plan.since.empty() ? "in the index" : "since " + plan.since);
  }
}

Result<int> run_lint(const LintArguments& options, const Global& global) {
  const auto wanted = BGDB_TRY(wanted_reports(options, global.json));
  if (options.list_rules || !options.docs_folder.empty()) {
    auto request = options.request;
    request.config_path = global.config_path;
    const auto rules = BGDB_TRY(app::load_rules(request));
    if (options.list_rules) list_rules(rules, global.json);
    if (!options.docs_folder.empty()) BGDB_CHECK(write_docs(rules, options.docs_folder));
    return 0;
  }
  auto request = BGDB_TRY(request_from(options, global.config_path));
  request.rule_pages = std::any_of(wanted.begin(), wanted.end(),
                                   [](const auto& report) { return report.format == lint::Format::sarif; });
  const auto plan = BGDB_TRY(app::plan_lint(request));
  lint::ReportOptions report_options;
  report_options.colour = color_enabled(stdout);
  report_options.width = terminal_width(stdout);
  report_options.findings_max = options.findings_max;
  report_options.quiet = options.quiet;
  if (plan.fail_on.severity != lint::Severity::off) report_options.failure = plan.fail_on.severity;
  auto reports = BGDB_TRY(Reports::open(wanted, plan.rules, report_options));
  const auto judged = app::run_lint(plan, [&](const lint::FileReport& report) { reports.file(report); });
  if (!BGDB_TRY(finish_out())) return 0;
  const auto summary = BGDB_TRY(judged);
  BGDB_CHECK(reports.finish(summary));
  if (!BGDB_TRY(finish_out())) return 0;
  const bool on_stdout = std::any_of(wanted.begin(), wanted.end(), [](const auto& one) { return one.file.empty(); });
  if (!on_stdout && !options.quiet) fmt::print(stderr, "{}\n", lint::summary_line(summary, color_enabled(stderr)));
  if (!options.quiet) tell_what_was_left_out(plan, summary);
  return plan.fail_on.fails(summary) ? 1 : 0;
}

void add_what_to_judge(CLI::App& command, LintArguments& options) {
  auto& request = options.request;
  command.add_option("paths", options.paths,
                     "Files or folders of migrations (default: migrations.dir of bgdb.yml); - reads standard input");
  command
      .add_option("--since", request.since,
                  "Judge what changed since the branch left REF, as one release; none: not what bgdb.yml says")
      ->type_name("REF");
  command.add_flag("--staged", request.staged, "Judge what the git index holds, as one release");
  command.add_option("--baseline", request.baseline, "The last released version; all later files are one release")
      ->type_name("VERSION");
  command
      .add_option("--release", request.release, "file: each file is a release (default); set: all given files are one")
      ->check(CLI::IsMember({"file", "set"}))
      ->type_name("WHAT");
  command.add_option("--exclude", request.exclude, "Paths that are history only, as in .gitignore; may be repeated")
      ->allow_extra_args(false)
      ->type_name("PATTERN");
}

void add_rules_and_report(CLI::App& command, LintArguments& options) {
  auto& request = options.request;
  command.add_option("--rules", request.rules_folder, "Folder of rule files that add to or override the built-in ones")
      ->type_name("FOLDER");
  command.add_option("--severity", options.severities, "rule=error|warning|info|off, may be repeated")
      ->allow_extra_args(false)
      ->type_name("RULE=SEVERITY");
  command
      .add_option("--fail-on", request.fail_on,
                  "Exit with 1 at this severity: error (default), warning, info, never; or at this verdict: "
                  "rollback-breaking, not-analysed; comma separated")
      ->type_name("WHAT");
  command
      .add_option("--format", options.formats,
                  fmt::format("What to print: {} (default: github under GITHUB_ACTIONS, else tty); FORMAT=FILE "
                              "writes a file besides; may be repeated",
                              fmt::join(lint::format_names(), ", ")))
      ->allow_extra_args(false)
      ->type_name("FORMAT[=FILE]");
  command.add_option("-o,--output", options.output, "Write the report to this file instead of stdout")
      ->type_name("FILE");
  command.add_option("--max-findings", options.findings_max, "tty, github: findings shown of one file; 0 shows all")
      ->capture_default_str()
      ->type_name("N");
  command.add_flag("--verdicts", options.verdicts, "One line for each file: the verdict and its axes");
  command.add_flag("--quiet", options.quiet, "Findings only: no verdicts, no summary");
  command.add_flag("--list-rules", options.list_rules, "List all rules");
  command.add_option("--write-rule-docs", options.docs_folder)->group("");
}

}  // namespace

void add_lint(CLI::App& app, const Global& global, Exit& exit) {
  auto* command =
      app.add_subcommand("lint", "Classify migrations: does the old version survive them, and the way back?");
  auto options = std::make_shared<LintArguments>();
  add_what_to_judge(*command, *options);
  add_judging_options(*command, *options);
  add_rules_and_report(*command, *options);
  command->footer(
      "Ignore a finding:  -- bgdb: ignore rule-id reason\n"
      "Declare a file that runs after the old version is retired:  -- bgdb: phase=contract\n"
      "About a rule:  bgdb explain rule-id\n\n"
      "Examples:\n"
      "  bgdb lint migrations/\n"
      "  bgdb lint migrations/V2.4.0__rename_email.sql\n"
      "  bgdb lint --since origin/main\n"
      "  bgdb lint --format sarif=lint.sarif migrations/\n");
  command->callback([options, &global, &exit] {
    const auto status = run_lint(*options, global);
    exit.status = status ? *status : report("lint", status.error());
  });
}

}  // namespace bgdb::cli
