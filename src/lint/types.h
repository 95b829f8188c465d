// ALTER COLUMN TYPE: what changing one type into another means for the table and for the old version. Judged by
// PostgreSQL's cast and typmod rules; tests/integration/type_changes.cc compares every pair with a real server.
#pragma once

#include <string>

#include "parse/ast.h"
#include "schema/catalog.h"

namespace bgdb::lint {

struct TypeChange {
  bool same = false;  // nothing changes
  bool rewrites = true;
  bool rewrite_unless_utc = false;  // timestamp <-> timestamptz: only a session in UTC keeps the file
  bool reindexes = false;           // no rewrite, but another order: indexes over the column are built anew
  bool retyped = false;             // another family: old statements and bound parameters may fail
  bool narrows = false;             // values that were legal no longer fit
  bool widens = false;              // every old value stays legal, new ones become possible
  bool lossy = false;               // values are rounded or cut: they do not come back
  bool folds_case = false;          // values that were different are equal now
  bool guessed = false;             // the old type is unknown
  bool needs_using = false;         // PostgreSQL refuses the statement: it has no automatic cast, and there is no USING
  bool no_assignment_cast = false;  // a default cannot follow the column
  std::string why;                  // one sentence
};

struct TypeChangeInput {
  const parse::TypeName* from = nullptr;  // nullptr: unknown
  const parse::TypeName* to = nullptr;
  std::string column;
  std::string using_sql;  // empty: none
  bool timezone_utc = false;
};

TypeChange judge_type_change(const TypeChangeInput& input, const schema::Catalog& catalog);

// Two types whose values an old program reads and writes alike (varchar and text, int4 and int8), elements of arrays
// too: may values be refused, rounded, or larger than before? Only narrows, widens, lossy, retyped, folds_case and why
// are filled in.
TypeChange compare_values(const parse::TypeName& from, const parse::TypeName& to);

}  // namespace bgdb::lint
