// A CHECK in three-valued logic: what is left of it for rows that leave some columns at a value that is known, and
// whether one check lets everything pass that another one did. A CHECK refuses a row only when it is false; NULL
// passes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bgdb::parse {

struct KnownColumn {
  std::string name;
  std::optional<std::string> value;  // SQL of what it holds; none: NULL
};

// One comparison, in a spelling of its own: two that mean the same are mostly spelled alike.
struct CheckAtom {
  std::string text;
  // left op number, or left IN (values); `op` is empty when it is neither.
  std::string left;
  std::string op;
  double number = 0;
  std::vector<std::string> values;
};

struct SimpleCheck {
  bool may_refuse = true;                     // false: it passes whatever the other columns hold
  std::vector<std::vector<CheckAtom>> parts;  // each part must hold; a part holds when one of its atoms does
};

SimpleCheck simplify_check(std::string_view sql, const std::vector<KnownColumn>& known);

// Every row that passes `old` passes `now`. False when it cannot be told.
bool accepts_all_of(const SimpleCheck& now, const SimpleCheck& old);

}  // namespace bgdb::parse
