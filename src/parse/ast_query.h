// A query's structure, for those who resolve its names against a catalog: what stands in FROM under which name, which
// columns each level mentions, what it yields. Plain values; see parse/ast.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parse/ast_base.h"

namespace bgdb::parse {

struct QueryShape {
  struct Source {            // an item of FROM
    QualifiedName relation;  // a table, a view or a common table expression; empty for the two below
    std::shared_ptr<const QueryShape> query;
    std::vector<std::string> function_columns;  // columns of a function or XMLTABLE, where they are told
    std::string alias;                          // how its columns are qualified
    std::vector<std::string> column_aliases;
  };
  struct Output {
    std::string name;              // "*": all columns, of `column.table` only when that is given
    Expr::Column column;           // what it shows, when it is a column and nothing else
    std::optional<TypeName> type;  // where the expression alone tells it
  };
  struct CommonTable {
    std::string name;
    std::vector<std::string> columns;
    std::shared_ptr<const QueryShape> query;  // null: it writes (INSERT ... RETURNING)
  };
  std::vector<CommonTable> common_tables;
  bool recursive = false;
  std::vector<Source> sources;
  std::vector<std::string> merged;  // columns of JOIN ... USING: one column of the result
  bool natural = false;             // NATURAL JOIN: which columns are merged depends on the tables
  std::vector<Expr::Column> columns;
  std::vector<Expr::Column> sort_columns;  // ORDER BY, DISTINCT ON: they may name an output instead
  std::vector<Output> outputs;
  std::vector<std::shared_ptr<const QueryShape>> inner;  // subqueries in expressions; they see `sources`, too
  std::shared_ptr<const QueryShape> left, right;         // UNION, INTERSECT, EXCEPT: nothing else is set then
};

}  // namespace bgdb::parse
