// Taking things out of the catalog with everything that hangs on them: first the whole set is found, as the server
// does, then each thing of it goes.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "schema/applier.h"

namespace bgdb::schema {
namespace {

template <class List, class Predicate>
void erase_where(List& list, Predicate predicate) {
  list.erase(std::remove_if(list.begin(), list.end(), predicate), list.end());
}

template <class List>
void erase_named(List& list, const std::string& name) {
  erase_where(list, [&](const auto& part) { return part.name == name; });
}

// Parts go with their relation, a default with its column.
bool covered(const std::set<Thing>& set, const Thing& thing) {
  if (set.count(thing) != 0) return true;
  switch (thing.kind) {
    case ThingKind::column:
    case ThingKind::constraint:
    case ThingKind::index:
    case ThingKind::trigger:
    case ThingKind::policy:
    case ThingKind::rule:
      return set.count({ThingKind::relation, thing.name, ""}) != 0 ||
             (thing.kind == ThingKind::index && set.count({ThingKind::constraint, thing.name, thing.part}) != 0);
    case ThingKind::column_default:
      return set.count({ThingKind::relation, thing.name, ""}) != 0 ||
             set.count({ThingKind::column, thing.name, thing.part}) != 0;
    case ThingKind::attribute:
    case ThingKind::domain_check:
      return set.count({ThingKind::type, thing.name, ""}) != 0;
    default:
      return false;
  }
}

}  // namespace

void Applier::remove(const std::vector<Thing>& things, Removal how) {
  std::set<Thing> set(things.begin(), things.end());
  std::vector<Thing> todo = things;
  std::vector<std::pair<Thing, Thing>> refusals;  // dependent, what it depends on
  while (!todo.empty()) {
    const Thing thing = todo.back();
    todo.pop_back();
    for (const auto& dependent : dependents_of(catalog_, thing)) {
      if (covered(set, dependent.thing)) continue;
      if (!dependent.automatic && how != Removal::cascade) {
        refusals.emplace_back(dependent.thing, thing);
        continue;
      }
      set.insert(dependent.thing);
      todo.push_back(dependent.thing);
    }
  }
  if (how != Removal::replace) {
    for (const auto& thing : things) {
      if (const auto owner = required_by(catalog_, thing); !owner.empty())
        result_.refused.push_back(fmt::format("{} requires {}", owner, describe(catalog_, thing)));
    }
  }
  if (how == Removal::restrict) {
    for (const auto& [dependent, thing] : refusals) {
      if (!covered(set, dependent))
        result_.refused.push_back(
            fmt::format("{} depends on {}", describe(catalog_, dependent), describe(catalog_, thing)));
    }
  }
  for (const auto& thing : set) {
    if (thing.kind != ThingKind::relation) erase(thing);
  }
  for (const auto& thing : set) {
    if (thing.kind == ThingKind::relation) erase(thing);
  }
}

void Applier::erase(const Thing& thing) {
  switch (thing.kind) {
    case ThingKind::schema:
      catalog_.schemas.erase(thing.name.name);
      return;
    case ThingKind::relation:
      if (catalog_.relations.erase(thing.name) != 0) result_.dropped.push_back(thing.name);
      return;
    case ThingKind::statistics:
      catalog_.statistics.erase(thing.name);
      return;
    case ThingKind::sequence:
      catalog_.sequences.erase(thing.name);
      return;
    case ThingKind::type:
      catalog_.enums.erase(thing.name);
      catalog_.domains.erase(thing.name);
      catalog_.composites.erase(thing.name);
      catalog_.other_types.erase(thing.name);
      return;
    case ThingKind::attribute:
      if (auto* composite = catalog_.composites.edit(thing.name)) erase_named(composite->attributes, thing.part);
      return;
    case ThingKind::domain_check:
      if (auto* domain = catalog_.domains.edit(thing.name)) erase_named(domain->checks, thing.part);
      return;
    case ThingKind::function:
      if (auto* overloads = catalog_.functions.edit(thing.name)) {
        erase_where(*overloads, [&](const Function& f) { return argument_types(f) == thing.part; });
        if (overloads->empty()) catalog_.functions.erase(thing.name);
      }
      return;
    default:
      erase_part(thing);
  }
}

void Applier::erase_part(const Thing& thing) {
  auto* found = catalog_.relations.edit(thing.name);
  if (found == nullptr) return;
  auto& relation = *found;
  switch (thing.kind) {
    case ThingKind::column:
      return erase_column(relation, thing.part);
    case ThingKind::column_default:
      if (auto* column = relation.column(thing.part)) column->default_sql.reset();
      return;
    case ThingKind::constraint:
      return erase_constraint(relation, thing.part);
    case ThingKind::index:
      return erase_index(relation, thing.part);
    case ThingKind::trigger:
      return erase_named(relation.triggers, thing.part);
    case ThingKind::policy:
      return erase_named(relation.policies, thing.part);
    case ThingKind::rule:
      return erase_named(relation.rules, thing.part);
    default:
      return;
  }
}

// Children that have it from elsewhere, too, keep it.
void Applier::erase_column(Relation& relation, const std::string& name) {
  erase_named(relation.columns, name);
  for (const auto& child : children(relation.name)) {
    auto* inherited = catalog_.relations.at(child).column(name);
    if (inherited != nullptr && inherited->parents > 0) --inherited->parents;
  }
}

void Applier::erase_constraint(Relation& relation, const std::string& name) {
  const auto* found = relation.constraint(name);
  if (found == nullptr) return;
  const Constraint dropped = *found;
  erase_named(relation.constraints, name);
  erase_index(relation, name);
  if (dropped.kind != ConstraintKind::check) return;
  for (const auto& child : children(relation.name)) {
    for (auto& own : catalog_.relations.at(child).constraints) {
      if (own.name == name && own.kind == dropped.kind && own.parents > 0) --own.parents;
    }
  }
}

void Applier::erase_index(Relation& relation, const std::string& name) {
  if (relation.replica_identity_index == name) relation.replica_identity_index.clear();  // 'i' stays: no identity
  erase_named(relation.indexes, name);
}

void Applier::drop_relation(const QualifiedName& name) {
  remove({{ThingKind::relation, name, ""}}, Removal::replace);
}

}  // namespace bgdb::schema
