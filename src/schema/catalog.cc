#include "schema/catalog.h"

#include <algorithm>

namespace bgdb::schema {
namespace {

bool view_mentions(const Relation& view, const QualifiedName& relation, std::string_view column) {
  return std::any_of(view.columns_read.begin(), view.columns_read.end(), [&](const auto& read) {
    return read.relation == relation && (read.name == "*" || read.name == column);
  });
}

}  // namespace

const Column* Relation::column(std::string_view column_name) const {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == column_name; });
  return found == columns.end() ? nullptr : &*found;
}

Column* Relation::column(std::string_view column_name) {
  const auto* known = std::as_const(*this).column(column_name);
  return known == nullptr ? nullptr : &columns[static_cast<size_t>(known - columns.all().data())];
}

const Constraint* Relation::constraint(std::string_view constraint_name) const {
  const auto found = std::find_if(constraints.begin(), constraints.end(),
                                  [&](const Constraint& c) { return c.name == constraint_name; });
  return found == constraints.end() ? nullptr : &*found;
}

const Constraint* Relation::primary_key() const {
  const auto found = std::find_if(constraints.begin(), constraints.end(),
                                  [](const Constraint& c) { return c.kind == ConstraintKind::primary_key; });
  return found == constraints.end() ? nullptr : &*found;
}

bool Relation::has_policy(std::string_view policy_name) const {
  return std::any_of(policies.begin(), policies.end(), [&](const Policy& p) { return p.name == policy_name; });
}

std::vector<std::string> Relation::identity_columns() const {
  if (replica_identity == 'd') {
    const auto* key = primary_key();
    return key == nullptr ? std::vector<std::string>{} : key->columns;
  }
  if (replica_identity == 'i') {
    for (const auto& index : indexes) {
      if (index.name == replica_identity_index) return index.columns;
    }
  }
  return {};
}

QualifiedName Catalog::resolve(const QualifiedName& written) const {
  if (!written.schema.empty()) return written;
  const auto exists = [&](std::string_view schema) {
    const core::NameView name{schema, written.name};
    const auto hash = quick_hash(name);
    const auto in = [&](const auto& map) { return map.contains(name, hash); };
    return in(relations) || in(sequences) || in(enums) || in(domains) || in(composites) || in(other_types);
  };
  if (exists("pg_temp")) return {"pg_temp", written.name};
  for (const auto& schema : search_path) {
    if (exists(schema)) return {schema, written.name};
  }
  for (const auto& schema : search_path) {
    if (schemas.count(schema) != 0) return {schema, written.name};
  }
  return {search_path.empty() ? "public" : search_path.front(), written.name};
}

const Relation* Catalog::relation(const QualifiedName& written) const {
  if (!written.schema.empty()) return relations.get(written);
  if (const auto* found = relations.get(core::NameView{"pg_temp", written.name})) return found;
  for (const auto& schema : search_path) {
    if (const auto* found = relations.get(core::NameView{schema, written.name})) return found;
  }
  return nullptr;
}

Relation* Catalog::relation(const QualifiedName& written) {
  if (!written.schema.empty()) return relations.edit(written);
  const auto* found = std::as_const(*this).relation(written);
  return found == nullptr ? nullptr : relations.edit(QualifiedName(found->name));
}

namespace {

template <class Map>
const typename Map::mapped_type* find_type(const Map& map, const Catalog& catalog, const TypeName& type) {
  if (!type.schema.empty()) return map.get(core::NameView{type.schema, type.name});
  for (const auto& schema : catalog.search_path) {
    if (const auto* found = map.get(core::NameView{schema, type.name})) return found;
  }
  return nullptr;
}

}  // namespace

const EnumType* Catalog::enum_type(const TypeName& type) const {
  return find_type(enums, *this, type);
}
const Domain* Catalog::domain(const TypeName& type) const {
  return find_type(domains, *this, type);
}

Catalog::IndexRef Catalog::index(const QualifiedName& written) const {
  const auto in_schema = [&](const std::string& schema) -> IndexRef {
    const auto owners = mentioning(MentionKind::index, {schema, written.name});
    if (owners.empty()) return {};
    const auto& owner = relations.at(owners.front());
    const auto found = std::find_if(owner.indexes.begin(), owner.indexes.end(),
                                    [&](const Index& index) { return index.name == written.name; });
    if (found == owner.indexes.end()) return {};
    return {&owner, &*found};
  };
  if (!written.schema.empty()) return in_schema(written.schema);
  if (const auto found = in_schema("pg_temp")) return found;
  for (const auto& schema : search_path) {
    if (const auto found = in_schema(schema)) return found;
  }
  return {};
}

std::vector<const Relation*> Catalog::referencing(const QualifiedName& referenced) const {
  std::vector<const Relation*> found;
  for (const auto& name : mentioning(MentionKind::foreign_key, resolve(referenced)))
    found.push_back(&relations.at(name));
  return found;
}

std::vector<const Relation*> Catalog::partitions(const QualifiedName& parent) const {
  const auto target = resolve(parent);
  std::vector<const Relation*> found;
  for (const auto& name : mentioning(MentionKind::parent, target)) {
    if (relations.at(name).partition_of == target) found.push_back(&relations.at(name));
  }
  return found;
}

const Relation* Catalog::default_partition(const QualifiedName& parent) const {
  for (const auto* partition : partitions(parent)) {
    if (partition->is_default_partition) return partition;
  }
  return nullptr;
}

std::vector<QualifiedName> Catalog::relatives(const QualifiedName& relation_name) const {
  std::vector<QualifiedName> names;
  for (const auto kind : {MentionKind::foreign_key, MentionKind::parent, MentionKind::read, MentionKind::part_read}) {
    auto more = mentioning(kind, relation_name);
    names.insert(names.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  if (relations.contains(relation_name)) names.push_back(relation_name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<const Relation*> Catalog::views_on(const QualifiedName& relation_name, std::string_view column) const {
  const auto target = resolve(relation_name);
  std::vector<const Relation*> found;
  for (const auto& name : mentioning(MentionKind::read, target)) {
    const auto& candidate = relations.at(name);
    const bool view = candidate.kind == RelationKind::view || candidate.kind == RelationKind::materialized_view;
    if (view && (column.empty() || view_mentions(candidate, target, column))) found.push_back(&candidate);
  }
  return found;
}

}  // namespace bgdb::schema
