// A query against a catalog: which relations and columns it reads, which columns it yields. Aliases, joins, common
// table expressions and subqueries are resolved as the server does; what the catalog does not know is left open.
#pragma once

#include <vector>

#include "parse/ast_query.h"
#include "schema/catalog.h"

namespace bgdb::schema {

struct ResolvedQuery {
  std::vector<Column> columns;       // a type that cannot be told is empty
  bool columns_known = true;         // false: a star over something unknown
  std::vector<QualifiedName> reads;  // relations, the server's own left out
  std::vector<ColumnRead> columns_read;
  std::vector<QualifiedName> unknown;  // relations that the catalog does not hold
};

ResolvedQuery resolve_query(const Catalog& catalog, const parse::QueryShape& query);

}  // namespace bgdb::schema
