// CREATE INDEX and REINDEX.
#include <algorithm>

#include <fmt/format.h>

#include "core/contains.h"
#include "core/text.h"
#include "lint/demanded.h"
#include "lint/scope.h"
#include "lint/volatility.h"

namespace bgdb::lint {

namespace {

std::vector<std::string> column_list(const parse::CreateIndex& create) {
  std::vector<std::string> columns;
  for (const auto& element : create.elements) columns.push_back(element.column.empty() ? element.sql : element.column);
  return columns;
}

// Old rows and the old version's rows leave born columns NULL or at a value of their own, which never collides.
bool never_collides(const Scope& scope, const Target& target, const parse::CreateIndex& create) {
  return std::any_of(create.elements.begin(), create.elements.end(), [&](const auto& element) {
    if (element.column.empty() || !scope.born_column(target, element.column)) return false;
    const auto* column = target.relation == nullptr ? nullptr : target.relation->column(element.column);
    if (column != nullptr && fills_with_fresh(*column, scope.before)) return true;
    const bool is_null = column == nullptr || (!column->default_sql && !column->generated_sql);
    return is_null && !create.nulls_not_distinct;
  });
}

// A unique index that already guarantees at least as much.
bool already_unique(const Scope& scope, const Target& target, const parse::CreateIndex& create) {
  if (create.nulls_not_distinct) return false;
  std::vector<std::string> elements;
  for (const auto& element : create.elements)
    elements.push_back(element.column.empty() ? element.sql : core::quote_ident(element.column));
  return key_demanded(scope, target, elements, create.predicate ? create.predicate->sql : "");
}

}  // namespace

IndexShape shape_of(const schema::Index& index) {
  IndexShape out{index.columns, ""};
  const bool computed = core::contains(index.columns, "");
  if (!computed && !index.partial) return out;
  out.predicate = "?";  // not known
  for (const auto& statement : parse::parse_sql(index.definition).statements) {
    const auto* create = std::get_if<parse::CreateIndex>(&statement.node);
    if (create == nullptr) continue;
    out.elements = column_list(*create);
    out.predicate = create->predicate ? create->predicate->sql : "";
  }
  return out;
}

bool concurrently_refreshable(const schema::Relation& view, const std::string& gone) {
  return std::any_of(view.indexes.begin(), view.indexes.end(), [&](const auto& index) {
    const bool plain = !core::contains(index.columns, "");
    return index.name != gone && index.unique && index.valid && !index.partial && plain;
  });
}

void create_index_effects(Scope& scope, const parse::CreateIndex& create) {
  const auto target = scope.target(create.relation);
  if (create.if_not_exists && !create.name.empty() && scope.before.index({target.name.schema, create.name})) {
    auto action = scope.action("nothing", target);
    action.neutral = true;
    lock(action, target, create.concurrently ? LockMode::share_update_exclusive : LockMode::share);
    return scope.add(std::move(action));
  }
  auto action = scope.action("create-index", target);
  const auto columns = column_list(create);
  const bool partitioned =
      target.relation != nullptr && target.relation->kind == schema::RelationKind::partitioned_table;
  action.facts["index"] = create.name.empty() ? fmt::format("on ({})", core::join(columns)) : create.name;
  action.facts["name"] = create.name;
  action.facts["object"] = create.name.empty() ? target.name.display() : create.name;
  action.facts["columns"] = columns;
  action.facts["columns.count"] = static_cast<int64_t>(columns.size());
  action.facts["unique"] = create.unique;
  action.facts["concurrently"] = create.concurrently;
  action.facts["if_not_exists"] = create.if_not_exists;
  action.facts["method"] = create.method;
  if (create.concurrently) {
    scope.out.must_be_outside_transaction = true;
    if (scope.context.in_transaction) fails(action, "outside-transaction-only", target.name.display());
    if (partitioned) fails(action, "concurrently-on-partitioned", target.name.display());
    lock(action, target, LockMode::share_update_exclusive);
    index_build(action, target);
  } else {
    lock(action, target, LockMode::share);
    if (partitioned && !create.only) lock_heirs(scope, action, target, LockMode::share);
    if (!partitioned || !create.only) index_build(action, target);
  }
  const bool table_like =
      target.relation == nullptr || target.relation->kind != schema::RelationKind::materialized_view;
  if (create.unique && table_like && !target.born && !never_collides(scope, target, create) &&
      !already_unique(scope, target, create)) {
    narrows(action, "unique", fmt::format("{} ({})", target.name.display(), core::join(columns)));
    replication(action, Replication::stops, target.name,
                "a duplicate that the other side still accepts stops the apply");
  }
  scope.add(std::move(action));
}

void reindex_effects(Scope& scope, const parse::Reindex& reindex) {
  Target target;
  std::string only;  // one index of the table
  if (reindex.target == "index") {
    if (const auto index = scope.before.index(reindex.relation)) {
      target = scope.target(index.relation->name);
      only = index.index->name;
    }
  } else if (reindex.target == "table") {
    target = scope.target(reindex.relation);
  }
  auto action = target.name.empty() ? scope.action("reindex") : scope.action("reindex", target);
  action.neutral = true;
  action.facts["concurrently"] = reindex.concurrently;
  action.facts["object"] = reindex.relation.empty() ? reindex.target : reindex.relation.display();
  const bool many = reindex.target == "schema" || reindex.target == "system" || reindex.target == "database" ||
                    is_partitioned(target);
  if (reindex.concurrently || many) {
    scope.out.must_be_outside_transaction = true;
    if (scope.context.in_transaction)
      fails(action, "outside-transaction-only", to_text(fact_or_empty(action.facts, "object")));
  }
  if (target.name.empty()) {
    action.effects.unknown.push_back("the tables that REINDEX locks");
  } else {
    const auto mode = reindex.concurrently ? LockMode::share_update_exclusive : LockMode::share;
    lock(action, target, mode);
    if (is_partitioned(target)) {
      for (const auto& heir : scope.heirs(target)) {
        if (!is_partitioned(heir)) lock(action, heir, mode);
      }
    }
    if (!reindex.concurrently && only.empty()) lock_indexes(action, target, LockMode::access_exclusive);
    if (!reindex.concurrently && !only.empty()) lock_index(action, target, only, LockMode::access_exclusive);
    index_build(action, target);
  }
  scope.add(std::move(action));
}

}  // namespace bgdb::lint
