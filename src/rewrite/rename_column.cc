// ALTER TABLE t RENAME COLUMN a TO b: b is added beside a, both are kept equal, a goes with contract.
#include "rewrite/conversion.h"
#include "rewrite/recipe.h"

namespace bgdb::rewrite {

bool take_rename_column(Draft& draft, const Action& action) {
  const auto* rename = std::get_if<parse::Rename>(&action.statement->node);
  if (rename == nullptr || rename->object != parse::ObjectKind::column) return false;
  if (rename->relation_kind != parse::ObjectKind::table) return false;
  if (draft.is_new_table(rename->relation)) return false;
  if (auto* group = draft.group_of_new(rename->relation, rename->name)) {
    if (group->one_to_one() &&
        group->olds[0].name == rename->name) {  // retyped before: the new type under the new name
      draft.change(action, "rename-column",
                   group->table.display() + "." + rename->name + " becomes " + rename->new_name);
      draft.rename_new(*group, rename->new_name);
      return true;
    }
    draft.refuse(action, "column " + rename->name + " is renamed twice in this file", "keep the last rename only");
    return true;
  }
  const auto* relation = draft.relation(rename->relation);
  const auto* column = relation == nullptr ? nullptr : relation->column(rename->name);
  if (column == nullptr) {
    draft.refuse(
        action,
        "column " + rename->relation.display() + "." + rename->name + " is not known, so its type is not either",
        "give the folder of the earlier migrations with --schema-from");
    return true;
  }
  if (relation->column(rename->new_name) != nullptr) {
    draft.refuse(action,
                 "the old version has a column " + relation->name.display() + "." + rename->new_name +
                     " until contract, so " + rename->name + " cannot have that name in expand",
                 "choose a name that no column has yet; give it the other one in a later release");
    return true;
  }
  if (refuse_if_bound(draft, action, *relation, rename->name, Fate::renamed)) return true;

  SyncGroup group;
  group.table = relation->name;
  OldColumn old{rename->name,      resolved_type(column->type, draft.now()),
                column->collation, column->default_sql,
                column->identity,  quote_ident(rename->new_name)};
  NewColumn now;
  now.name = now.final_name = rename->new_name;
  now.type = old.type;
  now.collation = column->collation;
  now.forward_sql = quote_ident(rename->name);
  now.plain = true;
  now.not_null = now.not_null_finally = column->not_null;
  now.default_finally = column->default_sql;
  if (column->default_sql && is_stable_default(*column->default_sql)) now.default_now = column->default_sql;
  group.olds.push_back(std::move(old));
  group.news.push_back(std::move(now));
  draft.change(action, "rename-column", group.table.display() + "." + rename->name + " becomes " + rename->new_name);
  draft.add_group(std::move(group));
  return true;
}

}  // namespace bgdb::rewrite
