// Columns: made from a definition (serial, identity, generated), added, dropped with all that hangs on them, renamed.
#include <algorithm>

#include "core/contains.h"
#include "schema/applier.h"
#include "schema/names.h"

namespace bgdb::schema {
namespace {

template <class List, class Predicate>
void erase_where(List& list, Predicate predicate) {
  list.erase(std::remove_if(list.begin(), list.end(), predicate), list.end());
}

// serial4 -> int4; empty when it is no serial type.
std::string serial_base(const TypeName& type) {
  if (!type.schema.empty() || type.array_dims != 0) return {};
  if (type.name == "serial" || type.name == "serial4") return "int4";
  if (type.name == "bigserial" || type.name == "serial8") return "int8";
  if (type.name == "smallserial" || type.name == "serial2") return "int2";
  return {};
}

std::string sql_of(const std::string& internal) {
  if (internal == "int4") return "integer";
  if (internal == "int8") return "bigint";
  return internal == "int2" ? "smallint" : internal;
}

}  // namespace

Column Applier::make_column(const Relation& relation, const parse::ColumnDef& definition) {
  Column column;
  column.name = definition.name;
  column.type = resolve_type(definition.type);
  column.collation = definition.collation;
  column.not_null = definition.not_null;
  if (definition.default_value && !definition.default_value->is_null)
    column.default_sql = definition.default_value->sql;
  if (definition.generated) column.generated_sql = definition.generated->sql;
  if (const auto base = serial_base(column.type); !base.empty()) {
    column.type.name = base;
    column.type.sql = sql_of(base);
    column.not_null = true;
    add_sequence(relation.name, column.name, base, column, false);
  }
  if (definition.identity != 0) {
    column.not_null = true;
    add_sequence(relation.name, column.name, column.type.name, column, true);
    column.identity = definition.identity;
  }
  return column;
}

void Applier::add_sequence(const QualifiedName& relation, const std::string& column, const std::string& type,
                           Column& made, bool identity) {
  Sequence sequence;
  sequence.name = {relation.schema, choose_relation_name(catalog_, relation.schema, relation.name, column, "seq")};
  sequence.owned_by_table = relation;
  sequence.owned_by_column = column;
  sequence.type_name = type;
  sequence.identity = identity;
  if (!identity) made.default_sql = "nextval('" + sequence.name.sql() + "'::regclass)";
  catalog_.sequences[sequence.name] = sequence;
}

void Applier::add_column(Relation& relation, const parse::AlterCommand& command) {
  if (!command.column) return;
  const auto& definition = *command.column;
  if (relation.column(definition.name) != nullptr) {
    if (command.if_not_exists || collides(true)) return;
    remove({{ThingKind::column, relation.name, definition.name}}, Removal::replace);
  }
  relation.columns.push_back(make_column(relation, definition));
  const Column copy = relation.columns.back();
  for (const auto& child_name : children(relation.name)) {
    auto& child = catalog_.relations.at(child_name);
    if (auto* own = child.column(definition.name)) {
      ++own->parents;
      continue;
    }
    auto inherited = command;
    inherited.column->constraints.clear();  // keys and checks come down by add_constraints on the parent
    inherited.column->identity = 0;
    inherited.column->type = copy.type;
    inherited.column->not_null = copy.not_null;
    add_column(child, inherited);
    if (auto* made = child.column(definition.name)) {
      made->default_sql = copy.default_sql;
      made->local = false;
      made->parents = 1;
    }
  }
  add_constraints(relation, definition.constraints);
}

void Applier::drop_column(Relation& relation, const parse::AlterCommand& command, bool only) {
  if (relation.column(command.name) == nullptr) {
    if (!command.if_exists && relation.columns_known) note_unknown({relation.name.name, command.name});
    return;
  }
  if (only) {
    for (const auto& child : children(relation.name)) {
      if (auto* column = catalog_.relations.at(child).column(command.name)) column->local = true;
    }
  }
  remove({{ThingKind::column, relation.name, command.name}}, command.cascade ? Removal::cascade : Removal::restrict);
}

void Applier::drop_identity(Column& column, const QualifiedName& relation) {
  column.identity = 0;
  for (const auto& [name, sequence] : catalog_.sequences) {
    if (sequence.owned_by_table != relation || sequence.owned_by_column != column.name || !sequence.identity) continue;
    catalog_.sequences.erase(QualifiedName(name));
    return;
  }
}

void Applier::rename_column(Relation& relation, const std::string& column, const std::string& new_name) {
  auto* found = relation.column(column);
  if (found == nullptr) {
    if (relation.columns_known) note_unknown({relation.name.name, column});
    return;
  }
  found->name = new_name;
  const auto follow = [&](std::vector<std::string>& names) {
    std::replace(names.begin(), names.end(), column, new_name);
  };
  for (auto& constraint : relation.constraints) {
    follow(constraint.columns);
    follow(constraint.delete_columns);
    follow(constraint.not_null_columns);
    if (constraint.referenced == relation.name) follow(constraint.referenced_columns);
  }
  for (auto& index : relation.indexes) {
    follow(index.columns);
    follow(index.columns_read);
  }
  follow(relation.partition_columns);
  for (auto& trigger : relation.triggers) follow(trigger.update_columns);
  catalog_.statistics.edit_where([&](const auto&, const Statistics& s) { return s.relation == relation.name; },
                                 [&](Statistics& s) { follow(s.columns); });
  catalog_.sequences.edit_where(
      [&](const auto&, const Sequence& sequence) {
        return sequence.owned_by_table == relation.name && sequence.owned_by_column == column;
      },
      [&](Sequence& sequence) { sequence.owned_by_column = new_name; });
  const auto refers = [&](const Constraint& constraint) {
    return constraint.kind == ConstraintKind::foreign_key && constraint.referenced == relation.name;
  };
  const auto reads = [&](const ColumnRead& read) { return read.relation == relation.name && read.name == column; };
  for (const auto& name : catalog_.relatives(relation.name)) {
    auto& other = catalog_.relations.at(name);
    for (auto& constraint : other.constraints) {
      if (refers(constraint)) follow(constraint.referenced_columns);
    }
    for (auto& policy : other.policies) {
      for (auto& read : policy.columns_read) {
        if (reads(read)) read.name = new_name;
      }
    }
    for (auto& read : other.columns_read) {
      if (reads(read)) read.name = new_name;
    }
  }
  for (const auto& child : children(relation.name)) rename_column(catalog_.relations.at(child), column, new_name);
}

}  // namespace bgdb::schema
