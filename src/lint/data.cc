// Rows: INSERT, UPDATE, DELETE, TRUNCATE, COPY; and maintenance that rewrites or locks.
#include <algorithm>

#include <fmt/format.h>

#include "core/contains.h"
#include "core/text.h"
#include "lint/plain.h"
#include "lint/scope.h"

namespace bgdb::lint {

using parse::Query;
using parse::QueryKind;

namespace {

// UPDATE t SET c = ... WHERE c IS NULL fills what was empty, and so does c = coalesce(c, ...); born columns hold
// nothing of anybody.
struct Assignments {
  const std::vector<std::string>& columns;
  const std::optional<parse::Expr>& where;
};

// c = coalesce(c, ...), also with the table's name or alias in front.
bool keeps_what_is_there(const std::string& text, const std::string& name) {
  const auto call = name + "=coalesce";
  for (size_t at = text.find(call); at != std::string::npos; at = text.find(call, at + 1)) {
    const auto first = text.substr(at + call.size(), text.find(',', at + call.size()) - at - call.size());
    if (first == name) return true;
    const auto dot = first.rfind('.');
    if (dot != std::string::npos && first.substr(dot + 1) == name && first.substr(0, dot) != "excluded") return true;
  }
  return false;
}

bool overwrites(const Scope& scope, const Target& target, const Assignments& set) {
  const auto where = set.where ? plain(set.where->sql) : std::string{};
  const bool alternatives = set.where && set.where->sql.find(" OR ") != std::string::npos;
  const auto text = plain(scope.statement.text);
  return std::any_of(set.columns.begin(), set.columns.end(), [&](const auto& column) {
    if (scope.born_column(target, column)) return false;
    const auto name = plain(column);
    if (keeps_what_is_there(text, name)) return false;
    return !asks_for_null(where, name) || alternatives;
  });
}

// Constants of a query may be of any enum that a column of its tables has, or that it casts to.
void uses_new_enum_value(const Scope& scope, Action& action, const Query& query) {
  auto relations = query.reads;
  relations.push_back(query.target);
  lint::uses_new_enum_value(scope, action, query.string_constants, [&](const QualifiedName& type) {
    const bool column = std::any_of(relations.begin(), relations.end(), [&](const auto& name) {
      const auto* relation = scope.before.relation(name);
      if (relation == nullptr) return !name.empty();
      return std::any_of(relation->columns.begin(), relation->columns.end(), [&](const auto& one) {
        return scope.before.resolve({one.type.schema, one.type.name}) == type;
      });
    });
    return column || std::any_of(query.casts.begin(), query.casts.end(), [&](const auto& cast) {
             return scope.before.resolve({cast.schema, cast.name}) == type;
           });
  });
}

}  // namespace

void changes_on_the_way(const Scope& scope, Action& action, const Query& query) {
  for (const auto& name : query.writes) {
    if (name != query.target) lock(action, scope.target(name), LockMode::row_exclusive);
  }
  for (const auto& name : query.changes) {
    const auto target = scope.target(name);
    if (name != query.target && !target.born) loses(action, "changed-on-the-way", target.name.display());
  }
}

namespace {

// What UPDATE and DELETE have in common.
Action over_rows(const Scope& scope, const char* kind, const Target& target, const Query& query) {
  auto action = scope.action(kind, target);
  action.data = true;
  action.facts["where"] = query.where && !query.where_always_true;
  action.facts["batched"] = query.has_limit;
  lock(action, target, LockMode::row_exclusive);
  scan(action, target);
  changes_on_the_way(scope, action, query);
  uses_new_enum_value(scope, action, query);
  return action;
}

void update(Scope& scope, const Target& target, const Query& query) {
  auto action = over_rows(scope, "update", target, query);
  action.facts["columns"] = query.target_columns;
  const bool lossy = !target.born && overwrites(scope, target, {query.target_columns, query.where});
  action.facts["overwrites"] = lossy;
  if (lossy) {
    const auto object = fmt::format("{} ({})", target.name.display(), core::join(query.target_columns));
    loses(action, "values-overwritten", object);
  }
  scope.add(std::move(action));
}

void remove(Scope& scope, const Target& target, const Query& query) {
  auto action = over_rows(scope, "delete", target, query);
  if (!target.born) loses(action, "rows-deleted", target.name.display());
  scope.add(std::move(action));
}

bool calls(const Query& query, std::string_view name) {
  return std::any_of(query.functions.begin(), query.functions.end(),
                     [&](const auto& function) { return function.name == name; });
}

// SELECT: harmless, unless it calls code of the application.
void select(Scope& scope, const Query& query, const std::set<QualifiedName>& followed) {
  auto action = scope.action("select");
  action.data = !query.writes.empty();
  action.neutral = query.writes.empty();
  changes_on_the_way(scope, action, query);
  if (calls(query, "setval")) {
    action.data = true;
    action.neutral = false;
  }
  if (calls(query, "pg_sleep")) action.effects.unknown.push_back("how long pg_sleep holds the transaction's locks");
  // A migration that runs its own function, whose body is not known.
  for (const auto& function : query.functions) {
    const auto name = scope.resolve(function);
    const auto known = scope.before.functions.find(name);
    const bool own = known != scope.before.functions.end() &&
                     std::any_of(known->second.begin(), known->second.end(),
                                 [](const schema::Function& overload) { return overload.volatility == 'v'; });
    if (own && followed.count(known->first) == 0) {
      action.kind = "call";
      action.facts["object"] = name.display();
      action.facts["dynamic_sql"] = true;
      action.data = true;
      action.neutral = false;
      action.effects.unknown.push_back("what the function " + name.display() + " does");
      scope.out.dynamic_sql = true;
    }
  }
  scope.add(std::move(action));
}

}  // namespace

namespace {

// UPDATE pg_index ...: superusers may, and anything may follow.
void change_of_system_catalog(Scope& scope, const Target& target) {
  auto action = scope.action("dynamic-sql");
  action.facts["object"] = target.name.display();
  action.facts["dynamic_sql"] = true;
  action.effects.unknown.push_back("what a direct change of the system catalog " + target.name.display() + " does");
  scope.out.dynamic_sql = true;
  scope.add(std::move(action));
}

}  // namespace

namespace {

// What the query, and what stands in its WITH, does to rows.
std::vector<std::pair<Target, Writing>> writings(const Scope& scope, const Query& query) {
  std::vector<std::pair<Target, Writing>> out;
  const auto changed = [&](const QualifiedName& name) { return core::contains(query.changes, name); };
  for (const auto& name : query.writes) {
    if (name == query.target) continue;
    const bool changes = changed(name);  // it is not told how
    out.push_back({scope.target(name), {.insert = !changes, .update = changes, .remove = changes}});
  }
  if (query.kind == QueryKind::select) return out;
  Writing own;
  const bool merge = query.kind == QueryKind::merge;
  own.insert = query.kind == QueryKind::insert || merge;
  own.update = query.kind == QueryKind::update || !query.conflict_updates.empty();
  own.remove = query.kind == QueryKind::delete_ || (merge && changed(query.target));
  own.columns = query.kind == QueryKind::update ? query.target_columns : query.conflict_updates;
  out.push_back({scope.target(query.target), std::move(own)});
  return out;
}

void insert(Scope& scope, const Target& target, const Query& query) {
  auto action = scope.action(query.kind == QueryKind::merge ? "merge" : "insert", target);
  action.data = true;
  lock(action, target, LockMode::row_exclusive);
  changes_on_the_way(scope, action, query);
  // The row that is there already is changed; it comes back only when nothing of it was.
  const bool lossy = !target.born && overwrites(scope, target, {query.conflict_updates, query.conflict_where});
  action.facts["overwrites"] = lossy;
  if (lossy) {
    action.facts["columns"] = query.conflict_updates;
    loses(action, "values-overwritten",
          fmt::format("{} ({})", target.name.display(), core::join(query.conflict_updates)));
  }
  const auto& changed = query.changes;
  const bool deletes =
      query.kind == QueryKind::merge && query.conflict_updates.empty() && core::contains(changed, query.target);
  if (deletes && !target.born) loses(action, "rows-deleted", target.name.display());
  uses_new_enum_value(scope, action, query);
  scope.add(std::move(action));
}

}  // namespace

void query_effects(Scope& scope, const Query& query) {
  const auto followed = called_code_effects(scope);
  if (query.kind == QueryKind::select) {
    select(scope, query, followed);
    if (!query.writes.empty()) fired_effects(scope, writings(scope, query));
    return;
  }
  const auto target = scope.target(query.target);
  if (target.name.schema == "pg_catalog") {
    return change_of_system_catalog(scope, target);
  } else if (query.kind == QueryKind::update) {
    update(scope, target, query);
  } else if (query.kind == QueryKind::delete_) {
    remove(scope, target, query);
  } else {
    insert(scope, target, query);
  }
  // Most INSERTs stand alone and set nothing off.
  const bool quiet = query.kind == QueryKind::insert && query.writes.size() < 2 && query.conflict_updates.empty() &&
                     (target.relation == nullptr || (target.relation->triggers.empty() && !is_partitioned(target)));
  if (!quiet) fired_effects(scope, writings(scope, query));
}

namespace {

// Everything that CASCADE empties, in all directions and depths.
std::vector<Target> emptied_too(const Scope& scope, const Target& target, const parse::Truncate& truncate) {
  std::vector<Target> out;
  const auto seen = [&](const QualifiedName& name) {
    return name == target.name ||
           std::any_of(out.begin(), out.end(), [&](const auto& one) { return one.name == name; });
  };
  std::vector<Target> open{target};
  while (!open.empty()) {
    const auto next = open.back();
    open.pop_back();
    const auto& only = truncate.only;
    const bool alone =
        std::any_of(only.begin(), only.end(), [&](const auto& name) { return scope.resolve(name) == next.name; });
    std::vector<Target> more;
    if (!alone) more = scope.heirs(next);
    for (const auto* other : scope.before.referencing(next.name)) {
      if (truncate.cascade) more.push_back(scope.target(other->name));
    }
    for (const auto& one : more) {
      if (seen(one.name)) continue;
      out.push_back(one);
      open.push_back(one);
    }
  }
  return out;
}

}  // namespace

void truncate_effects(Scope& scope, const parse::Truncate& truncate) {
  const auto listed = [&](const QualifiedName& name) {
    return std::any_of(truncate.relations.begin(), truncate.relations.end(),
                       [&](const auto& written) { return scope.resolve(written) == name; });
  };
  std::vector<std::pair<Target, Writing>> fired;
  for (const auto& name : truncate.relations) {
    const auto target = scope.target(name);
    auto action = scope.action("truncate", target);
    action.facts["cascade"] = truncate.cascade;
    action.data = true;
    auto all = emptied_too(scope, target, truncate);
    all.insert(all.begin(), target);
    for (const auto& table : all) {
      new_file(action, table);
      if (table.born) continue;
      loses(action, "rows-deleted", table.name.display());
      irreversible(action, "rows-deleted", table.name.display());
    }
    for (const auto* other : scope.before.referencing(target.name)) {
      if (!truncate.cascade && !listed(other->name) && other->name != target.name)
        fails(action, "other-objects-depend", other->name.display());
    }
    if (!target.born)
      replication(action, Replication::silent_damage, target.name,
                  "TRUNCATE is replicated: the other side is emptied, too");
    scope.add(std::move(action));
    for (const auto& table : all) fired.push_back({table, {.truncate = true}});
  }
  fired_effects(scope, fired);
}

void copy_effects(Scope& scope, const parse::Copy& copy) {
  const auto target = scope.target(copy.relation);
  auto action = scope.action(copy.from ? "copy-from" : "copy-to", target);
  action.data = copy.from;
  action.neutral = !copy.from;
  if (copy.from) lock(action, target, LockMode::row_exclusive);
  scope.add(std::move(action));
  if (copy.from) fired_effects(scope, {{target, {.insert = true}}});
}

void maintenance_effects(Scope& scope, const parse::Cluster& cluster) {
  const auto target = scope.target(cluster.relation);
  auto action = cluster.relation.empty() ? scope.action("cluster") : scope.action("cluster", target);
  action.neutral = true;
  if (cluster.relation.empty()) {
    scope.out.must_be_outside_transaction = true;
    if (scope.context.in_transaction) fails(action, "outside-transaction-only", "CLUSTER");
    action.effects.unknown.push_back("which tables CLUSTER rewrites");
  } else {
    lock(action, target, LockMode::access_exclusive);
    rewrite(action, target);
  }
  scope.add(std::move(action));
}

void maintenance_effects(Scope& scope, const parse::Vacuum& vacuum) {
  const bool plain_analyze = vacuum.analyze_only;
  if (!plain_analyze) scope.out.must_be_outside_transaction = true;
  const auto one = [&](Action action, const Target* target) {
    action.neutral = true;
    if (!plain_analyze && scope.context.in_transaction) fails(action, "outside-transaction-only", "VACUUM");
    if (target != nullptr) {
      lock(action, *target, vacuum.full ? LockMode::access_exclusive : LockMode::share_update_exclusive);
      if (is_partitioned(*target) && !vacuum.full) lock_heirs(scope, action, *target, LockMode::share_update_exclusive);
      if (is_partitioned(*target) && vacuum.full) lock_heirs(scope, action, *target, LockMode::access_exclusive);
      if (vacuum.full) rewrite(action, *target);
    } else if (vacuum.full) {
      action.effects.unknown.push_back("which tables VACUUM FULL rewrites");
    }
    scope.add(std::move(action));
  };
  const std::string kind = plain_analyze ? "analyze" : vacuum.full ? "vacuum-full" : "vacuum";
  if (vacuum.relations.empty()) return one(scope.action(kind), nullptr);
  for (const auto& name : vacuum.relations) {
    const auto target = scope.target(name);
    one(scope.action(kind, target), &target);
  }
}

void lock_effects(Scope& scope, const parse::Lock& statement) {
  for (const auto& name : statement.relations) {
    const auto target = scope.target(name);
    auto action = scope.action("lock-table", target);
    action.neutral = true;
    const auto mode = lock_mode_from_string(statement.mode);
    lock(action, target, mode);
    const auto& only = statement.only;
    if (!core::contains(only, name)) lock_heirs(scope, action, target, mode);
    if (target.relation != nullptr && target.relation->kind == schema::RelationKind::view) {
      for (const auto& read : target.relation->reads) lock(action, scope.target(read), mode);
    }
    scope.add(std::move(action));
  }
}

}  // namespace bgdb::lint
