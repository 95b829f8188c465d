// ALTER TABLE: one action per command. Locks, rewrites and scans as measured on PostgreSQL 15 (docs/design/lint.md).

#include <fmt/format.h>

#include "core/contains.h"
#include "lint/plain.h"
#include "lint/scope.h"
#include "lint/types.h"

namespace bgdb::lint {

using parse::AlterCommand;
using parse::AlterKind;

namespace {

void trigger_state(Scope& scope, const Target& target, const AlterCommand& command) {
  const bool disable = command.kind == AlterKind::disable_trigger;
  auto action = scope.action(disable ? "disable-trigger" : "enable-trigger", target);
  action.facts["name"] =
      command.trigger_scope == 'n' ? command.name : std::string(command.trigger_scope == 'a' ? "ALL" : "USER");
  lock(action, target, LockMode::share_row_exclusive);
  if (disable && !target.born) {
    breaks(action, "trigger-disabled", target.name.display());
    if (command.trigger_scope == 'a') {
      replication(action, Replication::silent_damage, target.name,
                  "foreign keys are no longer checked, so orphans can be written");
    }
  }
  scope.add(std::move(action));
}

void replica_identity(Scope& scope, const Target& target, const AlterCommand& command) {
  auto action = scope.action("replica-identity", target);
  action.facts["method"] = std::string(command.replica_identity == 'n'   ? "nothing"
                                       : command.replica_identity == 'f' ? "full"
                                                                         : "key");
  lock(action, target, LockMode::access_exclusive);
  if (command.replica_identity == 'n' && !target.born) {
    narrows(action, "identity-lost", target.name.display());
    replication(action, Replication::stops, target.name,
                "UPDATE and DELETE fail on the publisher without a replica identity");
  }
  scope.add(std::move(action));
}

void row_security(Scope& scope, const Target& target, const AlterCommand& command) {
  const bool on = command.kind == AlterKind::enable_row_security || command.kind == AlterKind::force_row_security;
  auto action = scope.action(on ? "enable-row-security" : "disable-row-security", target);
  lock(action, target, LockMode::access_exclusive);
  // ENABLE of what is enabled changes nothing, nor does FORCE of what is not.
  const bool known = target.relation != nullptr;
  const bool force = command.kind == AlterKind::force_row_security;
  const bool idle = known && target.relation->row_security != force;
  if (on && !target.born && !idle) {
    breaks(action, "row-security", target.name.display());
  }
  scope.add(std::move(action));
}

// A child has every column of its parent, of the same type, and NOT NULL where the parent has it.
void misses_parent_columns(Action& action, const Target& child, const Target& parent) {
  if (child.relation == nullptr || parent.relation == nullptr) return;
  if (!child.relation->columns_known || !parent.relation->columns_known) return;
  for (const auto& column : parent.relation->columns) {
    const auto* own = child.relation->column(column.name);
    const bool fits = own != nullptr && own->type == column.type && (own->not_null || !column.not_null);
    if (!fits) return fails(action, "parent-column-missing", column_path(child.name, column.name));
  }
}

void inheritance(Scope& scope, const Target& target, const AlterCommand& command) {
  const bool add = command.kind == AlterKind::inherit;
  auto action = scope.action(add ? "inherit" : "no-inherit", target);
  const auto parent = scope.target(command.relation);
  lock(action, target, LockMode::access_exclusive);
  if (add) lock(action, parent, LockMode::share_update_exclusive);
  if (add) misses_parent_columns(action, target, parent);
  if (!add && !target.born && !parent.born) breaks(action, "rows-left-parent", parent.name.display());
  scope.add(std::move(action));
}

void validate(Scope& scope, const Target& target, const AlterCommand& command) {
  auto action = scope.action("validate-constraint", target);
  action.neutral = true;
  action.facts["constraint"] = command.name;
  lock(action, target, LockMode::share_update_exclusive);
  const auto* constraint = target.relation == nullptr ? nullptr : target.relation->constraint(command.name);
  const bool done = constraint != nullptr && constraint->valid;  // nothing is left to read
  if (!done) scan(action, target);
  if (!done && constraint != nullptr && constraint->kind == parse::ConstraintKind::foreign_key) {
    const auto referenced = scope.target(constraint->referenced);
    lock_whole(scope, action, referenced, LockMode::row_share);
    scan(action, referenced);
  }
  const auto* tx = scope.context.transaction;
  action.facts["same_transaction"] =
      scope.context.in_transaction && tx != nullptr && tx->not_valid.count({target.name, command.name}) > 0;
  scope.add(std::move(action));
}

// Options that planner or executor read anew take the strongest lock (reloptions.c); so do all options of views.
// SECURITY INVOKER: who reads the view needs rights on what it reads.
void view_options(Scope& scope, const Target& target, const AlterCommand& command) {
  auto action = scope.action("table-option", target);
  lock(action, target, LockMode::access_exclusive);
  const auto& names = command.option_names;
  const auto text = plain(scope.statement.text);
  const auto is_off = [&](const char* value) {
    return text.find(std::string("security_invoker=") + value) != std::string::npos;
  };
  const bool invoker =
      core::contains(names, "security_invoker") && !is_off("false") && !is_off("off") && !is_off("no") && !is_off("0");
  if (invoker && !target.born) breaks(action, "view-invoker", target.name.display());
  action.neutral = action.effects.breaks.empty();
  scope.add(std::move(action));
}

LockMode option_lock(const Target& target, const AlterCommand& command) {
  const auto kind = target.relation == nullptr ? schema::RelationKind::table : target.relation->kind;
  const auto& names = command.option_names;
  const bool strong = kind == schema::RelationKind::view || core::contains(names, "user_catalog_table");
  return strong ? LockMode::access_exclusive : LockMode::share_update_exclusive;
}

void owner(Scope& scope, const Target& target, const AlterCommand& command) {
  auto action = scope.action("change-owner", target);
  action.facts["new_name"] = command.name;
  lock(action, target, LockMode::access_exclusive);
  if (!target.born) breaks(action, "owner-changed", target.name.display());
  scope.add(std::move(action));
}

bool is_column_command(AlterKind kind) {
  return kind <= AlterKind::set_expression;
}

void table_command(Scope& scope, const Target& target, const AlterCommand& command) {
  switch (command.kind) {
    case AlterKind::add_constraint:
    case AlterKind::add_index_constraint:
      return add_constraint_effects(scope, target, command);
    case AlterKind::drop_constraint:
      return drop_constraint_effects(scope, target, command);
    case AlterKind::validate_constraint:
      return validate(scope, target, command);
    case AlterKind::set_logged:
    case AlterKind::set_unlogged:
    case AlterKind::set_tablespace:
    case AlterKind::set_access_method:
      return storage_effects(scope, target, command);
    case AlterKind::enable_trigger:
    case AlterKind::disable_trigger:
      return trigger_state(scope, target, command);
    case AlterKind::enable_row_security:
    case AlterKind::disable_row_security:
    case AlterKind::force_row_security:
    case AlterKind::no_force_row_security:
      return row_security(scope, target, command);
    case AlterKind::replica_identity:
      return replica_identity(scope, target, command);
    case AlterKind::owner:
      return owner(scope, target, command);
    case AlterKind::inherit:
    case AlterKind::no_inherit:
      return inheritance(scope, target, command);
    case AlterKind::attach_partition:
      return attach_partition_effects(scope, target, command);
    case AlterKind::detach_partition:
      return detach_partition_effects(scope, target, command);
    case AlterKind::set_relation_options:
      if (target.relation != nullptr && target.relation->kind == schema::RelationKind::view)
        return view_options(scope, target, command);
      [[fallthrough]];
    case AlterKind::reset_relation_options:
      return lock_only(scope, target, command, "table-option", option_lock(target, command));
    case AlterKind::cluster_on:
    case AlterKind::drop_cluster:
      return lock_only(scope, target, command, "table-option", LockMode::share_update_exclusive);
    case AlterKind::alter_constraint:
      return alter_constraint_effects(scope, target, command);
    default:
      return lock_only(scope, target, command, "alter-table", LockMode::access_exclusive);
  }
}

// Commands that PostgreSQL repeats for partitions and inheriting tables.
bool reaches_heirs(const Target& target, const AlterCommand& command, int server_version) {
  const bool partitioned =
      target.relation != nullptr && target.relation->kind == schema::RelationKind::partitioned_table;
  const auto check = [&](parse::ConstraintKind kind, bool no_inherit) {
    return (kind == parse::ConstraintKind::check || kind == parse::ConstraintKind::not_null) && !no_inherit;
  };
  switch (command.kind) {
    case AlterKind::add_column:
    case AlterKind::drop_column:
    case AlterKind::alter_type:
    case AlterKind::set_default:
    case AlterKind::drop_default:
    case AlterKind::set_not_null:
    case AlterKind::set_statistics:
    case AlterKind::set_storage:
    case AlterKind::drop_expression:
    case AlterKind::set_expression:
      return true;
    case AlterKind::drop_not_null: {  // since 18 it is a constraint: what is not there is not dropped from the children
      const auto* column = target.relation == nullptr ? nullptr : target.relation->column(command.name);
      return server_version < 18 || column == nullptr || column->not_null;
    }
    case AlterKind::add_constraint:
      if (!command.constraint) return false;
      return partitioned ? command.constraint->kind == parse::ConstraintKind::foreign_key ||
                               check(command.constraint->kind, command.constraint->no_inherit)
                         : check(command.constraint->kind, command.constraint->no_inherit);
    case AlterKind::drop_constraint:
    case AlterKind::validate_constraint: {
      const auto* known = target.relation == nullptr ? nullptr : target.relation->constraint(command.name);
      return known != nullptr && (partitioned || check(known->kind, known->no_inherit));
    }
    case AlterKind::enable_trigger:
    case AlterKind::disable_trigger:
      return partitioned;
    default:
      return false;
  }
}

}  // namespace

void lock_only(Scope& scope, const Target& target, const AlterCommand& command, std::string kind, LockMode mode) {
  auto action = scope.action(std::move(kind), target);
  if (!command.name.empty()) action.facts["name"] = command.name;
  action.neutral = true;
  lock(action, target, mode);
  scope.add(std::move(action));
}

void alter_table_effects(Scope& scope, const parse::AlterTable& alter) {
  using parse::ObjectKind;
  const auto target = scope.target(alter.relation);
  if (alter.if_exists && target.absent) {
    auto action = scope.action("nothing", target);
    action.neutral = true;
    return scope.add(std::move(action));
  }
  if (alter.object == ObjectKind::index || alter.object == ObjectKind::sequence || alter.object == ObjectKind::type) {
    auto action = scope.action("alter-object");
    action.facts["object"] = target.name.display();
    action.neutral = alter.object != ObjectKind::type;
    if (const auto index = scope.before.index(alter.relation); index && alter.object == ObjectKind::index) {
      for (const auto& command : alter.commands) {
        const bool moved = command.kind == AlterKind::set_tablespace;
        const auto mode = moved ? LockMode::access_exclusive : LockMode::share_update_exclusive;
        lock_index(action, scope.target(index.relation->name), index.index->name, mode);
      }
    }
    if (alter.object == ObjectKind::sequence) lock_sequence(scope, action, alter.relation, LockMode::access_exclusive);
    if (alter.object == ObjectKind::type) composite_effects(scope, action, alter);
    return scope.add(std::move(action));
  }
  for (const auto& command : alter.commands) {
    scope.only = alter.only;
    scope.family = !alter.only && reaches_heirs(target, command, scope.context.server_version) ? &target : nullptr;
    if (is_column_command(command.kind)) {
      column_command_effects(scope, target, command);
    } else {
      table_command(scope, target, command);
    }
  }
  scope.family = nullptr;
}

}  // namespace bgdb::lint
