// The public headers (include/bgdb) over the services behind them.
#include <sstream>

#include "app/rewrite_check.h"
#include "bgdb/lint.h"
#include "bgdb/rewrite.h"
#include "lint/linter.h"
#include "lint/report.h"
#include "rewrite/rewrite.h"

namespace bgdb {
namespace {

schema::Catalog catalog_of(std::string_view schema_sql) {
  schema::Replay replay;
  for (const auto& statement : parse::parse_sql(schema_sql).statements) replay.apply(statement);
  replay.end_of_file();
  return replay.catalog();
}

Result<migration::File> file_of(std::string_view path, std::string_view text, std::string_view framework) {
  std::vector<migration::Text> texts = {{std::string(path), std::string(text)}};
  std::optional<migration::Framework> known;
  if (!framework.empty()) known = BGDB_TRY(migration::framework_from_string(framework));
  const auto set = migration::order(texts, known);
  if (set.files.empty()) {
    return fail(ErrorCode::input, std::string(path) + " is no migration that runs upwards", "pass the up file");
  }
  return set.files.front();
}

}  // namespace

LintResult lint_text(std::string_view path, std::string_view text, const LintOptions& options) {
  LintResult result;
  lint::Options lint_options;
  lint_options.server_version = options.server_version;
  if (!options.framework.empty()) {
    auto framework = migration::framework_from_string(options.framework);
    if (!framework) {
      result.error = framework.error().to_string();
      return result;
    }
    lint_options.framework = *framework;
  }
  const auto rules = lint::RuleBook::built_in();
  if (!rules) {
    result.error = rules.error().to_string();
    return result;
  }
  lint::Linter linter(*rules, lint_options, [](lint::FileReport) {});
  const auto report = linter.lint_text(std::string(path), std::string(text), catalog_of(options.schema_sql));
  result.verdict = lint::to_string(report.verdict.safety);
  for (const auto& finding : report.findings) {
    result.errors += finding.severity == lint::Severity::error;
    result.warnings += finding.severity == lint::Severity::warning;
  }
  std::ostringstream json;
  lint::json_reporter(json, /*lines=*/true)->file(report);
  result.json = json.str();
  return result;
}

RewriteResult rewrite_text(std::string_view path, std::string_view text, std::string_view schema_sql) {
  RewriteResult result;
  const auto file = file_of(path, text, {});
  if (!file) {
    result.error = file.error().to_string();
    return result;
  }
  const auto before = catalog_of(schema_sql);
  auto plan = rewrite::rewrite_text(*file, std::string(text), before);
  if (!plan) {
    result.error = plan.error().to_string();
    return result;
  }
  if (const auto checked = plan->nothing_to_rewrite() ? Result<void>{} : app::refuse_unsafe(*plan, before); !checked) {
    result.error = checked.error().to_string();
    return result;
  }
  for (const auto& refusal : plan->refused) result.refused.push_back({refusal.line, refusal.reason, refusal.hint});
  if (!plan->refused.empty() || plan->nothing_to_rewrite()) return result;
  for (auto& output : rewrite::render(*plan, *file)) {
    result.files.push_back({output.path, output.text, std::string(rewrite::to_string(output.phase)), output.undo});
  }
  return result;
}

}  // namespace bgdb
