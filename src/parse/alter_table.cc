// ALTER TABLE and its relatives that share the grammar (ALTER INDEX, VIEW, SEQUENCE, TYPE ... with sub-commands).
#include <string>

#include "parse/pg_nodes.h"

namespace bgdb::parse {
namespace {

AlterKind kind_of(AlterTableType type) {
  switch (type) {
    case AT_AddColumn:
      return AlterKind::add_column;
    case AT_DropColumn:
      return AlterKind::drop_column;
    case AT_AlterColumnType:
      return AlterKind::alter_type;
    case AT_ColumnDefault:
      return AlterKind::set_default;
    case AT_SetNotNull:
      return AlterKind::set_not_null;
    case AT_DropNotNull:
      return AlterKind::drop_not_null;
    case AT_DropExpression:
      return AlterKind::drop_expression;
    case AT_SetStatistics:
      return AlterKind::set_statistics;
    case AT_SetOptions:
      return AlterKind::set_options;
    case AT_ResetOptions:
      return AlterKind::reset_options;
    case AT_SetStorage:
      return AlterKind::set_storage;
    case AT_SetCompression:
      return AlterKind::set_compression;
    case AT_AddConstraint:
      return AlterKind::add_constraint;
    case AT_AlterConstraint:
      return AlterKind::alter_constraint;
    case AT_ValidateConstraint:
      return AlterKind::validate_constraint;
    case AT_DropConstraint:
      return AlterKind::drop_constraint;
    case AT_ChangeOwner:
      return AlterKind::owner;
    case AT_ClusterOn:
      return AlterKind::cluster_on;
    case AT_DropCluster:
      return AlterKind::drop_cluster;
    case AT_SetLogged:
      return AlterKind::set_logged;
    case AT_SetUnLogged:
      return AlterKind::set_unlogged;
    case AT_SetAccessMethod:
      return AlterKind::set_access_method;
    case AT_SetTableSpace:
      return AlterKind::set_tablespace;
    case AT_SetRelOptions:
      return AlterKind::set_relation_options;
    case AT_ResetRelOptions:
      return AlterKind::reset_relation_options;
    case AT_EnableTrig:
    case AT_EnableAlwaysTrig:
    case AT_EnableReplicaTrig:
    case AT_EnableTrigAll:
    case AT_EnableTrigUser:
      return AlterKind::enable_trigger;
    case AT_DisableTrig:
    case AT_DisableTrigAll:
    case AT_DisableTrigUser:
      return AlterKind::disable_trigger;
    case AT_EnableRule:
    case AT_EnableAlwaysRule:
    case AT_EnableReplicaRule:
      return AlterKind::enable_rule;
    case AT_DisableRule:
      return AlterKind::disable_rule;
    case AT_AddInherit:
      return AlterKind::inherit;
    case AT_DropInherit:
      return AlterKind::no_inherit;
    case AT_AddOf:
      return AlterKind::of_type;
    case AT_DropOf:
      return AlterKind::not_of;
    case AT_ReplicaIdentity:
      return AlterKind::replica_identity;
    case AT_EnableRowSecurity:
      return AlterKind::enable_row_security;
    case AT_DisableRowSecurity:
      return AlterKind::disable_row_security;
    case AT_ForceRowSecurity:
      return AlterKind::force_row_security;
    case AT_NoForceRowSecurity:
      return AlterKind::no_force_row_security;
    case AT_AttachPartition:
      return AlterKind::attach_partition;
    case AT_DetachPartition:
    case AT_DetachPartitionFinalize:
      return AlterKind::detach_partition;
    case AT_AddIdentity:
      return AlterKind::add_identity;
    case AT_SetIdentity:
      return AlterKind::set_identity;
    case AT_DropIdentity:
      return AlterKind::drop_identity;
    default:
      return AlterKind::other;
  }
}

void read_trigger(AlterTableType type, AlterCommand& out) {
  switch (type) {
    case AT_EnableTrigAll:
    case AT_DisableTrigAll:
      out.trigger_scope = 'a';
      break;
    case AT_EnableTrigUser:
    case AT_DisableTrigUser:
      out.trigger_scope = 'u';
      break;
    default:
      out.trigger_scope = 'n';
      break;
  }
  if (out.kind != AlterKind::enable_trigger) return;
  out.trigger_mode = type == AT_EnableAlwaysTrig ? 'a' : type == AT_EnableReplicaTrig ? 'r' : 'o';
}

void read_option_names(const PgNode* list, AlterCommand& out) {
  for (const PgNode* node : Nodes(BGDB_AS(List, list))) {
    if (const auto* option = BGDB_AS(DefElem, node)) out.option_names.push_back(text_of(option->defname));
  }
}

char identity_of(const PgNode* list) {
  for (const PgNode* node : Nodes(BGDB_AS(List, list))) {
    const auto* option = BGDB_AS(DefElem, node);
    if (option == nullptr || text_of(option->defname) != "generated") continue;
    if (const auto* value = BGDB_AS(Integer, option->arg)) return static_cast<char>(value->ival);
  }
  return 0;
}

void read_type_change(const PgNode* def, AlterCommand& out) {
  const auto* column = BGDB_AS(ColumnDef, def);
  if (column == nullptr) return;
  out.type = convert_type(column->typeName);
  out.expr = convert_optional(column->raw_default);
  if (column->collClause != nullptr) out.collation = name_of(column->collClause->collname).display();
}

void read_partition(const Context& context, const PgNode* def, AlterCommand& out) {
  const auto* partition = BGDB_AS(PartitionCmd, def);
  if (partition == nullptr) return;
  out.relation = name_of(partition->name);
  out.concurrently = partition->concurrent;
  if (partition->bound == nullptr) return;
  out.bound_is_default = partition->bound->is_default;
  out.bound_sql = bound_sql(context, partition->bound);
}

void read_constraint(const Context& context, const AlterTableCmd* node, AlterCommand& out) {
  const auto* constraint = BGDB_AS(Constraint, node->def);
  if (constraint == nullptr) return;
  out.constraint = convert_constraint(context, constraint);
  out.name = out.constraint->name;
  if (out.kind == AlterKind::add_constraint && !out.constraint->using_index.empty()) {
    out.kind = AlterKind::add_index_constraint;
  }
}

void read_identity(const PgNode* def, AlterCommand& out) {
  if (const auto* constraint = BGDB_AS(Constraint, def)) out.identity = constraint->generated_when;
  if (BGDB_AS(List, def) != nullptr) {
    out.identity = identity_of(def);
    read_option_names(def, out);
  }
}

AlterCommand convert_command(const Context& context, const AlterTableCmd* node) {
  AlterCommand out;
  out.kind = kind_of(node->subtype);
  out.name = text_of(node->name);
  out.cascade = node->behavior == DROP_CASCADE;
  switch (out.kind) {
    case AlterKind::add_column:
      out.if_not_exists = node->missing_ok;
      if (const auto* column = BGDB_AS(ColumnDef, node->def)) {
        out.column = convert_column(context, column);
        out.name = out.column->name;
      }
      return out;
    case AlterKind::alter_type:
      read_type_change(node->def, out);
      break;
    case AlterKind::set_default:
      if (node->def == nullptr) out.kind = AlterKind::drop_default;
      out.expr = convert_optional(node->def);
      break;
    case AlterKind::add_constraint:
    case AlterKind::alter_constraint:
      read_constraint(context, node, out);
      break;
    case AlterKind::enable_trigger:
    case AlterKind::disable_trigger:
      read_trigger(node->subtype, out);
      break;
    case AlterKind::add_identity:
    case AlterKind::set_identity:
      read_identity(node->def, out);
      break;
    case AlterKind::set_options:
    case AlterKind::reset_options:
    case AlterKind::set_relation_options:
    case AlterKind::reset_relation_options:
      read_option_names(node->def, out);
      break;
    case AlterKind::set_storage:
    case AlterKind::set_compression:
      if (const std::string value = string_value(node->def); !value.empty()) out.option_names = {value};
      break;
    case AlterKind::inherit:
    case AlterKind::no_inherit:
      out.relation = name_of_object(node->def);
      break;
    case AlterKind::of_type:
      if (const auto* type = BGDB_AS(TypeName, node->def)) out.type = convert_type(type);
      break;
    case AlterKind::attach_partition:
    case AlterKind::detach_partition:
      read_partition(context, node->def, out);
      break;
    case AlterKind::owner:
      out.name = role_name(node->newowner);
      break;
    case AlterKind::replica_identity:
      if (const auto* identity = BGDB_AS(ReplicaIdentityStmt, node->def)) {
        out.replica_identity = identity->identity_type;
        out.name = text_of(identity->name);
      }
      break;
    default:
      break;
  }
  out.if_exists = node->missing_ok;
  return out;
}

// ALTER TYPE ... ADD/DROP/ALTER ATTRIBUTE comes as the same node.
AlterTable convert_alter(const Context& context, const AlterTableStmt* node) {
  AlterTable out;
  out.relation = name_of(node->relation);
  out.object = object_kind(node->objtype);
  out.if_exists = node->missing_ok;
  out.only = !node->relation->inh;
  for (const PgNode* command : Nodes(node->cmds)) {
    if (const auto* cmd = BGDB_AS(AlterTableCmd, command)) out.commands.push_back(convert_command(context, cmd));
  }
  return out;
}

}  // namespace

bool convert_alter_table(const Context& context, const PgNode* node, Node& out) {
  const auto* alter = BGDB_AS(AlterTableStmt, node);
  if (alter == nullptr) return false;
  out = convert_alter(context, alter);
  return true;
}

}  // namespace bgdb::parse
