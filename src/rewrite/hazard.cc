// Statements that break the old version and that no recipe knows. Lint explains hazards in full (lint/, rules/); this
// is the guard that rewrite never lets one through into expand silently.
#include <algorithm>

#include "rewrite/recipe.h"

namespace bgdb::rewrite {
namespace {

const char* const kByHand =
    "move it to a migration of its own, marked -- bgdb: phase=contract, behind the deploy that no longer needs the old "
    "form";

std::optional<Hazard> command_hazard(const Draft& draft, const Action& action) {
  using Kind = parse::AlterKind;
  const auto& command = *action.command;
  const auto table = draft.now().resolve(action.alter->relation).display();
  if (draft.is_new_table(action.alter->relation)) return std::nullopt;
  switch (command.kind) {
    case Kind::enable_row_security:
    case Kind::force_row_security:
      return Hazard{"row security of " + table + " hides rows from the old version", kByHand};
    case Kind::set_logged:
    case Kind::set_unlogged:
    case Kind::set_tablespace:
    case Kind::set_access_method:
      return Hazard{"this rewrites " + table + " under an exclusive lock", kByHand};
    case Kind::replica_identity:
      if (command.replica_identity == 'n')
        return Hazard{"without replica identity " + table + " cannot be replicated", kByHand};
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Hazard> rename_hazard(const Draft& draft, const parse::Rename& rename) {
  using Kind = parse::ObjectKind;
  if (draft.is_new_table(rename.relation)) return std::nullopt;
  if (rename.object == Kind::function) {  // nobody calls a trigger function by name
    for (const auto& [name, functions] : draft.now().functions) {
      if (name.name != rename.relation.name) continue;
      const bool triggers = std::all_of(functions.begin(), functions.end(), [](const schema::Function& function) {
        return function.returns && function.returns->name == "trigger";
      });
      if (triggers) return std::nullopt;
    }
  }
  switch (rename.object) {
    case Kind::table:
    case Kind::view:
    case Kind::materialized_view:
    case Kind::foreign_table:
    case Kind::schema:
    case Kind::type:
    case Kind::domain:
    case Kind::function:
    case Kind::procedure:
    case Kind::column:
    case Kind::attribute:
    case Kind::sequence:
      return Hazard{
          "the old version still uses the name " + (rename.name.empty() ? rename.relation.display() : rename.name),
          "no recipe yet; " + std::string(kByHand)};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Hazard> hazard_of(const Draft& draft, const Action& action) {
  if (action.command != nullptr) return command_hazard(draft, action);
  const auto& node = action.statement->node;
  if (const auto* rename = std::get_if<parse::Rename>(&node)) return rename_hazard(draft, *rename);
  if (const auto* move = std::get_if<parse::SetSchema>(&node); move != nullptr && !draft.is_new_table(move->relation)) {
    return Hazard{"the old version still looks for " + move->relation.display() + " in its old schema", kByHand};
  }
  if (std::holds_alternative<parse::Truncate>(node))
    return Hazard{"TRUNCATE loses rows that the old version needs", kByHand};
  if (const auto* query = std::get_if<parse::Query>(&node);
      query != nullptr && query->kind == parse::QueryKind::delete_ && !draft.is_new_table(query->target)) {
    return Hazard{"DELETE loses rows that the old version may need", kByHand};
  }
  if (const auto* alter = std::get_if<parse::AlterEnum>(&node); alter != nullptr && alter->rename) {
    return Hazard{"the old version still uses the value " + alter->label + " of " + alter->name.display(), kByHand};
  }
  if (const auto* alter = std::get_if<parse::AlterDomain>(&node);
      alter != nullptr &&
      (alter->kind == parse::AlterDomainKind::set_not_null || alter->kind == parse::AlterDomainKind::add_constraint)) {
    return Hazard{"domain " + alter->name.display() + " refuses values that the old version writes", kByHand};
  }
  return std::nullopt;
}

}  // namespace bgdb::rewrite
