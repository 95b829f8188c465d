#include "rewrite/index_build.h"

#include <algorithm>

#include "rewrite/sync.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

std::string create(const IndexSpec& spec, const std::string& how, const std::string& name, const QualifiedName& table) {
  return std::string("CREATE ") + (spec.unique ? "UNIQUE " : "") + "INDEX " + (how == "CONCURRENTLY" ? how + " " : "") +
         quote_ident(name) + " ON " + (how == "ONLY" ? how + " " : "") + table.sql() + spec.tail + ";\n";
}

std::string in_schema_of(const QualifiedName& table, const std::string& name) {
  return QualifiedName{table.schema, name}.sql();
}

// An attempt that died halfway leaves an invalid index of this name.
std::string drop_concurrently(const QualifiedName& table, const std::string& name) {
  return "DROP INDEX CONCURRENTLY IF EXISTS " + in_schema_of(table, name) + ";\n";
}

void add_concurrent(Step& step, const IndexSpec& spec, const std::string& name, const QualifiedName& table) {
  const auto drop = drop_concurrently(table, name);
  step.sql += drop + create(spec, "CONCURRENTLY", name, table);
  step.undo += drop;
}

std::string name_on(const IndexSpec& spec, const LeafName& leaf_name, const schema::Relation& partition) {
  auto name = leaf_name ? leaf_name(partition) : std::string();
  return name.empty() ? object_name("", {spec.name, partition.name.name}) : name;
}

// The parent's index over those of its partitions, level by level.
void add_parents(const schema::Catalog& catalog, const IndexSpec& spec, const LeafName& leaf_name,
                 const QualifiedName& table, const std::string& name, Step& step) {
  step.sql += create(spec, "ONLY", name, table);
  for (const auto* partition : catalog.partitions(table)) {
    const auto below = name_on(spec, leaf_name, *partition);
    if (partition->kind == schema::RelationKind::partitioned_table)
      add_parents(catalog, spec, leaf_name, partition->name, below, step);
    step.sql += "ALTER INDEX " + in_schema_of(table, name) + " ATTACH PARTITION " +
                in_schema_of(partition->name, below) + ";\n";
  }
}

}  // namespace

bool is_partitioned(const schema::Catalog& catalog, const QualifiedName& table) {
  const auto* relation = catalog.relation(table);
  return relation != nullptr && relation->kind == schema::RelationKind::partitioned_table;
}

std::vector<const schema::Relation*> leaves_of(const schema::Catalog& catalog, const QualifiedName& table) {
  if (!is_partitioned(catalog, table)) {
    const auto* relation = catalog.relation(table);
    return relation == nullptr ? std::vector<const schema::Relation*>{} : std::vector{relation};
  }
  std::vector<const schema::Relation*> leaves;
  for (const auto* partition : catalog.partitions(table)) {
    for (const auto* leaf : leaves_of(catalog, partition->name)) leaves.push_back(leaf);
  }
  return leaves;
}

const schema::Index* index_of_leaf(const schema::Relation& leaf, const schema::Index& parent_index) {
  const auto found = std::find_if(leaf.indexes.begin(), leaf.indexes.end(), [&](const schema::Index& index) {
    return index.columns == parent_index.columns && index.columns_read == parent_index.columns_read &&
           index.unique == parent_index.unique && index.primary == parent_index.primary &&
           index.constraint == parent_index.constraint && index.method == parent_index.method &&
           index.partial == parent_index.partial;
  });
  return found == leaf.indexes.end() ? nullptr : &*found;
}

Step build_on_leaves(const schema::Catalog& catalog, const IndexSpec& spec, const LeafName& leaf_name) {
  Step step;
  step.in_transaction = false;
  for (const auto* leaf : leaves_of(catalog, spec.table)) {
    add_concurrent(step, spec, leaf->name == spec.table ? spec.name : name_on(spec, leaf_name, *leaf), leaf->name);
  }
  return step;
}

std::vector<Step> build_index(const schema::Catalog& catalog, const IndexSpec& spec, const LeafName& leaf_name) {
  if (!is_partitioned(catalog, spec.table)) {
    Step step;
    step.in_transaction = false;
    const QualifiedName table = catalog.relation(spec.table) != nullptr ? catalog.resolve(spec.table) : spec.table;
    if (spec.name.empty()) {  // PostgreSQL chooses the name, so nothing can be dropped by it
      step.sql = std::string("CREATE ") + (spec.unique ? "UNIQUE " : "") + "INDEX CONCURRENTLY ON " + table.sql() +
                 spec.tail + ";\n";
    } else {
      add_concurrent(step, spec, spec.name, table);
    }
    return {step};
  }
  Step leaves = build_on_leaves(catalog, spec, leaf_name);
  leaves.note = "each partition of " + spec.table.display() + ", without blocking writers";
  Step parents;
  parents.note = "no build: the index of " + spec.table.display() + " is made of those of its partitions";
  add_parents(catalog, spec, leaf_name, spec.table, spec.name, parents);
  parents.sql +=
      rewrite_sql("check_index_valid.sql", {{"index_literal", quote_literal(in_schema_of(spec.table, spec.name))},
                                            {"table_literal", quote_literal(spec.table.display())}});
  parents.undo = "DROP INDEX IF EXISTS " + in_schema_of(spec.table, spec.name) + ";\n";
  if (leaves.sql.empty()) return {parents};
  return {leaves, parents};
}

}  // namespace bgdb::rewrite
