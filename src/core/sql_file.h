// SQL texts of sql/**, embedded at build. A missing name is a bug, not a user's error.
#pragma once

#include <string>
#include <string_view>

namespace bgdb::core {

// `path` relative to sql/, e.g. "cutover/lock_tables.sql". Aborts when there is no such file.
std::string_view sql_text(std::string_view path);
// The same with {{name}} replaced; the values are SQL already (quoted by core/ident.h). Unknown or unused names abort.
struct SqlPart {
  std::string_view name;
  std::string sql;
};
std::string sql_text(std::string_view path, std::initializer_list<SqlPart> parts);

}  // namespace bgdb::core
