// Constraints: added (with the names, indexes and NOT NULLs that come with them), dropped, validated; parents hand them
// down to partitions and, for checks, to inheriting tables.
#include <algorithm>

#include "core/contains.h"
#include "schema/applier.h"
#include "schema/names.h"

namespace bgdb::schema {
namespace {

std::vector<std::string> distinct_columns(const parse::Expr& expr) {
  std::vector<std::string> columns;
  for (const auto& read : expr.columns) {
    if (!core::contains(columns, read.name)) columns.push_back(read.name);
  }
  return columns;
}

bool is_key(ConstraintKind kind) {
  return kind == ConstraintKind::primary_key || kind == ConstraintKind::unique || kind == ConstraintKind::exclude;
}

// "id int PRIMARY KEY UNIQUE" makes one index: the server drops an unnamed key that repeats another of the statement.
bool repeats(const parse::Constraint& left, const parse::Constraint& right) {
  return left.kind != ConstraintKind::exclude && right.kind != ConstraintKind::exclude &&
         left.columns == right.columns && left.include == right.include && left.deferrable == right.deferrable;
}

}  // namespace

// In the server's order: checks, keys (primary first), foreign keys. The order decides who gets a contested default
// name.
void Applier::add_constraints(Relation& relation, const std::vector<parse::Constraint>& constraints) {
  std::vector<parse::Constraint> keys;
  for (const auto& constraint : constraints) {
    if (constraint.kind == ConstraintKind::primary_key) keys.push_back(constraint);
  }
  for (const auto& constraint : constraints) {
    if (constraint.kind != ConstraintKind::unique && constraint.kind != ConstraintKind::exclude) continue;
    const auto same = std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return repeats(key, constraint); });
    const bool merges = same != keys.end() && (constraint.name.empty() || same->name.empty());
    if (!merges) {
      keys.push_back(constraint);
    } else if (same->name.empty()) {
      same->name = constraint.name;
    }
  }
  for (const auto& constraint : constraints) {
    if (!is_key(constraint.kind) && constraint.kind != ConstraintKind::foreign_key)
      add_constraint(relation, constraint);
  }
  for (const auto& key : keys) add_constraint(relation, key);
  for (const auto& constraint : constraints) {
    if (constraint.kind == ConstraintKind::foreign_key) add_constraint(relation, constraint);
  }
}

void Applier::add_constraint(Relation& relation, const parse::Constraint& constraint) {
  if (!constraint.name.empty() && relation.constraint(constraint.name) != nullptr) {
    if (collides(true)) return;
    remove({{ThingKind::constraint, relation.name, constraint.name}}, Removal::replace);
  }
  switch (constraint.kind) {
    case ConstraintKind::not_null:
      if (constraint.not_valid) {
        Constraint made;
        made.kind = ConstraintKind::not_null;
        made.columns = constraint.columns;
        made.name = constraint.name;
        made.valid = false;
        relation.constraints.push_back(std::move(made));
        return;
      }
      for (const auto& name : constraint.columns) {
        if (auto* column = relation.column(name)) column->not_null = true;
      }
      return;
    case ConstraintKind::check: {
      std::string name = constraint.name;
      if (name.empty()) {
        const auto columns = constraint.check ? distinct_columns(*constraint.check) : constraint.columns;
        name = choose_constraint_name(catalog_, relation.name.schema, relation.name.name,
                                      columns.size() == 1 ? columns[0] : "", "check");
      }
      add_check(relation, constraint, name, false);
      return;
    }
    case ConstraintKind::foreign_key:
      add_foreign_key(relation, constraint);
      return;
    default:
      add_key(relation, constraint);
  }
}

void Applier::add_check(Relation& relation, const parse::Constraint& constraint, const std::string& name,
                        bool inherited) {
  const auto own = std::find_if(relation.constraints.begin(), relation.constraints.end(),
                                [&](const Constraint& c) { return c.name == name; });
  if (own != relation.constraints.end()) {
    if (inherited) {
      ++own->parents;
    } else {
      own->local = true;
    }
  } else {
    Constraint made;
    made.name = name;
    made.kind = ConstraintKind::check;
    if (constraint.check) {
      made.columns = distinct_columns(*constraint.check);
      made.check_sql = constraint.check->sql;
      made.not_null_columns = constraint.check->not_null_columns;
    }
    made.valid = !constraint.not_valid;
    made.no_inherit = constraint.no_inherit;
    made.local = !inherited;
    made.parents = inherited ? 1 : 0;
    relation.constraints.push_back(std::move(made));
  }
  if (constraint.no_inherit) return;
  for (const auto& child : children(relation.name)) add_check(catalog_.relations.at(child), constraint, name, true);
}

// Children get it, too.
void Applier::set_not_null(Relation& relation, const std::vector<std::string>& columns) {
  for (const auto& name : columns) {
    if (auto* column = relation.column(name)) column->not_null = true;
  }
  for (const auto& child : children(relation.name)) set_not_null(catalog_.relations.at(child), columns);
}

void Applier::add_key(Relation& relation, const parse::Constraint& constraint) {
  Constraint made;
  made.kind = constraint.kind;
  made.columns = constraint.columns;
  made.deferrable = constraint.deferrable;
  made.initially_deferred = constraint.initially_deferred;
  made.name = constraint.name;
  const bool primary = constraint.kind == ConstraintKind::primary_key;
  Index* index = nullptr;
  if (!constraint.using_index.empty()) {
    for (auto& candidate : relation.indexes) {
      if (candidate.name == constraint.using_index) index = &candidate;
    }
    if (index == nullptr) {
      note_unknown({relation.name.schema, constraint.using_index});
      return;
    }
    if (made.name.empty()) made.name = index->name;  // else the index takes the constraint's name
    made.columns = index->columns;
  } else {
    const bool exclude = constraint.kind == ConstraintKind::exclude;
    std::vector<parse::IndexElement> elements;
    if (exclude) {
      elements = exclude_elements(constraint);
    } else {
      for (const auto& column : constraint.columns) elements.push_back({column, {}, {}});
    }
    const auto attribute_names = index_column_names(elements, constraint.include);
    if (made.name.empty()) {
      const auto& schema = relation.name.schema;
      const auto addition = index_name_addition(attribute_names);
      made.name = primary ? choose_relation_name(catalog_, schema, relation.name.name, "", "pkey", true)
                          : choose_relation_name(catalog_, schema, relation.name.name, addition,
                                                 exclude ? "excl" : "key", true);
    }
    index = &relation.indexes.emplace_back();
    index->attribute_names = attribute_names;
    for (const auto& element : elements) {
      index->columns.push_back(element.column);
      if (!element.column.empty()) index->columns_read.push_back(element.column);
      if (!element.expr) continue;
      for (const auto& read : element.expr->columns) index->columns_read.push_back(read.name);
    }
    index->columns_read.insert(index->columns_read.end(), constraint.include.begin(), constraint.include.end());
    if (exclude) {
      const auto behind = constraint.exclude_sql.find(' ', 6);
      index->method =
          constraint.exclude_sql.rfind("USING ", 0) == 0 ? constraint.exclude_sql.substr(6, behind - 6) : "btree";
      index->partial = constraint.exclude_sql.find(" WHERE (") != std::string::npos;
    }
  }
  index->name = made.name;
  index->unique = constraint.kind != ConstraintKind::exclude;
  index->primary = primary;
  index->constraint = true;
  if (primary) set_not_null(relation, made.columns);
  const Index as_made = *index;
  relation.constraints.push_back(made);
  if (relation.kind != RelationKind::partitioned_table) return;
  for (const auto& child : children(relation.name)) clone_index(catalog_.relations.at(child), as_made, &made, true);
}

void Applier::add_foreign_key(Relation& relation, const parse::Constraint& constraint) {
  Constraint made;
  made.kind = ConstraintKind::foreign_key;
  made.columns = constraint.columns;
  const auto* target = look(constraint.referenced);
  made.referenced = catalog_.resolve(constraint.referenced);
  made.referenced_columns = constraint.referenced_columns;
  if (target != nullptr) find_referenced_key(*target, made);
  made.on_delete = constraint.on_delete;
  made.on_update = constraint.on_update;
  made.delete_columns = constraint.delete_columns;
  made.deferrable = constraint.deferrable;
  made.initially_deferred = constraint.initially_deferred;
  made.valid = !constraint.not_valid;
  made.name = constraint.name;
  if (made.name.empty()) {
    made.name = choose_constraint_name(catalog_, relation.name.schema, relation.name.name,
                                       index_name_addition(made.columns), "fkey");
  }
  relation.constraints.push_back(made);
  std::vector<QualifiedName> heirs;
  if (relation.kind == RelationKind::partitioned_table) heirs = children(relation.name);
  for (size_t i = 0; i < heirs.size(); ++i) {
    auto& child = catalog_.relations.at(heirs[i]);
    inherit_foreign_key(child, made);
    if (child.kind != RelationKind::partitioned_table) continue;
    const auto below = children(child.name);
    heirs.insert(heirs.end(), below.begin(), below.end());
  }
}

void Applier::inherit_foreign_key(Relation& partition, const Constraint& key) {
  Constraint copy = key;
  copy.local = false;
  copy.parents = 1;
  if (partition.constraint(copy.name) != nullptr) {
    copy.name = choose_constraint_name(catalog_, partition.name.schema, partition.name.name,
                                       index_name_addition(key.columns), "fkey");
  }
  partition.constraints.push_back(std::move(copy));
}

// The key that the server chooses: the primary key when no columns are given, else the first that has them.
void Applier::find_referenced_key(const Relation& target, Constraint& made) {
  if (made.referenced_columns.empty()) {
    if (const auto* key = target.primary_key()) {
      made.referenced_columns = key->columns;
      made.referenced_index = key->name;
    }
    return;
  }
  auto wanted = made.referenced_columns;
  std::sort(wanted.begin(), wanted.end());
  for (const auto& index : target.indexes) {
    auto columns = index.columns;
    std::sort(columns.begin(), columns.end());
    if (!index.unique || index.partial || columns != wanted) continue;
    made.referenced_index = index.name;
    return;
  }
}

void Applier::drop_constraint(Relation& relation, const parse::AlterCommand& command, bool only) {
  if (relation.constraint(command.name) == nullptr) {
    if (!command.if_exists) note_unknown({relation.name.name, command.name});
    return;
  }
  if (only) {
    for (const auto& child : children(relation.name)) {
      for (auto& own : catalog_.relations.at(child).constraints) {
        if (own.name == command.name) own.local = true;
      }
    }
  }
  remove({{ThingKind::constraint, relation.name, command.name}},
         command.cascade ? Removal::cascade : Removal::restrict);
}

void Applier::validate_constraint(Relation& relation, const std::string& name) {
  const auto found = std::find_if(relation.constraints.begin(), relation.constraints.end(),
                                  [&](const Constraint& c) { return c.name == name; });
  if (found == relation.constraints.end()) {
    note_unknown({relation.name.name, name});
    return;
  }
  found->valid = true;
  if (found->kind == ConstraintKind::not_null) {
    for (const auto& column : found->columns) {
      if (auto* known = relation.column(column)) known->not_null = true;
    }
    relation.constraints.erase(found);
    return;
  }
  const auto kind = found->kind;
  if (kind != ConstraintKind::check && relation.kind != RelationKind::partitioned_table) return;
  for (const auto& child : children(relation.name)) {
    auto& heir = catalog_.relations.at(child);
    if (heir.constraint(name) != nullptr) validate_constraint(heir, name);
  }
}

}  // namespace bgdb::schema
