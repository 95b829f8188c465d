// What is dropped waits for contract. A NOT NULL column without a default loses its NOT NULL in expand, so that the new
// version, which does not know it any more, can insert.
#include <algorithm>

#include "rewrite/recipe.h"

namespace bgdb::rewrite {
namespace {

void wait_for_contract(Draft& draft, const Action& action, const std::string& summary, Rank rank = Rank::drop) {
  draft.change(action, "drop", summary);
  const auto* drop = std::get_if<parse::Drop>(&action.statement->node);
  if (drop != nullptr && drop->concurrently) rank = Rank::unlocked;
  draft.wait(rank, action.sql + ";\n");
}

bool take_drop_column(Draft& draft, const Action& action) {
  const auto& name = action.command->name;
  const auto* relation = draft.relation(action.alter->relation);
  const auto table = draft.now().resolve(action.alter->relation);
  if (draft.group_of_old(table, name) != nullptr) {  // contract drops it when it swaps
    draft.change(action, "drop", table.display() + "." + name + " goes with contract");
    return true;
  }
  const auto* column = relation == nullptr ? nullptr : relation->column(name);
  const bool needed =
      column != nullptr && column->not_null && !column->default_sql && column->identity == 0 && !column->generated_sql;
  const auto* key = relation == nullptr ? nullptr : relation->primary_key();
  const bool in_key = key != nullptr && std::find(key->columns.begin(), key->columns.end(), name) != key->columns.end();
  if (needed && !in_key) {
    const auto alter = "ALTER TABLE " + table.sql() + " ALTER COLUMN " + quote_ident(name);
    draft.pass(action, alter + " DROP NOT NULL", true);
    draft.expand.back().step->undo = alter + " SET NOT NULL;\n";
    draft.expand.back().step->note = "the new version does not write " + name + " any more";
  }
  wait_for_contract(draft, action, table.display() + "." + name + " goes with contract");
  return true;
}

// The same name is created again further down: order matters, and nobody may move one of the two.
bool created_again(const Draft& draft, const Action& action, const QualifiedName& name) {
  for (const auto& statement : draft.file().statements) {
    if (action.is_before(statement)) {
      QualifiedName made;
      if (const auto* node = std::get_if<parse::CreateTable>(&statement.node)) made = node->relation;
      if (const auto* node = std::get_if<parse::CreateTableAs>(&statement.node)) made = node->relation;
      if (const auto* node = std::get_if<parse::CreateView>(&statement.node)) made = node->relation;
      if (const auto* node = std::get_if<parse::CreateEnum>(&statement.node)) made = node->name;
      if (const auto* node = std::get_if<parse::CreateIndex>(&statement.node)) made = {name.schema, node->name};
      if (!made.empty() && draft.now().resolve(made) == draft.now().resolve(name)) return true;
    }
  }
  return false;
}

bool take_drop_object(Draft& draft, const Action& action, const parse::Drop& drop) {
  using Kind = parse::ObjectKind;
  static constexpr Kind kWait[] = {Kind::table, Kind::index, Kind::sequence, Kind::view, Kind::materialized_view,
                                   Kind::type,  Kind::domain};
  if (std::find(std::begin(kWait), std::end(kWait), drop.object) == std::end(kWait)) return false;
  std::string names;
  bool all_new = true;
  for (const auto& item : drop.items) {
    if (created_again(draft, action, item.name)) {
      draft.refuse(action, item.name.display() + " is dropped and created again in one file",
                   "create the new one under another name");
      return true;
    }
    names += (names.empty() ? "" : ", ") + item.name.display();
    all_new = all_new && draft.is_new_table(item.name);
  }
  if (all_new) return false;
  wait_for_contract(draft, action, names + " goes with contract");
  return true;
}

}  // namespace

bool take_drop(Draft& draft, const Action& action) {
  if (action.command != nullptr) {
    if (draft.is_new_table(action.alter->relation)) return false;
    if (action.command->kind == parse::AlterKind::drop_column) {
      const bool ours = draft.is_new_column(action.alter->relation, action.command->name);
      return !ours && take_drop_column(draft, action);
    }
    if (action.command->kind != parse::AlterKind::drop_constraint) return false;
    const auto* relation = draft.relation(action.alter->relation);
    const auto* constraint = relation == nullptr ? nullptr : relation->constraint(action.command->name);
    if (constraint != nullptr && constraint->kind == parse::ConstraintKind::check) return false;
    // With the rank of what comes in its place: there is no time without a key.
    wait_for_contract(draft, action, "constraint " + action.command->name + " goes with contract", Rank::attach);
    return true;
  }
  if (const auto* grant = std::get_if<parse::Grant>(&action.statement->node); grant != nullptr && grant->revoke) {
    wait_for_contract(draft, action, "the privilege is taken away with contract");
    return true;
  }
  const auto* drop = std::get_if<parse::Drop>(&action.statement->node);
  return drop != nullptr && take_drop_object(draft, action, *drop);
}

}  // namespace bgdb::rewrite
