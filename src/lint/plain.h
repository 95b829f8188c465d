// SQL text in which a condition is looked for whatever its spelling.
#pragma once

#include <cctype>
#include <string>
#include <string_view>

#include "core/text.h"

namespace bgdb::lint {

// Lower case, without quotes, parentheses and blanks.
inline std::string plain(std::string_view sql) {
  std::string out;
  for (const char c : sql) {
    if (c == '(' || c == ')' || c == '"' || c == ' ' || c == '\n' || c == '\t' || c == '\r') continue;
    out += core::lower(c);
  }
  return out;
}

// "... name IS NULL", of which nothing is left over in front. Both are plain().
inline bool asks_for_null(std::string_view sql, std::string_view name) {
  const auto question = std::string(name) + "isnull";
  for (size_t at = sql.find(question); at != std::string_view::npos; at = sql.find(question, at + 1)) {
    const auto head = sql.substr(0, at);
    const bool part =
        !head.empty() && (std::isalnum(static_cast<unsigned char>(head.back())) != 0 || head.back() == '_');
    if (!part || head.ends_with("and") || head.ends_with("where")) return true;
  }
  return false;
}

}  // namespace bgdb::lint
