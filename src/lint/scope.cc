#include "lint/scope.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace bgdb::lint {

using schema::RelationKind;

namespace {

template <class T, class Same>
void add_once(std::vector<T>& list, const T& value, Same same) {
  if (std::none_of(list.begin(), list.end(), [&](const auto& one) { return same(one, value); })) list.push_back(value);
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
  return (relation.display() += '.').append(column);
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

namespace {

// Where the tools that run migrations note what ran: no version of the application reads it.
bool is_bookkeeping(const std::string& name) {
  static const std::set<std::string, std::less<>> kNames{
      "alembic_version",         "ar_internal_metadata",  "atlas_schema_revisions", "changelog",
      "databasechangelog",       "databasechangeloglock", "django_migrations",      "doctrine_migration_versions",
      "flyway_schema_history",   "goose_db_version",      "gorp_migrations",        "knex_migrations",
      "knex_migrations_lock",    "mikro_orm_migrations",  "pgmigrations",           "phinxlog",
      "refinery_schema_history", "schema_migration",      "schema_migrations",      "schema_version",
      "seaql_migrations",        "SequelizeMeta",         "typeorm_metadata",       "__diesel_schema_migrations",
      "__drizzle_migrations",    "__EFMigrationsHistory", "_prisma_migrations",     "_sqlx_migrations"};
  return kNames.count(name) > 0;
}

}  // namespace

Target Scope::target(const QualifiedName& written) const {
  Target target;
  target.relation = before.relation(written);
  target.name = target.relation == nullptr ? before.resolve(written) : target.relation->name;
  const bool system = target.relation == nullptr && written.schema.empty() && written.name.rfind("pg_", 0) == 0;
  if (system) target.name.schema = "pg_catalog";
  target.born = (context.release != nullptr && context.release->relation(target.name)) ||
                (target.relation != nullptr && target.relation->persistence == 't') ||
                target.name.schema == "pg_temp" || is_bookkeeping(written.name);
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
  const auto has = [&](const std::vector<RelationEffect>& list) {
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
std::vector<RelationEffect> Scope::with_rows(std::vector<RelationEffect> effects) const {
  const auto has_rows = [&](const auto& effect) {
    const auto* known = before.relation(effect.relation);
    return known == nullptr || !(known->kind == RelationKind::partitioned_table || known->is_view());
  };
  if (std::all_of(effects.begin(), effects.end(), has_rows)) return effects;
  std::vector<RelationEffect> out;
  std::set<QualifiedName> views;  // in a replay a view may read itself by way of others
  std::vector<RelationEffect> open(effects.rbegin(), effects.rend());
  while (!open.empty()) {
    const auto effect = open.back();
    open.pop_back();
    const auto target = this->target(effect.relation);
    const auto kind = target.relation == nullptr ? RelationKind::table : target.relation->kind;
    if (kind == RelationKind::partitioned_table) {
      for (const auto& heir : heirs(target)) {
        if (heir.relation->kind != RelationKind::partitioned_table) add_relation(out, {heir.name, !heir.born});
      }
    } else if (kind == RelationKind::view) {
      if (!views.insert(target.name).second) continue;
      const auto& reads = target.relation->reads;
      for (auto read = reads.rbegin(); read != reads.rend(); ++read) open.push_back({*read, !this->target(*read).born});
    } else {
      add_relation(out, effect);
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
  effects.rewrites = with_rows(std::move(effects.rewrites));
  effects.scans = with_rows(std::move(effects.scans));
  effects.index_builds = with_rows(std::move(effects.index_builds));
  merge(out, action.effects);
  out.actions.push_back(std::move(action));
}

void lock(Action& action, const Target& target, LockMode mode) {
  add_lock(action.effects.locks, {target.name, mode, !target.born, LockedKind::relation});
}

void lock_heirs(const Scope& scope, Action& action, const Target& target, LockMode mode) {
  for (const auto& heir : scope.heirs(target)) lock(action, heir, mode);
}

void lock_children(const Scope& scope, Action& action, const Target& target) {
  for (const auto& heir : scope.heirs(target)) {
    const auto& parents = heir.relation->inherits;
    const bool child = heir.relation->partition_of == target.name ||
                       std::find(parents.begin(), parents.end(), target.name) != parents.end();
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
      const bool hit = columns.empty() || std::any_of(used.begin(), used.end(), [&](const auto& name) {
                         return std::find(columns.begin(), columns.end(), name) != columns.end();
                       });
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
    const bool named = std::find(constants.begin(), constants.end(), label) != constants.end();
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
    return fits && constraint.valid && std::find(names.begin(), names.end(), column) != names.end();
  });
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

void new_file(Action& action, const Target& target) {
  lock(action, target, LockMode::access_exclusive);
  add_relation(action.effects.rewrites, {target.name, !target.born});
  if (target.relation != nullptr && !target.relation->indexes.empty()) scan(action, target);
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
