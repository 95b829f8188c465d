// Two schemas for tests: blue from DDL, green from the same DDL plus a migration; the mapping derived from them.
#pragma once

#include <string>

#include "core/result.h"
#include "parse/parser.h"
#include "schema/apply.h"
#include "translate/mapping.h"

namespace bgdb::test {

struct Sides {
  schema::Catalog blue, green;
  std::vector<parse::Statement> migration;
  translate::Overrides overrides;
  std::vector<QualifiedName> tables;

  Sides(const std::string& ddl, const std::string& migration_sql, const std::string& yaml = {});
  Result<translate::MappingPair> derive() const;
};

// The rule of a target column; fails the test when there is none.
const translate::ColumnRule& rule(const translate::TableMapping& table, const std::string& column);

}  // namespace bgdb::test
