// ALTER TYPE a RENAME TO b. Two types that swap names (CREATE TYPE new; columns change type; old RENAME TO old2; new
// RENAME TO old; DROP old2): the columns are a change of type, the names follow in the same transaction as the swap of
// columns. A plain rename: b is a domain over a until contract, good for casts and declarations of the new version.
#include <algorithm>

#include "rewrite/recipe.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

bool is_new_type(const Draft& draft, const QualifiedName& name) {
  return std::any_of(draft.file().statements.begin(), draft.file().statements.end(), [&](const auto& statement) {
    const auto* made = std::get_if<parse::CreateEnum>(&statement.node);
    return made != nullptr && made->name.name == name.name;
  });
}

// Names the type in a way that depends on which one has the name.
bool depends_on_name(const parse::Statement& statement, const std::string& name) {
  if (std::holds_alternative<parse::Rename>(statement.node) || std::holds_alternative<parse::Drop>(statement.node))
    return false;
  const auto tokens = tokenize(statement.text);
  return std::any_of(tokens.begin(), tokens.end(), [&](const Token& t) { return t.is_name() && t.name == name; });
}

// The rename frees a name for another type of the file, or gives such a type its final name.
bool is_swap(const Draft& draft, const Action& action, const parse::Rename& rename) {
  if (is_new_type(draft, rename.relation)) return true;
  return std::any_of(draft.file().statements.begin(), draft.file().statements.end(), [&](const auto& statement) {
    const auto* other = std::get_if<parse::Rename>(&statement.node);
    return action.is_before(statement) && other != nullptr && other->object == parse::ObjectKind::type &&
           other->new_name == rename.relation.name;
  });
}

}  // namespace

bool take_rename_type(Draft& draft, const Action& action) {
  const auto* rename = action.command == nullptr ? std::get_if<parse::Rename>(&action.statement->node) : nullptr;
  if (rename == nullptr || (rename->object != parse::ObjectKind::type && rename->object != parse::ObjectKind::domain))
    return false;
  const auto name = rename->relation.display();
  for (const auto& statement : draft.file().statements) {
    if (!action.is_before(statement) ||
        (!depends_on_name(statement, rename->new_name) && !depends_on_name(statement, rename->relation.name)))
      continue;
    draft.refuse(action,
                 "line " + std::to_string(statement.span.line) + " needs the type " + rename->new_name +
                     " by its new name, which it gets with contract",
                 "move the statements that use the new name to a migration behind the contract file");
    return true;
  }
  if (is_swap(draft, action, *rename)) {
    draft.before_swap += action.sql + ";\n";
    draft.change(action, "swap-type", "type " + name + " gets the name " + rename->new_name + " with contract");
    return true;
  }
  parse::TypeName type;
  type.schema = rename->relation.schema;
  type.name = rename->relation.name;
  const auto* found = draft.now().enum_type(type);
  if (found == nullptr) return false;
  const QualifiedName shim{found->name.schema, rename->new_name};
  draft.pass(action, "CREATE DOMAIN " + shim.sql() + " AS " + found->name.sql(), true);
  draft.expand.back().step->undo = "DROP DOMAIN IF EXISTS " + shim.sql() + ";\n";
  draft.expand.back().step->note = "the new version's name for " + found->name.display();
  draft.before_swap += "DROP DOMAIN " + shim.sql() + ";\n" + action.sql + ";\n";
  draft.change(action, "rename-type", "type " + name + " gets the name " + rename->new_name + " with contract");
  draft.note(
      "Until contract " + shim.display() + " is a domain over " + found->name.display() +
      ". Sessions of the new version that prepared statements with it must connect again when contract has run.");
  return true;
}

}  // namespace bgdb::rewrite
