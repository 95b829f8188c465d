// What is dropped waits for contract. A NOT NULL column without a default loses its NOT NULL in expand, so that the new
// version, which does not know it any more, can insert. What is dropped and created again: replace_object.cc.
#include <algorithm>

#include "core/contains.h"
#include "rewrite/recipe.h"
#include "rewrite/sync.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

using Kind = parse::ObjectKind;

void wait_for_contract(Draft& draft, const Action& action, const std::string& summary, Rank rank = Rank::drop) {
  draft.change(action, "drop", summary);
  const auto* drop = std::get_if<parse::Drop>(&action.statement->node);
  if (drop != nullptr && drop->concurrently) rank = Rank::unlocked;
  draft.wait(rank, action.sql + ";\n",
             rewrite_sql("no_undo.sql", {{"message", quote_literal("bgdb: " + summary + "; it cannot be undone")}}));
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
  const bool in_key = key != nullptr && core::contains(key->columns, name);
  if (needed && !in_key) {
    const auto alter = "ALTER TABLE " + table.sql() + " ALTER COLUMN " + quote_ident(name);
    draft.pass(action, alter + " DROP NOT NULL", true);
    draft.expand.back().step->undo = alter + " SET NOT NULL;\n";
    draft.expand.back().step->note = "the new version does not write " + name + " any more";
  }
  if (needed && in_key) {
    draft.note("Until contract " + table.display() + "." + name +
               " is part of the primary key and has no default: the new "
               "version must go on writing it.");
  }
  wait_for_contract(draft, action, table.display() + "." + name + " goes with contract");
  return true;
}

// What a statement creates, in words that a DROP can be compared with.
struct Made {
  Kind kind = Kind::other;
  QualifiedName name;
  std::string sub_name;
};
std::optional<Made> made_by(const parse::Node& node) {
  if (const auto* one = std::get_if<parse::CreateTable>(&node)) return Made{Kind::table, one->relation, {}};
  if (const auto* one = std::get_if<parse::CreateTableAs>(&node))
    return Made{one->materialized_view ? Kind::materialized_view : Kind::table, one->relation, {}};
  if (const auto* one = std::get_if<parse::CreateView>(&node)) return Made{Kind::view, one->relation, {}};
  if (const auto* one = std::get_if<parse::CreateEnum>(&node)) return Made{Kind::type, one->name, {}};
  if (const auto* one = std::get_if<parse::CreateType>(&node)) return Made{Kind::type, one->name, {}};
  if (const auto* one = std::get_if<parse::CreateDomain>(&node)) return Made{Kind::domain, one->name, {}};
  if (const auto* one = std::get_if<parse::CreateSequence>(&node)) return Made{Kind::sequence, one->name, {}};
  if (const auto* one = std::get_if<parse::CreateIndex>(&node))
    return Made{Kind::index, {one->relation.schema, one->name}, {}};
  if (const auto* one = std::get_if<parse::CreateFunction>(&node))
    return Made{one->procedure ? Kind::procedure : Kind::function, one->name, {}};
  if (const auto* one = std::get_if<parse::CreateTrigger>(&node)) return Made{Kind::trigger, one->relation, one->name};
  if (const auto* one = std::get_if<parse::CreateRule>(&node)) return Made{Kind::rule, one->relation, one->name};
  if (const auto* one = std::get_if<parse::PolicyStatement>(&node); one != nullptr && one->create)
    return Made{Kind::policy, one->relation, one->name};
  return std::nullopt;
}

Kind comparable(Kind kind) {
  return kind == Kind::routine || kind == Kind::procedure ? Kind::function : kind;
}

bool same(const Draft& draft, const Made& made, Kind kind, const parse::Drop::Item& item) {
  return comparable(made.kind) == comparable(kind) && made.sub_name == item.sub_name &&
         made.name.name == item.name.name &&
         (made.name.schema == item.name.schema || draft.now().resolve(made.name) == draft.now().resolve(item.name));
}

bool created(const Draft& draft, const Action& action, Kind kind, const parse::Drop::Item& item, bool behind) {
  return std::any_of(draft.file().statements.begin(), draft.file().statements.end(), [&](const auto& statement) {
    if (&statement == action.statement || action.is_before(statement) != behind) return false;
    const auto made = made_by(statement.node);
    return made && same(draft, *made, kind, item);
  });
}

// The same form again: nobody sees the moment between the two, which one transaction holds.
bool passes_when_created_again(Kind kind) {
  return kind == Kind::trigger || kind == Kind::policy || kind == Kind::rule || kind == Kind::function ||
         kind == Kind::procedure || kind == Kind::routine;
}

// DROP of an object that the file creates again. True when that is taken care of.
bool take_created_again(Draft& draft, const Action& action, const parse::Drop& drop) {
  const auto& item = drop.items.front();
  if (drop.object == Kind::index && drop.items.size() == 1) {
    draft.replaced_indexes.insert(item.name.name);
    return true;
  }
  if (drop.object == Kind::view) {
    std::string names;
    for (const auto& one : drop.items) {
      const auto name = draft.now().resolve(one.name);
      draft.replaced_views.insert(name);
      draft.rebuilt_views.insert(name);
      names += (names.empty() ? "" : ", ") + name.display();
    }
    draft.before_swap += action.sql + ";\n";
    draft.change(action, "replace-view", names + " goes with contract and is created again there");
    return true;
  }
  draft.refuse(action, item.name.display() + " is dropped and created again in one file",
               "create the new one under another name");
  return true;
}

bool take_drop_object(Draft& draft, const Action& action, const parse::Drop& drop) {
  std::string names;
  size_t again = 0;
  size_t fresh = 0;
  for (const auto& item : drop.items) {
    names += (names.empty() ? "" : ", ") + item.name.display() + (item.sub_name.empty() ? "" : "." + item.sub_name);
    again += created(draft, action, drop.object, item, true);
    fresh += draft.is_new_table(item.name) || created(draft, action, drop.object, item, false);
  }
  if (fresh == drop.items.size()) return false;
  if (again == drop.items.size() && passes_when_created_again(drop.object)) return false;
  if (again == drop.items.size() && !drop.cascade) return take_created_again(draft, action, drop);
  if (again != 0 || fresh != 0) {
    draft.refuse(action, "of " + names + " some are created again in this file",
                 drop.cascade ? "write the drops without CASCADE, one for each" : "write one DROP for each");
    return true;
  }
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
