// A constraint on an existing table narrows what the old version may write, also as NOT VALID. It waits for contract:
// added NOT VALID, validated without blocking writers; a unique one as an index built concurrently first. One over
// columns that the file itself adds refuses nothing that the old version writes: it comes with the backfill.
#include <algorithm>

#include "rewrite/constraint_steps.h"
#include "rewrite/recipe.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

// What follows ADD [CONSTRAINT name] as written, without NOT VALID.
std::string written_definition(const Action& action) {
  const auto tokens = tokenize(action.sql);
  size_t at = find_after(tokens, {"add"});
  if (const size_t named = find_after(tokens, {"add", "constraint"}); named != std::string::npos) {
    const auto name = std::find_if(tokens.begin(), tokens.end(), [&](const Token& t) { return t.offset >= named; });
    at = name->offset + name->length;
  }
  auto definition = std::string(trim(std::string_view(action.sql).substr(at)));
  const auto tail = tokenize(definition);
  if (tail.size() > 2 && tail[tail.size() - 2].is_word("not") && tail.back().is_word("valid"))
    definition = trim(std::string_view(definition).substr(0, tail[tail.size() - 2].offset));
  return definition;
}

bool only_new_columns(const Draft& draft, const QualifiedName& table, const parse::Constraint& constraint) {
  std::vector<std::string> columns = constraint.columns;
  if (constraint.check) {
    for (const auto& column : constraint.check->columns) columns.push_back(column.name);
  }
  return !columns.empty() && std::all_of(columns.begin(), columns.end(), [&](const std::string& column) {
    return draft.is_new_column(table, column) && draft.group_of_present(table, column) == nullptr;
  });
}

}  // namespace

bool take_add_constraint(Draft& draft, const Action& action) {
  using parse::ConstraintKind;
  if (action.command == nullptr || !action.command->constraint) return false;
  if (action.command->kind != parse::AlterKind::add_constraint &&
      action.command->kind != parse::AlterKind::add_index_constraint) {
    return false;
  }
  if (draft.is_new_table(action.alter->relation)) return false;
  const auto& constraint = *action.command->constraint;
  auto made = constraints_made(draft, action);
  const auto table = draft.now().resolve(action.alter->relation);
  if (made.empty()) {
    if (draft.relation(action.alter->relation) != nullptr &&
        draft.relation(table)->constraint(constraint.name) != nullptr) {
      // The one of this name that goes with contract makes way first.
      made.push_back({table, constraint.name, constraint, {}});
    } else if (!constraint.name.empty() && constraint.kind != ConstraintKind::primary_key) {
      made.push_back({table, constraint.name, constraint, {}});
    } else {
      draft.refuse(action, "table " + table.display() + " is not known",
                   "give the folder of the earlier migrations with --schema-from");
      return true;
    }
  }
  auto& one = made.front();
  one.definition = written_definition(action);
  const bool uses_index = !constraint.using_index.empty();
  const bool harmless =
      only_new_columns(draft, one.table, constraint) && !uses_index && draft.rows_pending(one.table) != Phase::contract;
  draft.change(action, "add-constraint",
               "constraint " + one.name + " of " + one.table.display() +
                   (harmless ? " is added without blocking writers" : " waits for contract"));
  if (constraint.kind == ConstraintKind::primary_key && uses_index) {
    const auto* relation = draft.relation(one.table);
    const auto ref = draft.now().index({one.table.schema, constraint.using_index});
    for (const auto& column : ref ? ref.index->columns : std::vector<std::string>{}) {
      const auto* found = relation == nullptr ? nullptr : relation->column(column);
      if (found != nullptr && !found->not_null && !draft.narrowed({one.table, column}))
        draft.narrow(draft.contract, {one.table, column});
    }
  }
  add_constraint_steps(draft, harmless ? draft.backfill : draft.contract, one);
  return true;
}

}  // namespace bgdb::rewrite
