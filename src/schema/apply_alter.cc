// ALTER TABLE, its sub-commands one by one; also ALTER VIEW, ALTER TYPE (composite) through the same grammar.
#include <algorithm>
#include <set>

#include "schema/applier.h"

namespace bgdb::schema {

using parse::AlterKind;

void Applier::on(const parse::AlterTable& node) {
  using parse::ObjectKind;
  if (node.object == ObjectKind::type) return alter_composite(node);
  if (node.object == ObjectKind::index) {
    const bool attaches = std::any_of(node.commands.begin(), node.commands.end(),
                                      [](const auto& c) { return c.kind == AlterKind::attach_partition; });
    const auto index = catalog_.index(node.relation);
    if (!index) return note_unknown(node.relation);
    if (attaches) {
      const std::string name = index.index->name;
      validate_parent_index(catalog_.relations.at(index.relation->name), name);
    }
    return;
  }
  auto* relation = catalog_.relation(node.relation);
  if (relation == nullptr) {  // ALTER TABLE works on sequences and indexes, too
    const bool other = catalog_.sequences.count(catalog_.resolve(node.relation)) != 0 || catalog_.index(node.relation);
    if (!other && !node.if_exists) note_missing(node.relation);
    return;
  }
  for (const auto& command : node.commands) alter_command(*relation, command, node.only);
}

void Applier::alter_command(Relation& relation, const parse::AlterCommand& command, bool only) {
  switch (command.kind) {
    case AlterKind::add_column:
      return add_column(relation, command);
    case AlterKind::drop_column:
      if (relation.column(command.name) == nullptr && !command.if_exists && relation.columns_known) {
        note_unknown({relation.name.name, command.name});
      }
      return drop_column(relation, command, only);
    case AlterKind::add_constraint:
    case AlterKind::add_index_constraint:
      if (command.constraint) add_constraint(relation, *command.constraint);
      return;
    case AlterKind::drop_constraint:
      if (relation.constraint(command.name) == nullptr && command.if_exists) return;
      return drop_constraint(relation, command, only);
    case AlterKind::validate_constraint:
      return validate_constraint(relation, command.name);
    case AlterKind::alter_constraint:
      for (auto& constraint : relation.constraints) {
        if (constraint.name != command.name || !command.constraint) continue;
        constraint.deferrable = command.constraint->deferrable;
        constraint.initially_deferred = command.constraint->initially_deferred;
      }
      return;
    case AlterKind::set_logged:
      if (relation.kind != RelationKind::partitioned_table) relation.persistence = 'p';
      return;
    case AlterKind::set_unlogged:
      if (relation.kind != RelationKind::partitioned_table) relation.persistence = 'u';  // it has no storage
      return;
    case AlterKind::enable_trigger:
    case AlterKind::disable_trigger:
      return alter_trigger(relation, command);
    case AlterKind::enable_row_security:
      relation.row_security = true;
      return;
    case AlterKind::disable_row_security:
      relation.row_security = false;
      return;
    case AlterKind::replica_identity:
      relation.replica_identity = command.replica_identity;
      relation.replica_identity_index = command.replica_identity == 'i' ? command.name : "";
      return;
    case AlterKind::inherit:
      if (const auto* parent = look(command.relation); parent != nullptr && !descends(parent->name, relation.name)) {
        relation.inherits.push_back(parent->name);
        join_parent(relation, *parent);
      }
      return;
    case AlterKind::no_inherit: {
      const auto name = catalog_.resolve(command.relation);
      auto& parents = relation.inherits;
      parents.erase(std::remove(parents.begin(), parents.end(), name), parents.end());
      if (const auto* parent = catalog_.relation(name)) leave_parent(relation, *parent);
      return;
    }
    case AlterKind::attach_partition:
      return attach_partition(relation, command);
    case AlterKind::detach_partition:
      if (auto* partition = find(command.relation)) detach_partition(relation, *partition);
      return;
    default:
      return alter_column(relation, command, only);
  }
}

void Applier::alter_column(Relation& relation, const parse::AlterCommand& command, bool only) {
  auto* column = relation.column(command.name);
  switch (command.kind) {
    case AlterKind::alter_type:
    case AlterKind::set_default:
    case AlterKind::drop_default:
    case AlterKind::set_not_null:
    case AlterKind::drop_not_null:
    case AlterKind::add_identity:
    case AlterKind::set_identity:
    case AlterKind::drop_identity:
    case AlterKind::drop_expression:
    case AlterKind::set_expression:
      break;
    default:
      return;  // storage, statistics, owner ...: nothing that the model holds
  }
  if (column == nullptr) {
    if (relation.columns_known) note_unknown({relation.name.name, command.name});
    return;
  }
  switch (command.kind) {
    case AlterKind::alter_type:
      if (command.type) column->type = resolve_type(*command.type);
      column->collation = command.collation;
      break;
    case AlterKind::set_default:
      column->default_sql.reset();
      if (command.expr && !command.expr->is_null) column->default_sql = command.expr->sql;
      break;
    case AlterKind::drop_default:
      column->default_sql.reset();
      break;
    case AlterKind::set_not_null:
      column->not_null = true;
      break;
    case AlterKind::drop_not_null:
      column->not_null = false;
      break;
    case AlterKind::add_identity:
      column->default_sql.reset();
      add_sequence(relation.name, column->name, column->type.name, *column, true);
      column->identity = command.identity;
      return;
    case AlterKind::set_identity:
      if (command.identity != 0) column->identity = command.identity;
      return;
    case AlterKind::drop_identity:
      if (column->identity == 0) return;
      return drop_identity(*column, relation.name);
    case AlterKind::drop_expression:
      column->generated_sql.reset();
      break;
    case AlterKind::set_expression:
      if (command.expr) column->generated_sql = command.expr->sql;
      break;
    default:
      break;
  }
  if (only) return;
  for (const auto& child : children(relation.name)) {
    auto& heir = catalog_.relations.at(child);
    if (heir.column(command.name) != nullptr) alter_column(heir, command, false);
  }
}

void Applier::alter_trigger(Relation& relation, const parse::AlterCommand& command) {
  char mode = 'D';
  if (command.kind == AlterKind::enable_trigger) {
    mode = command.trigger_mode == 'a' ? 'A' : command.trigger_mode == 'r' ? 'R' : 'O';
  }
  for (auto& trigger : relation.triggers) {
    if (command.trigger_scope != 'n' || trigger.name == command.name) trigger.enabled = mode;
  }
}

void Applier::attach_partition(Relation& parent, const parse::AlterCommand& command) {
  auto* partition = find(command.relation);
  if (partition == nullptr || descends(parent.name, partition->name)) return;
  partition->partition_of = parent.name;
  partition->is_default_partition = command.bound_is_default;
  join_parent(*partition, parent);
  for (auto& column : partition->columns) column.local = false;
  for (auto& constraint : partition->constraints) {
    if (constraint.parents > 0) constraint.local = false;
  }
  copy_row_triggers(*partition, parent);
  clone_parent_keys(*partition, parent);
}

// Whether `name` is `ancestor`, or below it: the server refuses circles, and nothing here may meet one.
bool Applier::descends(const QualifiedName& name, const QualifiedName& ancestor) const {
  std::vector<QualifiedName> open{name};
  std::set<QualifiedName> seen;
  while (!open.empty()) {
    const auto at = open.back();
    open.pop_back();
    if (at == ancestor) return true;
    const auto found = catalog_.relations.find(at);
    if (!seen.insert(at).second || found == catalog_.relations.end()) continue;
    const auto& relation = found->second;
    if (relation.partition_of) open.push_back(*relation.partition_of);
    open.insert(open.end(), relation.inherits.begin(), relation.inherits.end());
  }
  return false;
}

// Columns and checks of the same name are from now on inherited, too.
void Applier::join_parent(Relation& child, const Relation& parent) {
  for (const auto& column : parent.columns) {
    if (auto* own = child.column(column.name)) ++own->parents;
  }
  for (const auto& check : parent.constraints) {
    if (check.kind != ConstraintKind::check || check.no_inherit) continue;
    for (auto& own : child.constraints) {
      if (own.kind == ConstraintKind::check && own.name == check.name) ++own.parents;
    }
  }
}

void Applier::leave_parent(Relation& child, const Relation& parent) {
  const auto leave = [](auto& own) {
    if (own.parents > 0 && --own.parents == 0) own.local = true;
  };
  for (const auto& column : parent.columns) {
    if (auto* own = child.column(column.name)) leave(*own);
  }
  for (const auto& check : parent.constraints) {
    if (check.kind != ConstraintKind::check) continue;
    for (auto& own : child.constraints) {
      if (own.kind == ConstraintKind::check && own.name == check.name) leave(own);
    }
  }
}

void Applier::detach_partition(const Relation& parent, Relation& partition) {
  partition.partition_of.reset();
  partition.is_default_partition = false;
  leave_parent(partition, parent);
  for (auto& column : partition.columns) {
    if (column.parents == 0) column.local = true;
  }
  for (auto& constraint : partition.constraints) {
    if (constraint.kind == ConstraintKind::check) continue;
    constraint.local = true;
    constraint.parents = 0;
  }
  for (auto& index : partition.indexes) index.parent.clear();
  auto& triggers = partition.triggers;
  triggers.erase(std::remove_if(triggers.begin(), triggers.end(), [](const Trigger& t) { return t.from_parent; }),
                 triggers.end());
}

void Applier::copy_row_triggers(Relation& partition, const Relation& parent) {
  for (const auto& trigger : parent.triggers) {
    if (!trigger.row) continue;
    partition.triggers.push_back(trigger);
    partition.triggers.back().from_parent = true;
  }
}

// An index made ON ONLY a parent is valid once every partition has the like of it.
void Applier::validate_parent_index(Relation& parent, const std::string& name) {
  for (auto& index : parent.indexes) {
    if (index.name != name) continue;
    const auto heirs = children(parent.name);
    index.valid = std::all_of(heirs.begin(), heirs.end(), [&](const QualifiedName& heir) {
      const auto& own = std::as_const(catalog_.relations).at(heir).indexes;
      return std::any_of(own.begin(), own.end(),
                         [&](const Index& i) { return i.columns == index.columns && i.unique == index.unique; });
    });
  }
}

void Applier::alter_composite(const parse::AlterTable& node) {
  auto* composite = catalog_.composites.edit(catalog_.resolve(node.relation));
  if (composite == nullptr) return note_unknown(node.relation);
  auto& attributes = composite->attributes;
  for (const auto& command : node.commands) {
    const auto at =
        std::find_if(attributes.begin(), attributes.end(), [&](const Column& c) { return c.name == command.name; });
    if (command.kind == AlterKind::add_column && command.column) {
      Column made;
      made.name = command.column->name;
      made.type = resolve_type(command.column->type);
      attributes.push_back(std::move(made));
    } else if (command.kind == AlterKind::drop_column && at != attributes.end()) {
      attributes.erase(at);
    } else if (command.kind == AlterKind::alter_type && at != attributes.end() && command.type) {
      at->type = resolve_type(*command.type);
    }
  }
}

}  // namespace bgdb::schema
