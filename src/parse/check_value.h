// What an expression over a row comes to, as far as that is known without the row, and how comparisons and connectives
// of such values come out.
#pragma once

#include <map>
#include <optional>
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
  bool never_null = false;              // unknown, but not NULL
  bool symbol = false;                  // unknown, but the same wherever its text is the same: the value of a column
  bool integer = false;                 // a symbol of one of the integer types

  bool is_null() const { return kind == Kind::null; }
  bool constant() const { return kind == Kind::boolean || kind == Kind::number || kind == Kind::text; }
};

// Names that stand for values: columns ("email"), a trigger's ("new.email", "old.email", "tg_op"), variables; and what
// is assumed of conditions that nobody knows, by their texts.
struct CheckNames {
  std::map<std::string, CheckValue> values{};
  std::map<std::string, bool> assumed{};
};
// Nothing when the text is no expression, or nested too deeply.
std::optional<CheckValue> check_value(std::string_view sql, const CheckNames& names);
// A column's value that nobody knows.
CheckValue symbol_value(const std::string& column, bool never_null, bool integer);
// The condition that two symbols differ, and that one is NULL, as `assumed` spells them.
std::string distinct_text(const CheckValue& left, const CheckValue& right);
std::string null_text(const CheckValue& value);

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
// Known never to be NULL.
bool holds_value(const CheckValue& value);
CheckValue distinct(const CheckValue& left, const CheckValue& right, bool asks_distinct);
CheckValue connected(const std::vector<CheckValue>& parts, bool all);  // AND, OR
// num_nulls, num_nonnulls
CheckValue counted(const std::string& name, const std::vector<CheckValue>& arguments);
// NULL in, NULL out. What is not one of them may answer a NULL with a value.
bool is_strict(std::string_view function);
// What the function yields is not NULL, given that its arguments are not (`always`: whatever they are).
bool yields_value(std::string_view function, bool always);
// A CHECK of what `value` says.
SimpleCheck check_of(const CheckValue& value);

}  // namespace bgdb::parse
