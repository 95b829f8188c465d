#include "app/lint_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "app/lint_files.h"
#include "app/lint_start.h"
#include "app/path_glob.h"
#include "core/contains.h"

namespace bgdb::app {

namespace fs = std::filesystem;

namespace {

constexpr int kDefaultVersion = 15;

// bgdb.yml of the request, or the defaults where there is none.
Result<Config> config_for(const LintRequest& request) {
  auto config = load_config(request.config_path, Sides::optional);
  if (!config && request.config_path.empty() && config.error().code == ErrorCode::not_found) return Config();
  return config;
}

using Examples = lint::RuleBook::Examples;

Result<lint::RuleBook> rules_for(const LintRequest& request, const Config& config, Examples examples) {
  auto rules = BGDB_TRY(lint::RuleBook::built_in(examples));
  if (!request.rules_folder.empty()) {
    BGDB_CHECK(rules.add_folder(request.rules_folder));
  } else if (!config.lint.rules_dir.empty()) {
    BGDB_CHECK(rules.add_folder(config.resolve(config.lint.rules_dir)));
  }
  for (const auto& [id, severity] : config.lint.rules) {
    const auto done = rules.set_severity(id, severity);
    if (!done) return fail(done.error().with_context(config.path + ": lint.rules"));
  }
  for (const auto& [id, severity] : request.severities) BGDB_CHECK(rules.set_severity(id, severity));
  return rules;
}

// `path` as patterns see it: relative to `folder` where it is below it.
std::string seen_from(const fs::path& folder, const std::string& path) {
  const auto absolute = fs::absolute(path).lexically_normal();
  const auto relative = absolute.lexically_relative(fs::absolute(folder).lexically_normal());
  const bool below = !relative.empty() && *relative.begin() != "..";
  return below ? relative.generic_string() : absolute.generic_string().substr(1);
}

bool matches_any(const std::vector<std::string>& patterns, const std::string& path) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const auto& one) { return path_matches(one, path); });
}

void add_path_filters(LintPlan& plan, const LintRequest& request, const Config& config) {
  const auto display = plan.display;
  const auto folder = config.folder.empty() ? fs::current_path() : fs::path(config.folder);
  const auto here = fs::current_path();
  const auto& lint = config.lint;
  if (!request.exclude.empty() || !lint.exclude.empty()) {
    plan.options.excluded = [=, by_us = request.exclude, by_file = lint.exclude](const std::string& path) {
      const auto shown = display(path);
      return matches_any(by_us, seen_from(here, shown)) || matches_any(by_file, seen_from(folder, shown));
    };
  }
  if (lint.ignores.empty()) return;
  plan.options.silenced = [=, ignores = lint.ignores](const std::string& path, const std::string& rule) {
    const auto seen = seen_from(folder, display(path));
    return std::any_of(ignores.begin(), ignores.end(), [&](const auto& one) {
      return path_matches(one.path, seen) && core::contains(one.rules, rule);
    });
  };
}

// Empty when bgdb.yml names none, or one that is not there.
std::string migrations_folder(const Config& config) {
  std::error_code problem;
  const auto folder = config.path.empty() ? std::string() : config.resolve(config.migrations.dir);
  return fs::is_directory(folder, problem) ? folder : std::string();
}

// A misspelt id in lint.ignore silences nothing, so it is an error.
Result<void> check_ignores(const lint::RuleBook& rules, const Config& config) {
  for (const auto& ignore : config.lint.ignores) {
    for (const auto& id : ignore.rules) {
      const auto known = rules.check_id(id);
      if (!known) return fail(known.error().with_context(config.path + ": lint.ignore"));
    }
  }
  return {};
}

Result<void> set_boundary(LintPlan& plan, const LintRequest& request, const Config& config) {
  auto& options = plan.options;
  const bool none = request.since == "none";  // not what bgdb.yml says
  const bool given =
      !request.release.empty() || !request.baseline.empty() || (!request.since.empty() && !none) || request.staged;
  const auto baseline = given ? request.baseline : config.lint.baseline;
  const bool from_text = request.stdin_text.has_value();
  plan.since = given ? request.since : config.lint.since;
  if (none || from_text) plan.since.clear();
  plan.from_git = !plan.since.empty() || (request.staged && !from_text);
  if (plan.from_git && !baseline.empty()) {
    return fail(ErrorCode::usage, "--baseline and --since or --staged both say where the release begins",
                "give one of them");
  }
  if (!baseline.empty()) options.baseline = baseline;
  options.one_release = request.release == "set" || (plan.from_git && request.release.empty());
  auto framework = request.framework.empty() ? config.lint.framework : request.framework;
  if (framework.empty()) framework = config.migrations.framework;
  if (framework != "auto") options.framework = BGDB_TRY(migration::framework_from_string(framework));
  return {};
}

Result<void> set_start(LintPlan& plan, const LintRequest& request, const Config& config) {
  if (!request.dsn.empty() && !request.schema_file.empty()) {
    return fail(ErrorCode::usage, "--dsn and --schema both say which schema is in force", "give one of them");
  }
  std::optional<LintStart> start;
  if (!request.dsn.empty()) start = BGDB_TRY(start_from_server(request.dsn));
  const auto schema = !request.schema_file.empty() ? request.schema_file
                      : config.lint.schema.empty() ? ""
                                                   : config.resolve(config.lint.schema);
  if (!start && !schema.empty()) start = BGDB_TRY(start_from_dump(schema));
  auto& options = plan.options;
  options.server_version = request.server_version != 0 ? request.server_version : config.lint.pg_version;
  if (start) {
    options.start = start->catalog;
    options.leave_out = [applied = start->applied](migration::Set& set) { return leave_out_applied(applied, set); };
    if (options.server_version == 0) options.server_version = BGDB_TRY(supported_version(*start));
  }
  if (options.server_version == 0) options.server_version = kDefaultVersion;
  return {};
}

}  // namespace

bool FailOn::fails(const lint::Summary& summary) const {
  const bool found = std::any_of(summary.findings.begin(), summary.findings.end(), [&](const auto& entry) {
    return severity != lint::Severity::off && entry.first >= severity && entry.second > 0;
  });
  return found || std::any_of(summary.verdicts.begin(), summary.verdicts.end(),
                              [&](const auto& entry) { return entry.second > 0 && verdicts.contains(entry.first); });
}

Result<FailOn> parse_fail_on(std::string_view text) {
  FailOn out{.severity = lint::Severity::off, .verdicts = {}};
  while (true) {
    const auto comma = std::min(text.find(','), text.size());
    const auto word = text.substr(0, comma);
    const auto severity = lint::severity_from_string(word);
    if (severity && *severity != lint::Severity::off) {
      out.severity = out.severity == lint::Severity::off ? *severity : std::min(out.severity, *severity);
    } else if (word == "rollback-breaking") {
      out.verdicts.insert(lint::Safety::rollback_breaking);
    } else if (word == "not-analysed") {
      out.verdicts.insert(lint::Safety::not_analysed);
    } else if (word != "never") {
      return fail(
          ErrorCode::usage, fmt::format("--fail-on {} is unknown", word),
          "known: error, warning, info, never, rollback-breaking, not-analysed; several are separated by commas");
    }
    if (comma == text.size()) return out;
    text.remove_prefix(comma + 1);
  }
}

bool has_migrations_folder(const std::string& config_path) {
  const auto config = load_config(config_path, Sides::optional);
  return config && !migrations_folder(*config).empty();
}

Result<lint::RuleBook> load_rules(const LintRequest& request) {
  return rules_for(request, BGDB_TRY(config_for(request)), Examples::read);
}

Result<LintPlan> plan_lint(const LintRequest& request) {
  const auto config = BGDB_TRY(config_for(request));
  LintPlan plan;
  plan.rules = BGDB_TRY(rules_for(request, config, request.rule_pages ? Examples::read : Examples::leave_out));
  BGDB_CHECK(check_ignores(plan.rules, config));
  plan.fail_on = BGDB_TRY(parse_fail_on(request.fail_on.empty() ? config.lint.fail_on : request.fail_on));
  plan.display = [](const std::string& path) { return path; };
  plan.stdin_text = request.stdin_text;
  plan.stdin_path = request.stdin_path;
  plan.paths = request.paths;
  BGDB_CHECK(set_boundary(plan, request, config));
  const auto folder = migrations_folder(config);
  if (plan.paths.empty() && !plan.stdin_text && !folder.empty()) plan.paths.push_back(shown_from_here(folder));
  if (plan.paths.empty() && !plan.stdin_text && !plan.from_git) {
    const auto missing = fmt::format("no migration given, and the folder {} (migrations.dir of {}) does not exist",
                                     config.migrations.dir, config.path);
    return fail(ErrorCode::usage, config.path.empty() ? "no migration given" : missing,
                "give files or folders, - for standard input, or name the folder as migrations.dir in bgdb.yml");
  }
  if (plan.from_git) {
    auto changed = BGDB_TRY(changed_files(plan.paths, plan.since, request.staged));
    plan.paths = std::move(changed.paths);
    plan.keep = changed.keep;
    if (changed.display) plan.display = changed.display;
  }
  BGDB_CHECK(set_start(plan, request, config));
  add_path_filters(plan, request, config);
  return plan;
}

Result<lint::Summary> run_lint(const LintPlan& plan, const lint::Linter::Sink& sink) {
  lint::Linter linter(plan.rules, plan.options, [&](lint::FileReport report) {
    report.path = plan.display(report.path);
    sink(std::move(report));
  });
  if (plan.stdin_text) return linter.run_text(plan.stdin_path, *plan.stdin_text);
  auto summary = BGDB_TRY(linter.run(plan.paths));
  if (plan.from_git) summary.skipped.clear();  // nobody named them
  return summary;
}

}  // namespace bgdb::app
