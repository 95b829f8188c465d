#include "app/rewrite_check.h"

#include "lint/linter.h"

namespace bgdb::app {

Result<void> refuse_unsafe(rewrite::Plan& plan, const schema::Catalog& before) {
  std::string expand;
  for (const auto& step : plan.steps) {
    if (step.phase == rewrite::Phase::expand) expand += step.sql + "\n";
  }
  const auto rules = BGDB_TRY(lint::RuleBook::built_in());
  lint::Options options;
  options.framework = migration::Framework::plain;
  lint::Linter linter(rules, options, [](lint::FileReport) {});
  const auto report = linter.lint_text("1_expand.sql", expand, before);
  for (const auto& finding : report.findings) {
    const auto* rule = rules.find(finding.rule);
    if (finding.severity != lint::Severity::error || rule == nullptr || !rule->about_old_version) continue;
    const auto& statements = report.statements;
    const bool known = finding.statement >= 0 && static_cast<size_t>(finding.statement) < statements.size();
    const auto text =
        known ? expand.substr(statements[static_cast<size_t>(finding.statement)].span.offset, 80) : finding.rule;
    plan.refused.push_back({1, text.substr(0, text.find('\n')),
                            "the expand step would still break the old version: " + finding.message,
                            "move the statement that this comes from to a migration of its own"});
  }
  return {};
}

}  // namespace bgdb::app
