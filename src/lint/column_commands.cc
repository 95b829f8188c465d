// ALTER TABLE: the commands about one column, but for ADD COLUMN and ALTER COLUMN TYPE.

#include "core/contains.h"
#include "lint/demanded.h"
#include "lint/scope.h"

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
  const auto* column = target.relation == nullptr ? nullptr : target.relation->column(command.name);
  if (column != nullptr && column->parents > 0)
    fails(action, "inherited-column", column_path(target.name, command.name));
  action.facts["cascade"] = command.cascade;
  action.facts["if_exists"] = command.if_exists;
  action.facts["generated"] = column != nullptr && column->generated_sql.has_value();
  const auto path = column_path(target.name, command.name);
  if (!scope.born_column(target, command.name)) {
    breaks(action, "column-dropped", path);
    if (column == nullptr || !column->generated_sql) {
      loses(action, "column-dropped", path);
      irreversible(action, "column-dropped", path);
      replication(action, Replication::stops, target.name,
                  "rows that still carry the column cannot be applied to a table without it");
    }
  }
  if (!command.cascade) refused_by_users(scope, action, target, command.name);
  const auto views = views_naming(scope.before, target.name, command.name);
  for (const auto* view : views) {
    const auto view_target = scope.target(view->name);
    if (!command.cascade) {
      fails(action, "other-objects-depend", view->name.display());
      continue;
    }
    views_go(scope, action, view_target);
    if (!view_target.born) breaks(action, "view-dropped", view->name.display());
  }
  for (const auto& [table, constraint] : foreign_keys_to(scope, target, {command.name})) {
    if (command.cascade) lock_whole(scope, action, scope.target(table->name), LockMode::access_exclusive);
    const auto& own = constraint->columns;
    const bool goes_along = table->name == target.name && core::contains(own, command.name);
    if (!command.cascade && !goes_along) fails(action, "other-objects-depend", table->name.display());
  }
  if (scope.only) lock_children(scope, action, target);
  // A foreign key on the column goes with it, and its referenced table is locked, too.
  if (target.relation != nullptr) {
    for (const auto& constraint : target.relation->constraints) {
      const bool mentions = core::contains(constraint.columns, command.name);
      if (mentions && constraint.kind == parse::ConstraintKind::foreign_key) {
        lock_whole(scope, action, scope.target(constraint.referenced), LockMode::access_exclusive);
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
  const bool proven = target.relation != nullptr && scope.context.server_version >= 12 &&
                      proven_not_null(*target.relation, command.name);
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
        const bool covers = core::contains(names, command.name);
        const bool born =
            scope.context.release != nullptr && scope.context.release->constraint(target.name, constraint.name);
        if (covers && !born) check_is_released = true;
      }
    }
    if (!check_is_released && !kept_not_null(writes_of_old(scope, target, false), command.name)) {
      narrows(action, "not-null", path);
      replication(action, Replication::stops, target.name, "a NULL that the other side still accepts stops the apply");
    }
  } else if (!target.born && !has_default && !kept_not_null(writes_of_old(scope, target, false), command.name)) {
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
    const auto* column = target.relation == nullptr ? nullptr : target.relation->column(command.name);
    if (column != nullptr) uses_new_enum_value(scope, action, column->type, *command.expr);
  }
  scope.add(std::move(action));
}

// A trigger gives it a value when no default does.
bool filled_without_default(const Scope& scope, const Target& target, const std::string& column) {
  if (!has_filling_triggers(*target.relation)) return false;
  auto without = *target.relation;
  without.column(column)->default_sql.reset();
  const auto old = writes_of_old(scope, target, false);
  return kept_not_null(
      {old.catalog, without, [&](const auto& name) { return name == column || old.born(name); }, false, ""}, column);
}

void drop_default(Scope& scope, const Target& target, const AlterCommand& command) {
  auto action = column_action(scope, target, "drop-default", command.name);
  const auto* column = target.relation == nullptr ? nullptr : target.relation->column(command.name);
  const auto path = column_path(target.name, command.name);
  const bool had_none = column != nullptr && !column->default_sql;
  action.facts["not_null"] = column != nullptr && column->not_null;
  if (!target.born && !had_none) {
    if (column != nullptr && column->not_null) {
      if (filled_without_default(scope, target, command.name)) return scope.add(std::move(action));
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

// A column gets numbers of its own only when it is NOT NULL and has no default. Other commands of the same ALTER TABLE
// may see to that.
void refused_identity(const Scope& scope, Action& action, const Target& target, const std::string& name) {
  const auto* alter = std::get_if<parse::AlterTable>(&scope.statement.node);
  const auto* column = target.relation == nullptr ? nullptr : target.relation->column(name);
  if (column == nullptr || alter == nullptr || alter->commands.size() > 1) return;
  if (!column->not_null) fails(action, "identity-of-nullable", column_path(target.name, name));
  if (column->default_sql) fails(action, "identity-beside-default", column_path(target.name, name));
}

void identity(Scope& scope, const Target& target, const AlterCommand& command) {
  const bool drop = command.kind == AlterKind::drop_identity;
  if (drop && drops_nothing(scope, target, command)) return;
  auto action = column_action(scope, target, drop ? "drop-identity" : "add-identity", command.name);
  const auto path = column_path(target.name, command.name);
  if (!scope.born_column(target, command.name)) {
    if (drop) narrows(action, "identity-dropped", path);
    if (command.kind == AlterKind::add_identity) refused_identity(scope, action, target, command.name);
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

}  // namespace

void column_command_effects(Scope& scope, const Target& target, const AlterCommand& command) {
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
      return lock_only(scope, target, command, "column-option", LockMode::share_update_exclusive);
    default:
      return lock_only(scope, target, command, "column-storage", LockMode::access_exclusive);
  }
}

}  // namespace bgdb::lint
