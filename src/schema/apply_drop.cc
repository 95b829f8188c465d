// DROP of everything, with what goes along: own indexes and sequences always, views, foreign keys and columns by
// CASCADE.
#include <algorithm>

#include "schema/applier.h"

namespace bgdb::schema {

using parse::ObjectKind;

namespace {

template <class List, class Predicate>
bool erase_where(List& list, Predicate predicate) {
  const auto first = std::remove_if(list.begin(), list.end(), predicate);
  const bool any = first != list.end();
  list.erase(first, list.end());
  return any;
}

template <class List, class Predicate>
bool any_of(const List& list, Predicate predicate) {
  return std::any_of(list.begin(), list.end(), predicate);
}

}  // namespace

void Applier::on(const parse::Drop& node) {
  for (const auto& item : node.items) drop_item(node.object, item, node.if_exists, node.cascade);
}

void Applier::drop_item(ObjectKind kind, const parse::Drop::Item& item, bool if_exists, bool cascade) {
  const auto missing = [&](bool known) {
    if (!known && !if_exists) note_unknown(item.name);
    return !known;
  };
  switch (kind) {
    case ObjectKind::table:
    case ObjectKind::view:
    case ObjectKind::materialized_view:
    case ObjectKind::foreign_table: {
      const auto* relation = std::as_const(catalog_).relation(item.name);
      if (!missing(relation != nullptr)) drop_relation(QualifiedName(relation->name), cascade);
      return;
    }
    case ObjectKind::index:
      if (!missing(static_cast<bool>(catalog_.index(item.name)))) drop_index(item.name);
      return;
    case ObjectKind::sequence: {
      const auto name = catalog_.resolve(item.name);
      if (!missing(catalog_.sequences.count(name) != 0)) drop_sequence(name, cascade);
      return;
    }
    case ObjectKind::type:
    case ObjectKind::domain: {
      const auto name = catalog_.resolve(item.name);
      const bool known =
          catalog_.enums.count(name) + catalog_.domains.count(name) + catalog_.composites.count(name) != 0;
      if (!missing(known) || cascade) drop_type(name, cascade);
      return;
    }
    case ObjectKind::function:
    case ObjectKind::procedure:
    case ObjectKind::routine:
    case ObjectKind::aggregate:
      return drop_function(item, cascade);
    case ObjectKind::schema: {
      const auto& schema = item.name.name;
      if (!missing(catalog_.schemas.count(schema) != 0)) drop_schema(schema, cascade);
      return;
    }
    case ObjectKind::extension:
      catalog_.extensions.erase(item.name.name);
      return;
    case ObjectKind::trigger:
      if (auto* relation = catalog_.relation(item.name)) {
        std::vector<QualifiedName> places = {relation->name};
        for (size_t i = 0; i < places.size(); ++i) {
          auto& place = catalog_.relations.at(places[i]);
          erase_where(place.triggers, [&](const Trigger& t) { return t.name == item.sub_name; });
          if (place.kind != RelationKind::partitioned_table) continue;
          for (const auto& child : children(place.name)) places.push_back(child);
        }
      } else if (!if_exists) {
        note_unknown(item.name);
      }
      return;
    case ObjectKind::policy:
      if (auto* relation = catalog_.relation(item.name)) {
        erase_where(relation->policies, [&](const std::string& p) { return p == item.sub_name; });
      } else if (!if_exists) {
        note_unknown(item.name);
      }
      return;
    default:
      return;
  }
}

void Applier::drop_relation(const QualifiedName& name, bool cascade) {
  const auto found = catalog_.relations.find(name);
  if (found == catalog_.relations.end()) return;
  const auto heirs = children(name);
  const bool partitioned = found->second.kind == RelationKind::partitioned_table;
  catalog_.relations.erase(found);
  result_.dropped.push_back(name);
  drop_owned_sequences(name, "", false);
  // Partitions always go along; inheriting tables only by CASCADE.
  for (const auto& heir : heirs) {
    if (partitioned || cascade) drop_relation(heir, cascade);
  }
  if (!cascade) return;
  const auto refers = [&](const Constraint& c) {
    return c.kind == ConstraintKind::foreign_key && c.referenced == name;
  };
  catalog_.relations.edit_where([&](const auto&, const Relation& other) { return any_of(other.constraints, refers); },
                                [&](Relation& other) { erase_where(other.constraints, refers); });
  drop_dependent_views(name, "");
}

void Applier::drop_dependent_views(const QualifiedName& relation, const std::string& column) {
  std::vector<QualifiedName> views;
  for (const auto& [name, view] : catalog_.relations) {
    if (std::find(view.reads.begin(), view.reads.end(), relation) == view.reads.end()) continue;
    const auto& read = view.columns_read;
    const bool mentions = column.empty() || std::any_of(read.begin(), read.end(), [&](const auto& r) {
                            return r.name == "*" || r.name == column;
                          });
    if (mentions) views.push_back(name);
  }
  for (const auto& view : views) drop_relation(view, true);
}

void Applier::drop_sequence(const QualifiedName& name, bool cascade) {
  catalog_.sequences.erase(name);
  if (!cascade) return;
  const auto calls = [&](const Column& column) {  // its default
    return column.default_sql && column.default_sql->find("nextval(") != std::string::npos &&
           (column.default_sql->find("'" + name.sql() + "'") != std::string::npos ||
            column.default_sql->find("'" + quote_ident(name.name) + "'") != std::string::npos);
  };
  catalog_.relations.edit_where([&](const auto&, const Relation& relation) { return any_of(relation.columns, calls); },
                                [&](Relation& relation) {
                                  for (auto& column : relation.columns) {
                                    if (calls(column)) column.default_sql.reset();
                                  }
                                });
}

void Applier::drop_type(const QualifiedName& name, bool cascade) {
  catalog_.enums.erase(name);
  catalog_.domains.erase(name);
  catalog_.composites.erase(name);
  if (!cascade) return;
  const auto uses = [&](const TypeName& type) {
    return type.name == name.name && (type.schema.empty() || type.schema == name.schema);
  };
  std::vector<std::pair<QualifiedName, std::string>> columns;
  for (const auto& [relation_name, relation] : catalog_.relations) {
    for (const auto& column : relation.columns) {
      if (uses(column.type)) columns.emplace_back(relation_name, column.name);
    }
  }
  for (const auto& [relation_name, column] : columns) {
    auto* relation = catalog_.relations.edit(relation_name);
    if (relation != nullptr && relation->kind != RelationKind::view) drop_column(*relation, column, true, false);
  }
  std::vector<QualifiedName> domains;
  for (const auto& [domain_name, domain] : catalog_.domains) {
    if (uses(domain.base)) domains.push_back(domain_name);
  }
  for (const auto& domain : domains) drop_type(domain, true);
  erase_functions([&](const Function& f) { return any_of(f.arguments, uses) || (f.returns && uses(*f.returns)); });
}

template <class Predicate>
void Applier::erase_functions(Predicate gone) {
  std::vector<QualifiedName> names;
  for (const auto& [name, overloads] : catalog_.functions) {
    if (any_of(overloads, gone)) names.push_back(name);
  }
  for (const auto& name : names) {
    auto& overloads = catalog_.functions.at(name);
    erase_where(overloads, gone);
    if (overloads.empty()) catalog_.functions.erase(name);
  }
}

void Applier::drop_function(const parse::Drop::Item& item, bool cascade) {
  auto arguments = item.arguments;
  for (auto& argument : arguments) argument = resolve_type(argument);
  const auto same = [&](const Function& f) {
    const bool name = f.name.name == item.name.name && (item.name.schema.empty() || f.name.schema == item.name.schema);
    return name && (!item.arguments_given || f.arguments == arguments);
  };
  erase_functions(same);
  if (!cascade) return;
  const auto calls = [&](const Trigger& t) {
    const bool schema = item.name.schema.empty() || t.function.schema.empty() || t.function.schema == item.name.schema;
    return schema && t.function.name == item.name.name;
  };
  catalog_.relations.edit_where([&](const auto&, const Relation& relation) { return any_of(relation.triggers, calls); },
                                [&](Relation& relation) { erase_where(relation.triggers, calls); });
}

void Applier::drop_schema(const std::string& schema, bool cascade) {
  if (cascade) {
    const auto names_in = [&](const auto& map) {
      std::vector<QualifiedName> names;
      for (auto it = map.lower_bound(QualifiedName{schema, ""}); it != map.end() && it->first.schema == schema; ++it) {
        names.push_back(it->first);
      }
      return names;
    };
    for (const auto& name : names_in(catalog_.relations)) drop_relation(name, true);
    for (const auto& name : names_in(catalog_.sequences)) drop_sequence(name, true);
    for (const auto& name : names_in(catalog_.enums)) drop_type(name, true);
    for (const auto& name : names_in(catalog_.domains)) drop_type(name, true);
    for (const auto& name : names_in(catalog_.composites)) drop_type(name, true);
    erase_functions([&](const Function& f) { return f.name.schema == schema; });
  }
  catalog_.schemas.erase(schema);
}

}  // namespace bgdb::schema
