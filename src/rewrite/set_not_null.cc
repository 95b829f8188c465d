// ALTER COLUMN c SET NOT NULL narrows: the old version may still write NULL. It waits for contract, where a CHECK that
// is validated without blocking writers proves it first. An UPDATE t SET c = e WHERE c IS NULL before it becomes a
// backfill, and runs again in contract, before the check, for the NULLs that the old version wrote since.
#include <algorithm>

#include "rewrite/recipe.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

// The expression of "UPDATE t SET c = e WHERE c IS NULL"; nullopt for any other statement.
std::optional<std::string> fill_expression(const parse::Statement& statement, const parse::Query& query) {
  if (query.kind != parse::QueryKind::update || query.target_columns.size() != 1) return std::nullopt;
  const auto& sql = statement.text;
  const auto tokens = tokenize(sql);
  const size_t set = find_after(tokens, {"set"});
  const size_t where = find_after(tokens, {"where"}, set == std::string::npos ? 0 : set);
  if (set == std::string::npos || where == std::string::npos) return std::nullopt;
  if (find_after(tokens, {"from"}, set) != std::string::npos) return std::nullopt;
  if (find_after(tokens, {"returning"}, set) != std::string::npos) return std::nullopt;
  std::vector<Token> condition;
  std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(condition),
               [&](const Token& t) { return t.offset >= where; });
  const size_t size = condition.size();
  const bool is_null = size >= 3 && condition[size - 3].is_name() &&
                       condition[size - 3].name == query.target_columns[0] && condition[size - 2].is_word("is") &&
                       condition[size - 1].is_word("null");
  const bool qualified = size == 5 && condition[1].is_symbol(".", sql);
  if (!is_null || (size != 3 && !qualified)) return std::nullopt;
  const std::string assignment(trim(std::string_view(sql).substr(set, where - 5 - set)));
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos) return std::nullopt;
  return std::string(trim(std::string_view(assignment).substr(equals + 1)));
}

bool take_fill(Draft& draft, const Action& action) {
  const auto* query = std::get_if<parse::Query>(&action.statement->node);
  if (query == nullptr || query->target.empty() || draft.is_new_table(query->target)) return false;
  const auto expr = fill_expression(*action.statement, *query);
  const auto* relation = draft.relation(query->target);
  if (!expr || relation == nullptr) return false;
  draft.fills.push_back({{relation->name, query->target_columns[0]}, *expr});
  draft.change(action, "backfill",
               "NULLs of " + relation->name.display() + "." + query->target_columns[0] + " are filled in batches");
  return true;
}

}  // namespace

bool take_set_not_null(Draft& draft, const Action& action) {
  if (action.command == nullptr) return take_fill(draft, action);
  if (action.command->kind != parse::AlterKind::set_not_null || draft.is_new_table(action.alter->relation))
    return false;
  const auto& column = action.command->name;
  const auto table = draft.now().resolve(action.alter->relation);
  draft.change(action, "set-not-null", table.display() + "." + column + " becomes NOT NULL with contract");
  if (auto* group = draft.group_of_new(table, column)) {
    for (auto& one : group->news) {
      if (one.final_name == column) one.not_null_finally = true;
    }
    return true;
  }
  draft.not_null.push_back({table, column});
  return true;
}

}  // namespace bgdb::rewrite
