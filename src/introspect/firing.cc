#include "introspect/firing.h"

#include <fmt/format.h>

#include "core/sql_file.h"

namespace bgdb::introspect {

Result<std::vector<Firing>> list_firing(pg::Session& session, const std::vector<QualifiedName>& tables,
                                        const std::vector<std::string>& accepted) {
  std::vector<pg::Value> schemas, names;
  for (const QualifiedName& table : tables) {
    schemas.emplace_back(table.schema);
    names.emplace_back(table.name);
  }
  const auto rows =
      BGDB_TRY(session.query(core::sql_text("introspect/list_firing.sql"),
                             {pg::to_array_literal(schemas), pg::to_array_literal(names),
                              pg::to_array_literal(std::vector<pg::Value>(accepted.begin(), accepted.end()))}));
  std::vector<Firing> all;
  for (size_t i = 0; i < rows.size(); ++i) {
    all.push_back({rows.text(i, "name"),
                   rows.text(i, "kind"),
                   {rows.text(i, "table_schema"), rows.text(i, "table_name")},
                   rows.text(i, "cure")});
  }
  return all;
}

std::string cure_of(const Firing& firing, std::string_view side) {
  return fmt::format(
      "on {}: {}; or, if it does no more than compute columns of its own row, list {} in link.accepted_triggers in "
      "bgdb.yml",
      side, firing.cure, firing.name);
}

}  // namespace bgdb::introspect
