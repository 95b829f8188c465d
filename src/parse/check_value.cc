#include "parse/check_value.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/contains.h"
#include "core/ident.h"

namespace bgdb::parse {
namespace {

std::string flipped(const std::string& op) {
  if (op == "<") return ">";
  if (op == ">") return "<";
  if (op == "<=") return ">=";
  return op == ">=" ? "<=" : op;
}

std::vector<CheckAtom> atoms_of(const CheckValue& value) {
  if (!value.alternatives.empty()) return value.alternatives;
  return {{value.text, "", "", 0, {}}};
}
// Equal texts are equal values; other texts may be, too ('2024-1-1' and '2024-01-01').
unsigned compared(const CheckValue& left, const std::string& op, const CheckValue& right) {
  if (left.kind == CheckValue::Kind::null || right.kind == CheckValue::Kind::null) return kNull;
  const auto told = [](bool is_true) { return is_true ? kTrue : kFalse; };
  if (left.kind == CheckValue::Kind::number && right.kind == CheckValue::Kind::number) {
    const double a = left.number, b = right.number;
    if (op == "=") return told(a == b);
    if (op == "<>") return told(a != b);
    if (op == "<") return told(a < b);
    if (op == ">") return told(a > b);
    if (op == "<=") return told(a <= b);
    if (op == ">=") return told(a >= b);
    return kAny;
  }
  // TG_OP: what is spelled otherwise is something else.
  if (left.kind == CheckValue::Kind::text && right.kind == CheckValue::Kind::text && (left.symbol || right.symbol)) {
    if (op == "=" || op == "<>") return told((left.text == right.text) == (op == "="));
  }
  const unsigned missing = holds_value(left) && holds_value(right) ? 0 : kNull;
  if (left.symbol && right.symbol && left.text == right.text) {
    if (op == "=" || op == "<=" || op == ">=") return kTrue | missing;
    if (op == "<>" || op == "<" || op == ">") return kFalse | missing;
  }
  if (!left.constant() || !right.constant() || left.kind != right.kind) return kTrue | kFalse | missing;
  if (left.text == right.text && (op == "=" || op == "<=" || op == ">=")) return kTrue;
  if (left.text == right.text && (op == "<>" || op == "<" || op == ">")) return kFalse;
  if (left.kind == CheckValue::Kind::boolean && op == "=") return kFalse;
  if (left.kind == CheckValue::Kind::boolean && op == "<>") return kTrue;
  return kTrue | kFalse;
}

}  // namespace

CheckValue unknown_value(std::string text, unsigned may_be) {
  CheckValue value;
  value.text = std::move(text);
  value.may_be = may_be;
  return value;
}

CheckValue symbol_value(const std::string& column, bool never_null, bool integer) {
  auto value = unknown_value(core::quote_ident(column));
  value.symbol = true;
  value.never_null = never_null;
  value.integer = integer;
  return value;
}

std::string distinct_text(const CheckValue& left, const CheckValue& right) {
  const auto [first, second] = std::minmax(left.text, right.text);
  return first + " IS DISTINCT FROM " + second;
}

std::string null_text(const CheckValue& value) {
  return value.text + " IS NULL";
}

bool holds_value(const CheckValue& value) {
  return value.constant() || value.never_null;
}

CheckValue null_value() {
  CheckValue value = unknown_value("NULL", kNull);
  value.kind = CheckValue::Kind::null;
  return value;
}

CheckValue boolean_value(bool is_true) {
  CheckValue value = unknown_value(is_true ? "true" : "false", is_true ? kTrue : kFalse);
  value.kind = CheckValue::Kind::boolean;
  return value;
}

CheckValue number_value(double of) {
  CheckValue value = unknown_value(fmt::format("{}", of));
  value.kind = CheckValue::Kind::number;
  value.number = of;
  return value;
}

CheckValue text_value_of(const std::string& of) {
  CheckValue value = unknown_value("'" + of + "'");
  value.kind = CheckValue::Kind::text;
  return value;
}

bool is_strict(std::string_view function) {
  static constexpr std::array<std::string_view, 32> kNames{"abs",
                                                           "array_length",
                                                           "bit_length",
                                                           "btrim",
                                                           "cardinality",
                                                           "ceil",
                                                           "char_length",
                                                           "character_length",
                                                           "date_part",
                                                           "date_trunc",
                                                           "extract",
                                                           "floor",
                                                           "isfinite",
                                                           "json_typeof",
                                                           "jsonb_array_length",
                                                           "jsonb_typeof",
                                                           "left",
                                                           "length",
                                                           "lower",
                                                           "ltrim",
                                                           "md5",
                                                           "octet_length",
                                                           "position",
                                                           "regexp_replace",
                                                           "replace",
                                                           "right",
                                                           "round",
                                                           "rtrim",
                                                           "starts_with",
                                                           "strpos",
                                                           "substring",
                                                           "upper"};
  return core::contains(kNames, function);
}

bool yields_value(std::string_view function, bool always) {
  static constexpr std::array<std::string_view, 19> kAlways{"concat",
                                                            "int4range",
                                                            "int8range",
                                                            "numrange",
                                                            "tsrange",
                                                            "tstzrange",
                                                            "daterange",
                                                            "jsonb_build_object",
                                                            "json_build_object",
                                                            "jsonb_build_array",
                                                            "json_build_array",
                                                            "gen_random_uuid",
                                                            "uuid_generate_v4",
                                                            "now",
                                                            "clock_timestamp",
                                                            "random",
                                                            "nextval",
                                                            "statement_timestamp",
                                                            "transaction_timestamp"};
  static constexpr std::array<std::string_view, 31> kGiven{
      "setweight", "extract", "substring",   "substr",     "concat_ws",      "encode",     "sha256", "abs",
      "btrim",     "ceil",    "char_length", "date_trunc", "floor",          "initcap",    "left",   "length",
      "lower",     "lpad",    "ltrim",       "md5",        "regexp_replace", "replace",    "right",  "round",
      "rpad",      "rtrim",   "timezone",    "translate",  "to_tsvector",    "split_part", "upper"};
  const auto among = [&](const auto& names) { return core::contains(names, function); };
  return among(kAlways) || (!always && among(kGiven));
}

CheckValue settled(CheckValue value) {
  if (value.may_be == kTrue) return boolean_value(true);
  if (value.may_be == kFalse) return boolean_value(false);
  if (value.may_be == kNull) return null_value();
  return value;
}

unsigned negation(unsigned may_be) {
  return ((may_be & kTrue) != 0 ? kFalse : 0) | ((may_be & kFalse) != 0 ? kTrue : 0) | (may_be & kNull);
}

CheckValue connected(const std::vector<CheckValue>& parts, bool all) {
  const unsigned neutral = all ? kTrue : kFalse, absorbing = all ? kFalse : kTrue;
  CheckValue out;
  out.may_be = neutral;
  const CheckValue* only = nullptr;
  int open = 0;
  for (const auto& part : parts) {
    unsigned both = 0;
    for (const unsigned left : {kTrue, kFalse, kNull}) {
      for (const unsigned right : {kTrue, kFalse, kNull}) {
        if ((out.may_be & left) == 0 || (part.may_be & right) == 0) continue;
        const bool decided = left == absorbing || right == absorbing;
        both |= decided ? absorbing : left == kNull || right == kNull ? kNull : neutral;
      }
    }
    out.may_be = both;
    if (part.may_be == neutral) continue;
    only = ++open == 1 ? &part : nullptr;
    if (!out.text.empty()) out.text += all ? " AND " : " OR ";
    out.text += "(" + part.text + ")";
    if (all) {
      out.parts.push_back(part);
    } else {
      const auto atoms = atoms_of(part);
      out.alternatives.insert(out.alternatives.end(), atoms.begin(), atoms.end());
    }
  }
  return only != nullptr ? *only : settled(std::move(out));
}

CheckValue comparison(const CheckValue& left, std::string op, const CheckValue& right) {
  if (op == "!=") op = "<>";
  static constexpr std::array<std::string_view, 6> kOperators{"=", "<>", "<", ">", "<=", ">="};
  const bool compares = core::contains(kOperators, op);
  if (!compares) {
    if (left.kind == CheckValue::Kind::null || right.kind == CheckValue::Kind::null) return null_value();
    auto out = unknown_value("(" + left.text + " " + op + " " + right.text + ")");
    static constexpr std::array<std::string_view, 6> kYieldValues{"||", "+", "-", "*", "/", "%"};
    const bool plain = core::contains(kYieldValues, op);
    out.never_null = plain && holds_value(left) && holds_value(right);
    return out;
  }
  const bool turned = left.constant() && !right.constant();
  const auto& first = turned ? right : left;
  const auto& second = turned ? left : right;
  if (turned) op = flipped(op);
  auto out = unknown_value(first.text + " " + op + " " + second.text, compared(first, op, second));
  CheckAtom atom{out.text, "", "", 0, {}};
  if (second.kind == CheckValue::Kind::number && op != "=" && op != "<>") {
    atom.left = first.text;
    atom.op = op;
    atom.number = second.number;
  } else if (op == "=" && second.constant()) {
    atom.left = first.text;
    atom.op = "in";
    atom.values = {second.text};
  }
  out.alternatives = {std::move(atom)};
  return settled(std::move(out));
}

CheckValue in_list(const CheckValue& left, const std::vector<CheckValue>& list, bool negated) {
  if (left.kind == CheckValue::Kind::null) return null_value();
  unsigned may_be = kFalse;
  bool constants = true;
  CheckAtom atom{left.text + (negated ? " NOT IN (" : " IN ("), left.text, negated ? "" : "in", 0, {}};
  for (const auto& item : list) {
    const unsigned equal = compared(left, "=", item);
    may_be = may_be == kTrue || equal == kTrue ? kTrue : may_be | equal;
    constants = constants && item.constant();
    atom.values.push_back(item.text);
  }
  std::sort(atom.values.begin(), atom.values.end());
  for (const auto& value : atom.values) atom.text += value + ",";
  if (!constants) atom.op.clear();
  if (negated) may_be = negation(may_be);
  auto out = unknown_value(atom.text + ")", may_be);
  out.alternatives = {std::move(atom)};
  return settled(std::move(out));
}

CheckValue distinct(const CheckValue& left, const CheckValue& right, bool asks_distinct) {
  const bool left_null = left.kind == CheckValue::Kind::null, right_null = right.kind == CheckValue::Kind::null;
  if (left_null && right_null) return boolean_value(!asks_distinct);
  if ((left_null && holds_value(right)) || (right_null && holds_value(left))) return boolean_value(asks_distinct);
  if (left.symbol && right.symbol && left.text == right.text) return boolean_value(!asks_distinct);
  if (left.constant() && right.constant()) {
    const auto equal = compared(left, "=", right);
    if (equal == kTrue || equal == kFalse) return boolean_value((equal == kFalse) == asks_distinct);
  }
  return unknown_value(asks_distinct ? distinct_text(left, right) : "NOT (" + distinct_text(left, right) + ")",
                       kTrue | kFalse);
}

CheckValue counted(const std::string& name, const std::vector<CheckValue>& arguments) {
  int counts = 0;
  std::vector<std::string> open;
  for (const auto& argument : arguments) {
    if (argument.kind == CheckValue::Kind::unknown) {
      open.push_back(argument.text);
    } else if ((argument.kind == CheckValue::Kind::null) == (name == "num_nulls")) {
      ++counts;
    }
  }
  if (open.empty()) return number_value(counts);
  std::sort(open.begin(), open.end());
  return unknown_value(
      fmt::format("{}({}){}", name, fmt::join(open, ", "), counts == 0 ? "" : fmt::format(" + {}", counts)));
}

}  // namespace bgdb::parse
