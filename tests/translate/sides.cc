#include "translate/sides.h"

#include "support/check.h"

namespace bgdb::test {
namespace {

schema::Catalog replay(const std::string& sql) {
  schema::Replay replay;
  const auto parsed = parse::parse_sql(sql);
  for (const auto& statement : parsed.statements) {
    INFO(statement.text);
    REQUIRE(statement.parsed);
    replay.apply(statement);
  }
  return replay.catalog();
}

}  // namespace

Sides::Sides(const std::string& ddl, const std::string& migration_sql, const std::string& yaml)
    : blue(replay(ddl)),
      green(replay(ddl + ";" + migration_sql)),
      migration(parse::parse_sql(migration_sql).statements) {
  overrides = REQUIRE_OK(translate::parse_overrides(yaml, "mapping.yml"));
  for (const auto& [name, relation] : blue.relations) {
    if (relation.kind == schema::RelationKind::table && !relation.partition_of) tables.push_back(name);
    if (relation.kind == schema::RelationKind::partitioned_table) tables.push_back(name);
  }
}

Result<translate::MappingPair> Sides::derive() const {
  translate::DeriveInput input;
  input.blue = &blue;
  input.green = &green;
  input.migration = migration;
  input.overrides = overrides;
  input.tables = tables;
  return translate::derive(input);
}

const translate::ColumnRule& rule(const translate::TableMapping& table, const std::string& column) {
  for (const auto& candidate : table.columns) {
    if (candidate.target == column) return candidate;
  }
  FAIL("no rule for " << column);
  return table.columns.front();
}

}  // namespace bgdb::test
