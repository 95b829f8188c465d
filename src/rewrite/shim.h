// The new name of a table, as a view over it, until contract gives the table the name. Internal to rewrite/.
#pragma once

#include "rewrite/draft.h"

namespace bgdb::rewrite {

// CREATE OR REPLACE: also for columns that came behind the rename.
std::string make_shim_sql(const QualifiedName& shim, const QualifiedName& table);
// The views again, for tables that got columns behind the rename.
std::vector<Step> refreshed_shims(const Draft& draft);
// A statement about a table by its new name -> the same by its present name; nullopt when it names no such table.
std::optional<std::string> by_present_name(const Draft& draft, const parse::Statement& statement);
// SQL over present names -> the same behind the swap.
std::string with_final_tables(const Draft& draft, std::string sql);

}  // namespace bgdb::rewrite
