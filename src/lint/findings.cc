// Rules over the effects of a judged file -> findings.
#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "lint/file_linter.h"

namespace bgdb::lint {

namespace {

// "2.4.0" -> minor; "3.0.0" -> major; "2.4.1" -> patch; anything that is not three numbers has none.
std::string semver_part(const std::string& version) {
  std::array<int, 3> parts{};
  size_t at = 0, count = 0;
  while (at < version.size() && count < parts.size()) {
    size_t digits = 0;
    while (at + digits < version.size() && std::isdigit(static_cast<unsigned char>(version[at + digits])) != 0)
      ++digits;
    if (digits == 0 || digits > 6) return {};
    parts[count++] = std::stoi(version.substr(at, digits));
    at += digits;
    if (at < version.size() && version[at] != '.' && version[at] != '_') return {};
    ++at;
  }
  if (count != 3 || at <= version.size()) return {};
  if (parts[2] > 0) return "patch";
  return parts[1] > 0 ? "minor" : "major";
}

Facts file_facts(const FileReport& report, const migration::File& file, bool sets_lock_timeout) {
  Facts facts;
  facts["file.framework"] = report.framework;
  facts["file.version"] = file.version;
  facts["file.semver"] = semver_part(file.version);
  facts["file.phase"] = file.declared_phase.value_or(file.declared_contract ? "contract" : "");
  facts["file.sets_lock_timeout"] = sets_lock_timeout;
  facts["file.verdict"] = std::string(to_string(report.verdict.safety));
  facts["why"] = report.verdict.reason;
  facts["file.locks_tables"] =
      std::any_of(report.statements.begin(), report.statements.end(),
                  [](const auto& statement) { return statement.verdict.lock != LockCost::none; });
  return facts;
}

Finding make_finding(const Rule& rule, const FactView& facts, const parse::Span& span, int statement, bool contract) {
  Finding finding;
  finding.rule = rule.id;
  // In a file that is declared as contract the old version is retired when it runs.
  finding.severity = contract && rule.about_old_version ? std::min(rule.severity, Severity::info) : rule.severity;
  finding.span = span;
  finding.statement = statement;
  finding.message = rule.render(facts);
  finding.why = rule.why;
  finding.instead = rule.instead.in(facts);
  finding.rewrite = rule.rewrite;
  return finding;
}

template <class Add>
void not_analysed(const StatementReport& statement, const Action& action, Severity severity, const Add& add) {
  const bool not_parsed = action.kind == "not-parsed";
  const bool unreadable = action.facts.contains("dynamic_sql");
  if ((!not_parsed && !unreadable) || severity == Severity::off) return;
  Finding finding;
  finding.rule = std::string(kNotAnalysed);
  finding.severity = severity;
  finding.span = action.span;
  finding.statement = statement.index;
  const auto what = action.effects.unknown.empty() ? std::string("a statement") : action.effects.unknown.front();
  finding.message = not_parsed ? fmt::format("not analysed: {}", to_text(fact_or_empty(action.facts, "error")))
                               : fmt::format("not analysed: it cannot be told {}",
                                             what.rfind("what ", 0) == 0 ? what : "what happens in " + what);
  finding.why =
      not_parsed
          ? "The statement could not be parsed, so nothing is known about it; the others of the file were judged."
          : "The SQL is only known when it runs. Nothing is claimed about it.";
  add(std::move(finding));
}

bool same(const Finding& a, const Finding& b) {
  return a.rule == b.rule && a.span.offset == b.span.offset && a.message == b.message;
}

}  // namespace

std::vector<Finding> findings_of(FileReport& report, const migration::File& file, bool sets_lock_timeout,
                                 const RuleBook& rules, int server_version) {
  std::vector<Finding> out;
  auto shared = file_facts(report, file, sets_lock_timeout);
  shared["pg_version"] = int64_t{server_version};
  const bool contract = file.declared_contract || file.declared_phase == "contract";
  size_t first = 0;  // of this statement's findings: others are at other places
  const auto add = [&](Finding finding) {
    const auto from = out.begin() + static_cast<std::ptrdiff_t>(first);
    const bool known = std::any_of(from, out.end(), [&](const auto& other) { return same(other, finding); });
    if (!known) out.push_back(std::move(finding));
  };
  for (auto& statement : report.statements) {
    first = out.size();
    Facts of_statement;
    of_statement["statement"] = statement.kind;
    of_statement["in_transaction"] = statement.in_transaction;
    of_statement["must_be_outside_transaction"] = statement.effects.must_be_outside_transaction;
    for (auto& action : statement.effects.actions) {
      not_analysed(statement, action, rules.own_severity(kNotAnalysed), add);
      derive_facts(action);
      const FactView facts(action.facts, &of_statement, statement.effects.held_locks.get(), &shared);
      for (const auto& candidate : rules.about(action.kind)) {
        if ((candidate.needs & ~facts.known()).any()) continue;
        const auto& rule = rules.rules()[candidate.place];
        if (!rule.applies(facts, server_version)) continue;
        add(make_finding(rule, facts, action.span, statement.index, contract));
      }
      action.facts = {};  // nobody else asks for them
    }
  }
  first = 0;
  for (const auto& rule : rules.rules()) {
    if (rule.severity == Severity::off || rule.scope != RuleScope::file || !rule.applies(shared, server_version))
      continue;
    parse::Span span;
    if (!report.statements.empty()) span = report.statements.front().span;
    add(make_finding(rule, shared, span, -1, contract));
  }
  return out;
}

}  // namespace bgdb::lint
