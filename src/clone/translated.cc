#include "clone/translated.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/sql_file.h"

namespace bgdb::clone {

translate::Mapping by_leaves(const translate::Mapping& mapping, const Plan& blue) {
  translate::Mapping leaves;
  for (const TablePlan& table : blue.copied()) {
    for (const auto* rules : mapping.tables_of(table.root)) {
      leaves.tables.push_back(*rules);
      leaves.tables.back().source = table.name;
    }
  }
  std::stable_sort(leaves.tables.begin(), leaves.tables.end(),
                   [](const auto& a, const auto& b) { return a.source < b.source; });
  return leaves;
}

Result<std::vector<QualifiedName>> tables_of_target(pg::Session& green, const translate::Mapping& mapping) {
  std::set<QualifiedName> roots;
  for (const auto& table : mapping.tables) roots.insert(table.target);
  const Plan plan = BGDB_TRY(read_plan(green, [&](const QualifiedName& name) { return roots.count(name) != 0; }));
  return plan.guarded();
}

Result<std::vector<QualifiedName>> filled(pg::Session& green, const std::vector<QualifiedName>& tables) {
  std::vector<QualifiedName> found;
  for (const auto& table : tables) {
    const auto some = BGDB_TRY(green.scalar(fmt::format("select exists (select from only {})", table.sql())));
    if (some == "t") found.push_back(table);
  }
  return found;
}

Result<std::vector<std::string>> give_back(pg::Session& green, const std::vector<std::string>& guarded) {
  if (guarded.empty()) return std::vector<std::string>();
  for (const auto& table : guarded) {
    BGDB_CHECK(green.execute(fmt::format("drop trigger if exists bgdb_guard on {}", table)));
  }
  const std::vector<pg::Value> names(guarded.begin(), guarded.end());
  const auto rows = BGDB_TRY(green.query(core::sql_text("clone/list_referring.sql"), {pg::to_array_literal(names)}));
  std::vector<QualifiedName> referring;
  for (size_t i = 0; i < rows.size(); ++i) referring.push_back({rows.text(i, "schema"), rows.text(i, "name")});
  if (const auto full = BGDB_TRY(filled(green, referring)); !full.empty()) {
    return fail(ErrorCode::refused, fmt::format("rows of {} on green refer to what was copied", full[0].display()),
                "they are not the clone's: delete them, then run this again");
  }
  std::vector<std::string> emptied = guarded;
  for (const auto& table : referring) emptied.push_back(table.sql());
  BGDB_CHECK(green.execute(fmt::format("truncate {}", fmt::join(emptied, ", "))));
  return std::vector<std::string>{fmt::format("emptied {} tables on green; its schema stays", guarded.size())};
}

}  // namespace bgdb::clone
