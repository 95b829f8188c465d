#include "clone/plan.h"

#include <algorithm>

#include "core/sql_file.h"

namespace bgdb::clone {

std::vector<QualifiedName> Plan::published() const {
  std::vector<QualifiedName> names;
  for (const auto& table : tables) {
    if (table.takes_part && table.root == table.name) names.push_back(table.name);
  }
  return names;
}

std::vector<TablePlan> Plan::copied() const {
  std::vector<TablePlan> chosen;
  for (const auto& table : tables) {
    if (table.takes_part && !table.partitioned) chosen.push_back(table);
  }
  std::stable_sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  return chosen;
}

std::vector<QualifiedName> Plan::guarded() const {
  std::vector<QualifiedName> names;
  for (const auto& table : tables) {
    if (table.takes_part) names.push_back(table.name);
  }
  return names;
}

std::vector<QualifiedName> Plan::left_out() const {
  std::vector<QualifiedName> names;
  for (const auto& table : tables) {
    if (!table.takes_part && table.root == table.name) names.push_back(table.name);
  }
  return names;
}

bool Plan::partitioned() const {
  return std::any_of(tables.begin(), tables.end(),
                     [](const TablePlan& table) { return table.takes_part && table.partitioned; });
}

Result<Plan> read_plan(pg::Session& blue, const std::function<bool(const QualifiedName&)>& takes_part) {
  const auto rows = BGDB_TRY(blue.query(core::sql_text("clone/list_tables.sql")));
  Plan plan;
  for (size_t i = 0; i < rows.size(); ++i) {
    TablePlan table;
    table.name = {rows.text(i, "schema"), rows.text(i, "name")};
    table.root = {rows.text(i, "root_schema"), rows.text(i, "root_name")};
    table.partitioned = rows.text(i, "kind") == "p";
    table.unlogged = rows.text(i, "persistence") == "u";
    table.has_key = rows.boolean(i, "has_key");
    table.possible_key = rows.text(i, "possible_key");
    table.columns = rows.text(i, "columns");
    table.rows_estimate = rows.integer(i, "rows_estimate");
    table.binary = rows.boolean(i, "binary");
    table.bytes = rows.integer(i, "bytes");
    table.pages = rows.integer(i, "pages");
    table.takes_part = takes_part(table.name) || takes_part(table.root);
    plan.tables.push_back(std::move(table));
  }
  return plan;
}

}  // namespace bgdb::clone
