// UPDATE and DELETE as written -> their parts. Only the plain forms: one table, no FROM, USING, WITH, RETURNING, no
// alias. Internal to rewrite/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "parse/ast.h"

namespace bgdb::rewrite {

struct Assignment {
  std::string column;
  parse::Expr expr;
};
struct UpdateText {
  std::vector<Assignment> assignments;  // not empty
  std::string condition;                // of WHERE; may be empty
};

std::optional<UpdateText> read_update(const std::string& sql);
// Any single UPDATE without WITH and RETURNING: what it calls its table, and itself with one more condition.
struct JoinedUpdate {
  std::string target;
  std::string sql;
  size_t where = std::string::npos;  // behind the word
  std::string with(const std::string& condition) const;
};
std::optional<JoinedUpdate> read_joined_update(const std::string& sql);
// The condition, "" when there is none; nullopt for other forms.
std::optional<std::string> delete_condition(const std::string& sql);
// "c IS NULL", also with the table's name before c.
bool is_null_test(const std::string& condition, const std::string& column);

}  // namespace bgdb::rewrite
