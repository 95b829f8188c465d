// DROP of anything.
#include <algorithm>

#include <fmt/format.h>

#include "core/text.h"
#include "lint/scope.h"
#include "parse/parser.h"

namespace bgdb::lint {

using parse::ObjectKind;

namespace {

// Whatever is called is dropped as a function.
std::string drop_kind(ObjectKind kind) {
  const bool callable = kind == ObjectKind::procedure || kind == ObjectKind::routine || kind == ObjectKind::aggregate;
  return object_text(callable ? ObjectKind::function : kind);
}

void nothing(Scope& scope) {
  auto action = scope.action("nothing");
  action.neutral = true;
  scope.add(std::move(action));
}

void drop_facts(Action& action, const parse::Drop& drop) {
  action.facts["cascade"] = drop.cascade;
  action.facts["if_exists"] = drop.if_exists;
  action.facts["concurrently"] = drop.concurrently;
}

bool named_in(const Scope& scope, const parse::Drop& drop, const QualifiedName& name) {
  return std::any_of(drop.items.begin(), drop.items.end(),
                     [&](const auto& item) { return scope.resolve(item.name) == name; });
}

// A partition's foreign key that its parent has as well: dropping the partition does not touch the referenced table.
bool inherited(const Scope& scope, const Target& target, const schema::Constraint& key) {
  if (!target.relation->partition_of) return false;
  const auto* parent = scope.before.relation(*target.relation->partition_of);
  if (parent == nullptr) return false;
  return std::any_of(parent->constraints.begin(), parent->constraints.end(), [&](const auto& one) {
    return one.kind == key.kind && one.columns == key.columns && one.referenced == key.referenced;
  });
}

void leave_parent(Scope& scope, Action& action, const Target& partition) {
  const auto& parent = *partition.relation->partition_of;
  lock(action, scope.target(parent), LockMode::access_exclusive);
  if (const auto* fallback = scope.before.default_partition(parent))
    lock(action, scope.target(fallback->name), LockMode::access_exclusive);
}

// Foreign keys to the table, or to the partitioned table it belongs to.
std::vector<ForeignKey> references_to(const Scope& scope, const Target& target) {
  auto out = foreign_keys_to(scope, target, {});
  auto level = target;
  while (level.relation != nullptr && level.relation->partition_of) {
    level = scope.target(*level.relation->partition_of);
    for (const auto& key : foreign_keys_to(scope, level, {})) out.push_back(key);
  }
  return out;
}

// Views that stand on the relation fail without CASCADE and disappear with it.
void dependent_views(Scope& scope, Action& action, const Target& target, bool cascade, const parse::Drop& drop) {
  for (const auto* view : scope.before.views_on(target.name)) {
    if (named_in(scope, drop, view->name)) continue;
    if (!cascade) fails(action, "other-objects-depend", view->name.display());
    if (cascade) views_go(scope, action, scope.target(view->name));
    if (cascade && !scope.target(view->name).born) breaks(action, "view-dropped", view->name.display());
  }
}

void drop_table(Scope& scope, Action& action, const Target& target, const parse::Drop& drop) {
  if (target.relation != nullptr) {
    for (const auto& constraint : target.relation->constraints) {
      const bool own = constraint.kind == parse::ConstraintKind::foreign_key && !inherited(scope, target, constraint);
      if (own) lock_whole(scope, action, scope.target(constraint.referenced), LockMode::access_exclusive);
    }
    if (target.relation->partition_of) leave_parent(scope, action, target);
  }
  for (const auto& heir : scope.heirs(target)) {
    const bool partition = heir.relation->partition_of.has_value();
    if (!partition && !drop.cascade && !named_in(scope, drop, heir.name))
      fails(action, "other-objects-depend", heir.name.display());
    lock(action, heir, LockMode::access_exclusive);
    dependent_views(scope, action, heir, drop.cascade, drop);
  }
  for (const auto& [other, constraint] : references_to(scope, target)) {
    if (named_in(scope, drop, other->name) || other->name == target.name) continue;
    if (drop.cascade) lock_whole(scope, action, scope.target(other->name), LockMode::access_exclusive);
    if (!drop.cascade) fails(action, "other-objects-depend", other->name.display());
  }
  dependent_views(scope, action, target, drop.cascade, drop);
  if (target.born) return;
  breaks(action, "table-dropped", target.name.display());
  loses(action, "table-dropped", target.name.display());
  irreversible(action, "table-dropped", target.name.display());
  replication(action, Replication::stops, target.name, "rows of the table have nowhere to go");
}

// With CASCADE its triggers go with it.
void drop_trigger_function(Scope& scope, const parse::Drop& drop, const QualifiedName& name) {
  auto action = scope.action("drop-function");
  drop_facts(action, drop);
  action.facts["object"] = name.display();
  action.facts["name"] = name.name;
  for (const auto& [relation_name, relation] : scope.before.relations) {
    for (const auto& trigger : relation.triggers) {
      if (trigger.function != name) continue;
      const auto target = scope.target(relation_name);
      if (!drop.cascade) fails(action, "other-objects-depend", column_path(relation_name, trigger.name));
      if (drop.cascade) lock(action, target, LockMode::access_exclusive);
      if (drop.cascade && !scope.born_part(target, trigger.name))
        breaks(action, "trigger-dropped", column_path(relation_name, trigger.name));
    }
  }
  scope.add(std::move(action));
}

}  // namespace

void drop_relation_effects(Scope& scope, const parse::Drop& drop, const parse::Drop::Item& item) {
  const auto target = scope.target(item.name);
  if (drop.if_exists && target.absent) return nothing(scope);
  auto action = scope.action("drop-" + drop_kind(drop.object), target);
  drop_facts(action, drop);
  lock(action, target, LockMode::access_exclusive);
  if (drop.object == ObjectKind::table || drop.object == ObjectKind::foreign_table) {
    drop_table(scope, action, target, drop);
  } else {
    dependent_views(scope, action, target, drop.cascade, drop);
    if (!target.born) breaks(action, "view-dropped", target.name.display());
  }
  scope.add(std::move(action));
}

void drop_index_effects(Scope& scope, const parse::Drop& drop, const parse::Drop::Item& item) {
  const auto found = scope.before.index(item.name);
  const bool history = scope.context.history || scope.before.complete;
  if (!found && drop.if_exists && history) return nothing(scope);
  const auto name = found ? QualifiedName{found.relation->name.schema, found.index->name} : scope.resolve(item.name);
  const auto target = found ? scope.target(found.relation->name) : Target{};
  auto action = found ? scope.action("drop-index", target) : scope.action("drop-index");
  drop_facts(action, drop);
  action.facts["index"] = name.display();
  action.facts["object"] = name.display();
  action.facts["unique"] = found && found.index->unique;
  const bool born = scope.context.release != nullptr && scope.context.release->index(name);
  if (drop.concurrently) {
    scope.out.must_be_outside_transaction = true;
    if (scope.context.in_transaction) fails(action, "outside-transaction-only", name.display());
    if (found) lock(action, target, LockMode::share_update_exclusive);
    if (found && target.relation->kind == schema::RelationKind::partitioned_table)
      fails(action, "concurrently-on-partitioned", name.display());
  } else if (found) {
    lock_whole(scope, action, target, LockMode::access_exclusive);
  } else {
    action.facts["table.born"] = born;  // its lock was taken when it was made
    action.effects.unknown.push_back("the table of the index " + name.display());
  }
  if (found && found.index->constraint) fails(action, "index-backs-constraint", name.display());
  const bool materialized = found && target.relation->kind == schema::RelationKind::materialized_view;
  if (found && found.index->unique && !target.born && !born && materialized) {
    if (!concurrently_refreshable(*target.relation, found.index->name))
      breaks(action, "concurrent-refresh-lost", target.name.display());
  } else if (found && found.index->unique && !target.born && !born) {
    breaks(action, "conflict-target-lost",
           fmt::format("{} ({})", target.name.display(), core::join(shape_of(*found.index).elements)));
  }
  scope.add(std::move(action));
}

void drop_code_effects(Scope& scope, const parse::Drop& drop, const parse::Drop::Item& item) {
  const auto kind = drop_kind(drop.object);
  const bool on_relation =
      drop.object == ObjectKind::trigger || drop.object == ObjectKind::rule || drop.object == ObjectKind::policy;
  if (on_relation) {
    const auto target = scope.target(item.name);
    const auto* relation = target.relation;
    bool known = relation == nullptr || drop.object == ObjectKind::rule;
    if (relation != nullptr && drop.object == ObjectKind::trigger) {
      known = std::any_of(relation->triggers.begin(), relation->triggers.end(),
                          [&](const auto& t) { return t.name == item.sub_name; });
    }
    if (relation != nullptr && drop.object == ObjectKind::policy) {
      known = relation->has_policy(item.sub_name);
    }
    const bool shows_more = drop.object == ObjectKind::policy && relation != nullptr &&
                            std::any_of(relation->policies.begin(), relation->policies.end(), [&](const auto& policy) {
                              return policy.name == item.sub_name && !policy.permissive;
                            });
    const bool not_in_force = drop.object == ObjectKind::policy && relation != nullptr && !relation->row_security;
    // Of a table that no file made nobody knows its triggers; mostly they are dropped to be made.
    const bool unseen = (relation == nullptr || !known) && scope.context.history;
    if (drop.if_exists && (target.absent || unseen)) return nothing(scope);
    auto action = scope.action("drop-" + kind, target);
    drop_facts(action, drop);
    action.facts["name"] = item.sub_name;
    action.facts["object"] = fmt::format("{} on {}", item.sub_name, target.name.display());
    lock(action, target, LockMode::access_exclusive);
    const auto path = column_path(target.name, item.sub_name);
    const bool born = scope.born_part(target, item.sub_name);
    if (!born && shows_more) widens(action, "policy-dropped", path);
    if (!born && !shows_more && !not_in_force) breaks(action, kind + "-dropped", path);
    return scope.add(std::move(action));
  }
  auto name = drop.object == ObjectKind::schema || drop.object == ObjectKind::extension ||
                      drop.object == ObjectKind::database || drop.object == ObjectKind::role ||
                      drop.object == ObjectKind::publication
                  ? QualifiedName{"", item.name.name}
                  : scope.resolve(item.name);
  const auto& before = scope.before;
  bool known = true, born = false;
  switch (drop.object) {
    case ObjectKind::type:
    case ObjectKind::domain:
      known = before.enums.count(name) + before.domains.count(name) + before.composites.count(name) > 0;
      born = scope.born_type(item.name);
      break;
    case ObjectKind::sequence:
      known = before.sequences.count(name) > 0;
      born =
          scope.born_sequence(item.name) || (scope.context.release != nullptr && scope.context.release->relation(name));
      break;
    case ObjectKind::schema:
      known = before.schemas.count(name.name) > 0;
      born = scope.context.release != nullptr && scope.context.release->schema(name.name);
      break;
    case ObjectKind::extension:
      known = before.extensions.count(name.name) > 0;
      break;
    case ObjectKind::function:
    case ObjectKind::procedure:
    case ObjectKind::routine:
    case ObjectKind::aggregate:
      known = before.functions.contains(name);
      born = scope.born_function(item.name);
      if (!born && is_trigger_function(before, name)) return drop_trigger_function(scope, drop, name);
      break;
    default:
      break;
  }
  if (!known && drop.if_exists && scope.context.history) return nothing(scope);
  auto action = scope.action("drop-" + kind);
  drop_facts(action, drop);
  action.facts["object"] = name.display();
  action.facts["name"] = name.name;
  dependents_effects(scope, action, drop, name);
  if (drop.object == ObjectKind::database) scope.out.must_be_outside_transaction = true;
  const bool publishes = drop.object == ObjectKind::publication || drop.object == ObjectKind::subscription;
  if (publishes) replication(action, Replication::stops, name, "the stream of changes ends");
  if (!born && !publishes) breaks(action, kind + "-dropped", name.display());
  const bool holds_data = drop.object == ObjectKind::schema || drop.object == ObjectKind::database;
  if (!born && holds_data && (drop.cascade || drop.object == ObjectKind::database)) {
    loses(action, kind + "-dropped", name.display());
    irreversible(action, kind + "-dropped", name.display());
    replication(action, Replication::stops, name, "rows of its tables have nowhere to go");
  }
  if (!known && drop.cascade && drop.object == ObjectKind::type)
    loses(action, "column-dropped", "columns of type " + name.display());
  scope.add(std::move(action));
}

void drop_effects(Scope& scope, const parse::Drop& drop) {
  for (const auto& item : drop.items) {
    switch (drop.object) {
      case ObjectKind::table:
      case ObjectKind::foreign_table:
      case ObjectKind::view:
      case ObjectKind::materialized_view:
        drop_relation_effects(scope, drop, item);
        break;
      case ObjectKind::index:
        drop_index_effects(scope, drop, item);
        break;
      case ObjectKind::statistics:
        nothing(scope);
        break;
      default:
        drop_code_effects(scope, drop, item);
        break;
    }
  }
}

}  // namespace bgdb::lint
