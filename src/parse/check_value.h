// Private to parse/: what an expression of a CHECK comes to, and how comparisons and connectives of such values come
// out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parse/check_logic.h"

namespace bgdb::parse {

// What a condition may come to.
constexpr unsigned kTrue = 1, kFalse = 2, kNull = 4, kAny = 7;

struct CheckValue {
  enum class Kind { unknown, null, boolean, number, text } kind = Kind::unknown;
  unsigned may_be = kAny;  // as a condition
  double number = 0;
  std::string text;                     // canonical; of a string its quoted form
  std::vector<CheckAtom> alternatives;  // unknown: as a condition, one of them; empty: the text
  std::vector<CheckValue> parts;        // an AND: all of them

  bool is_null() const { return kind == Kind::null; }
  bool constant() const { return kind == Kind::boolean || kind == Kind::number || kind == Kind::text; }
};

CheckValue unknown_value(std::string text, unsigned may_be = kAny);
CheckValue null_value();
CheckValue boolean_value(bool is_true);
CheckValue number_value(double of);
CheckValue text_value_of(const std::string& of);
// A condition that can only come to one thing is that thing.
CheckValue settled(CheckValue value);

unsigned negation(unsigned may_be);
CheckValue comparison(const CheckValue& left, std::string op, const CheckValue& right);
CheckValue in_list(const CheckValue& left, const std::vector<CheckValue>& list, bool negated);
CheckValue distinct(const CheckValue& left, const CheckValue& right, bool asks_distinct);
CheckValue connected(const std::vector<CheckValue>& parts, bool all);  // AND, OR
// num_nulls, num_nonnulls
CheckValue counted(const std::string& name, const std::vector<CheckValue>& arguments);
// NULL in, NULL out. What is not one of them may answer a NULL with a value.
bool is_strict(std::string_view function);

}  // namespace bgdb::parse
