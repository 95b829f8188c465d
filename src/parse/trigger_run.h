// What BEFORE ROW triggers make of a row, without running them: every path through their bodies, with values that are
// known, unknown but the same as a column's, or unknown. So it can be proved that a trigger fills a column for the old
// version; a trigger that merely exists proves nothing. Whatever is not understood ends without an answer.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "parse/ast_base.h"
#include "parse/check_value.h"

namespace bgdb::parse {

struct RowTrigger {
  std::string body;      // PL/pgSQL
  std::string when_sql;  // WHEN (...); empty: always
};

// What a trigger has to do with the row's columns.
struct TouchedColumns {
  std::set<std::string> written;
  std::set<std::string> words;                     // of the body and its condition, in lower case
  bool looks_at(const std::string& column) const;  // it may: the name is among the words, or is none
};
// Nothing: the body is not followed, or may write any column.
std::optional<TouchedColumns> touched_columns(const RowTrigger& trigger);

// "new.x", "old.x", "tg_op" and what is assumed of them.
using RowPath = CheckNames;

// The rows that may come out behind the triggers, which fire in this order. `types`: of the columns.
// Nothing: a body does what is not followed, or there are too many paths.
std::optional<std::vector<RowPath>> rows_behind(const std::vector<RowTrigger>& triggers, RowPath row,
                                                const std::vector<std::pair<std::string, TypeName>>& types);

// How the body may end, given what is known of the operation ("tg_op", "tg_level"); nothing: it is not followed.
struct TriggerEnds {
  bool raises = false;
  bool returns_null = false;
};
std::optional<TriggerEnds> trigger_ends(std::string_view body, const CheckNames& known);

// A value keeps what it is when it is assigned: no rounding, no cutting; it fits or the statement fails.
bool assigned_as_is(const TypeName& from, const TypeName& to);

}  // namespace bgdb::parse
