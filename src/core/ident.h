// The one place that quotes SQL identifiers and literals.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "core/short_text.h"

namespace bgdb::core {

// "Name" -> "\"Name\""; plain lower-case names that are no reserved word stay bare.
std::string quote_ident(std::string_view name);
// O'Brien -> 'O''Brien'; backslashes become an E'' string.
std::string quote_literal(std::string_view text);
// {a, b} -> "a, \"B\"".
std::string quote_ident_list(const std::vector<std::string>& names);

// A possibly schema-qualified object name, unquoted. `schema` empty = as found through search_path.
struct QualifiedName {
  std::string schema;
  std::string name;

  std::string sql() const;      // quoted, for statements
  std::string display() const;  // schema.name, unquoted, for people and JSON; control characters as \n, \x1b
  bool empty() const { return name.empty(); }
  bool operator==(const QualifiedName& other) const {
    return same_text(name, other.name) && same_text(schema, other.schema);
  }
  std::strong_ordering operator<=>(const QualifiedName& other) const {
    return same_text(schema, other.schema) ? compare_text(name, other.name) : compare_text(schema, other.schema);
  }
};

// The same, of texts that live elsewhere: to look up names without making them.
struct NameView {
  std::string_view schema;
  std::string_view name;

  std::strong_ordering operator<=>(const QualifiedName& other) const {
    return same_text(schema, other.schema) ? compare_text(name, other.name) : compare_text(schema, other.schema);
  }
};

// Equal names have equal hashes, and others most often not.
inline uint64_t quick_hash(const NameView& name) {
  return quick_hash(name.name) + 31 * quick_hash(name.schema);
}
inline uint64_t quick_hash(const QualifiedName& name) {
  return quick_hash(NameView{name.schema, name.name});
}

// "public.accounts", "accounts", "\"Odd\".\"na.me\"" -> name; unquoted parts fold to lower case.
QualifiedName parse_qualified_name(std::string_view text);

}  // namespace bgdb::core

namespace bgdb {
using core::QualifiedName;
using core::quote_ident;
using core::quote_literal;
}  // namespace bgdb
