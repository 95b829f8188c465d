// What one action locks, reads, writes and builds, noted in its effects.
#include <algorithm>

#include "core/contains.h"
#include "lint/effect_lists.h"
#include "lint/scope.h"

namespace bgdb::lint {

void lock(Action& action, const Target& target, LockMode mode) {
  put(action.effects.locks, {target.name, mode, !target.born, LockedKind::relation});
}

void lock_heirs(const Scope& scope, Action& action, const Target& target, LockMode mode) {
  for (const auto& heir : scope.heirs(target)) lock(action, heir, mode);
}

void lock_children(const Scope& scope, Action& action, const Target& target) {
  for (const auto& heir : scope.heirs(target)) {
    const auto& parents = heir.relation->inherits;
    const bool child = heir.relation->partition_of == target.name || core::contains(parents, target.name);
    if (child) lock(action, heir, LockMode::access_exclusive);
  }
}

void lock_whole(const Scope& scope, Action& action, const Target& target, LockMode mode) {
  lock(action, target, mode);
  if (is_partitioned(target)) lock_heirs(scope, action, target, mode);
}

namespace {

std::vector<std::string> referenced_columns(const schema::Constraint& foreign, const schema::Relation& referenced) {
  if (!foreign.referenced_columns.empty()) return foreign.referenced_columns;
  const auto* key = referenced.primary_key();
  return key == nullptr ? std::vector<std::string>{} : key->columns;
}

}  // namespace

std::vector<ForeignKey> foreign_keys_to(const Scope& scope, const Target& target,
                                        const std::vector<std::string>& columns) {
  std::vector<ForeignKey> out;
  if (target.relation == nullptr) return out;
  for (const auto* other : scope.before.referencing(target.name)) {
    if (other->partition_of) continue;  // its parent's key, which is listed itself
    for (const auto& constraint : other->constraints) {
      if (constraint.kind != parse::ConstraintKind::foreign_key) continue;
      if (scope.before.resolve(constraint.referenced) != target.name) continue;
      const auto used = referenced_columns(constraint, *target.relation);
      const bool hit = columns.empty() || std::any_of(used.begin(), used.end(),
                                                      [&](const auto& name) { return core::contains(columns, name); });
      if (hit) out.push_back({other, &constraint});
    }
  }
  return out;
}

void views_go(const Scope& scope, Action& action, const Target& view) {
  lock(action, view, LockMode::access_exclusive);
  for (const auto& above : scope.views_above(view)) lock(action, above, LockMode::access_exclusive);
}

void uses_new_enum_value(const Scope& scope, Action& action, const std::vector<std::string>& constants,
                         const std::function<bool(const QualifiedName& type)>& about) {
  const auto* transaction = scope.context.transaction;
  if (transaction == nullptr || !scope.context.in_transaction) return;
  for (const auto& [label, type] : transaction->enum_labels_added) {
    const bool named = core::contains(constants, label);
    if (named && about(type)) fails(action, "enum-value-used-in-its-transaction", label);
  }
}

void uses_new_enum_value(const Scope& scope, Action& action, const parse::TypeName& type, const parse::Expr& value) {
  const auto* known = scope.before.enum_type(type);
  if (known == nullptr) return;
  uses_new_enum_value(scope, action, value.string_constants, [&](const auto& added) { return added == known->name; });
}

bool proven_not_null(const schema::Relation& relation, const std::string& column) {
  return std::any_of(relation.constraints.begin(), relation.constraints.end(), [&](const auto& constraint) {
    const auto& names = constraint.not_null_columns;
    const bool fits =
        constraint.kind == parse::ConstraintKind::check || constraint.kind == parse::ConstraintKind::not_null;
    return fits && constraint.valid && core::contains(names, column);
  });
}

void lock_index(Action& action, const Target& table, const std::string& index, LockMode mode) {
  put(action.effects.locks, {{table.name.schema, index}, mode, !table.born, LockedKind::index});
}

void lock_indexes(Action& action, const Target& table, LockMode mode) {
  if (table.relation == nullptr) return;
  for (const auto& index : table.relation->indexes) lock_index(action, table, index.name, mode);
}

void lock_sequence(const Scope& scope, Action& action, const QualifiedName& written, LockMode mode) {
  const auto name = scope.resolve(written);
  const auto known = scope.before.sequences.find(name);
  const auto* release = scope.context.release;
  const bool born = release != nullptr &&
                    (release->relation(name) ||
                     (known != scope.before.sequences.end() && release->relation(known->second.owned_by_table)));
  put(action.effects.locks, {name, mode, !born, LockedKind::sequence});
}

void rewrite(Action& action, const Target& target) {
  put(action.effects.rewrites, {target.name, !target.born});
  put(action.effects.scans, {target.name, !target.born});
}

void new_file(Action& action, const Target& target) {
  lock(action, target, LockMode::access_exclusive);
  put(action.effects.rewrites, {target.name, !target.born});
  if (target.relation != nullptr && !target.relation->indexes.empty()) scan(action, target);
}

void scan(Action& action, const Target& target) {
  put(action.effects.scans, {target.name, !target.born});
}

void index_build(Action& action, const Target& target) {
  put(action.effects.index_builds, {target.name, !target.born});
  put(action.effects.scans, {target.name, !target.born});
}

void replication(Action& action, Replication kind, const QualifiedName& table, std::string reason) {
  action.effects.replication.push_back({kind, table.display(), std::move(reason)});
}

}  // namespace bgdb::lint
