// The SQL texts that write translated rows on the target, and those that read a table through the translation.
#pragma once

#include <string>
#include <vector>

#include "translate/mapping.h"

namespace bgdb::translate {

// INSERT of rows: parameters $1..$n are text[] arrays, one per entry of `sent` (names of source columns), all of one length.
// Order of rows is kept. OVERRIDING SYSTEM VALUE where the target has identity columns.
std::string insert_sql(const TableMapping& table, const std::vector<std::string>& sent);

// UPDATE by the old key: parameters are first the old key arrays (table.source_key), then arrays for `sent`. Columns whose
// rule reads a column that was not sent (unchanged TOAST value) keep the target's value when the rule reads only that
// column. At most one row per key in one call. Affected rows = rows found.
std::string update_sql(const TableMapping& table, const std::vector<std::string>& sent);

// DELETE by key arrays.
std::string delete_sql(const TableMapping& table);

// SELECT on the *source* that yields the translated row, target columns in rule order; for clones and comparisons.
// Expressions must be evaluable on the source server, too, or this says why not.
Result<std::string> select_translated_sql(const TableMapping& table);

}  // namespace bgdb::translate
