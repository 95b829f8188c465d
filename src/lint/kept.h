// Whether the triggers of a table keep what the old version writes within a new constraint: a column that the old
// version does not know is filled from one that it writes. Proved by following every path through the triggers
// (parse/trigger_run.h) for an INSERT and for UPDATEs of filled and of unfilled rows; what cannot be followed is not
// proved.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "schema/catalog.h"

namespace bgdb::lint {

struct Writes {
  const schema::Catalog& catalog;
  const schema::Relation& relation;
  std::function<bool(const std::string& column)> born;  // no statement of the old version names it
  bool unfilled = true;      // rows from before may not obey yet: an UPDATE of theirs has to make them obey
  std::string distrusted{};  // this column's NOT NULL is the question
};

// Row triggers that can be followed stand on the table.
bool has_filling_triggers(const schema::Relation& relation);
// Every row that passes what is demanded already passes the check.
bool kept_within(const Writes& writes, const std::string& check_sql);
inline bool kept_not_null(const Writes& writes, const std::string& column) {
  return kept_within(writes, core::quote_ident(column) + " IS NOT NULL");
}
// The expression comes to what `other` comes to, or to NULL. They differ in one column at most.
bool kept_equal(const Writes& writes, const std::string& sql, const std::string& other);

}  // namespace bgdb::lint
