#include "lint/demanded.h"

#include <algorithm>

#include "core/contains.h"
#include "parse/check_logic.h"

namespace bgdb::lint {

using parse::ConstraintKind;

namespace {

std::vector<const schema::Relation*> before_and_at_start(const Scope& scope, const Target& target) {
  std::vector<const schema::Relation*> out;
  if (target.relation != nullptr) out.push_back(target.relation);
  const auto* start = scope.context.start == nullptr ? nullptr : scope.context.start->relation(target.name);
  if (start != nullptr) out.push_back(start);
  return out;
}

// Every key that refuses duplicates, its columns as SQL.
std::vector<IndexShape> keys_of(const schema::Relation& relation) {
  std::vector<IndexShape> out;
  const auto plain = [](const std::vector<std::string>& columns) {
    IndexShape shape;
    for (const auto& column : columns) shape.elements.push_back(core::quote_ident(column));
    return shape;
  };
  for (const auto& index : relation.indexes) {
    if (!index.unique || !index.valid) continue;
    const bool computed = core::contains(index.columns, "");
    auto shape = computed || index.partial ? shape_of(index) : IndexShape{index.columns, ""};
    for (auto& element : shape.elements) {
      if (relation.column(element) != nullptr) element = core::quote_ident(element);
    }
    out.push_back(std::move(shape));
  }
  for (const auto& constraint : relation.constraints) {
    const bool key = constraint.kind == ConstraintKind::unique || constraint.kind == ConstraintKind::primary_key;
    if (key) out.push_back(plain(constraint.columns));
  }
  return out;
}

// The expression is `other`, or comes to what it comes to.
bool stands_for(const Scope& scope, const Target& target, const std::string& sql, const std::string& other) {
  return sql == other ||
         (target.relation != nullptr && !sql.empty() && kept_equal(writes_of_old(scope, target, true), sql, other));
}

}  // namespace

Writes writes_of_old(const Scope& scope, const Target& target, bool unfilled) {
  static const schema::Relation kNone;
  const auto& relation = target.relation == nullptr ? kNone : *target.relation;
  return {scope.before, relation, [&scope, target](const auto& column) { return scope.born_column(target, column); },
          unfilled, ""};
}

bool key_demanded(const Scope& scope, const Target& target, const std::vector<std::string>& elements,
                  const std::string& predicate) {
  for (const auto* relation : before_and_at_start(scope, target)) {
    for (const auto& key : keys_of(*relation)) {
      if (key.elements.empty() || key.predicate == "?") continue;
      const bool within = std::all_of(key.elements.begin(), key.elements.end(), [&](const auto& other) {
        return std::any_of(elements.begin(), elements.end(),
                           [&](const auto& element) { return stands_for(scope, target, element, other); });
      });
      const bool rows = key.predicate.empty() || stands_for(scope, target, predicate, key.predicate);
      if (within && rows) return true;
    }
  }
  return false;
}

OldReference reference_demanded(const Scope& scope, const Target& target, const parse::Constraint& constraint) {
  const auto referenced = scope.target(constraint.referenced);
  const auto keys_stand_for = [&](const schema::Constraint& old) {
    const bool primary = constraint.referenced_columns.empty() || old.referenced_columns.empty();
    if (primary || old.referenced_columns == constraint.referenced_columns) return true;
    if (referenced.relation == nullptr || old.referenced_columns.size() != constraint.referenced_columns.size())
      return false;
    for (size_t i = 0; i < old.referenced_columns.size(); ++i) {
      const auto& column = constraint.referenced_columns[i];
      const auto* known = referenced.relation->column(column);
      const bool filled = known != nullptr && (known->not_null || proven_not_null(*referenced.relation, column));
      const bool same = column == old.referenced_columns[i];
      if (!same && !(filled && stands_for(scope, referenced, core::quote_ident(column),
                                          core::quote_ident(old.referenced_columns[i]))))
        return false;
    }
    return true;
  };
  for (const auto* relation : before_and_at_start(scope, target)) {
    for (const auto& old : relation->constraints) {
      if (old.kind != ConstraintKind::foreign_key || scope.resolve(old.referenced) != referenced.name) continue;
      if (old.columns.size() != constraint.columns.size() || !keys_stand_for(old)) continue;
      bool same = true;
      for (size_t i = 0; i < old.columns.size(); ++i)
        same = same &&
               stands_for(scope, target, core::quote_ident(constraint.columns[i]), core::quote_ident(old.columns[i]));
      if (same) return {relation, &old};
    }
  }
  return {};
}

bool check_demanded(const schema::Relation& relation, const schema::Constraint& check) {
  if (check.check_sql.empty()) return false;
  std::string others;
  const auto also = [&](const std::string& sql) { others += (others.empty() ? "(" : " AND (") + sql + ")"; };
  for (const auto& other : relation.constraints) {
    const bool counts = other.kind == ConstraintKind::check && other.name != check.name && !other.check_sql.empty();
    if (counts) also(other.check_sql);
  }
  for (const auto& name : check.not_null_columns) {
    const auto* column = relation.column(name);
    if (column != nullptr && column->not_null) also(core::quote_ident(name) + " IS NOT NULL");
  }
  return !others.empty() &&
         parse::accepts_all_of(parse::simplify_check(check.check_sql, {}), parse::simplify_check(others, {}));
}

bool filled_at_end(const schema::Catalog& start, const schema::Catalog& end, const QualifiedName& table,
                   const std::string& column) {
  const auto* relation = end.relation(table);
  const auto* old = start.relation(table);
  if (relation == nullptr || old == nullptr || relation->column(column) == nullptr) return false;
  return kept_not_null({end, *relation, [&](const auto& name) { return old->column(name) == nullptr; }, false, column},
                       column);
}

}  // namespace bgdb::lint
