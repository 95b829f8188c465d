// Indexes: CREATE INDEX with the server's default names, copies on partitions and LIKE tables, DROP INDEX.
#include <algorithm>

#include "schema/applier.h"
#include "schema/names.h"

namespace bgdb::schema {
namespace {

void add_distinct(std::vector<std::string>& list, const std::string& name) {
  if (!name.empty() && std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
}

}  // namespace

void Applier::on(const parse::CreateIndex& node, const std::string& text) {
  auto* relation = find(node.relation);
  if (relation == nullptr) return;
  std::string name = node.name;
  if (!name.empty()) {
    const auto existing = catalog_.index({relation->name.schema, name});
    if (existing && (node.if_not_exists || tolerant_)) return;
    if (existing) drop_index({relation->name.schema, name});  // the file says that it is not there
  }
  create_index_on(*relation, node, text, name);
}

void Applier::create_index_on(Relation& relation, const parse::CreateIndex& node, const std::string& text,
                              std::string name) {
  Index index;
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
    index.columns.push_back(element.column);
    add_distinct(index.columns_read, element.column);
    if (!element.expr) continue;
    for (const auto& read : element.expr->columns) add_distinct(index.columns_read, read.name);
  }
  for (const auto& column : node.include) add_distinct(index.columns_read, column);
  if (node.predicate) {
    for (const auto& read : node.predicate->columns) add_distinct(index.columns_read, read.name);
  }
  // ON ONLY: the parent's index stays invalid until every partition has one attached.
  index.valid = !(node.only && relation.kind == RelationKind::partitioned_table);
  relation.indexes.push_back(std::move(index));
  if (node.only || relation.kind != RelationKind::partitioned_table) return;
  for (const auto& child_name : children(relation.name)) {
    create_index_on(catalog_.relations.at(child_name), node, text, "");
  }
}

// The same index on another table: a partition of its owner, or a LIKE copy. Names are chosen anew.
void Applier::clone_index(Relation& relation, const Index& original, const Constraint* original_constraint) {
  Index copy = original;
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
    relation.constraints.push_back(constraint);
    if (constraint.kind == ConstraintKind::primary_key) {
      for (const auto& name : constraint.columns) {
        if (auto* column = relation.column(name)) column->not_null = true;
      }
    }
  }
  if (relation.kind != RelationKind::partitioned_table) return;
  for (const auto& child : children(relation.name)) {
    clone_index(catalog_.relations.at(child), copy, original_constraint == nullptr ? nullptr : &constraint);
  }
}

void Applier::drop_index(const QualifiedName& written) {
  const auto found = catalog_.index(written);
  if (!found) {
    note_unknown(written);
    return;
  }
  const Index dropped = *found.index;
  const auto position = found.index - found.relation->indexes.data();
  auto& relation = catalog_.relations.at(found.relation->name);
  relation.indexes.erase(relation.indexes.begin() + position);
  if (relation.replica_identity_index == dropped.name)
    relation.replica_identity_index.clear();  // 'i' stays: no identity
  if (relation.kind != RelationKind::partitioned_table) return;
  for (const auto& child_name : children(relation.name)) {
    auto& child = catalog_.relations.at(child_name);
    const auto twin = std::find_if(child.indexes.begin(), child.indexes.end(), [&](const Index& own) {
      return !own.constraint && own.columns == dropped.columns && own.columns_read == dropped.columns_read &&
             own.unique == dropped.unique && own.method == dropped.method && own.partial == dropped.partial;
    });
    if (twin != child.indexes.end()) drop_index({child_name.schema, std::string(twin->name)});
  }
}

}  // namespace bgdb::schema
