// ATTACH and DETACH PARTITION, and what moves a table's files. The default partition is locked and read, too.
#include "lint/scope.h"

namespace bgdb::lint {

using parse::AlterCommand;
using parse::AlterKind;

namespace {

bool has_valid_check(const Target& target) {
  if (target.relation == nullptr) return false;
  for (const auto& constraint : target.relation->constraints) {
    if (constraint.kind == parse::ConstraintKind::check && constraint.valid) return true;
  }
  return false;
}

}  // namespace

void attach_partition_effects(Scope& scope, const Target& target, const AlterCommand& command) {
  auto action = scope.action("attach-partition", target);
  const auto child = scope.target(command.relation);
  action.facts["name"] = child.name.display();
  lock(action, target,
       scope.context.server_version >= 12 ? LockMode::share_update_exclusive : LockMode::access_exclusive);
  lock(action, child, LockMode::access_exclusive);
  if (!has_valid_check(child)) scan(action, child);
  if (const auto* fallback = scope.before.default_partition(target.name);
      fallback != nullptr && !command.bound_is_default) {
    const auto fallback_target = scope.target(fallback->name);
    lock(action, fallback_target, LockMode::access_exclusive);
    if (!has_valid_check(fallback_target)) scan(action, fallback_target);
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
    if (scope.context.in_transaction) fails(action, "outside-transaction-only", target.name.display());
    if (fallback != nullptr) fails(action, "default-partition-exists", fallback->name.display());
  } else {
    lock(action, target, LockMode::access_exclusive);
    lock(action, child, LockMode::access_exclusive);
    if (fallback != nullptr) lock(action, scope.target(fallback->name), LockMode::access_exclusive);
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
  if (!persistence_same) rewrite(action, target);
  if (unlogged && !target.born) {
    loses(action, "crash-safety", target.name.display());
    replication(action, Replication::silent_damage, target.name,
                "an unlogged table leaves every publication without an error");
  }
  scope.add(std::move(action));
}

}  // namespace bgdb::lint
