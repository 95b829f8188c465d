#include "verify/constraints.h"

#include <fmt/format.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "core/side_by_side.h"
#include "core/sql_file.h"
#include "core/units.h"
#include "pg/session.h"
#include "verify/sides.h"

namespace bgdb::verify {
namespace {

struct Check {
  Constraint constraint;
  std::string sql;  // rows, example
};

using Texts = std::vector<pg::Value>;

std::string row_of(std::string_view alias, const Texts& columns) {
  std::string text;
  for (const auto& column : columns) text += fmt::format("{}{}.{}", text.empty() ? "" : ", ", alias, *column);
  return text;
}

// `examples` yields a column `example`, one for each row that breaks the constraint.
std::string counted(const std::string& examples) {
  return fmt::format("select count(*) as rows, coalesce(min(example), '') as example from ({} limit {}) as broken",
                     examples, kBrokenRowsMax);
}

// The rows that refer (all columns set; MATCH FULL: any) without a row that they refer to.
std::string orphans_sql(const Constraint& key, const Texts& columns, const Texts& referenced, bool full_match) {
  std::string join;
  for (size_t i = 0; i < columns.size(); ++i) {
    join += fmt::format("{}r.{} = t.{}", join.empty() ? "" : " and ", *referenced[i], *columns[i]);
  }
  const std::string refers = full_match ? "> 0" : fmt::format("= {}", columns.size());
  return counted(fmt::format(
      "select row({0})::text as example from {1} t where num_nonnulls({0}) {2} and not exists (select from {3} r where "
      "{4})",
      row_of("t", columns), key.table, refers, key.referenced, join));
}

// Pairs of rows that the operators find alike in all elements.
std::string pairs_sql(const Constraint& constraint, const Texts& elements, const Texts& operators,
                      const pg::Value& predicate) {
  std::string columns = "tableoid as bgdb_table, ctid as bgdb_row", alike, example;
  for (size_t i = 0; i < elements.size(); ++i) {
    columns += fmt::format(", {} as e{}", *elements[i], i);
    alike += fmt::format(" and a.e{0} {1} b.e{0}", i, *operators[i]);
    example += fmt::format("{}a.e{}", i > 0 ? ", " : "", i);
  }
  const std::string rows = fmt::format("(select {} from {}{})", columns, constraint.table,
                                       predicate ? " where " + *predicate : std::string());
  return counted(fmt::format(
      "select row({0})::text as example from {1} a join {1} b on (a.bgdb_table, a.bgdb_row) < (b.bgdb_table, "
      "b.bgdb_row){2}",
      example, rows, alike));
}

Result<std::vector<Check>> list(pg::Session& session, const std::vector<QualifiedName>& tables) {
  Texts names;
  for (const auto& table : tables) names.emplace_back(table.sql());
  const auto rows =
      BGDB_TRY(session.query(core::sql_text("verify/list_constraints.sql"), {pg::to_array_literal(names)}));
  const auto texts = [&](size_t row, std::string_view column) {
    return pg::parse_array_literal(rows.text(row, column));
  };
  std::vector<Check> checks;
  for (size_t i = 0; i < rows.size(); ++i) {
    Check check;
    check.constraint.table = rows.text(i, "table_name");
    check.constraint.name = rows.text(i, "name");
    if (const auto& referenced = rows.at(i, "referenced"); referenced) {
      check.constraint.referenced = *referenced;
      check.sql = orphans_sql(check.constraint, BGDB_TRY(texts(i, "columns")), BGDB_TRY(texts(i, "referenced_columns")),
                              rows.boolean(i, "full_match"));
    } else {
      check.sql = pairs_sql(check.constraint, BGDB_TRY(texts(i, "elements")), BGDB_TRY(texts(i, "operators")),
                            rows.at(i, "predicate"));
    }
    checks.push_back(std::move(check));
  }
  return checks;
}

}  // namespace

std::string Constraint::what_is_broken() const {
  const auto some = core::format_count(rows) + (rows == kBrokenRowsMax ? " or more" : "");
  if (referenced.empty()) {
    return fmt::format("{} {} of rows of {} must not be there together", some, rows == 1 ? "pair" : "pairs", table);
  }
  return fmt::format("{} rows of {} refer to no row of {}", some, table, referenced);
}

Result<std::vector<Constraint>> check_constraints(const std::string& target_dsn,
                                                  const std::vector<QualifiedName>& tables, int jobs,
                                                  core::Progress& progress) {
  progress.stage("constraints");
  auto session = BGDB_TRY(open_side(target_dsn));
  auto checks = BGDB_TRY(list(session, tables));
  const auto total = static_cast<int64_t>(checks.size());
  std::atomic<bool> stop{false};
  std::atomic<int64_t> done{0};
  const auto check = [&](pg::Session& worker, size_t job) -> Result<void> {
    const auto rows = BGDB_TRY(worker.query(checks[job].sql));
    checks[job].constraint.rows = rows.integer(0, "rows");
    checks[job].constraint.example = rows.text(0, "example");
    progress.item("(all constraints)", ++done, total, "constraints");
    return {};
  };
  BGDB_CHECK(core::side_by_side<pg::Session>(
      jobs, checks.size(), stop, [&] { return open_side(target_dsn); }, check));
  if (total > 0) progress.item_done("(all constraints)");
  std::vector<Constraint> constraints;
  for (auto& one : checks) constraints.push_back(std::move(one.constraint));
  return constraints;
}

std::string constraints_fact(const std::vector<Constraint>& constraints) {
  auto checked = nlohmann::json::array();
  auto broken = nlohmann::json::array();
  for (const auto& one : constraints) {
    checked.push_back(one.name);
    if (one.rows > 0) broken.push_back({{"constraint", one.name}, {"what", one.what_is_broken()}});
  }
  return nlohmann::json{{"checked", checked}, {"broken", broken}}.dump();
}

}  // namespace bgdb::verify
