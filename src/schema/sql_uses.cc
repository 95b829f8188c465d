#include "schema/sql_uses.h"

#include "parse/parser.h"

namespace bgdb::schema {

Uses uses_of_expression(const std::string& sql) {
  auto expression = parse::parse_expression(sql);
  if (!expression) return {};
  return {std::move(expression->functions), std::move(expression->casts)};
}

Uses uses_of_query(const std::string& sql) {
  Uses uses;
  for (auto& statement : parse::parse_sql(sql).statements) {
    auto* query = std::get_if<parse::Query>(&statement.node);
    if (query == nullptr) continue;
    uses.functions = std::move(query->functions);
    uses.types = std::move(query->casts);
  }
  return uses;
}

Uses uses_of_index(const Index& index) {
  Uses uses;
  for (auto& statement : parse::parse_sql(index.definition).statements) {
    auto* create = std::get_if<parse::CreateIndex>(&statement.node);
    if (create == nullptr) continue;
    const auto add = [&](const std::optional<parse::Expr>& expr) {
      if (!expr) return;
      uses.functions.insert(uses.functions.end(), expr->functions.begin(), expr->functions.end());
      uses.types.insert(uses.types.end(), expr->casts.begin(), expr->casts.end());
    };
    for (const auto& element : create->elements) add(element.expr);
    add(create->predicate);
  }
  return uses;
}

}  // namespace bgdb::schema
