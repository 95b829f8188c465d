// Whether a statement that PostgreSQL cannot read is written for another database.
#pragma once

#include <string>
#include <string_view>

namespace bgdb::parse {

// "MySQL", "MySQL or SQLite", "SQLite", "SQL Server", "Oracle", "ClickHouse"; empty when nothing in the statement
// tells.
std::string other_dialect(std::string_view statement);

}  // namespace bgdb::parse
