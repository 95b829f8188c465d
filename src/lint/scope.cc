#include "lint/scope.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "core/text.h"
#include "lint/effect_lists.h"
#include "schema/apply.h"

namespace bgdb::lint {

using schema::RelationKind;

namespace {

// What is alone is shared.
template <class T>
void merge(EffectList<T>& into, const EffectList<T>& from) {
  if (into.empty() && from.size() == 1) {
    into = from;
  } else {
    for (const auto& one : from) put(into, one);
  }
}

std::string kind_text(RelationKind kind) {
  switch (kind) {
    case RelationKind::table:
    case RelationKind::partitioned_table:
      return "table";
    case RelationKind::view:
      return "view";
    case RelationKind::materialized_view:
      return "materialized-view";
    case RelationKind::foreign_table:
      return "foreign-table";
  }
  return "table";
}

}  // namespace

void merge(EffectSet& into, const EffectSet& from) {
  merge(into.locks, from.locks);
  merge(into.rewrites, from.rewrites);
  merge(into.scans, from.scans);
  merge(into.index_builds, from.index_builds);
  merge(into.breaks, from.breaks);
  merge(into.narrows, from.narrows);
  merge(into.widens, from.widens);
  merge(into.loses, from.loses);
  merge(into.irreversible, from.irreversible);
  merge(into.fails, from.fails);
  for (const auto& one : from.replication) into.replication.push_back(one);
  merge(into.unknown, from.unknown);
}

bool is_trigger_function(const schema::Catalog& catalog, const QualifiedName& name) {
  const auto found = catalog.functions.find(name);
  return found != catalog.functions.end() &&
         std::all_of(found->second.begin(), found->second.end(), [](const auto& function) {
           return function.returns &&
                  (function.returns->name == "trigger" || function.returns->name == "event_trigger");
         });
}

bool type_is_used(const schema::Catalog& catalog, const QualifiedName& type) {
  for (const auto& [name, relation] : catalog.relations) {
    const bool used = std::any_of(relation.columns.begin(), relation.columns.end(), [&](const auto& column) {
      return catalog.resolve({column.type.schema, column.type.name}) == type;
    });
    if (used) return true;
  }
  return false;
}

std::string column_path(const QualifiedName& relation, std::string_view column) {
  return (relation.display() += '.').append(column);
}

std::vector<const schema::Relation*> views_naming(const schema::Catalog& catalog, const QualifiedName& relation,
                                                  const std::string& column) {
  std::vector<const schema::Relation*> out;
  for (const auto* view : catalog.views_on(relation)) {
    const auto& read = view->columns_read;
    const bool named = std::any_of(read.begin(), read.end(),
                                   [&](const auto& one) { return one.relation == relation && one.name == column; });
    if (named) out.push_back(view);
  }
  return out;
}

Target Scope::target(const QualifiedName& written) const {
  Target target;
  target.relation = before.relation(written);
  target.name = target.relation == nullptr ? before.resolve(written) : target.relation->name;
  const bool system = target.relation == nullptr && written.schema.empty() && written.name.rfind("pg_", 0) == 0;
  if (system) target.name.schema = "pg_catalog";
  target.born = (context.release != nullptr && context.release->relation(target.name)) ||
                (target.relation != nullptr && target.relation->persistence == 't') ||
                target.name.schema == "pg_temp" || schema::is_bookkeeping(written.name);
  const bool whole = before.complete || (context.history && before.gaps.count(target.name.schema) == 0);
  target.absent = target.relation == nullptr && !target.born && whole;
  return target;
}

bool Scope::born_column(const Target& target, const std::string& column) const {
  return target.born || (context.release != nullptr && context.release->column(target.name, column));
}

bool Scope::born_type(const QualifiedName& written) const {
  return context.release != nullptr && context.release->type(before.resolve(written));
}

bool Scope::born_function(const QualifiedName& written) const {
  return context.release != nullptr && context.release->function(before.resolve(written));
}

bool Scope::born_sequence(const QualifiedName& written) const {
  const auto name = before.resolve(written);
  return context.start != nullptr && before.sequences.count(name) > 0 && context.start->sequences.count(name) == 0;
}

bool Scope::born_part(const Target& target, const std::string& trigger_or_policy) const {
  if (target.born) return true;
  if (context.start == nullptr || target.relation == nullptr) return false;
  const auto holds = [&](const schema::Relation* relation) {
    if (relation == nullptr) return false;
    const auto named = [&](const auto& part) { return part.name == trigger_or_policy; };
    return std::any_of(relation->policies.begin(), relation->policies.end(), named) ||
           std::any_of(relation->triggers.begin(), relation->triggers.end(), named);
  };
  return holds(target.relation) && !holds(context.start->relation(target.name));
}

std::vector<Target> Scope::heirs(const Target& target) const {
  std::vector<Target> out;
  std::vector<QualifiedName> open{target.name};
  while (!open.empty()) {
    const auto parent = open.back();
    open.pop_back();
    for (const auto& name : before.mentioning(schema::MentionKind::parent, parent)) {
      const bool seen = std::any_of(out.begin(), out.end(), [&](const auto& one) { return one.name == name; });
      if (seen) continue;
      out.push_back(this->target(name));
      open.push_back(name);
    }
  }
  return out;
}

std::vector<Target> Scope::views_above(const Target& target) const {
  std::vector<Target> out;
  for (size_t at = 0; at <= out.size(); ++at) {
    for (const auto* view : before.views_on(at == 0 ? target.name : out[at - 1].name)) {
      const bool seen = std::any_of(out.begin(), out.end(), [&](const auto& one) { return one.name == view->name; });
      if (!seen) out.push_back(this->target(view->name));
    }
  }
  return out;
}

void Scope::spread(Action& action) const {
  const auto has = [&](const EffectList<RelationEffect>& list) {
    return std::any_of(list.begin(), list.end(), [&](const auto& one) { return one.relation == family->name; });
  };
  const bool rewrites = has(action.effects.rewrites), scans = has(action.effects.scans);
  std::optional<LockMode> mode;
  for (const auto& lock : action.effects.locks) {
    if (lock.relation == family->name) mode = lock.mode;
  }
  for (const auto& heir : heirs(*family)) {
    if (mode) lock(action, heir, *mode);
    if (rewrites) rewrite(action, heir);
    if (scans) scan(action, heir);
  }
}

// A partitioned table has no rows of its own; a view shows those of others.
core::SharedList<RelationEffect> Scope::with_rows(const core::SharedList<RelationEffect>& effects) const {
  const auto has_rows = [&](const auto& effect) {
    const auto* known = before.relation(effect.relation);
    return known == nullptr || !(known->kind == RelationKind::partitioned_table || known->is_view());
  };
  if (std::all_of(effects.begin(), effects.end(), has_rows)) return effects;
  EffectList<RelationEffect> out;
  std::set<QualifiedName> views;  // in a replay a view may read itself by way of others
  std::vector<RelationEffect> open(effects.all().rbegin(), effects.all().rend());
  while (!open.empty()) {
    const auto effect = open.back();
    open.pop_back();
    const auto target = this->target(effect.relation);
    const auto kind = target.relation == nullptr ? RelationKind::table : target.relation->kind;
    if (kind == RelationKind::partitioned_table) {
      for (const auto& heir : heirs(target)) {
        if (heir.relation->kind != RelationKind::partitioned_table) put(out, {heir.name, !heir.born});
      }
    } else if (kind == RelationKind::view) {
      if (!views.insert(target.name).second) continue;
      const auto& reads = target.relation->reads;
      for (auto read = reads.rbegin(); read != reads.rend(); ++read) open.push_back({*read, !this->target(*read).born});
    } else {
      put(out, effect);
    }
  }
  return out;
}

Action Scope::action(std::string kind) const {
  Action action;
  action.kind = std::move(kind);
  action.span = statement.span;
  return action;
}

Action Scope::action(std::string kind, const Target& target) const {
  auto action = this->action(std::move(kind));
  action.table = target.name;
  auto& facts = action.facts;
  facts["table"] = target.name.display();
  facts["table.born"] = target.born;
  facts["table.known"] = target.relation != nullptr;
  if (target.relation != nullptr) {
    facts["table.temporary"] = target.relation->persistence == 't';
    facts["table.partitioned"] = target.relation->kind == RelationKind::partitioned_table;
    facts["table.is_partition"] = target.relation->partition_of.has_value();
    facts["table.has_key"] = !target.relation->identity_columns().empty() || target.relation->replica_identity == 'f';
    facts["table.kind"] = kind_text(target.relation->kind);
  }
  return action;
}

void Scope::add(Action action) {
  if (family != nullptr && action.kind != "nothing") spread(action);
  auto& effects = action.effects;
  if (before.unread && !before.complete && !effects.fails.empty()) {
    // What stands in the way may have gone by SQL that could not be read.
    std::erase_if(effects.fails.own(), [](const Effect& effect) { return effect.kind == "other-objects-depend"; });
  }
  effects.rewrites = with_rows(effects.rewrites);
  effects.scans = with_rows(effects.scans);
  effects.index_builds = with_rows(effects.index_builds);
  merge(out, action.effects);
  out.actions.push_back(std::move(action));
}

}  // namespace bgdb::lint
