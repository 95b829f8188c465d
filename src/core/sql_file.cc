#include "core/sql_file.h"

#include "core/result.h"
#include "embedded/sql.h"

namespace bgdb::core {

std::string_view sql_text(std::string_view path) {
  const auto text = embedded::sql(path);
  if (text.empty()) std::fprintf(stderr, "no embedded SQL file %s\n", std::string(path).c_str());
  BGDB_ASSERT(!text.empty());
  return text;
}

std::string sql_text(std::string_view path, std::initializer_list<SqlPart> parts) {
  std::string text(sql_text(path));
  for (const auto& part : parts) {
    const std::string mark = "{{" + std::string(part.name) + "}}";
    size_t at = text.find(mark);
    BGDB_ASSERT(at != std::string::npos);
    for (; at != std::string::npos; at = text.find(mark, at + part.sql.size())) {
      text.replace(at, mark.size(), part.sql);
    }
  }
  return text;
}

}  // namespace bgdb::core
