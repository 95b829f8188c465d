// ATTACH and DETACH PARTITION, and what moves a table's files. The default partition is locked and read, too.
#include <algorithm>

#include "lint/scope.h"

namespace bgdb::lint {

using parse::AlterCommand;
using parse::AlterKind;

namespace {

bool checks_column(const schema::Relation& table, const std::string& column) {
  return std::any_of(table.constraints.begin(), table.constraints.end(), [&](const auto& constraint) {
    if (constraint.kind != parse::ConstraintKind::check || !constraint.valid) return false;
    const auto expression = parse::parse_expression(constraint.check_sql);
    return expression && std::any_of(expression->columns.begin(), expression->columns.end(),
                                     [&](const auto& one) { return one.name == column; });
  });
}

// A valid CHECK over the parent's key lets the server know without reading; whether it fits the bounds is not judged. A
// range or list without NULL also demands that the key is not null.
bool bounds_known(const Target& parent, const Target& table, bool not_null) {
  if (table.relation == nullptr || parent.relation == nullptr) return false;
  const auto& key = parent.relation->partition_columns;
  return !key.empty() && std::all_of(key.begin(), key.end(), [&](const auto& name) {
    const auto* column = table.relation->column(name);
    const bool filled = !not_null || (column != nullptr && column->not_null) || proven_not_null(*table.relation, name);
    return filled && checks_column(*table.relation, name);
  });
}

void lock_referenced(const Scope& scope, Action& action, const Target& parent) {
  if (parent.relation == nullptr) return;
  for (const auto& constraint : parent.relation->constraints) {
    if (constraint.kind == parse::ConstraintKind::foreign_key)
      lock_whole(scope, action, scope.target(constraint.referenced), LockMode::share_row_exclusive);
  }
}

// The new partition gets the parent's indexes and foreign keys where it has none like them.
void take_over_keys(const Scope& scope, Action& action, const Target& parent, const Target& child) {
  if (parent.relation == nullptr || child.relation == nullptr) return;
  lock_referenced(scope, action, parent);
  const auto& own = child.relation->indexes;
  for (const auto& index : parent.relation->indexes) {
    const bool there = std::any_of(own.begin(), own.end(), [&](const auto& one) {
      return one.columns == index.columns && one.unique == index.unique && one.method == index.method && one.valid;
    });
    if (!there) index_build(action, child);
  }
  for (const auto& constraint : parent.relation->constraints) {
    if (constraint.kind == parse::ConstraintKind::foreign_key) scan(action, child);
  }
}

}  // namespace

void attach_partition_effects(Scope& scope, const Target& target, const AlterCommand& command) {
  auto action = scope.action("attach-partition", target);
  const auto child = scope.target(command.relation);
  action.facts["name"] = child.name.display();
  lock(action, target,
       scope.context.server_version >= 12 ? LockMode::share_update_exclusive : LockMode::access_exclusive);
  lock(action, child, LockMode::access_exclusive);
  if (!bounds_known(target, child, true)) scan(action, child);
  take_over_keys(scope, action, target, child);
  if (const auto* fallback = scope.before.default_partition(target.name);
      fallback != nullptr && !command.bound_is_default) {
    const auto fallback_target = scope.target(fallback->name);
    lock(action, fallback_target, LockMode::access_exclusive);
    if (!bounds_known(target, fallback_target, false)) scan(action, fallback_target);
  }
  scope.add(std::move(action));
}

void detach_partition_effects(Scope& scope, const Target& target, const AlterCommand& command) {
  auto action = scope.action("detach-partition", target);
  const auto child = scope.target(command.relation);
  const auto* fallback = scope.before.default_partition(target.name);
  action.facts["name"] = child.name.display();
  action.facts["concurrently"] = command.concurrently;
  if (command.concurrently) {
    scope.out.must_be_outside_transaction = true;
    lock(action, target, LockMode::share_update_exclusive);
    lock(action, child, LockMode::access_exclusive);  // in its second transaction, when queries on it have ended
    if (scope.context.in_transaction) fails(action, "outside-transaction-only", target.name.display());
    if (fallback != nullptr) fails(action, "default-partition-exists", fallback->name.display());
  } else {
    lock(action, target, LockMode::access_exclusive);
    lock(action, child, LockMode::access_exclusive);
    lock_heirs(scope, action, child, LockMode::access_exclusive);
    if (fallback != nullptr) lock(action, scope.target(fallback->name), LockMode::access_exclusive);
    // Its foreign keys become its own; keys that point to the parent must find nothing in it.
    lock_referenced(scope, action, target);
    for (const auto& [other, constraint] : foreign_keys_to(scope, target, {})) {
      lock(action, scope.target(other->name), LockMode::access_exclusive);
      scan(action, scope.target(other->name));
    }
  }
  if (!target.born && !child.born) {
    breaks(action, "rows-left-parent", target.name.display());
    replication(action, Replication::needs_mapping, child.name,
                "the partition's rows leave the parent that the other side still has");
  }
  scope.add(std::move(action));
}

void storage_effects(Scope& scope, const Target& target, const AlterCommand& command) {
  const bool unlogged = command.kind == AlterKind::set_unlogged;
  const bool tablespace = command.kind == AlterKind::set_tablespace;
  auto action = scope.action(unlogged                                ? "set-unlogged"
                             : command.kind == AlterKind::set_logged ? "set-logged"
                             : tablespace                            ? "set-tablespace"
                                                                     : "set-access-method",
                             target);
  lock(action, target, LockMode::access_exclusive);
  const bool persistence_same = target.relation != nullptr && !tablespace &&
                                command.kind != AlterKind::set_access_method &&
                                target.relation->persistence == (unlogged ? 'u' : 'p');
  // Where a table is stored and how is not modelled: the defaults are assumed.
  const bool stays = command.name == (tablespace ? "pg_default" : "heap");
  if (!persistence_same && !stays) rewrite(action, target);
  if (unlogged && !target.born) {
    loses(action, "crash-safety", target.name.display());
    replication(action, Replication::silent_damage, target.name,
                "an unlogged table leaves every publication without an error");
  }
  scope.add(std::move(action));
}

}  // namespace bgdb::lint
