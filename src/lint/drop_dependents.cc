// What hangs on a dropped type, sequence, function or schema, as the replay's dependencies tell it: without CASCADE
// PostgreSQL refuses the statement, with it they go as well, under the strongest lock.
#include <algorithm>

#include "core/contains.h"
#include "lint/scope.h"
#include "schema/dependents.h"

namespace bgdb::lint {

using parse::ObjectKind;
using schema::Thing;
using schema::ThingKind;

namespace {

std::vector<Thing> things_named(const schema::Catalog& catalog, ObjectKind kind, const QualifiedName& name) {
  switch (kind) {
    case ObjectKind::type:
    case ObjectKind::domain:
      return {{ThingKind::type, name, ""}};
    case ObjectKind::schema:
      return {{ThingKind::schema, {"", name.name}, ""}};
    case ObjectKind::sequence:
      return {{ThingKind::sequence, name, ""}};
    case ObjectKind::function:
    case ObjectKind::procedure:
    case ObjectKind::routine: {
      const auto found = catalog.functions.find(name);
      if (found == catalog.functions.end() || found->second.size() != 1) return {};
      return {{ThingKind::function, name, schema::argument_types(found->second.front())}};
    }
    default:
      return {};
  }
}

// The relation that is, or has, the thing.
const schema::Relation* relation_of(const Scope& scope, const Thing& thing) {
  switch (thing.kind) {
    case ThingKind::relation:
    case ThingKind::column:
    case ThingKind::column_default:
    case ThingKind::constraint:
    case ThingKind::index:
    case ThingKind::trigger:
    case ThingKind::policy:
    case ThingKind::rule:
      return scope.before.relation(thing.name);
    default:
      return nullptr;
  }
}

// What CASCADE takes from the old version.
void goes_too(const Scope& scope, Action& action, const Thing& thing) {
  const auto target = scope.target(thing.name);
  const auto path = column_path(thing.name, thing.part);
  switch (thing.kind) {
    case ThingKind::relation:
      if (target.relation != nullptr && target.relation->is_view() && !target.born)
        breaks(action, "view-dropped", thing.name.display());
      return;
    case ThingKind::column:
      if (scope.born_column(target, thing.part)) return;
      breaks(action, "column-dropped", path);
      return loses(action, "column-dropped", path);
    case ThingKind::column_default:
      if (!scope.born_column(target, thing.part)) breaks(action, "default-dropped", path);
      return;
    case ThingKind::trigger:
      if (!scope.born_part(target, thing.part)) breaks(action, "trigger-dropped", path);
      return;
    case ThingKind::function:
      if (!scope.born_function(thing.name)) breaks(action, "function-dropped", thing.name.display());
      return;
    default:
      return;
  }
}

bool named_too(const Scope& scope, const parse::Drop& drop, const QualifiedName& name, const Thing& thing) {
  if (drop.items.size() < 2 || thing.name == name) return false;
  return std::any_of(drop.items.begin(), drop.items.end(), [&](const auto& item) {
    return scope.resolve(item.name) == thing.name || item.name.name == thing.name.schema;
  });
}

void lock_with_others(const Scope& scope, Action& action, const Target& target, ThingKind part) {
  lock(action, target, LockMode::access_exclusive);
  const bool whole = part == ThingKind::relation;
  if (target.relation->is_view() || (!whole && part != ThingKind::column)) return;
  lock_heirs(scope, action, target, LockMode::access_exclusive);
  if (!whole) return;
  for (const auto& view : scope.views_above(target)) lock(action, view, LockMode::access_exclusive);
  for (const auto& constraint : target.relation->constraints) {
    if (constraint.kind == parse::ConstraintKind::foreign_key)
      lock_whole(scope, action, scope.target(constraint.referenced), LockMode::access_exclusive);
  }
  for (const auto& [other, constraint] : foreign_keys_to(scope, target, {}))
    lock_whole(scope, action, scope.target(other->name), LockMode::access_exclusive);
}

}  // namespace

void dependents_effects(const Scope& scope, Action& action, const parse::Drop& drop, const QualifiedName& name) {
  bool owner_locked = false;
  const auto sequence = scope.before.sequences.find(name);
  for (const auto& thing : things_named(scope.before, drop.object, name)) {
    for (const auto& [dependent, automatic] : schema::dependents_of(scope.before, thing)) {
      if (automatic || named_too(scope, drop, name, dependent)) continue;
      const auto* relation = relation_of(scope, dependent);
      if (!drop.cascade) {
        const auto object = relation != nullptr ? relation->name : dependent.name;
        const auto& seen = action.effects.fails;
        const Effect failure{"other-objects-depend", object.display()};
        if (!core::contains(seen, failure)) action.effects.fails.push_back(failure);
      }
      if (relation == nullptr || relation->partition_of) {
        if (drop.cascade) goes_too(scope, action, dependent);
        continue;
      }
      owner_locked = owner_locked ||
                     (sequence != scope.before.sequences.end() && relation->name == sequence->second.owned_by_table);
      if (!drop.cascade) continue;
      lock_with_others(scope, action, scope.target(relation->name), dependent.kind);
      if (drop.object != ObjectKind::schema) goes_too(scope, action, dependent);
    }
  }
  if (drop.object == ObjectKind::sequence && !owner_locked)
    lock_sequence(scope, action, name, LockMode::access_exclusive);
}

}  // namespace bgdb::lint
