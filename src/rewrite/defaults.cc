// SET DEFAULT, DROP DEFAULT and DROP NOT NULL of a column that is being replaced, and DROP DEFAULT where the old
// version relies on it.
#include <algorithm>

#include "rewrite/conversion.h"
#include "rewrite/recipe.h"

namespace bgdb::rewrite {
namespace {

void set_final_default(Draft& draft, const Action& action, SyncGroup& group) {
  const auto& command = *action.command;
  for (auto& column : group.news) {
    if (column.final_name != command.name) continue;
    column.default_finally = command.kind == parse::AlterKind::set_default && command.expr
                                 ? std::optional<std::string>(command.expr->sql)
                                 : std::nullopt;
    draft.change(action, "default", group.table.display() + "." + command.name + " gets its new default with contract");
  }
}

// The file replaces the column anyway; dropping the default of the old one would leave a time without any.
bool retyped_later(const Draft& draft, const Action& action, const QualifiedName& table, const std::string& column) {
  return std::any_of(draft.file().statements.begin(), draft.file().statements.end(), [&](const auto& statement) {
    const auto* alter = std::get_if<parse::AlterTable>(&statement.node);
    if (statement.span.offset < action.statement->span.offset || alter == nullptr) return false;
    return draft.present(alter->relation) == table &&
           std::any_of(alter->commands.begin(), alter->commands.end(), [&](const parse::AlterCommand& command) {
             return command.kind == parse::AlterKind::alter_type && command.name == column;
           });
  });
}

}  // namespace

bool take_defaults(Draft& draft, const Action& action) {
  if (action.command == nullptr || draft.is_new_table(action.alter->relation)) return false;
  const auto kind = action.command->kind;
  const auto& name = action.command->name;
  const bool about_default = kind == parse::AlterKind::set_default || kind == parse::AlterKind::drop_default;
  if (!about_default && kind != parse::AlterKind::drop_not_null) return false;
  auto* group = draft.group_of_new(action.alter->relation, name);
  if (group != nullptr && group->one_to_one()) {
    if (about_default) {
      set_final_default(draft, action, *group);
      return true;
    }
    group->news[0].not_null = group->news[0].not_null_finally = false;
    draft.pass(
        action,
        "ALTER TABLE " + group->table.sql() + " ALTER COLUMN " + quote_ident(group->olds[0].name) + " DROP NOT NULL",
        true);
    return true;
  }
  const auto* relation = draft.relation(action.alter->relation);
  const auto* column = relation == nullptr ? nullptr : relation->column(name);
  if (kind != parse::AlterKind::drop_default || column == nullptr || !column->not_null) return false;
  if (draft.is_new_column(action.alter->relation, name)) return false;
  draft.dropped_defaults.insert({relation->name, name});
  draft.change(action, "drop-default", relation->name.display() + "." + name + " loses its default with contract");
  const auto undo = column->default_sql ? "ALTER TABLE " + relation->name.sql() + " ALTER COLUMN " + quote_ident(name) +
                                              " SET DEFAULT " + *column->default_sql + ";\n"
                                        : std::string();
  if (!retyped_later(draft, action, relation->name, name)) draft.wait(Rank::drop, action.sql + ";\n", undo);
  return true;
}

}  // namespace bgdb::rewrite
