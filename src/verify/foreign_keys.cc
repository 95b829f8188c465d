#include "verify/foreign_keys.h"

#include <fmt/format.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "core/side_by_side.h"
#include "core/sql_file.h"
#include "pg/session.h"
#include "verify/sides.h"

namespace bgdb::verify {
namespace {

struct Check {
  ForeignKey key;
  std::string sql;  // rows, example
};

std::string row_of(std::string_view alias, const std::vector<pg::Value>& columns) {
  std::string text;
  for (const auto& column : columns) text += fmt::format("{}{}.{}", text.empty() ? "" : ", ", alias, *column);
  return text;
}

// The rows that refer (all columns set; MATCH FULL: any) without a row that they refer to.
std::string orphans_sql(const ForeignKey& key, const std::vector<pg::Value>& columns,
                        const std::vector<pg::Value>& referenced, bool full_match) {
  std::string join;
  for (size_t i = 0; i < columns.size(); ++i) {
    join += fmt::format("{}r.{} = t.{}", join.empty() ? "" : " and ", *referenced[i], *columns[i]);
  }
  const std::string refers = full_match ? "> 0" : fmt::format("= {}", columns.size());
  return fmt::format(
      "select count(*) as rows, coalesce(min(example), '') as example from (select row({0})::text as example from {1} "
      "t "
      "where num_nonnulls({0}) {2} and not exists (select from {3} r where {4}) limit {5}) as broken",
      row_of("t", columns), key.table, refers, key.referenced, join, kBrokenRowsMax);
}

Result<std::vector<Check>> list(pg::Session& session, const std::vector<QualifiedName>& tables) {
  std::vector<pg::Value> names;
  for (const auto& table : tables) names.emplace_back(table.sql());
  const auto rows =
      BGDB_TRY(session.query(core::sql_text("verify/list_foreign_keys.sql"), {pg::to_array_literal(names)}));
  std::vector<Check> checks;
  for (size_t i = 0; i < rows.size(); ++i) {
    Check check;
    check.key.table = rows.text(i, "table_name");
    check.key.referenced = rows.text(i, "referenced");
    check.key.name = rows.text(i, "name");
    const auto columns = BGDB_TRY(pg::parse_array_literal(rows.text(i, "columns")));
    const auto referenced = BGDB_TRY(pg::parse_array_literal(rows.text(i, "referenced_columns")));
    check.sql = orphans_sql(check.key, columns, referenced, rows.boolean(i, "full_match"));
    checks.push_back(std::move(check));
  }
  return checks;
}

}  // namespace

Result<std::vector<ForeignKey>> check_foreign_keys(const std::string& target_dsn,
                                                   const std::vector<QualifiedName>& tables, int jobs,
                                                   core::Progress& progress) {
  progress.stage("foreign keys");
  auto session = BGDB_TRY(open_side(target_dsn));
  auto checks = BGDB_TRY(list(session, tables));
  const auto total = static_cast<int64_t>(checks.size());
  std::atomic<bool> stop{false};
  std::atomic<int64_t> done{0};
  const auto check = [&](pg::Session& worker, size_t job) -> Result<void> {
    const auto rows = BGDB_TRY(worker.query(checks[job].sql));
    checks[job].key.rows = rows.integer(0, "rows");
    checks[job].key.example = rows.text(0, "example");
    progress.item("(all foreign keys)", ++done, total, "foreign keys");
    return {};
  };
  BGDB_CHECK(core::side_by_side<pg::Session>(
      jobs, checks.size(), stop, [&] { return open_side(target_dsn); }, check));
  if (total > 0) progress.item_done("(all foreign keys)");
  std::vector<ForeignKey> keys;
  for (auto& one : checks) keys.push_back(std::move(one.key));
  return keys;
}

std::string foreign_keys_fact(const std::vector<ForeignKey>& keys) {
  auto checked = nlohmann::json::array();
  auto broken = nlohmann::json::array();
  for (const auto& key : keys) {
    checked.push_back(key.name);
    if (key.rows > 0) broken.push_back({{"key", key.name}, {"rows", key.rows}});
  }
  return nlohmann::json{{"checked", checked}, {"broken", broken}}.dump();
}

}  // namespace bgdb::verify
