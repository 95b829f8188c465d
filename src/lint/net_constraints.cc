// Keys, foreign keys and checks at the end of a transaction: whether what a statement took is there again, or what it
// demanded is not demanded any more. See net.h.
#include <algorithm>

#include "core/text.h"
#include "lint/demanded.h"
#include "lint/net.h"
#include "lint/net_paths.h"
#include "lint/references.h"
#include "lint/scope.h"

namespace bgdb::lint {

using schema::Catalog;
using schema::Relation;

namespace {

// "schema.table (a, b)" -> the columns.
std::vector<std::string> columns_of(const std::string& object, QualifiedName& relation) {
  const auto open = object.find(" (");
  relation = split_name(object.substr(0, open));
  if (open == std::string::npos) return {};
  return split_list(object.substr(open + 2, object.size() - open - 3));
}

// A partial index takes the place of one with the same predicate.
bool holds_the_like(const Relation* relation, const IndexShape& shape) {
  if (relation == nullptr || shape.predicate == "?") return false;
  return std::any_of(relation->indexes.begin(), relation->indexes.end(), [&](const auto& index) {
    const auto own = shape_of(index);
    return index.unique && own.elements == shape.elements && own.predicate == shape.predicate;
  });
}

// ON CONFLICT takes no key that may be checked later.
bool is_late(const Relation& relation, const std::string& key) {
  const auto* constraint = relation.constraint(key);
  return constraint != nullptr && constraint->deferrable;
}

// ON CONFLICT (b, a) finds a unique index on (a, b): the order of columns does not count.
bool still_unique(const Catalog& start, const Catalog& end, const std::string& object) {
  QualifiedName name;
  const auto sorted = [](std::vector<std::string> columns) {
    std::sort(columns.begin(), columns.end());
    return columns;
  };
  const auto columns = sorted(columns_of(object, name));
  const auto* relation = end.relation(name);
  if (relation == nullptr || columns.empty()) return false;
  const bool by_index = std::any_of(relation->indexes.begin(), relation->indexes.end(), [&](const auto& index) {
    const auto shape = shape_of(index);
    if (!index.unique || is_late(*relation, index.name) ||
        sorted(columns_of("x (" + core::join(shape.elements) + ")", name)) != columns)
      return false;
    return !index.partial || holds_the_like(start.relation(relation->name), shape);
  });
  return by_index ||
         std::any_of(relation->constraints.begin(), relation->constraints.end(), [&](const auto& constraint) {
           const bool key = constraint.kind == schema::ConstraintKind::unique ||
                            constraint.kind == schema::ConstraintKind::primary_key;
           return key && !constraint.deferrable && sorted(constraint.columns) == columns;
         });
}

// "schema.table (a)": a foreign key over the same columns is there again; the new one was judged where it was added.
bool foreign_key_replaced(const Catalog& end, const std::string& object) {
  QualifiedName name;
  const auto columns = columns_of(object, name);
  const auto* relation = end.relation(name);
  return relation != nullptr &&
         std::any_of(relation->constraints.begin(), relation->constraints.end(), [&](const auto& constraint) {
           return constraint.kind == schema::ConstraintKind::foreign_key && constraint.columns == columns;
         });
}

// "schema.table (a)": together the foreign keys over the columns refuse what the old version does to referenced rows.
bool still_refused(const Catalog& end, std::string_view kind, const std::string& object) {
  QualifiedName name;
  const auto columns = columns_of(object, name);
  const auto* relation = end.relation(name);
  if (relation == nullptr) return false;
  const auto rows = referred_rows(*relation, columns);
  return kind == "referenced-delete" ? rows.delete_refused : rows.update_refused;
}

// "schema.table.name": a constraint of that name is there again, or others say the same.
bool constraint_there(const Catalog& start, const Catalog& end, const std::string& object) {
  const auto path = split_path(object);
  const auto* relation = end.relation(path.relation);
  if (relation == nullptr || relation->constraint(path.part) != nullptr) return relation != nullptr;
  const auto* before = start.relation(path.relation);
  const auto* old = before == nullptr ? nullptr : before->constraint(path.part);
  return old != nullptr && check_demanded(*relation, *old);
}

}  // namespace

bool keys_came_back(const Relation& old, const Relation& now) {
  const auto within = [](const Relation& one, const Relation& other) {
    const bool constraints = std::all_of(one.constraints.begin(), one.constraints.end(), [&](const auto& a) {
      return std::any_of(other.constraints.begin(), other.constraints.end(), [&](const auto& b) {
        return a.kind == b.kind && a.columns == b.columns && a.check_sql == b.check_sql &&
               a.referenced == b.referenced && a.on_delete == b.on_delete && a.on_update == b.on_update &&
               a.deferrable == b.deferrable;
      });
    });
    return constraints && std::all_of(one.indexes.begin(), one.indexes.end(), [&](const auto& index) {
             return !index.unique || holds_the_like(&other, shape_of(index));
           });
  };
  return within(old, now) && within(now, old);
}

bool constraint_came_back(const Effect& effect, const Catalog& start, const Catalog& end) {
  const std::string_view kind = effect.kind;
  const auto& object = effect.object;
  if (kind == "conflict-target-lost" || kind == "primary-key-dropped") return still_unique(start, end, object);
  if (kind == "concurrent-refresh-lost") {
    const auto* view = end.relation(split_name(object));
    return view == nullptr || concurrently_refreshable(*view, "");
  }
  if (kind == "foreign-key-dropped") return foreign_key_replaced(end, object);
  if (kind == "referenced-delete" || kind == "referenced-update") return !still_refused(end, kind, object);
  if (kind == "constraint-dropped" || kind == "exclusion-dropped") return constraint_there(start, end, object);
  return false;
}

}  // namespace bgdb::lint
