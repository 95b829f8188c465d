// Split and merge: the file adds columns, fills them with UPDATE t SET a = f(c), b = g(c), and drops c. While both
// versions run, a trigger keeps both sides equal: forward by the UPDATE's expressions, back by "-- bgdb: reverse
// c=<expr over a, b>".
#include <algorithm>

#include "core/contains.h"
#include "parse/parser.h"
#include "rewrite/conversion.h"
#include "rewrite/recipe.h"
#include "rewrite/tokens.h"
#include "rewrite/update_text.h"

namespace bgdb::rewrite {
namespace {

// Columns read by the expressions, without repetition.
std::vector<std::string> columns_read(const std::vector<Assignment>& assignments) {
  std::vector<std::string> names;
  for (const auto& assignment : assignments) {
    for (const auto& column : assignment.expr.columns) {
      if (!core::contains(names, column.name)) names.push_back(column.name);
    }
  }
  return names;
}

bool only_skips_nulls(const std::string& condition, const std::vector<std::string>& olds) {
  if (condition.empty()) return true;
  const auto expr = parse::parse_expression(condition);
  if (!expr || expr->columns.size() != 1) return false;
  const auto tokens = tokenize(condition);
  return core::contains(olds, expr->columns[0].name) && tokens.size() >= 4 && tokens[tokens.size() - 3].is_word("is") &&
         tokens[tokens.size() - 2].is_word("not") && tokens.back().is_word("null");
}

bool add_olds(Draft& draft, const Action& action, const schema::Relation& relation,
              const std::vector<std::string>& names, SyncGroup& group) {
  for (const auto& name : names) {
    const auto* column = relation.column(name);
    auto reverse = draft.reverse_directive(relation.name, name);
    if (reverse.empty() || !parse::parse_expression(reverse)) {
      draft.refuse(
          action,
          "nobody knows how the values of " + relation.name.display() + "." + name +
              " follow from the new columns; the old " + "version still reads it",
          "write it in a comment of this file: -- bgdb: reverse " + name + "=<expression over the new columns>");
      return false;
    }
    group.olds.push_back({name, resolved_type(column->type, draft.now()), column->collation, column->default_sql,
                          column->identity, std::move(reverse)});
  }
  return true;
}

}  // namespace

bool take_split_column(Draft& draft, const Action& action) {
  const auto* query = std::get_if<parse::Query>(&action.statement->node);
  if (query == nullptr || action.command != nullptr || query->kind != parse::QueryKind::update) return false;
  const auto* relation = draft.relation(query->target);
  if (relation == nullptr || draft.is_new_table(query->target)) return false;
  const auto update = read_update(action.sql);
  if (!update) return false;
  const auto& assignments = update->assignments;
  const auto olds = columns_read(assignments);
  const bool subquery =
      std::any_of(assignments.begin(), assignments.end(), [](const Assignment& one) { return one.expr.has_subquery; });
  if (subquery || olds.empty() || !only_skips_nulls(update->condition, olds)) return false;
  for (const auto& assignment : assignments) {
    if (!draft.is_new_column(relation->name, assignment.column) || relation->column(assignment.column) == nullptr)
      return false;
    if (draft.group_of_new(relation->name, assignment.column) != nullptr) return false;
  }
  for (const auto& old : olds) {
    if (relation->column(old) == nullptr || !draft.is_dropped_later(action, relation->name, old)) return false;
  }
  SyncGroup group;
  group.table = relation->name;
  if (!add_olds(draft, action, *relation, olds, group)) return true;
  std::string names;
  for (const auto& assignment : assignments) {
    const auto* column = relation->column(assignment.column);
    NewColumn now;
    now.name = now.final_name = assignment.column;
    now.type = resolved_type(column->type, draft.now());
    now.collation = column->collation;
    now.forward_sql = assignment.expr.sql;
    now.exact = false;
    now.added_by_file = true;
    now.not_null = now.not_null_finally = column->not_null;
    now.default_now = now.default_finally = column->default_sql;
    if (column->default_sql && !is_stable_default(*column->default_sql)) now.default_now.reset();
    names += (names.empty() ? "" : ", ") + assignment.column;
    group.news.push_back(std::move(now));
  }
  draft.change(action, olds.size() > 1 ? "merge-columns" : "split-column",
               group.table.display() + ": " + core::quote_ident_list(olds) + " becomes " + names);
  draft.add_group(std::move(group));
  return true;
}

}  // namespace bgdb::rewrite
