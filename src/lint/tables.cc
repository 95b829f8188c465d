// CREATE TABLE, CREATE TABLE AS, RENAME, SET SCHEMA.
#include <algorithm>

#include <fmt/format.h>

#include "lint/plain.h"
#include "lint/scope.h"

namespace bgdb::lint {

using parse::ConstraintKind;
using parse::ObjectKind;

namespace {

bool has_key(const parse::CreateTable& create) {
  const auto is_key = [](const parse::Constraint& constraint) {
    return constraint.kind == ConstraintKind::primary_key;
  };
  if (std::any_of(create.constraints.begin(), create.constraints.end(), is_key)) return true;
  for (const auto& column : create.columns) {
    if (std::any_of(column.constraints.begin(), column.constraints.end(), is_key)) return true;
  }
  for (const auto& like : create.likes) {
    if (like.including_indexes) return true;
  }
  return create.partition_of;  // the parent's key
}

std::vector<QualifiedName> referenced_tables(const parse::CreateTable& create) {
  std::vector<QualifiedName> out;
  const auto collect = [&](const std::vector<parse::Constraint>& constraints) {
    for (const auto& constraint : constraints) {
      if (constraint.kind == ConstraintKind::foreign_key) out.push_back(constraint.referenced);
    }
  };
  collect(create.constraints);
  for (const auto& column : create.columns) collect(column.constraints);
  return out;
}

void create_partition(Scope& scope, Action& action, const parse::CreateTable& create) {
  if (!create.partition_of || create.inherits.empty()) return;
  action.kind = "create-partition";
  const auto parent = scope.target(create.inherits.front());
  action.facts["referenced"] = parent.name.display();
  lock(action, parent, LockMode::access_exclusive);
  if (const auto* fallback = scope.before.default_partition(parent.name); fallback != nullptr) {
    const auto target = scope.target(fallback->name);
    lock(action, target, LockMode::access_exclusive);
    scan(action, target);
  }
  if (parent.relation == nullptr) return;
  for (const auto& constraint : parent.relation->constraints) {
    if (constraint.kind == ConstraintKind::foreign_key)
      lock_whole(scope, action, scope.target(constraint.referenced), LockMode::share_row_exclusive);
  }
}

bool is_relation(ObjectKind kind) {
  return kind == ObjectKind::table || kind == ObjectKind::view || kind == ObjectKind::materialized_view ||
         kind == ObjectKind::foreign_table;
}

bool is_subobject(ObjectKind kind) {
  return kind == ObjectKind::column || kind == ObjectKind::constraint || kind == ObjectKind::trigger ||
         kind == ObjectKind::rule || kind == ObjectKind::policy;
}

// RENAME of a column, constraint, trigger, rule or policy.
void rename_part(Scope& scope, const parse::Rename& rename) {
  const auto target = scope.target(rename.relation);
  auto action = scope.action("rename-" + object_text(rename.object), target);
  const auto path = column_path(target.name, rename.name);
  action.facts["object"] = path;
  action.facts["name"] = rename.name;
  action.facts["new_name"] = rename.new_name;
  lock(action, target, LockMode::access_exclusive);
  const auto* check = target.relation == nullptr ? nullptr : target.relation->constraint(rename.name);
  const bool reaches_heirs =
      rename.object == ObjectKind::column || (rename.object == ObjectKind::constraint && check != nullptr &&
                                              check->kind == ConstraintKind::check && !check->no_inherit);
  if (reaches_heirs) lock_heirs(scope, action, target, LockMode::access_exclusive);
  if (rename.object == ObjectKind::column) {
    action.facts["column"] = rename.name;
    action.facts["column.born"] = scope.born_column(target, rename.name);
    if (!scope.born_column(target, rename.name)) {
      breaks(action, "column-renamed", path);
      replication(action, Replication::stops, target.name,
                  "the stream still carries the old name, which needs a mapping");
    }
  } else {
    action.neutral = true;
    action.facts["constraint"] = rename.name;
    // ON CONFLICT ON CONSTRAINT names it.
    if (rename.object == ObjectKind::constraint && !target.born && target.relation != nullptr) {
      const auto* constraint = target.relation->constraint(rename.name);
      const bool key = constraint != nullptr &&
                       (constraint->kind == ConstraintKind::unique || constraint->kind == ConstraintKind::primary_key);
      if (key) widens(action, "constraint-renamed", path);
    }
  }
  scope.add(std::move(action));
}

// A sequence that belongs to a column is mostly used through the column's default, which follows the rename.
void rename_sequence(Scope& scope, Action& action, const QualifiedName& name) {
  const auto known = scope.before.sequences.find(name);
  const bool owned = known != scope.before.sequences.end() && !known->second.owned_by_table.empty();
  if (scope.born_sequence(name)) return;
  if (owned) widens(action, "sequence-renamed", name.display());
  if (!owned && known != scope.before.sequences.end()) breaks(action, "sequence-renamed", name.display());
}

void rename_relation(Scope& scope, const parse::Rename& rename) {
  const auto target = scope.target(rename.relation);
  if (rename.if_exists && target.absent) {
    auto action = scope.action("nothing", target);
    action.neutral = true;
    return scope.add(std::move(action));
  }
  auto action = scope.action("rename-table", target);
  action.facts["name"] = target.name.name;
  action.facts["new_name"] = rename.new_name;
  action.facts["table.kind"] = object_text(rename.object);
  lock(action, target, LockMode::access_exclusive);
  if (!target.born) {
    const bool view = rename.object == ObjectKind::view || rename.object == ObjectKind::materialized_view;
    breaks(action, view ? "view-renamed" : "table-renamed", target.name.display());
    if (!view)
      replication(action, Replication::stops, target.name,
                  "the stream still carries the old name, and a view cannot be its target");
  }
  scope.add(std::move(action));
}

// IF NOT EXISTS, and it does.
template <class Create>
bool there_already(Scope& scope, const Create& create, const Target& target) {
  if (!create.if_not_exists || target.relation == nullptr) return false;
  auto action = scope.action("nothing", target);
  action.neutral = true;
  scope.add(std::move(action));
  return true;
}

}  // namespace

void create_table_effects(Scope& scope, const parse::CreateTable& create) {
  auto target = scope.target(create.relation);
  if (there_already(scope, create, target)) return;
  target.born = true;
  auto action = scope.action("create-table", target);
  action.facts["if_not_exists"] = create.if_not_exists;
  action.facts["table.temporary"] = create.persistence == 't';
  action.facts["table.partitioned"] = !create.partition_by.empty();
  action.facts["table.has_key"] = has_key(create) || create.persistence != 'p' ||
                                  create.object == ObjectKind::foreign_table || !create.inherits.empty();
  std::vector<std::string> types;
  bool serial = false;
  for (const auto& column : create.columns) {
    types.push_back(column.type.array_dims > 0 ? column.type.sql : column.type.name);
    if (column.default_value) uses_new_enum_value(scope, action, column.type, *column.default_value);
    serial = serial || column.type.name.rfind("serial", 0) == 0;
  }
  action.facts["types"] = types;
  action.facts["serial"] = serial;
  lock(action, target, LockMode::access_exclusive);
  for (const auto& name : referenced_tables(create)) {
    const auto referenced = scope.target(name);
    if (referenced.name == target.name) continue;
    lock_whole(scope, action, referenced, LockMode::share_row_exclusive);
    action.facts["inline_reference"] = true;
    if (!referenced.born) action.facts["referenced"] = referenced.name.display();
  }
  create_partition(scope, action, create);
  for (const auto& parent : create.inherits) {
    if (!create.partition_of) lock(action, scope.target(parent), LockMode::share_update_exclusive);
  }
  scope.add(std::move(action));
}

namespace {

// WITH gone AS (DELETE ... RETURNING *) SELECT * INTO archive FROM gone.
void archive_effects(const Scope& scope, Action& action, const std::string& query_sql) {
  const auto text = plain(query_sql);
  const bool writes = text.rfind("with", 0) == 0 &&
                      (text.find("asinsert") != std::string::npos || text.find("asupdate") != std::string::npos ||
                       text.find("asdelete") != std::string::npos);
  if (!writes) return;
  for (const auto& statement : parse::parse_sql(query_sql).statements) {
    const auto* query = std::get_if<parse::Query>(&statement.node);
    if (query == nullptr) continue;
    action.data = true;
    changes_on_the_way(scope, action, *query);
    for (const auto& name : query->changes) scan(action, scope.target(name));
  }
}

}  // namespace

void create_table_as_effects(Scope& scope, const parse::CreateTableAs& create) {
  auto target = scope.target(create.relation);
  if (there_already(scope, create, target)) return;
  target.born = true;
  auto action = scope.action(create.materialized_view ? "create-materialized-view" : "create-table-as", target);
  action.facts["table.has_key"] = create.materialized_view || create.persistence != 'p';
  action.facts["table.temporary"] = create.persistence == 't';
  lock(action, target, LockMode::access_exclusive);
  if (create.with_data) {
    for (const auto& name : create.reads) scan(action, scope.target(name));
    archive_effects(scope, action, create.query_sql);
  }
  scope.add(std::move(action));
}

void rename_effects(Scope& scope, const parse::Rename& rename) {
  if (is_subobject(rename.object)) return rename_part(scope, rename);
  if (is_relation(rename.object)) return rename_relation(scope, rename);
  auto action = scope.action("rename-" + object_text(rename.object));
  auto name = scope.resolve(rename.relation);
  const bool is_schema =
      rename.object == ObjectKind::schema || rename.object == ObjectKind::database || rename.object == ObjectKind::role;
  if (is_schema) name.schema.clear();
  action.facts["object"] = name.display();
  action.facts["name"] = name.name;
  action.facts["new_name"] = rename.new_name;
  switch (rename.object) {
    case ObjectKind::index:
      action.neutral = true;
      if (const auto index = scope.before.index(rename.relation)) {
        lock_index(action, scope.target(index.relation->name), index.index->name, LockMode::share_update_exclusive);
      }
      break;
    case ObjectKind::attribute:
      if (!scope.born_type(rename.relation)) breaks(action, "type-changed", column_path(name, rename.name));
      break;
    case ObjectKind::type:
    case ObjectKind::domain:
      if (!scope.born_type(rename.relation)) breaks(action, "type-renamed", name.display());
      break;
    case ObjectKind::function:
    case ObjectKind::procedure:
    case ObjectKind::routine:
    case ObjectKind::aggregate:
      if (!scope.born_function(rename.relation) && !is_trigger_function(scope.before, name))
        breaks(action, "function-renamed", name.display());
      break;
    case ObjectKind::schema:
      if (scope.context.release == nullptr || !scope.context.release->schema(name.name)) {
        breaks(action, "schema-renamed", name.display());
        replication(action, Replication::stops, name, "every table of the schema has another name");
      }
      break;
    case ObjectKind::sequence:
      lock_sequence(scope, action, rename.relation, LockMode::access_exclusive);
      if (!scope.context.release || !scope.context.release->relation(name)) rename_sequence(scope, action, name);
      break;
    default:
      breaks(action, object_text(rename.object) + "-renamed", name.display());
      break;
  }
  scope.add(std::move(action));
}

void set_schema_effects(Scope& scope, const parse::SetSchema& move) {
  const auto target = scope.target(move.relation);
  if (move.if_exists && target.absent && is_relation(move.object)) {
    auto action = scope.action("nothing", target);
    action.neutral = true;
    return scope.add(std::move(action));
  }
  auto action = is_relation(move.object) ? scope.action("set-schema", target) : scope.action("set-schema");
  action.facts["object"] = target.name.display();
  action.facts["new_name"] = move.new_schema;
  bool born = target.born;
  if (move.new_schema.rfind("pg_temp", 0) == 0 || move.new_schema == "pg_toast")
    fails(action, "not-movable", move.new_schema);
  if (move.object == ObjectKind::sequence) {
    lock_sequence(scope, action, move.relation, LockMode::access_exclusive);
  } else if (is_relation(move.object)) {
    lock(action, target, LockMode::access_exclusive);
  } else if (move.object == ObjectKind::type || move.object == ObjectKind::domain) {
    born = scope.born_type(move.relation);
  } else if (move.object == ObjectKind::extension) {
    born = false;
  } else {
    born = scope.born_function(move.relation) || is_trigger_function(scope.before, target.name);
  }
  if (!born) {
    breaks(action, "schema-changed", target.name.display());
    if (is_relation(move.object))
      replication(action, Replication::stops, target.name, "the stream still carries the old schema");
  }
  scope.add(std::move(action));
}

}  // namespace bgdb::lint
