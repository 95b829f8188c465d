// The SQL texts that write translated rows on the target, and those that read a table through the translation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "translate/mapping.h"

namespace bgdb::translate {

// INSERT of rows: parameters $1..$n are text[] arrays, one per entry of `sent` (names of source columns), all of one
// length. Rows are written in their order. OVERRIDING SYSTEM VALUE where the target has identity columns.
std::string insert_sql(const TableMapping& table, const std::vector<std::string>& sent);

// UPDATE by the old key: parameters are first the old key arrays (table.source_key), then arrays for `sent`, which
// holds the key's columns only when the key changes (else expressions take them from the old key). Columns whose rule
// reads no column that was sent (unchanged TOAST values) keep the target's value, and so do rules that read nothing
// (they speak for new rows only). A rule that reads one column that was sent and one that was not needs the value: send
// it from the old row (derive() demands REPLICA IDENTITY FULL for such rules), else the server refuses the statement.
// At most one row per key in one call. Affected rows = rows found; a GENERATED ALWAYS identity column cannot be
// changed, so a row whose value of it differs counts as not found.
std::string update_sql(const TableMapping& table, const std::vector<std::string>& sent);

// INSERT of the rows of a relation whose text columns bgdb_s1..n hold the source columns `sent`, in that order.
std::string insert_from_sql(const TableMapping& table, const std::vector<std::string>& sent,
                            const std::string& relation);

// INSERT of rows of a table whose parts come from several source tables: $1..$n are arrays of the first part's columns,
// then of the next part's. The shared key is the first one's.
struct PartRows {
  const TableMapping* table = nullptr;
  std::vector<std::string> sent;
};
std::string insert_merged_sql(const std::vector<PartRows>& parts);

// SELECT of the source's parts side by side, of keys that all of them have: columns `sent` as text. `sample`: a clause
// behind the first part.
std::string select_parts_sql(const std::vector<PartRows>& parts, const std::string& sample);

// COPY ... FROM STDIN of new rows, for tables whose columns arrive as they are: texts of `reads` in COPY's text format.
// nullopt when anything is computed or cast.
struct CopyPlan {
  std::string sql;
  std::vector<std::string> reads;  // source columns, in the statement's order
};
std::optional<CopyPlan> copy_plan(const TableMapping& table);

// DELETE by key arrays.
std::string delete_sql(const TableMapping& table);

// One of the statements above that fails (division by zero) when it hits another number of rows than `parameter` says.
std::string counted_sql(const std::string& sql, size_t parameter);

// SELECT on the *source* that yields the translated row as the target would store it: compared_columns() in that order,
// of the target's types. `condition`: SQL over the source's own columns. Expressions must be evaluable on the source
// server, too, or this says why not.
Result<std::string> select_translated_sql(const TableMapping& table, const std::string& condition = {});
// The same columns, as they stand on the *target*; `condition` is over the target's columns.
std::string select_target_sql(const TableMapping& table, const std::string& condition = {});
// Target columns that follow from the source row: all but those filled by their default.
std::vector<std::string> compared_columns(const TableMapping& table);

}  // namespace bgdb::translate
