// RENAME and SET SCHEMA. Everything that refers to the renamed object follows: foreign keys, views, partitions,
// sequences, defaults, column types.
#include <algorithm>

#include "schema/applier.h"

namespace bgdb::schema {

using parse::ObjectKind;

namespace {

template <class Map>
void move_key(Map& map, const QualifiedName& from, const QualifiedName& to) {
  auto node = map.extract(from);
  if (node.empty()) return;
  map.erase(to);
  node.key() = to;
  node.mapped().name = to;
  map.insert(std::move(node));
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
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
      const auto found = catalog_.composites.find(catalog_.resolve(node.relation));
      if (found == catalog_.composites.end()) return note_unknown(node.relation);
      for (auto& attribute : found->second.attributes) {
        if (attribute.name == node.name) attribute.name = node.new_name;
      }
      return;
    }
    case ObjectKind::constraint: {
      if (auto* relation = catalog_.relation(node.relation))
        return rename_constraint(*relation, node.name, node.new_name);
      const auto domain = catalog_.domains.find(catalog_.resolve(node.relation));
      if (domain == catalog_.domains.end()) return note_unknown(node.relation);
      for (auto& check : domain->second.checks) {
        if (check.name == node.name) check.name = node.new_name;
      }
      return;
    }
    case ObjectKind::trigger:
      if (auto* relation = find(node.relation)) {
        for (auto& trigger : relation->triggers) {
          if (trigger.name == node.name) trigger.name = node.new_name;
        }
      }
      return;
    case ObjectKind::policy:
      if (auto* relation = find(node.relation))
        std::replace(relation->policies.begin(), relation->policies.end(), node.name, node.new_name);
      return;
    case ObjectKind::type:
    case ObjectKind::domain: {
      const auto from = catalog_.resolve(node.relation);
      const bool known =
          catalog_.enums.count(from) + catalog_.domains.count(from) + catalog_.composites.count(from) != 0;
      if (!known) return note_unknown(node.relation);
      return move_type(from, {from.schema, node.new_name});
    }
    case ObjectKind::schema:
      return rename_schema(node.relation.name.empty() ? node.name : node.relation.name, node.new_name);
    case ObjectKind::function:
    case ObjectKind::procedure:
    case ObjectKind::routine:
      return move_function(node.relation, node.arguments, {"", node.new_name});
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
  if (const auto* relation = catalog_.relation(node.relation)) {
    const auto from = relation->name;
    return move_relation(from, {from.schema, node.new_name});
  }
  if (const auto index = catalog_.index(node.relation)) {
    auto& relation = catalog_.relations.at(index.relation->name);
    const std::string name = index.index->name;
    if (index.index->constraint) return rename_constraint(relation, name, node.new_name);
    relation.indexes[static_cast<size_t>(index.index - relation.indexes.data())].name = node.new_name;
    if (relation.replica_identity_index == name) relation.replica_identity_index = node.new_name;
    return;
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
  if (relation.replica_identity_index == from) relation.replica_identity_index = to;
  if (found->kind != ConstraintKind::check || found->no_inherit) return;
  for (const auto& child : children(relation.name)) {
    auto& heir = catalog_.relations.at(child);
    if (heir.constraint(from) != nullptr) rename_constraint(heir, from, to);
  }
}

void Applier::move_relation(const QualifiedName& from, const QualifiedName& to) {
  if (from == to) return;
  move_key(catalog_.relations, from, to);
  const auto follow = [&](QualifiedName& name) {
    if (name == from) name = to;
  };
  for (auto& [name, relation] : catalog_.relations) {
    for (auto& constraint : relation.constraints) follow(constraint.referenced);
    if (relation.partition_of) follow(*relation.partition_of);
    for (auto& parent : relation.inherits) follow(parent);
    for (auto& read : relation.reads) follow(read);
  }
  std::vector<QualifiedName> owned;
  for (auto& [name, sequence] : catalog_.sequences) {
    if (sequence.owned_by_table != from) continue;
    sequence.owned_by_table = to;
    owned.push_back(name);
  }
  if (from.schema == to.schema) return;
  for (const auto& name : owned) move_sequence(name, {to.schema, name.name});
}

void Applier::move_sequence(const QualifiedName& from, const QualifiedName& to) {
  move_key(catalog_.sequences, from, to);
  for (auto& [name, relation] : catalog_.relations) {
    for (auto& column : relation.columns) {
      if (!column.default_sql || column.default_sql->find("nextval(") == std::string::npos) continue;
      replace_all(*column.default_sql, "'" + from.sql() + "'", "'" + to.sql() + "'");
      if (from.name != to.name)
        replace_all(*column.default_sql, "'" + quote_ident(from.name) + "'", "'" + quote_ident(to.name) + "'");
    }
  }
}

void Applier::move_type(const QualifiedName& from, const QualifiedName& to) {
  move_key(catalog_.enums, from, to);
  move_key(catalog_.domains, from, to);
  move_key(catalog_.composites, from, to);
  const auto follow = [&](TypeName& type) {
    if (type.name != from.name || type.schema != from.schema) return;
    type.name = to.name;
    type.schema = to.schema;
    type.sql = to.sql();
    for (int i = 0; i < type.array_dims; ++i) type.sql += "[]";
  };
  for (auto& [name, relation] : catalog_.relations) {
    for (auto& column : relation.columns) follow(column.type);
  }
  for (auto& [name, domain] : catalog_.domains) follow(domain.base);
  for (auto& [name, composite] : catalog_.composites) {
    for (auto& attribute : composite.attributes) follow(attribute.type);
  }
  for (auto& function : catalog_.functions) {
    for (auto& argument : function.arguments) follow(argument);
    if (function.returns) follow(*function.returns);
  }
}

// The parts of `to` that are not empty are new. Triggers that call the function follow.
void Applier::move_function(const QualifiedName& written, std::vector<TypeName> arguments, const QualifiedName& to) {
  for (auto& argument : arguments) argument = resolve_type(argument);
  for (auto& function : catalog_.functions) {
    const bool named =
        function.name.name == written.name && (written.schema.empty() || function.name.schema == written.schema);
    if (!named || (!arguments.empty() && arguments != function.arguments)) continue;
    const auto from = function.name;
    if (!to.name.empty()) function.name.name = to.name;
    if (!to.schema.empty()) function.name.schema = to.schema;
    for (auto& [name, relation] : catalog_.relations) {
      for (auto& trigger : relation.triggers) {
        const auto& called = trigger.function;
        if (called.name == from.name && (called.schema.empty() || called.schema == from.schema))
          trigger.function = function.name;
      }
    }
    return;
  }
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
  for (auto& function : catalog_.functions) {
    if (function.name.schema == from) function.name.schema = to;
  }
}

void Applier::on(const parse::SetSchema& node) {
  if (catalog_.schemas.count(node.new_schema) == 0) note_unknown({"", node.new_schema});
  switch (node.object) {
    case ObjectKind::function:
    case ObjectKind::procedure:
    case ObjectKind::routine:
      return move_function(node.relation, node.arguments, {node.new_schema, ""});
    case ObjectKind::extension:
      return;
    case ObjectKind::type:
    case ObjectKind::domain: {
      const auto from = catalog_.resolve(node.relation);
      return move_type(from, {node.new_schema, from.name});
    }
    default:
      break;
  }
  if (const auto* relation = catalog_.relation(node.relation)) {
    const auto from = relation->name;
    return move_relation(from, {node.new_schema, from.name});
  }
  const auto from = catalog_.resolve(node.relation);
  if (catalog_.sequences.count(from) != 0) return move_sequence(from, {node.new_schema, from.name});
  if (!node.if_exists) note_unknown(node.relation);
}

}  // namespace bgdb::schema
