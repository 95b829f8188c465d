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

bool casts_to(const std::optional<parse::Expr>& expr, const std::string& name) {
  return expr && std::any_of(expr->casts.begin(), expr->casts.end(),
                             [&](const parse::TypeName& type) { return type.name == name; });
}

// Names the type in a way that depends on which one has the name.
// `retypes`: also where columns change to it.
bool depends_on_name(const parse::Statement& statement, const std::string& name, bool retypes) {
  if (std::holds_alternative<parse::Rename>(statement.node) || std::holds_alternative<parse::Drop>(statement.node))
    return false;
  if (const auto* alter = std::get_if<parse::AlterTable>(&statement.node)) {
    return std::any_of(alter->commands.begin(), alter->commands.end(), [&](const parse::AlterCommand& command) {
      if (command.kind == parse::AlterKind::alter_type && !retypes) return false;
      return (command.type && command.type->name == name) || (command.column && command.column->type.name == name) ||
             (command.kind != parse::AlterKind::set_default && casts_to(command.expr, name));
    });
  }
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

// CREATE TYPE of a name that a rename before it set free: <name>__new until contract.
bool take_create_enum(Draft& draft, const Action& action, const parse::CreateEnum& made) {
  parse::TypeName type;
  type.schema = made.name.schema;
  type.name = made.name.name;
  const auto* old = draft.now().enum_type(type);
  if (old == nullptr || draft.original().enum_type(type) != nullptr) return false;
  const QualifiedName twin{old->name.schema, object_name("", {made.name.name, "_new"})};
  std::string labels;
  for (const auto& label : made.labels) labels += (labels.empty() ? "" : ", ") + quote_literal(label);
  draft.pass(action, "CREATE TYPE " + twin.sql() + " AS ENUM (" + labels + ")", true);
  draft.before_swap += "ALTER TYPE " + twin.sql() + " RENAME TO " + quote_ident(made.name.name) + ";\n";
  draft.type_aliases[made.name.name] = twin;
  draft.change(action, "swap-type", "the new type " + made.name.display() + " is " + twin.name + " until contract");
  return true;
}

bool created_later(const Draft& draft, const Action& action, const std::string& name) {
  return std::any_of(draft.file().statements.begin(), draft.file().statements.end(), [&](const auto& statement) {
    const auto* made = std::get_if<parse::CreateEnum>(&statement.node);
    return action.is_before(statement) && made != nullptr && made->name.name == name;
  });
}

}  // namespace

bool take_rename_type(Draft& draft, const Action& action) {
  if (const auto* made = action.command == nullptr ? std::get_if<parse::CreateEnum>(&action.statement->node) : nullptr)
    return take_create_enum(draft, action, *made);
  const auto* rename = action.command == nullptr ? std::get_if<parse::Rename>(&action.statement->node) : nullptr;
  if (rename == nullptr || (rename->object != parse::ObjectKind::type && rename->object != parse::ObjectKind::domain))
    return false;
  const auto name = rename->relation.display();
  const bool replaced = created_later(draft, action, rename->relation.name);
  for (const auto& statement : draft.file().statements) {
    if (!action.is_before(statement)) continue;
    const bool makes = replaced && std::holds_alternative<parse::CreateEnum>(statement.node);
    if (makes || (!depends_on_name(statement, rename->new_name, true) &&
                  !depends_on_name(statement, rename->relation.name, !replaced)))
      continue;
    draft.refuse(action,
                 "line " + std::to_string(statement.span.line) + " needs the type " + rename->new_name +
                     " by its new name, which it gets with contract",
                 "move the statements that use the new name to a migration behind the contract file");
    return true;
  }
  if (replaced || is_swap(draft, action, *rename)) {
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
