// What hangs on a column. Indexes, checks, outgoing foreign keys, defaults, comments and privileges are carried to the
// column that replaces it (carry.cc); the rest is refused here, with what to do by hand.
#include <algorithm>

#include "parse/parser.h"
#include "rewrite/recipe.h"

namespace bgdb::rewrite {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What binds the column, empty when nothing does.
Hazard binding(const schema::Catalog& catalog, const schema::Relation& relation, const schema::Column& column) {
  const auto here = relation.name.display() + "." + column.name;
  for (const auto* view : catalog.views_on(relation.name, column.name)) {
    return {"view " + view->name.display() + " reads " + here,
            "drop the view in a migration before this one and create it again behind the contract file"};
  }
  if (contains(relation.partition_columns, column.name)) {
    return {here + " is part of the partition key", "build a new partitioned table and move the rows"};
  }
  if (column.generated_sql)
    return {here + " is a generated column", "add a second generated column, then drop this one"};
  if (column.identity != 0) return {here + " is an identity column", "add a new key column in a migration of its own"};
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
  return {};
}

Hazard key_binding(const schema::Catalog& catalog, const schema::Relation& relation, const std::string& column) {
  const auto here = relation.name.display() + "." + column;
  for (const auto& constraint : relation.constraints) {
    if (constraint.kind == parse::ConstraintKind::primary_key && contains(constraint.columns, column)) {
      return {here + " is part of the primary key",
              "add a new key column and move the references in migrations of their own"};
    }
    if (constraint.kind == parse::ConstraintKind::exclude && contains(constraint.columns, column)) {
      return {"exclusion constraint " + constraint.name + " covers " + here,
              "replace the constraint in a migration of its own"};
    }
  }
  for (const auto* other : catalog.referencing(relation.name)) {
    for (const auto& constraint : other->constraints) {
      if (constraint.kind == parse::ConstraintKind::foreign_key &&
          catalog.resolve(constraint.referenced) == relation.name && contains(constraint.referenced_columns, column)) {
        return {"foreign key " + constraint.name + " of " + other->name.display() + " references " + here,
                "drop the foreign key in a migration before this one and add it again behind the contract file"};
      }
    }
  }
  for (const auto& index : relation.indexes) {
    if (relation.replica_identity == 'i' && index.name == relation.replica_identity_index &&
        contains(index.columns, column)) {
      return {here + " is part of the replica identity", "choose another REPLICA IDENTITY first"};
    }
  }
  return {};
}

}  // namespace

bool refuse_if_bound(Draft& draft, const Action& action, const schema::Relation& relation, const std::string& column) {
  const auto* found = relation.column(column);
  Hazard bound = found != nullptr ? binding(draft.now(), relation, *found) : Hazard{};
  if (bound.reason.empty()) bound = key_binding(draft.now(), relation, column);
  if (bound.reason.empty()) return false;
  draft.refuse(action, bound.reason, bound.hint);
  return true;
}

}  // namespace bgdb::rewrite
