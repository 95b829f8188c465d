// Enums, domains, sequences and functions of a live catalog, and the values of its sequences.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/sql_file.h"
#include "introspect/reader.h"

namespace bgdb::introspect {

Result<void> Reader::read_types() {
  const auto rows = BGDB_TRY(run("introspect/read_types.sql"));
  for (size_t i = 0; i < rows.size(); ++i) {
    const QualifiedName name{rows.text(i, "schema"), rows.text(i, "name")};
    if (rows.text(i, "kind") == "e") {
      catalog_.enums[name] = {name, BGDB_TRY(text_list(rows, i, "labels"))};
      continue;
    }
    const auto& kind = rows.text(i, "kind");
    if (kind != "d") {
      schema::OtherType other{name, kind == "r" ? "range" : kind == "m" ? "multirange" : "base", std::nullopt};
      if (!rows.text(i, "base").empty()) other.over = BGDB_TRY(type(rows.text(i, "base")));
      catalog_.other_types[name] = std::move(other);
      continue;
    }
    schema::Domain domain;
    domain.name = name;
    domain.base = BGDB_TRY(type(rows.text(i, "base")));
    domain.not_null = rows.boolean(i, "not_null");
    domain.default_sql = rows.at(i, "default_sql");
    catalog_.domains[name] = std::move(domain);
  }
  return {};
}

Result<void> Reader::read_sequences() {
  const auto rows = BGDB_TRY(run("introspect/read_sequences.sql"));
  for (size_t i = 0; i < rows.size(); ++i) {
    schema::Sequence sequence;
    sequence.name = {rows.text(i, "schema"), rows.text(i, "name")};
    sequence.owned_by_table = {rows.text(i, "table_schema"), rows.text(i, "table_name")};
    sequence.owned_by_column = rows.text(i, "column_name");
    sequence.type_name = rows.text(i, "type");
    sequence.identity = rows.boolean(i, "is_identity");
    catalog_.sequences[sequence.name] = std::move(sequence);
  }
  return {};
}

Result<void> Reader::read_functions() {
  const auto rows = BGDB_TRY(run("introspect/read_functions.sql", options_.code_and_rights));
  for (size_t i = 0; i < rows.size(); ++i) {
    schema::Function function;
    function.name = {rows.text(i, "schema"), rows.text(i, "name")};
    function.procedure = rows.boolean(i, "is_procedure");
    function.aggregate = rows.boolean(i, "is_aggregate");
    function.variadic = rows.boolean(i, "is_variadic");
    function.defaults = static_cast<int>(rows.integer(i, "defaults"));
    function.volatility = rows.text(i, "volatility")[0];
    for (const auto& argument : BGDB_TRY(text_list(rows, i, "arguments")))
      function.arguments.push_back(BGDB_TRY(type(argument)));
    function.argument_names = BGDB_TRY(text_list(rows, i, "argument_names"));
    function.language = rows.text(i, "language");
    if (const auto& body = rows.text(i, "body"); !body.empty())
      function.body = std::make_shared<const std::string>(body);
    if (!rows.text(i, "returns").empty()) function.returns = BGDB_TRY(type(rows.text(i, "returns")));
    catalog_.functions[function.name].push_back(std::move(function));
  }
  return {};
}

Result<void> Reader::read_statistics() {
  const auto rows = BGDB_TRY(run("introspect/read_statistics.sql"));
  for (size_t i = 0; i < rows.size(); ++i) {
    schema::Statistics statistics;
    statistics.name = {rows.text(i, "schema"), rows.text(i, "name")};
    statistics.relation = {rows.text(i, "table_schema"), rows.text(i, "table_name")};
    statistics.columns = BGDB_TRY(text_list(rows, i, "columns"));
    catalog_.statistics[statistics.name] = std::move(statistics);
  }
  return {};
}

Result<void> Reader::read_grants() {
  static const std::map<std::string_view, parse::ObjectKind> kKinds = {
      {"table", parse::ObjectKind::table}, {"schema", parse::ObjectKind::schema},
      {"type", parse::ObjectKind::type},   {"function", parse::ObjectKind::function},
      {"role", parse::ObjectKind::role},   {"database", parse::ObjectKind::database}};
  const auto rows = BGDB_TRY(run("introspect/read_grants.sql"));
  for (size_t i = 0; i < rows.size(); ++i) {
    const QualifiedName object{rows.text(i, "schema"), rows.text(i, "name")};
    auto& held = catalog_.grants[{kKinds.at(rows.text(i, "kind")), object, rows.text(i, "role")}];
    const auto& right = rows.text(i, "privilege");
    if (!right.empty()) held.insert(std::lower_bound(held.begin(), held.end(), right), right);
  }
  catalog_.grants_complete = true;
  return {};
}

// A sequence's own row is the only place that tells last_value of a sequence not called yet; read many in one
// statement.
Result<std::vector<SequenceValue>> read_sequences(pg::Session& session) {
  constexpr size_t kPerStatement = 200;
  const auto rows = BGDB_TRY(
      session.query(core::sql_text("introspect/read_sequences.sql"), {pg::to_array_literal({std::string("bgdb")})}));
  std::vector<SequenceValue> values;
  for (size_t first = 0; first < rows.size(); first += kPerStatement) {
    std::string sql;
    const size_t end = std::min(rows.size(), first + kPerStatement);
    for (size_t i = first; i < end; ++i) {
      SequenceValue value;
      value.name = {rows.text(i, "schema"), rows.text(i, "name")};
      value.increment = rows.integer(i, "increment");
      sql += fmt::format("{}select {} as position, last_value, is_called from {}", i == first ? "" : " union all ", i,
                         value.name.sql());
      values.push_back(std::move(value));
    }
    const auto read = BGDB_TRY(session.query(sql));
    for (size_t i = 0; i < read.size(); ++i) {
      auto& value = values[static_cast<size_t>(read.integer(i, "position"))];
      value.last_value = read.integer(i, "last_value");
      value.is_called = read.boolean(i, "is_called");
    }
  }
  return values;
}

}  // namespace bgdb::introspect
