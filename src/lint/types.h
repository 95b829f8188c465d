// ALTER COLUMN TYPE: what changing one type into another means for the table and for the old version. Judged by
// PostgreSQL's cast and typmod rules; `reference` is what was measured on PostgreSQL 15 (docs/design/lint.md).
#pragma once

#include <string>

#include "parse/ast.h"
#include "schema/catalog.h"

namespace bgdb::lint {

struct TypeChange {
  bool same = false;  // nothing changes
  bool rewrites = true;
  bool rewrite_unless_utc = false;  // timestamp <-> timestamptz: only a session in UTC keeps the file
  bool scans = false;               // checks every row without rewriting
  bool retyped = false;             // another family: old statements and bound parameters may fail
  bool narrows = false;             // values that were legal no longer fit
  bool widens = false;              // every old value stays legal, new ones become possible
  bool lossy = false;               // values are rounded or cut: they do not come back
  bool guessed = false;             // the old type is unknown
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

}  // namespace bgdb::lint
