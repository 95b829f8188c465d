// DROP and CREATE of a function under another signature: both forms stand side by side until contract. With the same
// arguments, or with more of them that have defaults, calls of the old version find the new one: then the two
// statements pass as they are, in one transaction.
#include <algorithm>

#include "rewrite/recipe.h"
#include "rewrite/sync.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

using parse::CreateFunction;

bool is_input(const parse::FunctionArgument& argument) {
  return argument.mode == 'i' || argument.mode == 'b' || argument.mode == 'v';
}

std::vector<parse::TypeName> input_types(const CreateFunction& create) {
  std::vector<parse::TypeName> types;
  for (const auto& argument : create.arguments) {
    if (is_input(argument)) types.push_back(argument.type);
  }
  return types;
}

std::string signature_sql(const QualifiedName& name, const std::vector<parse::TypeName>& types) {
  std::string list;
  for (const auto& type : types) list += (list.empty() ? "" : ", ") + type.sql;
  return name.sql() + "(" + list + ")";
}

// The function that the item of a DROP means; nullptr when it is not known or was made by this file.
const schema::Function* dropped(const Draft& draft, const parse::Drop::Item& item) {
  const auto known = draft.now().functions.find(draft.now().resolve(item.name));
  if (known == draft.now().functions.end()) return nullptr;
  for (const auto& function : known->second) {
    if (item.arguments_given ? function.arguments == item.arguments : known->second.size() == 1) return &function;
  }
  return nullptr;
}

// The functions of this name that the file makes behind the statement.
std::vector<const CreateFunction*> made_behind(const Draft& draft, const Action& action, const QualifiedName& name) {
  std::vector<const CreateFunction*> made;
  for (const auto& statement : draft.file().statements) {
    const auto* create = std::get_if<CreateFunction>(&statement.node);
    if (create != nullptr && action.is_before(statement) && create->name.name == name.name &&
        (create->name.schema.empty() || name.schema.empty() || create->name.schema == name.schema))
      made.push_back(create);
  }
  return made;
}

// Calls of the old function are calls of the new one.
bool answers(const CreateFunction& create, const schema::Function& old) {
  const auto types = input_types(create);
  if (types.size() < old.arguments.size() || !std::equal(old.arguments.begin(), old.arguments.end(), types.begin()))
    return false;
  size_t input = 0;
  return std::all_of(create.arguments.begin(), create.arguments.end(), [&](const parse::FunctionArgument& argument) {
    return !is_input(argument) || input++ < old.arguments.size() || argument.has_default;
  });
}

bool returns_the_same(const CreateFunction& create, const schema::Function& old) {
  return !create.returns || !old.returns || *create.returns == *old.returns;
}

// A later statement that means the function by its name alone, which two functions have until contract.
bool named_without_arguments(const Draft& draft, const Action& action, const std::string& name) {
  return std::any_of(draft.file().statements.begin(), draft.file().statements.end(), [&](const auto& statement) {
    if (!action.is_before(statement)) return false;
    const auto* alter = std::get_if<parse::AlterFunction>(&statement.node);
    if (alter != nullptr) return alter->name.name == name && !alter->arguments_given;
    if (!std::holds_alternative<parse::Grant>(statement.node) &&
        !std::holds_alternative<parse::Comment>(statement.node))
      return false;
    const auto tokens = tokenize(statement.text);
    for (size_t i = 0; i < tokens.size(); ++i) {
      const bool call = i + 1 < tokens.size() && tokens[i + 1].is_symbol("(", statement.text);
      if (tokens[i].is_name() && tokens[i].name == name && !call) return true;
    }
    return false;
  });
}

}  // namespace

bool take_replace_function(Draft& draft, const Action& action) {
  using Kind = parse::ObjectKind;
  const auto* drop = std::get_if<parse::Drop>(&action.statement->node);
  if (action.command != nullptr || drop == nullptr || drop->items.size() != 1) return false;
  if (drop->object != Kind::function && drop->object != Kind::procedure && drop->object != Kind::routine) return false;
  const auto& item = drop->items.front();
  const auto made = made_behind(draft, action, item.name);
  const auto* old = dropped(draft, item);
  if (made.empty() || old == nullptr) return false;
  const auto signature = signature_sql(old->name, old->arguments);
  const auto heir = std::find_if(made.begin(), made.end(), [&](const auto* create) { return answers(*create, *old); });
  if (heir != made.end()) {
    if (returns_the_same(**heir, *old)) return false;
    draft.refuse(action, "the new " + signature + " returns another type, which the old version does not expect",
                 "create the new function under another name, and drop the old one in a migration marked -- bgdb: "
                 "phase=contract");
    return true;
  }
  if (drop->cascade) {
    draft.refuse(action, "what depends on " + signature + " would go with it, and both forms stand until contract",
                 "write the drop without CASCADE, and one DROP for each thing that depends on the function");
    return true;
  }
  if (named_without_arguments(draft, action, old->name.name)) {
    draft.refuse(action, "two functions are called " + old->name.display() + " until contract",
                 "name the arguments, too: GRANT ... ON FUNCTION " + old->name.name + "(types)");
    return true;
  }
  draft.change(action, "replace-function", "the old " + signature + " stays beside the new one until contract");
  draft.wait(
      Rank::drop,
      std::string("DROP ") + (old->procedure ? "PROCEDURE " : "FUNCTION ") + (drop->if_exists ? "IF EXISTS " : "") +
          signature + ";\n",
      rewrite_sql("no_undo.sql",
                  {{"message", quote_literal("bgdb: contract dropped " + signature + "; it cannot be undone")}}));
  return true;
}

}  // namespace bgdb::rewrite
