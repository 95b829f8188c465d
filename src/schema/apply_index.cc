// Indexes: CREATE INDEX with the server's default names, copies on partitions and LIKE tables, DROP INDEX.
#include <algorithm>

#include "core/contains.h"
#include "schema/applier.h"
#include "schema/names.h"

namespace bgdb::schema {
namespace {

void add_distinct(std::vector<std::string>& list, const std::string& name) {
  if (!name.empty() && !core::contains(list, name)) list.push_back(name);
}

}  // namespace

void Applier::on(const parse::CreateIndex& node, const std::string& text) {
  auto* relation = find(node.relation);
  if (relation == nullptr) return;
  std::string name = node.name;
  if (!name.empty()) {
    const auto existing = catalog_.index({relation->name.schema, name});
    if (existing && (node.if_not_exists || collides(true))) return;
    if (existing) remove({{ThingKind::index, existing.relation->name, name}}, Removal::replace);
  }
  create_index_on(*relation, node, text, name, "");
}

// (a::text) over a column that is text is an index on the column.
bool Applier::casts_to_own_type(const Relation& relation, const parse::Expr& expr) const {
  if (expr.columns.size() != 1 || expr.casts.size() != 1 || !expr.functions.empty()) return false;
  const auto* column = relation.column(expr.columns[0].name);
  if (column == nullptr || !(resolve_type(expr.casts[0]) == column->type)) return false;
  return expr.sql == quote_ident(column->name) + "::" + expr.casts[0].sql;
}

void Applier::create_index_on(Relation& relation, const parse::CreateIndex& node, const std::string& text,
                              std::string name, const std::string& parent) {
  Index index;
  index.parent = parent;
  index.attribute_names = index_column_names(node.elements, node.include);
  if (name.empty()) {
    const auto addition = index_name_addition(index.attribute_names);
    name = choose_relation_name(catalog_, relation.name.schema, relation.name.name, addition, "idx");
  }
  index.name = name;
  index.unique = node.unique;
  index.method = node.method;
  index.partial = node.predicate.has_value();
  index.definition = text;
  for (const auto& element : node.elements) {
    index.columns.push_back(element.expr && casts_to_own_type(relation, *element.expr) ? element.expr->columns[0].name
                                                                                       : element.column);
    add_distinct(index.columns_read, element.column);
    if (!element.expr) continue;
    for (const auto& read : element.expr->columns) add_distinct(index.columns_read, read.name);
  }
  for (const auto& column : node.include) add_distinct(index.columns_read, column);
  if (node.predicate) {
    for (const auto& read : node.predicate->columns) add_distinct(index.columns_read, read.name);
  }
  // ON ONLY: the parent's index stays invalid until every partition has one attached.
  index.valid = !node.only || relation.kind != RelationKind::partitioned_table || children(relation.name).empty();
  const Index made = index;
  relation.indexes.push_back(std::move(index));
  if (node.only || relation.kind != RelationKind::partitioned_table) return;
  for (const auto& child_name : children(relation.name)) {
    auto& child = catalog_.relations.at(child_name);
    if (!adopt_index(child, made, nullptr)) create_index_on(child, node, text, "", name);
  }
}

// Whether the index of the partition is what the index of its parent would become there.
bool Applier::same_index(const Index& own, const Index& of_parent) {
  return own.columns == of_parent.columns && own.columns_read == of_parent.columns_read &&
         own.unique == of_parent.unique && own.method == of_parent.method && own.partial == of_parent.partial;
}

// A partition's index that fits becomes the part of the parent's; true when there is one.
bool Applier::adopt_index(Relation& partition, const Index& of_parent, const Constraint* constraint) {
  for (auto& own : partition.indexes) {
    if (!own.parent.empty() || !own.valid || !same_index(own, of_parent)) continue;
    if (constraint != nullptr) {
      auto& constraints = partition.constraints;
      const auto twin = std::find_if(constraints.begin(), constraints.end(), [&](const Constraint& one) {
        return one.name == own.name && one.kind == constraint->kind;
      });
      if (!own.constraint || twin == constraints.end()) continue;
      twin->local = false;
      twin->parents = 1;
    }
    own.parent = of_parent.name;
    return true;
  }
  return false;
}

// The same index on another table: a partition of its owner, or a LIKE copy. Names are chosen anew.
void Applier::clone_index(Relation& relation, const Index& original, const Constraint* original_constraint,
                          bool as_partition) {
  if (as_partition && adopt_index(relation, original, original_constraint)) return;
  Index copy = original;
  copy.valid = true;
  copy.parent = as_partition ? original.name : "";
  if (original_constraint != nullptr && original_constraint->kind == ConstraintKind::primary_key) {
    copy.name = choose_relation_name(catalog_, relation.name.schema, relation.name.name, "", "pkey", true);
  } else {
    const char* label = original_constraint == nullptr                         ? "idx"
                        : original_constraint->kind == ConstraintKind::exclude ? "excl"
                                                                               : "key";
    copy.name =
        choose_relation_name(catalog_, relation.name.schema, relation.name.name,
                             index_name_addition(original.attribute_names), label, original_constraint != nullptr);
  }
  relation.indexes.push_back(copy);
  Constraint constraint;
  if (original_constraint != nullptr) {
    constraint = *original_constraint;
    constraint.name = copy.name;
    constraint.local = !as_partition;
    constraint.parents = as_partition ? 1 : 0;
    relation.constraints.push_back(constraint);
    if (constraint.kind == ConstraintKind::primary_key) {
      for (const auto& name : constraint.columns) {
        if (auto* column = relation.column(name)) column->not_null = true;
      }
    }
  }
  if (relation.kind != RelationKind::partitioned_table) return;
  for (const auto& child : children(relation.name)) {
    clone_index(catalog_.relations.at(child), copy, original_constraint == nullptr ? nullptr : &constraint, true);
  }
}

}  // namespace bgdb::schema
