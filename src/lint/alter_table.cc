// ALTER TABLE: one action per command. Locks, rewrites and scans as measured on PostgreSQL 15 (docs/design/lint.md).
#include <algorithm>

#include <fmt/format.h>

#include "lint/scope.h"
#include "lint/types.h"

namespace bgdb::lint {

using parse::AlterCommand;
using parse::AlterKind;

namespace {

// An action about one column of the table, ACCESS EXCLUSIVE as most commands take.
Action column_action(Scope& scope, const Target& target, std::string kind, const std::string& column) {
  auto action = scope.action(std::move(kind), target);
  action.facts["column"] = column;
  action.facts["object"] = column_path(target.name, column);
  action.facts["column.born"] = scope.born_column(target, column);
  const auto* known = target.relation == nullptr ? nullptr : target.relation->column(column);
  action.facts["column.known"] = known != nullptr;
  if (known != nullptr) action.facts["old_type"] = known->type.sql;
  lock(action, target, LockMode::access_exclusive);
  return action;
}

bool column_absent(const Target& target, const std::string& column) {
  return target.relation != nullptr && target.relation->columns_known && target.relation->column(column) == nullptr;
}

void drop_column(Scope& scope, const Target& target, const AlterCommand& command) {
  if (command.if_exists && column_absent(target, command.name)) {
    auto action = scope.action("nothing", target);
    action.neutral = true;
    lock(action, target, LockMode::access_exclusive);  // taken before PostgreSQL looks for the column
    return scope.add(std::move(action));
  }
  auto action = column_action(scope, target, "drop-column", command.name);
  action.facts["cascade"] = command.cascade;
  action.facts["if_exists"] = command.if_exists;
  const auto path = column_path(target.name, command.name);
  if (!scope.born_column(target, command.name)) {
    breaks(action, "column-dropped", path);
    loses(action, "column-dropped", path);
    irreversible(action, "column-dropped", path);
    replication(action, Replication::stops, target.name,
                "rows that still carry the column cannot be applied to a table without it");
  }
  const auto views = views_naming(scope.before, target.name, command.name);
  for (const auto* view : views) {
    const auto view_target = scope.target(view->name);
    if (!command.cascade) {
      fails(action, "other-objects-depend", view->name.display());
    } else if (!view_target.born) {
      breaks(action, "view-dropped", view->name.display());
    }
  }
  // A foreign key on the column goes with it, and its referenced table is locked, too.
  if (target.relation != nullptr) {
    for (const auto& constraint : target.relation->constraints) {
      const bool mentions =
          std::find(constraint.columns.begin(), constraint.columns.end(), command.name) != constraint.columns.end();
      if (mentions && constraint.kind == parse::ConstraintKind::foreign_key) {
        lock(action, scope.target(constraint.referenced), LockMode::access_exclusive);
      }
    }
  }
  scope.add(std::move(action));
}

void set_not_null(Scope& scope, const Target& target, const AlterCommand& command) {
  auto action = column_action(scope, target, "set-not-null", command.name);
  const auto* column = target.relation == nullptr ? nullptr : target.relation->column(command.name);
  if (column != nullptr && column->not_null) {
    action.kind = "nothing";
    action.neutral = true;
    return scope.add(std::move(action));
  }
  bool proven = false;
  if (target.relation != nullptr && scope.context.server_version >= 12) {
    for (const auto& constraint : target.relation->constraints) {
      const auto& names = constraint.not_null_columns;
      const bool kind_fits =
          constraint.kind == parse::ConstraintKind::check || constraint.kind == parse::ConstraintKind::not_null;
      if (kind_fits && constraint.valid && std::find(names.begin(), names.end(), command.name) != names.end())
        proven = true;
    }
  }
  action.facts["valid_check"] = proven;
  if (!proven) scan(action, target);
  const auto path = column_path(target.name, command.name);
  const bool has_default = column != nullptr && (column->default_sql || column->identity != 0 || column->generated_sql);
  action.facts["has_default"] = has_default;
  if (!scope.born_column(target, command.name)) {
    // A CHECK already refused NULL before this release, NOT VALID or not, unless the release itself added it.
    bool check_is_released = false;
    if (target.relation != nullptr) {
      for (const auto& constraint : target.relation->constraints) {
        const auto& names = constraint.not_null_columns;
        const bool covers = std::find(names.begin(), names.end(), command.name) != names.end();
        const bool born =
            scope.context.release != nullptr && scope.context.release->constraint(target.name, constraint.name);
        if (covers && !born) check_is_released = true;
      }
    }
    if (!check_is_released) {
      narrows(action, "not-null", path);
      replication(action, Replication::stops, target.name, "a NULL that the other side still accepts stops the apply");
    }
  } else if (!target.born && !has_default) {
    narrows(action, "required-column", path);
    replication(action, Replication::stops, target.name,
                "rows of the old version do not carry the column, and NULL is refused");
  }
  scope.add(std::move(action));
}

void drop_not_null(Scope& scope, const Target& target, const AlterCommand& command) {
  auto action = column_action(scope, target, "drop-not-null", command.name);
  const auto* column = target.relation == nullptr ? nullptr : target.relation->column(command.name);
  const bool was_nullable = column != nullptr && !column->not_null;
  if (!scope.born_column(target, command.name) && !was_nullable)
    widens(action, "nullable", column_path(target.name, command.name));
  scope.add(std::move(action));
}

void set_default(Scope& scope, const Target& target, const AlterCommand& command) {
  auto action = column_action(scope, target, "set-default", command.name);
  if (command.expr) {
    action.facts["default"] = command.expr->sql;
    use_of_new_enum_value(scope, action, command.expr->string_constants);
  }
  scope.add(std::move(action));
}

void drop_default(Scope& scope, const Target& target, const AlterCommand& command) {
  auto action = column_action(scope, target, "drop-default", command.name);
  const auto* column = target.relation == nullptr ? nullptr : target.relation->column(command.name);
  const auto path = column_path(target.name, command.name);
  const bool had_none = column != nullptr && !column->default_sql;
  action.facts["not_null"] = column != nullptr && column->not_null;
  if (!target.born && !had_none) {
    if (column != nullptr && column->not_null) {
      narrows(action, "default-dropped", path);
      replication(action, Replication::stops, target.name, "rows without the column are refused");
    } else if (!scope.born_column(target, command.name)) {
      breaks(action, "default-dropped", path);
    }
  }
  scope.add(std::move(action));
}

// DROP IDENTITY IF EXISTS, DROP EXPRESSION IF EXISTS of a column that has none.
bool drops_nothing(Scope& scope, const Target& target, const AlterCommand& command) {
  const auto* column = target.relation == nullptr ? nullptr : target.relation->column(command.name);
  if (!command.if_exists || column == nullptr) return false;
  if (command.kind == AlterKind::drop_identity ? column->identity != 0 : column->generated_sql.has_value())
    return false;
  auto action = column_action(scope, target, "nothing", command.name);
  action.neutral = true;
  scope.add(std::move(action));
  return true;
}

void identity(Scope& scope, const Target& target, const AlterCommand& command) {
  const bool drop = command.kind == AlterKind::drop_identity;
  if (drop && drops_nothing(scope, target, command)) return;
  auto action = column_action(scope, target, drop ? "drop-identity" : "add-identity", command.name);
  const auto path = column_path(target.name, command.name);
  if (!scope.born_column(target, command.name)) {
    if (drop) narrows(action, "identity-dropped", path);
    if (!drop && command.identity == 'a') narrows(action, "identity-always", path);
  }
  scope.add(std::move(action));
}

void generated(Scope& scope, const Target& target, const AlterCommand& command) {
  const bool drop = command.kind == AlterKind::drop_expression;
  if (drop && drops_nothing(scope, target, command)) return;
  auto action = column_action(scope, target, drop ? "drop-expression" : "set-expression", command.name);
  const auto path = column_path(target.name, command.name);
  if (!scope.born_column(target, command.name)) {
    breaks(action, drop ? "expression-dropped" : "expression-changed", path);
    if (drop)
      replication(action, Replication::silent_damage, target.name, "the column is no longer computed on this side");
  }
  if (!drop) rewrite(action, target);
  scope.add(std::move(action));
}

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
  if (on && !target.born &&
      !(target.relation != nullptr && target.relation->row_security &&
        command.kind == AlterKind::enable_row_security)) {
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
  lock(action, parent, LockMode::share_update_exclusive);
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
    lock(action, referenced, LockMode::row_share);
    scan(action, referenced);
  }
  const auto* tx = scope.context.transaction;
  action.facts["same_transaction"] =
      scope.context.in_transaction && tx != nullptr && tx->not_valid.count({target.name, command.name}) > 0;
  scope.add(std::move(action));
}

void plain(Scope& scope, const Target& target, const AlterCommand& command, std::string kind, LockMode mode) {
  auto action = scope.action(std::move(kind), target);
  if (!command.name.empty()) action.facts["name"] = command.name;
  action.neutral = true;
  lock(action, target, mode);
  scope.add(std::move(action));
}

void owner(Scope& scope, const Target& target, const AlterCommand& command) {
  auto action = scope.action("change-owner", target);
  action.facts["new_name"] = command.name;
  lock(action, target, LockMode::access_exclusive);
  if (!target.born) breaks(action, "owner-changed", target.name.display());
  scope.add(std::move(action));
}

void column_command(Scope& scope, const Target& target, const AlterCommand& command) {
  switch (command.kind) {
    case AlterKind::add_column:
      return add_column_effects(scope, target, command);
    case AlterKind::drop_column:
      return drop_column(scope, target, command);
    case AlterKind::alter_type:
      return alter_type_effects(scope, target, command);
    case AlterKind::set_default:
      return set_default(scope, target, command);
    case AlterKind::drop_default:
      return drop_default(scope, target, command);
    case AlterKind::set_not_null:
      return set_not_null(scope, target, command);
    case AlterKind::drop_not_null:
      return drop_not_null(scope, target, command);
    case AlterKind::add_identity:
    case AlterKind::set_identity:
    case AlterKind::drop_identity:
      return identity(scope, target, command);
    case AlterKind::drop_expression:
    case AlterKind::set_expression:
      return generated(scope, target, command);
    case AlterKind::set_statistics:
    case AlterKind::set_options:
    case AlterKind::reset_options:
      return plain(scope, target, command, "column-option", LockMode::share_update_exclusive);
    default:
      return plain(scope, target, command, "column-storage", LockMode::access_exclusive);
  }
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
    case AlterKind::reset_relation_options:
    case AlterKind::cluster_on:
    case AlterKind::drop_cluster:
      return plain(scope, target, command, "table-option", LockMode::share_update_exclusive);
    case AlterKind::alter_constraint:
      return plain(scope, target, command, "alter-constraint", LockMode::access_exclusive);
    default:
      return plain(scope, target, command, "alter-table", LockMode::access_exclusive);
  }
}

}  // namespace

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
    if (alter.object == ObjectKind::type) composite_effects(scope, action, alter);
    return scope.add(std::move(action));
  }
  for (const auto& command : alter.commands) {
    if (is_column_command(command.kind)) {
      column_command(scope, target, command);
    } else {
      table_command(scope, target, command);
    }
  }
}

}  // namespace bgdb::lint
