// CREATE TABLE in all its forms: LIKE, INHERITS, PARTITION OF, AS.
#include <algorithm>

#include "schema/applier.h"
#include "schema/names.h"

namespace bgdb::schema {

// Whether the statement creates something. A plain CREATE of what the model has: the file knows better than the model
// (it was dropped by something we did not see), so the old one goes.
bool Applier::begin_create(const QualifiedName& name, bool if_not_exists) {
  if (catalog_.relations.count(name) == 0) return true;
  if (if_not_exists || collides(true)) return false;
  drop_relation(name);
  return true;
}

void Applier::on(const parse::CreateTable& node) {
  const auto name = place(node.relation, node.persistence);
  if (!begin_create(name, node.if_not_exists)) return;
  if (name.schema != "pg_temp" && catalog_.schemas.count(name.schema) == 0) note_unknown({"", name.schema});

  Relation& relation = catalog_.relations[name];  // in place before its constraints: they may refer to it
  relation.name = name;
  relation.persistence = node.persistence;
  relation.kind = !node.partition_by.empty()                        ? RelationKind::partitioned_table
                  : node.object == parse::ObjectKind::foreign_table ? RelationKind::foreign_table
                                                                    : RelationKind::table;
  relation.partition_columns = node.partition_columns;
  auto parents = resolve_all(node.inherits);
  // The server refuses circles, and nothing here may meet one.
  parents.erase(
      std::remove_if(parents.begin(), parents.end(), [&](const auto& parent) { return descends(parent, name); }),
      parents.end());
  if (node.partition_of && !parents.empty()) {
    relation.partition_of = parents.front();
    relation.is_default_partition = node.bound_is_default;
  } else {
    relation.inherits = parents;
  }
  for (const auto& parent_name : parents) {
    const auto parent = catalog_.relations.find(parent_name);
    if (parent == catalog_.relations.end()) {
      relation.columns_known = false;
      continue;
    }
    inherit_from(relation, parent->second, node.partition_of);
  }
  for (const auto& like : node.likes) copy_like(relation, like);

  std::vector<parse::Constraint> constraints;
  for (const auto& definition : node.columns) {
    auto made = make_column(relation, definition);
    if (auto* existing = relation.column(made.name)) {  // merged with an inherited one
      existing->local = true;
      existing->not_null = existing->not_null || made.not_null;
      if (made.default_sql) existing->default_sql = made.default_sql;
    } else {
      relation.columns.push_back(std::move(made));
    }
    constraints.insert(constraints.end(), definition.constraints.begin(), definition.constraints.end());
  }
  constraints.insert(constraints.end(), node.constraints.begin(), node.constraints.end());
  for (auto& constraint : constraints) constraint.not_valid = false;  // a new table has no row that could break it
  add_constraints(relation, constraints);
  if (relation.partition_of) {
    if (const auto* parent = catalog_.relation(*relation.partition_of)) clone_parent_keys(relation, *parent);
  }
  note_created(name);
}

void Applier::inherit_from(Relation& child, const Relation& parent, bool as_partition) {
  for (const auto& column : parent.columns) {
    if (auto* existing = child.column(column.name)) {
      existing->not_null = existing->not_null || column.not_null;
      if (!existing->default_sql) existing->default_sql = column.default_sql;
      ++existing->parents;
      continue;
    }
    Column copy = column;
    copy.local = false;
    copy.parents = 1;
    if (copy.identity != 0) copy.identity = 0;  // before version 17 the identity stays with the parent
    child.columns.push_back(std::move(copy));
  }
  child.columns_known = child.columns_known && parent.columns_known;
  for (const auto& constraint : parent.constraints) {
    if (constraint.kind != ConstraintKind::check || constraint.no_inherit) continue;
    const auto same = std::find_if(child.constraints.begin(), child.constraints.end(),
                                   [&](const Constraint& c) { return c.name == constraint.name; });
    if (same != child.constraints.end()) {
      ++same->parents;
      continue;
    }
    child.constraints.push_back(constraint);
    child.constraints.back().local = false;
    child.constraints.back().parents = 1;
  }
  if (as_partition) copy_row_triggers(child, parent);
}

// A new or attached partition gets the parent's indexes, keys and foreign keys unless it has the like already.
void Applier::clone_parent_keys(Relation& partition, const Relation& parent) {
  for (const auto& index : parent.indexes)
    clone_index(partition, index, index.constraint ? parent.constraint(index.name) : nullptr, true);
  for (const auto& key : parent.constraints) {
    if (key.kind != ConstraintKind::foreign_key) continue;
    const auto there =
        std::find_if(partition.constraints.begin(), partition.constraints.end(), [&](const Constraint& own) {
          return own.kind == ConstraintKind::foreign_key && own.parents == 0 && own.columns == key.columns &&
                 own.referenced == key.referenced && own.referenced_columns == key.referenced_columns;
        });
    if (there != partition.constraints.end()) {
      there->local = false;
      there->parents = 1;
      continue;
    }
    inherit_foreign_key(partition, key);
  }
}

void Applier::copy_like(Relation& relation, const parse::CreateTable::Like& like) {
  const auto* source = look(like.relation);
  if (source == nullptr) {
    relation.columns_known = false;
    return;
  }
  relation.columns_known = relation.columns_known && source->columns_known;
  for (const auto& column : source->columns) {
    if (relation.column(column.name) != nullptr) continue;
    Column copy = column;
    copy.local = true;
    copy.parents = 0;
    if (!like.including_defaults) copy.default_sql.reset();
    if (!like.including_generated) copy.generated_sql.reset();
    copy.identity = 0;
    if (like.including_identity && column.identity != 0) {
      add_sequence(relation.name, copy.name, "int8", copy, true);  // as the server does, whatever the column's type
      copy.identity = column.identity;
    }
    relation.columns.push_back(std::move(copy));
  }
  for (const auto& constraint : source->constraints) {
    if (like.including_constraints && constraint.kind == ConstraintKind::check) add_copied_check(relation, constraint);
  }
  if (!like.including_indexes) return;
  for (const auto& index : source->indexes) {
    clone_index(relation, index, index.constraint ? source->constraint(index.name) : nullptr, false);
  }
}

void Applier::add_copied_check(Relation& relation, Constraint check) {
  check.local = true;
  check.parents = 0;
  relation.constraints.push_back(std::move(check));
}

void Applier::on(const parse::CreateTableAs& node) {
  const auto name = place(node.relation, node.persistence);
  if (!begin_create(name, node.if_not_exists)) return;
  const auto query = resolve_shape(node.shape);
  Relation& relation = catalog_.relations[name];
  relation.name = name;
  relation.persistence = node.persistence;
  relation.columns = query.columns;
  relation.columns_known = query.columns_known;
  for (size_t i = 0; i < node.columns.size(); ++i) {
    if (i < relation.columns.size()) {
      relation.columns[i].name = node.columns[i];
    } else {
      relation.columns.emplace_back().name = node.columns[i];
    }
  }
  if (node.materialized_view) {
    relation.kind = RelationKind::materialized_view;
    relation.view_sql = node.query_sql;
    relation.reads = query.reads;
    relation.columns_read = query.columns_read;
  }
  note_created(name);
}

}  // namespace bgdb::schema
