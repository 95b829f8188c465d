#include "clone/route.h"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "translate/apply_sql.h"

namespace bgdb::clone {
namespace {

constexpr std::string_view kStage = "pg_temp.bgdb_stage";

std::string select_of(const TablePlan& table, const std::vector<std::string>& columns) {
  return fmt::format("copy (select {} from only {}) to stdout with (format text)", core::quote_ident_list(columns),
                     table.name.sql());
}

std::string source_of(const TablePlan& table, const CopyJob& job) {
  const std::string columns = table.columns.empty() ? "" : " (" + table.columns + ")";
  if (job.parts == 1) return table.name.sql() + columns;
  std::string where = fmt::format("ctid >= '({},0)'", job.first_page);
  if (job.end_page >= 0) where += fmt::format(" and ctid < '({},0)'", job.end_page);
  return fmt::format("(select {} from only {} where {})", table.columns, table.name.sql(), where);
}

}  // namespace

Route route_of(const TablePlan& table, const CopyJob& job) {
  const std::string columns = table.columns.empty() ? "" : " (" + table.columns + ")";
  const std::string format = table.binary ? "format binary" : "format text";
  Route route;
  route.from = fmt::format("copy {} to stdout with ({})", source_of(table, job), format);
  route.into =
      fmt::format("copy {}{} from stdin with ({}{})", table.name.sql(), columns, format, job.freeze ? ", freeze" : "");
  return route;
}

Route translated_route(const TablePlan& table, const translate::TableMapping& mapping) {
  Route route;
  if (const auto plain = translate::copy_plan(mapping)) {
    route.from = select_of(table, plain->reads);
    route.into = plain->sql;
    return route;
  }
  std::set<std::string> needed;
  for (const auto& rule : mapping.columns) needed.insert(rule.reads.begin(), rule.reads.end());
  // A row of which nothing is read is a row all the same.
  if (needed.empty()) needed.insert(mapping.source_columns.front().name);
  const std::vector<std::string> reads(needed.begin(), needed.end());
  std::string columns;
  for (size_t i = 1; i <= reads.size(); ++i) columns += fmt::format("{}bgdb_s{} text", i == 1 ? "" : ", ", i);
  route.from = select_of(table, reads);
  route.stage =
      fmt::format("create temporary table {} ({}) on commit drop", kStage.substr(kStage.find('.') + 1), columns);
  route.into = fmt::format("copy {} from stdin", kStage);
  route.insert = translate::insert_from_sql(mapping, reads, std::string(kStage));
  route.empty = fmt::format("truncate {}", kStage);
  return route;
}

}  // namespace bgdb::clone
