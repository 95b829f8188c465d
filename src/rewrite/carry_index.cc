// Indexes, unique constraints and primary keys of a column that is renamed or replaced. See carry.h.
#include <algorithm>

#include "rewrite/carry.h"
#include "rewrite/index_build.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

std::string rename_index(const QualifiedName& table, const std::string& from, const std::string& to) {
  return "ALTER INDEX " + QualifiedName{table.schema, from}.sql() + " RENAME TO " + quote_ident(to) + ";\n";
}

class IndexCarrier {
 public:
  IndexCarrier(const Draft& draft, const schema::Relation& relation, Carried& carried)
      : draft_(draft), relation_(relation), names_(column_names(draft, relation.name)), carried_(carried) {}

  void run() {
    for (const auto& index : relation_.indexes) {
      const auto columns = index.columns_read.empty() ? index.columns : index.columns_read;
      const bool replaced = concerns(columns, names_.now, names_.going);
      if (replaced && index.constraint) continue;  // below
      if (replaced && !index.primary) replace(index, columns);
      if (!replaced && concerns(columns, names_.copies, names_.going)) copy(index);
    }
    for (const auto& constraint : relation_.constraints) {
      const bool key =
          constraint.kind == parse::ConstraintKind::primary_key || constraint.kind == parse::ConstraintKind::unique;
      if (key && concerns(constraint.columns, names_.now, names_.going)) replace_key(constraint);
    }
    carry_own_indexes_of_partitions();
  }

 private:
  bool lossy(const std::vector<std::string>& columns) const {
    return std::any_of(columns.begin(), columns.end(),
                       [&](const std::string& name) { return names_.lossy.count(name) != 0; });
  }
  const schema::Catalog& catalog() const { return draft_.now(); }

  void add(std::vector<Step> steps, bool waits) {
    for (auto& step : steps) {
      if (step.note.empty()) step.note = "the twin of an index of " + relation_.name.display();
      (waits ? carried_.contract_before : carried_.expand_unlocked).push_back(std::move(step));
    }
  }

  IndexSpec spec_of(const schema::Index& index, const Names& names) const {
    return {relation_.name, twin_name(index.name), index.unique, index_tail(index, relation_.name, names)};
  }
  static LeafName twins_of(const schema::Index& index) {
    return [&index](const schema::Relation& leaf) {
      const auto* own = index_of_leaf(leaf, index);
      return own == nullptr ? std::string() : twin_name(own->name);
    };
  }

  // For the statements of the new version, until contract drops the copied column and this index with it.
  void copy(const schema::Index& index) {
    Names names = names_.copies;
    auto spec = spec_of(index, names);
    if (index.primary && index.definition.find('(') == std::string::npos) {
      spec.tail = " USING btree (" + core::quote_ident_list(mapped(index.columns, names)) + ")";
    }
    add(build_index(catalog(), spec, twins_of(index)), false);
  }

  void replace(const schema::Index& index, const std::vector<std::string>& columns) {
    const bool waits = index.unique && lossy(columns);
    const auto spec = spec_of(index, names_.now);
    add(build_index(catalog(), spec, twins_of(index)), waits);
    carried_.swap_sql += rename_index(relation_.name, spec.name, index.name);
    rename_partitions(index);
    if (relation_.replica_identity == 'i' && relation_.replica_identity_index == index.name) {
      carried_.swap_sql +=
          "ALTER TABLE " + relation_.name.sql() + " REPLICA IDENTITY USING INDEX " + quote_ident(index.name) + ";\n";
    }
  }

  void rename_partitions(const schema::Index& index) {
    for (const auto* partition : catalog().partitions(relation_.name)) rename_below(*partition, index);
  }
  void rename_below(const schema::Relation& partition, const schema::Index& index) {
    if (const auto* own = index_of_leaf(partition, index))
      carried_.swap_sql += rename_index(partition.name, twin_name(own->name), own->name);
    for (const auto* below : catalog().partitions(partition.name)) rename_below(*below, index);
  }

  static std::string kind_sql(const schema::Constraint& constraint) {
    return constraint.kind == parse::ConstraintKind::primary_key ? "PRIMARY KEY " : "UNIQUE ";
  }
  static std::string timing_sql(const schema::Constraint& constraint) {
    return std::string(constraint.deferrable ? " DEFERRABLE" : "") +
           (constraint.initially_deferred ? " INITIALLY DEFERRED" : "");
  }

  void replace_key(const schema::Constraint& constraint) {
    const auto table = "ALTER TABLE " + relation_.name.sql();
    const auto name = quote_ident(constraint.name);
    carried_.drop_sql += table + " DROP CONSTRAINT " + name + ";\n";
    const bool waits = lossy(constraint.columns) || constraint.deferrable;  // an index checks at once
    const auto columns = core::quote_ident_list(mapped(constraint.columns, names_.now));
    const auto final_columns = core::quote_ident_list(mapped(constraint.columns, names_.finally));
    IndexSpec spec{relation_.name, twin_name(constraint.name), true, " (" + columns + ")"};
    const LeafName leaf_name = [&](const schema::Relation& leaf) { return twin_name(key_of_leaf(leaf, constraint)); };
    if (is_partitioned(catalog(), relation_.name)) {
      auto step = build_on_leaves(catalog(), spec, leaf_name);
      if (!step.sql.empty()) add({step}, waits);
      for (const auto* leaf : leaves_of(catalog(), relation_.name)) {
        carried_.swap_sql += "ALTER TABLE " + leaf->name.sql() + " ADD CONSTRAINT " +
                             quote_ident(key_of_leaf(*leaf, constraint)) + " " + kind_sql(constraint) + "USING INDEX " +
                             quote_ident(leaf_name(*leaf)) + timing_sql(constraint) + ";\n";
      }
      carried_.swap_sql += table + " ADD CONSTRAINT " + name + " " + kind_sql(constraint) + "(" + final_columns + ")" +
                           timing_sql(constraint) + ";\n";
      return;
    }
    add(build_index(catalog(), spec, {}), waits);
    carried_.swap_sql += table + " ADD CONSTRAINT " + name + " " + kind_sql(constraint) + "USING INDEX " +
                         quote_ident(spec.name) + timing_sql(constraint) + ";\n";
  }

  static std::string key_of_leaf(const schema::Relation& leaf, const schema::Constraint& constraint) {
    for (const auto& own : leaf.constraints) {
      if (own.kind == constraint.kind && own.columns == constraint.columns) return own.name;
    }
    return object_name("", {leaf.name.name, constraint.name});
  }

  // Indexes that a partition has for itself.
  void carry_own_indexes_of_partitions() {
    if (!is_partitioned(catalog(), relation_.name)) return;
    for (const auto* leaf : leaves_of(catalog(), relation_.name)) {
      for (const auto& index : leaf->indexes) {
        const auto columns = index.columns_read.empty() ? index.columns : index.columns_read;
        const bool replaced = concerns(columns, names_.now, names_.going);
        if (index.constraint || (!replaced && !concerns(columns, names_.copies, names_.going))) continue;
        const bool inherited =
            std::any_of(relation_.indexes.begin(), relation_.indexes.end(),
                        [&](const schema::Index& parents) { return index_of_leaf(*leaf, parents) == &index; });
        if (inherited) continue;
        const bool waits = replaced && index.unique && lossy(columns);
        IndexSpec spec{leaf->name, twin_name(index.name), index.unique,
                       index_tail(index, leaf->name, replaced ? names_.now : names_.copies)};
        add(build_index(catalog(), spec, {}), waits);
        if (replaced) carried_.swap_sql += rename_index(leaf->name, spec.name, index.name);
      }
    }
  }

  const Draft& draft_;
  const schema::Relation& relation_;
  ColumnNames names_;
  Carried& carried_;
};

}  // namespace

std::string index_tail(const schema::Index& index, const QualifiedName& table, const Names& names) {
  const auto open = index.definition.find('(');
  if (open == std::string::npos)
    return " USING " + index.method + " (" + core::quote_ident_list(mapped(index.columns, names)) + ")";
  return " USING " + index.method + " " + rename_columns(index.definition.substr(open), names, {table.name});
}

void carry_indexes(const Draft& draft, const schema::Relation& relation, Carried& carried) {
  IndexCarrier(draft, relation, carried).run();
}

}  // namespace bgdb::rewrite
