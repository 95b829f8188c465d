// What BEFORE ROW triggers make of a row, without running them: every path through their bodies, with values that are
// known, unknown but the same as a column's, or unknown. So it can be proved that a trigger fills a column for the old
// version; a trigger that merely exists proves nothing. Whatever is not understood ends without an answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "parse/ast_base.h"
#include "parse/check_value.h"

namespace bgdb::parse {

struct RowTrigger {
  std::string body;      // PL/pgSQL
  std::string when_sql;  // WHEN (...); empty: always
};

// "new.x", "old.x", "tg_op" and what is assumed of them.
using RowPath = CheckNames;

// The rows that may come out behind the triggers, which fire in this order. `types`: of the columns.
// Nothing: a body does what is not followed, or there are too many paths.
std::optional<std::vector<RowPath>> rows_behind(const std::vector<RowTrigger>& triggers, RowPath row,
                                                const std::vector<std::pair<std::string, TypeName>>& types);

// A value keeps what it is when it is assigned: no rounding, no cutting; it fits or the statement fails.
bool assigned_as_is(const TypeName& from, const TypeName& to);

}  // namespace bgdb::parse
