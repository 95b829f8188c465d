// Old queries made from the schema alone.
#include <algorithm>

#include <fmt/format.h>

#include "core/contains.h"
#include "core/text.h"
#include "prove/old_queries.h"
#include "prove/sample.h"

namespace bgdb::prove {

namespace {

using schema::Catalog;
using schema::Relation;
using schema::RelationKind;

constexpr int kFirst = 9001, kSecond = 9002;  // behind the rows that were filled in

void reads(const Catalog& catalog, const Relation& relation, std::vector<std::string>& out) {
  for (const auto& column : relation.columns) {
    const auto name = quote_ident(column.name);
    out.push_back(fmt::format("select {} from {} limit 1", name, relation.name.sql()));
    if (const auto value = sample_value(catalog, column.type, 1))
      out.push_back(fmt::format("select 1 from {} where {} = {} limit 1", relation.name.sql(), name, *value));
  }
}

void inserts(const Catalog& catalog, const Relation& table, std::vector<std::string>& out) {
  const auto add = [&](const InsertOptions& options, const std::string& behind = {}) {
    if (const auto insert = sample_insert(catalog, table, options)) out.push_back(*insert + behind);
  };
  add({.number = kFirst, .every_column = false, .large = false, .null_column = {}});
  add({.number = kFirst, .every_column = true, .large = false, .null_column = {}});
  add({.number = kFirst, .every_column = true, .large = true, .null_column = {}});
  for (const auto& column : table.columns) {
    if (!column.not_null && column.default_sql && !column.generated_sql)
      add({.number = kFirst, .every_column = false, .large = false, .null_column = column.name});
  }
  // Two rows that differ in nothing but their keys.
  for (const bool every : {false, true}) {
    const auto one =
        sample_insert(catalog, table, {.number = kFirst, .every_column = every, .large = false, .null_column = {}});
    const auto two =
        sample_insert(catalog, table, {.number = kSecond, .every_column = every, .large = false, .null_column = {}});
    const auto values = two ? two->find(" values (") : std::string::npos;
    if (one && values != std::string::npos && !two->ends_with("default values"))
      out.push_back(*one + ", " + two->substr(values + 8));
  }
  for (const auto& index : table.indexes) {
    const bool plain = !core::contains(index.columns, "");
    if (!index.unique || index.partial || !plain || index.columns.empty()) continue;
    std::vector<std::string> names;
    for (const auto& name : index.columns) names.push_back(quote_ident(name));
    add({.number = kFirst, .every_column = false, .large = false, .null_column = {}},
        fmt::format(" on conflict ({}) do nothing", fmt::join(names, ", ")));
  }
}

// One row by a key that cannot be NULL, as an application would find it; every row of a table without one. Not by ctid:
// a view that took the place of the table has none.
std::string one_row_of(const Relation& table) {
  const schema::Index* best = nullptr;
  for (const auto& index : table.indexes) {
    const bool plain = std::all_of(index.columns.begin(), index.columns.end(), [&](const std::string& name) {
      const auto* column = table.column(name);
      return column != nullptr && column->not_null;
    });
    if (!index.unique || index.partial || !plain || index.columns.empty()) continue;
    if (best == nullptr || index.primary) best = &index;
  }
  if (best == nullptr) return {};
  std::vector<std::string> names;
  for (const auto& name : best->columns) names.push_back(quote_ident(name));
  const auto key = core::join(names);
  return fmt::format(" where ({0}) = (select {0} from {1} limit 1)", key, table.name.sql());
}

void changes(const Catalog& catalog, const Relation& table, std::vector<std::string>& out) {
  const auto one_row = one_row_of(table);
  for (const auto& column : table.columns) {
    if (column.generated_sql || column.identity == 'a') continue;
    const auto name = quote_ident(column.name);
    out.push_back(fmt::format("update {0} set {1} = {1}{2}", table.name.sql(), name, one_row));
    if (const auto value = sample_value(catalog, column.type, kFirst))
      out.push_back(fmt::format("update {} set {} = {}{}", table.name.sql(), name, *value, one_row));
    if (!column.not_null) out.push_back(fmt::format("update {} set {} = null{}", table.name.sql(), name, one_row));
  }
  out.push_back(fmt::format("delete from {}{}", table.name.sql(), one_row));
}

void calls(const Catalog& catalog, std::vector<std::string>& out) {
  for (const auto& [name, overloads] : catalog.functions) {
    for (const auto& function : overloads) {
      if (function.procedure || (function.returns && function.returns->name == "trigger")) continue;
      std::vector<std::string> arguments;
      for (const auto& type : function.arguments) arguments.push_back("null::" + type.sql);
      out.push_back(fmt::format("select {}({})", name.sql(), fmt::join(arguments, ", ")));
    }
  }
}

}  // namespace

std::vector<std::string> generate_queries(const Catalog& catalog) {
  std::vector<std::string> out;
  for (const auto& [name, relation] : catalog.relations) {
    if (relation.partition_of) continue;
    reads(catalog, relation, out);
    const bool table = relation.kind == RelationKind::table || relation.kind == RelationKind::partitioned_table;
    if (!table) continue;
    inserts(catalog, relation, out);
    changes(catalog, relation, out);
  }
  calls(catalog, out);
  for (const auto& [name, known] : catalog.enums) {
    for (const auto& label : known.labels)
      out.push_back(fmt::format("select {}::{}", quote_literal(label), name.sql()));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace bgdb::prove
