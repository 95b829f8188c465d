// What hangs on a column and cannot be carried along. A renamed column stays in place, so almost everything goes with
// it; a replaced one loses what PostgreSQL's own ALTER COLUMN TYPE refuses, too (views, policies, generated columns).
#include <algorithm>

#include "core/contains.h"
#include "parse/parser.h"
#include "rewrite/index_build.h"
#include "rewrite/recipe.h"

namespace bgdb::rewrite {
namespace {

bool inherits(const schema::Relation& child, const QualifiedName& parent, const schema::Catalog& catalog) {
  return !child.partition_of && std::any_of(child.inherits.begin(), child.inherits.end(),
                                            [&](const QualifiedName& name) { return catalog.resolve(name) == parent; });
}

Hazard always_bound(const schema::Catalog& catalog, const schema::Relation& relation, const schema::Column& column) {
  const auto here = relation.name.display() + "." + column.name;
  if (core::contains(relation.partition_columns, column.name)) {
    return {here + " is part of the partition key, and a row's partition is chosen before any trigger could fill it",
            "build a new partitioned table beside this one and move the rows"};
  }
  if (column.generated_sql) {
    return {here + " is a generated column, which nobody may fill",
            "add a second generated column in a migration of its own, then drop this one"};
  }
  for (const auto& [name, other] : catalog.relations) {
    if (inherits(other, relation.name, catalog)) {
      return {"table " + name.display() + " inherits " + here, "write the steps for both tables by hand"};
    }
  }
  return {};
}

Hazard bound_to_place(const Draft& draft, const schema::Relation& relation, const schema::Column& column) {
  const auto& catalog = draft.now();
  const auto here = relation.name.display() + "." + column.name;
  for (const auto* view : catalog.views_on(relation.name, column.name)) {
    if (draft.rebuilt_views.count(view->name) != 0) continue;
    return {"view " + view->name.display() + " reads " + here + ", and PostgreSQL changes no column under a view",
            "drop the view before this statement and create it again behind it, in this file: bgdb rewrites both"};
  }
  for (const auto& other : relation.columns) {
    if (!other.generated_sql) continue;
    const auto expression = parse::parse_expression(*other.generated_sql);
    if (!expression) continue;
    for (const auto& read : expression->columns) {
      if (read.name == column.name)
        return {"generated column " + other.name + " reads " + here, "replace " + other.name + " first"};
    }
  }
  if (!relation.policies.empty()) {
    return {"row security policy " + relation.policies.front().name + " of " + relation.name.display() + " may read " +
                column.name,
            "write the steps by hand: bgdb cannot see which columns a policy reads"};
  }
  for (const auto& constraint : relation.constraints) {
    if (constraint.kind == parse::ConstraintKind::exclude && core::contains(constraint.columns, column.name)) {
      return {"exclusion constraint " + constraint.name + " covers " + here + ", and it cannot be built concurrently",
              "replace the constraint in a migration of its own"};
    }
  }
  for (const auto* other : catalog.referencing(relation.name)) {
    for (const auto& constraint : other->constraints) {
      const bool here_too = constraint.kind == parse::ConstraintKind::foreign_key &&
                            catalog.resolve(constraint.referenced) == relation.name &&
                            core::contains(constraint.referenced_columns, column.name);
      if (here_too && (is_partitioned(catalog, relation.name) || is_partitioned(catalog, other->name))) {
        return {"foreign key " + constraint.name + " of " + other->name.display() + " references " + here +
                    ", and between partitioned tables it cannot be added without a scan under locks",
                "drop the foreign key in a migration before this one and add it again behind the contract file"};
      }
    }
  }
  return {};
}

}  // namespace

bool refuse_if_bound(Draft& draft, const Action& action, const schema::Relation& relation, const std::string& column,
                     Fate fate) {
  const auto* found = relation.column(column);
  if (found == nullptr) return false;
  Hazard bound;
  if (relation.partition_of) {
    bound = {relation.name.display() + " is a partition, its columns are those of " + relation.partition_of->display(),
             "change the partitioned table"};
  }
  if (bound.reason.empty()) bound = always_bound(draft.now(), relation, *found);
  if (bound.reason.empty() && fate == Fate::replaced) bound = bound_to_place(draft, relation, *found);
  if (bound.reason.empty()) return false;
  draft.refuse(action, bound.reason, bound.hint);
  return true;
}

}  // namespace bgdb::rewrite
