// Lint a text behind a schema given as SQL.
#pragma once

#include <string>
#include <string_view>

#include "lint/linter.h"
#include "parse/parser.h"
#include "schema/apply.h"
#include "support/check.h"

namespace bgdb::lint {

inline schema::Catalog catalog_of(std::string_view sql) {
  schema::Catalog catalog;
  const auto parsed = parse::parse_sql(sql);
  for (const auto& statement : parsed.statements) {
    INFO(statement.text);
    REQUIRE(statement.parsed);
    schema::apply(catalog, statement);
  }
  return catalog;
}

inline const RuleBook& built_in_rules() {
  static const RuleBook rules = REQUIRE_OK(RuleBook::built_in());
  return rules;
}

inline FileReport lint_sql(std::string_view before, std::string_view sql, const RuleBook& rules,
                           const std::string& path = "migration.sql", int server_version = 15) {
  Options options;
  options.server_version = server_version;
  Linter linter(rules, options, {});
  return linter.lint_text(path, std::string(sql), catalog_of(before));
}

inline FileReport lint_sql(std::string_view before, std::string_view sql) {
  return lint_sql(before, sql, built_in_rules());
}

inline bool has_rule(const FileReport& report, std::string_view rule) {
  for (const auto& finding : report.findings) {
    if (finding.rule == rule) return true;
  }
  return false;
}

inline std::string rules_text(const FileReport& report) {
  std::string out;
  for (const auto& finding : report.findings) {
    if (!out.empty()) out += ' ';
    out += finding.rule;
  }
  return out;
}

}  // namespace bgdb::lint
