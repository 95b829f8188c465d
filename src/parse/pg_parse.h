// Private to parse/: PostgreSQL's parser with its memory held for as long as the tree is read.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "parse/pg_nodes.h"
//
extern "C" {
#include <pg_query.h>
#include <pg_query/pg_query_internal.h>
}

namespace bgdb::parse {

class PgTree {
 public:
  explicit PgTree(const std::string& text);
  ~PgTree();
  PgTree(const PgTree&) = delete;
  PgTree& operator=(const PgTree&) = delete;

  bool ok() const { return result_.error == nullptr; }
  Nodes statements() const { return Nodes(result_.tree); }
  std::string error() const { return ok() ? std::string() : text_of(result_.error->message); }
  // Byte offset of the error in the text; its length when PostgreSQL gave none.
  size_t error_offset() const;

 private:
  const std::string& text_;
  MemoryContext memory_;
  PgQueryInternalParsetreeAndError result_;
};

// The only target of `SELECT ...`, or nullptr when the text holds more than an expression.
const ResTarget* only_target(const PgTree& tree);

// ---- literal.cc: the text that an expression yields, when it is known without running it.
// `value_of`: the text of a variable ("name", "record.field", "$1"), when it is known. REQUIRES: collect_facts accepted
// it.
using TextOf = std::function<std::optional<std::string>(const std::string&)>;
std::optional<std::string> text_value(const PgNode* node, const TextOf& value_of);

inline constexpr const char* kTooDeepMessage = "expression nested too deeply to be analysed";

}  // namespace bgdb::parse
