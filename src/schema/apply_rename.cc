// RENAME and SET SCHEMA. Everything that refers to the renamed object follows: foreign keys, views, partitions,
// sequences, defaults, column types.
#include <algorithm>

#include "core/contains.h"
#include "schema/applier.h"

namespace bgdb::schema {

using parse::ObjectKind;

namespace {

template <class Map>
void move_key(Map& map, const QualifiedName& from, const QualifiedName& to) {
  auto moved = map.take(from);
  if (!moved) return;
  moved->name = to;
  map[to] = std::move(*moved);
}

template <class List>
void rename_named(List& list, const std::string& from, const std::string& to) {
  for (auto& part : list) {
    if (part.name == from) part.name = to;
  }
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

template <class List, class Predicate>
bool any_of(const List& list, Predicate predicate) {
  return std::any_of(list.begin(), list.end(), predicate);
}

}  // namespace

void Applier::on(const parse::Rename& node) {
  switch (node.object) {
    case ObjectKind::column: {
      auto* relation = node.if_exists ? catalog_.relation(node.relation) : find(node.relation);
      if (relation != nullptr) rename_column(*relation, node.name, node.new_name);
      return;
    }
    case ObjectKind::attribute: {
      auto* composite = catalog_.composites.edit(catalog_.resolve(node.relation));
      if (composite == nullptr) return note_unknown(node.relation);
      for (auto& attribute : composite->attributes) {
        if (attribute.name == node.name) attribute.name = node.new_name;
      }
      return;
    }
    case ObjectKind::constraint: {
      if (auto* relation = catalog_.relation(node.relation))
        return rename_constraint(*relation, node.name, node.new_name);
      auto* domain = catalog_.domains.edit(catalog_.resolve(node.relation));
      if (domain == nullptr) return note_unknown(node.relation);
      for (auto& check : domain->checks) {
        if (check.name == node.name) check.name = node.new_name;
      }
      return;
    }
    case ObjectKind::trigger:
      if (auto* relation = find(node.relation)) {
        rename_trigger(*relation, node.name, node.new_name);
      }
      return;
    case ObjectKind::policy:
      if (auto* relation = find(node.relation)) rename_named(relation->policies, node.name, node.new_name);
      return;
    case ObjectKind::rule:
      if (auto* relation = find(node.relation)) rename_named(relation->rules, node.name, node.new_name);
      return;
    case ObjectKind::statistics: {
      const auto from = catalog_.resolve(node.relation);
      return move_key(catalog_.statistics, from, {from.schema, node.new_name});
    }
    case ObjectKind::type:
    case ObjectKind::domain: {
      const auto from = catalog_.resolve(node.relation);
      if (!type_known(from)) return note_unknown(node.relation);
      return move_type(from, {from.schema, node.new_name});
    }
    case ObjectKind::schema:
      return rename_schema(node.relation.name.empty() ? node.name : node.relation.name, node.new_name);
    case ObjectKind::function:
    case ObjectKind::procedure:
    case ObjectKind::routine:
    case ObjectKind::aggregate:
      return move_function(node.relation, node.arguments, node.arguments_given, {"", node.new_name});
    case ObjectKind::table:
    case ObjectKind::view:
    case ObjectKind::materialized_view:
    case ObjectKind::foreign_table:
    case ObjectKind::index:
    case ObjectKind::sequence:
      return rename_relation_like(node);
    default:
      return;
  }
}

// ALTER TABLE x RENAME TO y also works on views, indexes and sequences.
void Applier::rename_relation_like(const parse::Rename& node) {
  if (const auto* relation = std::as_const(catalog_).relation(node.relation)) {
    const auto from = relation->name;
    return move_relation(from, {from.schema, node.new_name});
  }
  if (const auto index = catalog_.index(node.relation)) {
    const std::string name = index.index->name;
    const auto position = static_cast<size_t>(index.index - index.relation->indexes.data());
    auto& relation = catalog_.relations.at(index.relation->name);
    if (relation.indexes[position].constraint) return rename_constraint(relation, name, node.new_name);
    relation.indexes[position].name = node.new_name;
    return follow_index(relation, name, node.new_name);
  }
  const auto from = catalog_.resolve(node.relation);
  if (catalog_.sequences.count(from) != 0) return move_sequence(from, {from.schema, node.new_name});
  if (!node.if_exists) note_unknown(node.relation);
}

void Applier::rename_constraint(Relation& relation, const std::string& from, const std::string& to) {
  const auto found = std::find_if(relation.constraints.begin(), relation.constraints.end(),
                                  [&](const Constraint& c) { return c.name == from; });
  if (found == relation.constraints.end()) return note_unknown({relation.name.name, from});
  found->name = to;
  for (auto& index : relation.indexes) {
    if (index.constraint && index.name == from) index.name = to;
  }
  if (found->kind != ConstraintKind::check && found->kind != ConstraintKind::foreign_key)
    follow_index(relation, from, to);
  if (found->kind != ConstraintKind::check || found->no_inherit) return;
  for (const auto& child : children(relation.name)) {
    auto& heir = catalog_.relations.at(child);
    if (heir.constraint(from) != nullptr) rename_constraint(heir, from, to);
  }
}

// Whoever names the index that was just renamed.
void Applier::follow_index(Relation& relation, const std::string& from, const std::string& to) {
  if (relation.replica_identity_index == from) relation.replica_identity_index = to;
  const QualifiedName owner = relation.name;
  const auto names_it = [&](const Constraint& c) { return c.referenced == owner && c.referenced_index == from; };
  const auto part_of_it = [&](const Index& i) { return i.parent == from; };
  catalog_.relations.edit_where(
      [&](const auto&, const Relation& other) {
        return any_of(other.constraints, names_it) ||
               (other.partition_of == owner && any_of(other.indexes, part_of_it));
      },
      [&](Relation& other) {
        for (auto& constraint : other.constraints) {
          if (names_it(constraint)) constraint.referenced_index = to;
        }
        if (other.partition_of != owner) return;
        for (auto& index : other.indexes) {
          if (part_of_it(index)) index.parent = to;
        }
      });
}

void Applier::rename_trigger(Relation& relation, const std::string& from, const std::string& to) {
  rename_named(relation.triggers, from, to);
  if (relation.kind != RelationKind::partitioned_table) return;
  for (const auto& child : children(relation.name)) {
    auto& partition = catalog_.relations.at(child);
    const bool copied = std::any_of(partition.triggers.begin(), partition.triggers.end(),
                                    [&](const Trigger& t) { return t.from_parent && t.name == from; });
    if (copied) rename_trigger(partition, from, to);
  }
}

void Applier::move_relation(const QualifiedName& from, const QualifiedName& to) {
  if (from == to) return;
  if (catalog_.relations.contains(to)) return result_.refused.push_back(to.display() + " exists already");
  move_key(catalog_.relations, from, to);
  const auto follow = [&](QualifiedName& name) {
    if (name == from) name = to;
  };
  const auto refers = [&](const auto&, const Relation& relation) {
    return any_of(relation.constraints, [&](const Constraint& c) { return c.referenced == from; }) ||
           relation.partition_of == from || core::contains(relation.inherits, from) ||
           core::contains(relation.reads, from) ||
           any_of(relation.policies,
                  [&](const Policy& p) { return core::contains(p.reads, from) || !p.columns_read.empty(); }) ||
           any_of(relation.rules, [&](const Rule& r) { return core::contains(r.reads, from); });
  };
  catalog_.relations.edit_where(refers, [&](Relation& relation) {
    for (auto& constraint : relation.constraints) follow(constraint.referenced);
    if (relation.partition_of) follow(*relation.partition_of);
    for (auto& parent : relation.inherits) follow(parent);
    for (auto& read : relation.reads) follow(read);
    for (auto& read : relation.columns_read) follow(read.relation);
    for (auto& policy : relation.policies) {
      for (auto& read : policy.reads) follow(read);
      for (auto& read : policy.columns_read) follow(read.relation);
    }
    for (auto& rule : relation.rules) {
      for (auto& read : rule.reads) follow(read);
    }
  });
  catalog_.statistics.edit_where([&](const auto&, const Statistics& s) { return s.relation == from; },
                                 [&](Statistics& s) { s.relation = to; });
  follow_type(from, to);  // its row type
  std::vector<QualifiedName> owned;
  catalog_.sequences.edit_where([&](const auto&, const Sequence& sequence) { return sequence.owned_by_table == from; },
                                [&](Sequence& sequence) {
                                  sequence.owned_by_table = to;
                                  owned.push_back(sequence.name);
                                });
  if (from.schema == to.schema) return;
  for (const auto& name : owned) move_sequence(name, {to.schema, name.name});
}

void Applier::move_sequence(const QualifiedName& from, const QualifiedName& to) {
  move_key(catalog_.sequences, from, to);
  const auto calls = [&](const Column& column) {
    return column.default_sql && column.default_sql->find("nextval(") != std::string::npos &&
           column.default_sql->find(from.name) != std::string::npos;
  };
  catalog_.relations.edit_where([&](const auto&, const Relation& relation) { return any_of(relation.columns, calls); },
                                [&](Relation& relation) {
                                  for (auto& column : relation.columns) {
                                    if (!calls(column)) continue;
                                    replace_all(*column.default_sql, "'" + from.sql() + "'", "'" + to.sql() + "'");
                                    if (from.name != to.name)
                                      replace_all(*column.default_sql, "'" + quote_ident(from.name) + "'",
                                                  "'" + quote_ident(to.name) + "'");
                                  }
                                });
}

void Applier::move_type(const QualifiedName& from, const QualifiedName& to) {
  move_key(catalog_.enums, from, to);
  move_key(catalog_.domains, from, to);
  move_key(catalog_.composites, from, to);
  move_key(catalog_.other_types, from, to);
  follow_type(from, to);
}

void Applier::follow_type(const QualifiedName& from, const QualifiedName& to) {
  const auto named = [&](const TypeName& type) { return type.name == from.name && type.schema == from.schema; };
  const auto follow = [&](TypeName& type) {
    if (!named(type)) return;
    type.name = to.name;
    type.schema = to.schema;
    type.sql = to.sql();
    for (int i = 0; i < type.array_dims; ++i) type.sql += "[]";
  };
  const auto typed = [&](const Column& column) { return named(column.type); };
  const auto takes = [&](const Function& f) {
    return any_of(f.arguments, named) || any_of(f.outputs, typed) || (f.returns && named(*f.returns));
  };
  catalog_.relations.edit_where([&](const auto&, const Relation& relation) { return any_of(relation.columns, typed); },
                                [&](Relation& relation) {
                                  for (auto& column : relation.columns) follow(column.type);
                                });
  catalog_.domains.edit_where([&](const auto&, const Domain& domain) { return named(domain.base); },
                              [&](Domain& domain) { follow(domain.base); });
  catalog_.composites.edit_where([&](const auto&, const CompositeType& type) { return any_of(type.attributes, typed); },
                                 [&](CompositeType& type) {
                                   for (auto& attribute : type.attributes) follow(attribute.type);
                                 });
  catalog_.functions.edit_where([&](const auto&, const auto& overloads) { return any_of(overloads, takes); },
                                [&](std::vector<Function>& overloads) {
                                  for (auto& function : overloads) {
                                    for (auto& argument : function.arguments) follow(argument);
                                    if (function.returns) follow(*function.returns);
                                    for (auto& output : function.outputs) follow(output.type);
                                  }
                                });
  catalog_.other_types.edit_where([&](const auto&, const OtherType& type) { return type.over && named(*type.over); },
                                  [&](OtherType& type) { follow(*type.over); });
}

// The parts of `to` that are not empty are new. Triggers that call the function follow.
void Applier::move_function(const QualifiedName& written, const std::vector<TypeName>& arguments, bool arguments_given,
                            const QualifiedName& to) {
  const auto* found = find_function(written, arguments, arguments_given);
  if (found == nullptr) return note_unknown(written);
  const QualifiedName from = found->name;
  const auto signature = argument_types(*found);
  const auto meant = [&](const Function& f) { return argument_types(f) == signature; };
  const QualifiedName now{to.schema.empty() ? from.schema : to.schema, to.name.empty() ? from.name : to.name};
  auto& overloads = catalog_.functions.at(from);
  const auto at = std::find_if(overloads.begin(), overloads.end(), meant);
  Function moved = std::move(*at);
  overloads.erase(at);
  if (overloads.empty()) catalog_.functions.erase(from);
  moved.name = now;
  catalog_.functions[now].push_back(std::move(moved));
  const auto calls = [&](const Trigger& trigger) {
    const auto& called = trigger.function;
    return called.name == from.name && (called.schema.empty() || called.schema == from.schema);
  };
  catalog_.relations.edit_where([&](const auto&, const Relation& relation) { return any_of(relation.triggers, calls); },
                                [&](Relation& relation) {
                                  for (auto& trigger : relation.triggers) {
                                    if (calls(trigger)) trigger.function = now;
                                  }
                                });
}

void Applier::rename_schema(const std::string& from, const std::string& to) {
  if (catalog_.schemas.erase(from) == 0) return note_unknown({"", from});
  catalog_.schemas.insert(to);
  const auto names_in = [&](const auto& map) {
    std::vector<QualifiedName> names;
    for (auto it = map.lower_bound(QualifiedName{from, ""}); it != map.end() && it->first.schema == from; ++it)
      names.push_back(it->first);
    return names;
  };
  for (const auto& name : names_in(catalog_.relations)) move_relation(name, {to, name.name});
  for (const auto& name : names_in(catalog_.sequences)) move_sequence(name, {to, name.name});
  for (const auto& name : names_in(catalog_.enums)) move_type(name, {to, name.name});
  for (const auto& name : names_in(catalog_.domains)) move_type(name, {to, name.name});
  for (const auto& name : names_in(catalog_.composites)) move_type(name, {to, name.name});
  for (const auto& name : names_in(catalog_.other_types)) move_type(name, {to, name.name});
  for (const auto& name : names_in(catalog_.statistics)) move_key(catalog_.statistics, name, {to, name.name});
  for (const auto& name : names_in(catalog_.functions)) {
    auto overloads = *catalog_.functions.take(name);
    for (auto& function : overloads) function.name.schema = to;
    catalog_.functions[{to, name.name}] = std::move(overloads);
  }
}

void Applier::on(const parse::SetSchema& node) {
  if (catalog_.schemas.count(node.new_schema) == 0) note_unknown({"", node.new_schema});
  switch (node.object) {
    case ObjectKind::function:
    case ObjectKind::procedure:
    case ObjectKind::routine:
    case ObjectKind::aggregate:
      return move_function(node.relation, node.arguments, node.arguments_given, {node.new_schema, ""});
    case ObjectKind::extension:
      return;
    case ObjectKind::statistics: {
      const auto from = catalog_.resolve(node.relation);
      return move_key(catalog_.statistics, from, {node.new_schema, from.name});
    }
    case ObjectKind::type:
    case ObjectKind::domain: {
      const auto from = catalog_.resolve(node.relation);
      return move_type(from, {node.new_schema, from.name});
    }
    default:
      break;
  }
  if (const auto* relation = std::as_const(catalog_).relation(node.relation)) {
    const auto from = relation->name;
    return move_relation(from, {node.new_schema, from.name});
  }
  const auto from = catalog_.resolve(node.relation);
  if (catalog_.sequences.count(from) != 0) return move_sequence(from, {node.new_schema, from.name});
  if (!node.if_exists) note_unknown(node.relation);
}

}  // namespace bgdb::schema
