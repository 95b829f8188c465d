// Conditions that ask the server's catalogs whether something exists: IF NOT EXISTS (SELECT FROM information_schema
// ...), to_regclass(...) IS NULL. Read into plain values, so that a model of the schema can answer them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bgdb::parse {

struct Condition {
  enum class Kind { unknown, constant, exists, all, any, negated };
  Kind kind = Kind::unknown;
  bool value = false;            // constant
  std::vector<Condition> parts;  // all, any: all of them; negated: one

  // exists: rows of the joined catalog relations where each column has its value. "current_schema" stands for itself.
  std::vector<std::string> from;                            // pg_class, information_schema.columns, to_regclass ...
  std::vector<std::pair<std::string, std::string>> equals;  // column without its table, value
  bool exact = true;                                        // false: it asks for more; true of it can then not be told
};

Condition parse_condition(std::string_view sql);

}  // namespace bgdb::parse
