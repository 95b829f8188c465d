#include "introspect/ddl_generator.h"

namespace bgdb::test {

using schema::Relation;
using schema::RelationKind;

std::string DdlGenerator::next(const schema::Catalog& catalog) {
  catalog_ = &catalog;
  static const std::vector<Production> kProductions = {
      {10, &DdlGenerator::create_table},    {3, &DdlGenerator::create_partitioned},
      {5, &DdlGenerator::create_partition}, {3, &DdlGenerator::create_child},
      {3, &DdlGenerator::create_like},      {3, &DdlGenerator::create_table_as},
      {25, &DdlGenerator::alter_table},     {3, &DdlGenerator::attach},
      {2, &DdlGenerator::detach},           {2, &DdlGenerator::inherit},
      {9, &DdlGenerator::create_index},     {3, &DdlGenerator::rename_table},
      {5, &DdlGenerator::rename_column},    {4, &DdlGenerator::rename_part},
      {3, &DdlGenerator::set_schema},       {4, &DdlGenerator::drop_table},
      {3, &DdlGenerator::drop_index},       {9, &DdlGenerator::create_view},
      {2, &DdlGenerator::drop_view},        {2, &DdlGenerator::rename_view},
      {4, &DdlGenerator::create_type},      {4, &DdlGenerator::alter_type},
      {2, &DdlGenerator::drop_type},        {2, &DdlGenerator::create_domain},
      {3, &DdlGenerator::alter_domain},     {3, &DdlGenerator::create_sequence},
      {3, &DdlGenerator::alter_sequence},   {1, &DdlGenerator::drop_sequence},
      {4, &DdlGenerator::create_function},  {2, &DdlGenerator::drop_function},
      {2, &DdlGenerator::alter_function},   {3, &DdlGenerator::create_trigger},
      {2, &DdlGenerator::alter_trigger},    {2, &DdlGenerator::create_policy},
      {2, &DdlGenerator::create_rule},      {1, &DdlGenerator::statistics},
      {2, &DdlGenerator::comment},          {2, &DdlGenerator::schemas},
      {2, &DdlGenerator::search_path},      {5, &DdlGenerator::transaction},
  };
  int total = 0;
  for (const auto& production : kProductions) total += production.weight;
  auto at = static_cast<int>(below(static_cast<size_t>(total)));
  for (const auto& production : kProductions) {
    at -= production.weight;
    if (at < 0) return (this->*production.make)();
  }
  return "select 1";
}

const Relation* DdlGenerator::pick(std::initializer_list<RelationKind> kinds) {
  std::vector<const Relation*> fitting;
  for (const auto& [name, relation] : catalog_->relations) {
    for (const auto kind : kinds) {
      if (relation.kind == kind) fitting.push_back(&relation);
    }
  }
  return fitting.empty() ? nullptr : fitting[below(fitting.size())];
}

// With its schema, or as search_path finds it.
std::string DdlGenerator::written(const QualifiedName& name) {
  if (name.schema == "pg_temp" || catalog_->resolve({"", name.name}) == name) {
    if (chance(60)) return name.name;
  }
  return name.schema + "." + name.name;
}

std::string DdlGenerator::table() {
  const auto* found = pick({RelationKind::table, RelationKind::partitioned_table});
  return found == nullptr || chance(3) ? qualified(new_name("t")) : written(found->name);
}

std::string DdlGenerator::view() {
  const auto* found = pick({RelationKind::view, RelationKind::materialized_view});
  return found == nullptr || chance(3) ? qualified(new_name("v")) : written(found->name);
}

std::string DdlGenerator::any_relation() {
  return chance(70) ? table() : view();
}

std::string DdlGenerator::column_of(const Relation* relation) {
  if (relation == nullptr || relation->columns.empty() || chance(4)) return one_of("a", "b", "c", "d");
  return relation->columns[below(relation->columns.size())].name;
}

std::string DdlGenerator::columns_of(const Relation* relation, size_t count) {
  std::string list;
  for (size_t i = 0; i < count; ++i) list += (i == 0 ? "" : ", ") + column_of(relation);
  return list;
}

std::string DdlGenerator::user_type() {
  std::vector<QualifiedName> types;
  for (const auto& [name, type] : catalog_->enums) types.push_back(name);
  for (const auto& [name, type] : catalog_->domains) types.push_back(name);
  for (const auto& [name, type] : catalog_->composites) types.push_back(name);
  if (types.empty() || chance(3)) return new_name("y");
  return written(types[below(types.size())]);
}

std::string DdlGenerator::type() {
  if (chance(20)) return user_type() + maybe(15, "[]");
  return one_of("int", "int", "int", "bigint", "text", "text", "varchar(20)", "numeric(8,2)", "timestamptz", "date",
                "boolean", "jsonb", "int[]", "uuid", "char(3)");
}

std::string DdlGenerator::value_for(const std::string& type) {
  if (type == "int" || type == "bigint" || type == "numeric(8,2)") {
    return one_of("1", "0", "2 + 3", "nextval('" + sequence() + "')", "length('x')");
  }
  if (type == "text" || type == "varchar(20)" || type == "char(3)") return one_of("'x'", "lower('A')", "'it''s'");
  if (type == "timestamptz" || type == "date") return one_of("now()", "current_date", "'2024-01-01'");
  if (type == "boolean") return one_of("true", "false");
  return "null";
}

std::string DdlGenerator::sequence() {
  std::vector<QualifiedName> names;
  for (const auto& [name, value] : catalog_->sequences) names.push_back(name);
  if (names.empty() || chance(3)) return new_name("q");
  return written(names[below(names.size())]);
}

std::string DdlGenerator::function() {
  std::vector<const schema::Function*> all;
  for (const auto& [name, overloads] : catalog_->functions) {
    for (const auto& found : overloads) all.push_back(&found);
  }
  if (all.empty() || chance(3)) return new_name("f") + "(int)";
  const auto& chosen = *all[below(all.size())];
  std::string text = written(chosen.name) + "(";
  for (size_t i = 0; i < chosen.arguments.size(); ++i) text += (i == 0 ? "" : ", ") + chosen.arguments[i].sql;
  return text + ")";
}

}  // namespace bgdb::test
