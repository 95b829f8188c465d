// The body of a trigger function as steps that can be followed: assignments, IFs, RETURN. What else stands there is
// either known to leave the row alone, or makes the body not understood. Private to parse/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parse/ast_base.h"

namespace bgdb::parse {

struct BodyStep {
  enum class Kind {
    assign,     // target := sql
    forget,     // target gets a value that is not known (SELECT ... INTO)
    branch,     // the first arm whose condition holds; ELSE has an empty one
    leave,      // RETURN sql
    raise,      // an error: the row is not written
    something,  // what does not touch the row
  };
  struct Arm;
  Kind kind = Kind::something;
  std::string target;  // "new.email", "forward_1"
  std::string sql;
  std::vector<Arm> arms;
};

struct BodyStep::Arm {
  std::string condition;
  std::vector<BodyStep> steps;
};

struct TriggerBody {
  bool understood = true;
  std::vector<std::pair<std::string, TypeName>> variables;
  std::vector<BodyStep> steps;
};

TriggerBody read_trigger_body(std::string_view body);

}  // namespace bgdb::parse
