#include "lint/scope.h"

#include <algorithm>

#include <fmt/format.h>

namespace bgdb::lint {

using schema::RelationKind;

namespace {

template <class T, class Same>
void add_once(std::vector<T>& list, const T& value, Same same) {
  for (auto& present : list) {
    if (same(present, value)) return;
  }
  list.push_back(value);
}

void add_lock(std::vector<LockEffect>& locks, const LockEffect& lock) {
  for (auto& present : locks) {
    if (present.relation == lock.relation) {
      present.mode = std::max(present.mode, lock.mode);
      return;
    }
  }
  locks.push_back(lock);
}

void add_relation(std::vector<RelationEffect>& list, const RelationEffect& effect) {
  add_once(list, effect, [](const auto& a, const auto& b) { return a.relation == b.relation; });
}

void merge(std::vector<Effect>& into, const std::vector<Effect>& from) {
  for (const auto& effect : from) add_once(into, effect, [](const auto& a, const auto& b) { return a == b; });
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
  for (const auto& lock : from.locks) add_lock(into.locks, lock);
  for (const auto& item : from.rewrites) add_relation(into.rewrites, item);
  for (const auto& item : from.scans) add_relation(into.scans, item);
  for (const auto& item : from.index_builds) add_relation(into.index_builds, item);
  merge(into.breaks, from.breaks);
  merge(into.narrows, from.narrows);
  merge(into.widens, from.widens);
  merge(into.loses, from.loses);
  merge(into.irreversible, from.irreversible);
  merge(into.fails, from.fails);
  into.replication.insert(into.replication.end(), from.replication.begin(), from.replication.end());
  for (const auto& text : from.unknown)
    add_once(into.unknown, text, [](const auto& a, const auto& b) { return a == b; });
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
  return fmt::format("{}.{}", relation.display(), column);
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
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
  target.name = before.resolve(written);
  target.relation = before.relation(written);
  target.born = (context.release != nullptr && context.release->relation(target.name)) ||
                (target.relation != nullptr && target.relation->persistence == 't') || target.name.schema == "pg_temp";
  target.absent = target.relation == nullptr && !target.born && (context.history || before.complete);
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
  auto& facts = action.facts;
  facts.emplace("action", action.kind);
  if (facts.find("object") == nullptr && !action.table.empty()) facts["object"] = action.table.display();
  merge(out, action.effects);
  out.actions.push_back(std::move(action));
}

void lock(Action& action, const Target& target, LockMode mode) {
  add_lock(action.effects.locks, {target.name, mode, !target.born, LockedKind::relation});
}

void lock_index(Action& action, const Target& table, const std::string& index, LockMode mode) {
  add_lock(action.effects.locks, {{table.name.schema, index}, mode, !table.born, LockedKind::index});
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
  add_lock(action.effects.locks, {name, mode, !born, LockedKind::sequence});
}

void rewrite(Action& action, const Target& target) {
  add_relation(action.effects.rewrites, {target.name, !target.born});
  add_relation(action.effects.scans, {target.name, !target.born});
}

void scan(Action& action, const Target& target) {
  add_relation(action.effects.scans, {target.name, !target.born});
}

void index_build(Action& action, const Target& target) {
  add_relation(action.effects.index_builds, {target.name, !target.born});
  add_relation(action.effects.scans, {target.name, !target.born});
}

void replication(Action& action, Replication kind, const QualifiedName& table, std::string reason) {
  action.effects.replication.push_back({kind, table.display(), std::move(reason)});
}

}  // namespace bgdb::lint
