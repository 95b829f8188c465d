// Objects as effects name them, taken apart again. Internal to lint/.
#pragma once

#include <string>
#include <vector>

#include "core/ident.h"

namespace bgdb::lint {

// "schema.table.column" -> relation and column.
struct Path {
  QualifiedName relation;
  std::string part;
};

inline Path split_path(const std::string& object) {
  const auto last = object.rfind('.');
  if (last == std::string::npos) return {};
  const auto first = object.find('.');
  if (first == last) return {{"", object.substr(0, last)}, object.substr(last + 1)};
  return {{object.substr(0, first), object.substr(first + 1, last - first - 1)}, object.substr(last + 1)};
}

inline QualifiedName split_name(const std::string& object) {
  const auto dot = object.find('.');
  if (dot == std::string::npos) return {"", object};
  return {object.substr(0, dot), object.substr(dot + 1)};
}

// "a, b" -> a and b.
inline std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> out;
  for (size_t from = 0; from <= text.size();) {
    auto comma = text.find(", ", from);
    if (comma == std::string::npos) comma = text.size();
    out.push_back(text.substr(from, comma - from));
    from = comma + 2;
  }
  return out;
}

}  // namespace bgdb::lint
