// The values of two types: which of one fit into the other, and which come back unchanged.
#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "lint/types.h"

namespace bgdb::lint {

using parse::TypeName;

namespace {

int modifier(const TypeName& type, size_t position, int fallback = -1) {
  return position < type.modifiers.size() ? type.modifiers[position] : fallback;
}

TypeChange widened(std::string why) {
  TypeChange change;
  change.widens = true;
  change.why = std::move(why);
  return change;
}

TypeChange narrowed(bool lossy, std::string why) {
  TypeChange change;
  change.narrows = true;
  change.lossy = lossy;
  change.why = std::move(why);
  return change;
}

// char and bit without a length have the length 1.
int length_of(const TypeName& type) {
  return modifier(type, 0, type.name == "bit" ? 1 : -1);
}

int integer_rank(const std::string& name) {
  if (name == "int2") return 1;
  if (name == "int4") return 2;
  if (name == "int8") return 3;
  return 0;
}

bool is_text_like(const std::string& name) {
  return name == "varchar" || name == "text" || name == "bpchar";
}

// Lengths: -1 is unlimited.
TypeChange lengths(int before, int after, const char* longer) {
  if (before == after) return {};
  if (after < 0 || (before >= 0 && after >= before)) return widened(longer);
  return narrowed(false, fmt::format("values longer than {} are refused from now on", after));
}

TypeChange strings(const TypeName& from, const TypeName& to) {
  if (to.name == "citext" && from.name != "citext") {
    auto change = widened("comparisons no longer tell upper from lower case");
    change.folds_case = true;
    return change;
  }
  if (from.name == "citext") {
    TypeChange change;
    change.retyped = true;
    change.narrows = length_of(to) >= 0;
    change.why = "lookups of the old version that ignore case no longer find their rows";
    return change;
  }
  if (to.name == "bpchar" && from.name != "bpchar" && length_of(to) >= 0) {
    auto change = lengths(length_of(from), length_of(to), "");
    change.widens = false;
    change.lossy = true;
    change.narrows = change.narrows || length_of(from) < 0;
    if (change.why.empty()) change.why = "char(n) pads with blanks, and blanks at the end of a value no longer count";
    return change;
  }
  return lengths(length_of(from), length_of(to), "every old value fits, and the new version may store longer ones");
}

TypeChange bits(const TypeName& from, const TypeName& to) {
  const int before = length_of(from), after = length_of(to);
  if (to.name == "bit" && (from.name == "varbit" || before != after))
    return narrowed(false, fmt::format("only values of exactly {} bits are accepted from now on", after));
  return lengths(before, after, "every old value fits, and the new version may store longer ones");
}

TypeChange numerics(const TypeName& from, const TypeName& to) {
  if (to.modifiers.empty()) {
    return from.modifiers.empty() ? TypeChange{} : widened("numeric without precision holds every old value");
  }
  if (from.modifiers.empty()) return narrowed(true, "values are rounded to the scale, and larger ones are refused");
  const int old_precision = modifier(from, 0), old_scale = modifier(from, 1, 0);
  const int new_precision = modifier(to, 0), new_scale = modifier(to, 1, 0);
  if (old_precision == new_precision && old_scale == new_scale) return {};
  const bool whole_part_fits = new_precision - new_scale >= old_precision - old_scale;
  if (new_scale >= old_scale && whole_part_fits) {
    return widened(new_scale == old_scale ? "the precision grows and the scale stays"
                                          : "the scale grows: every row is written again");
  }
  return narrowed(new_scale < old_scale, new_scale < old_scale ? "digits behind the point are rounded away"
                                                               : "values with more digits are refused from now on");
}

// Digits of a second: time, timetz, timestamp, timestamptz. They are never refused, only rounded.
TypeChange seconds(const TypeName& from, const TypeName& to) {
  const int before = modifier(from, 0, 6), after = modifier(to, 0, 6);
  if (before == after) return {};
  return after > before ? widened("more digits of the second are kept")
                        : narrowed(true, "fractions of a second are rounded away");
}

// The smallest field that is kept: 0 second ... 5 year. The mask has a bit for each field.
int smallest_field(const TypeName& type) {
  // Bits as in PostgreSQL's datetime.h: MONTH 1, YEAR 2, DAY 3, HOUR 10, MINUTE 11, SECOND 12.
  static constexpr std::array<std::pair<int, int>, 6> kFields{{{12, 0}, {11, 1}, {10, 2}, {3, 3}, {1, 4}, {2, 5}}};
  const int mask = modifier(type, 0, 0x7FFF);
  for (const auto& [bit, rank] : kFields) {
    if ((mask & (1 << bit)) != 0) return rank;
  }
  return 0;
}

TypeChange intervals(const TypeName& from, const TypeName& to) {
  const int before = smallest_field(from), after = smallest_field(to);
  const int old_digits = modifier(from, 1, 6), new_digits = modifier(to, 1, 6);
  if (before == after && (after > 0 || old_digits == new_digits)) return {};
  if (after <= before && (before > 0 || new_digits >= old_digits)) return widened("smaller parts are kept");
  return narrowed(true, "smaller parts of an interval are cut off");
}

std::optional<TypeChange> same_family(const TypeName& from, const TypeName& to) {
  const bool from_string = is_text_like(from.name) || from.name == "citext";
  const bool to_string = is_text_like(to.name) || to.name == "citext";
  if (from_string && to_string) return strings(from, to);
  if (from.name == "numeric" && to.name == "numeric") return numerics(from, to);
  const bool from_bits = from.name == "bit" || from.name == "varbit";
  if (from_bits && (to.name == "bit" || to.name == "varbit")) return bits(from, to);
  if (const int before = integer_rank(from.name), after = integer_rank(to.name); before > 0 && after > 0) {
    if (before == after) return TypeChange{};
    if (after > before)
      return widened("every row is written again, and the new version may store values that the old one cannot hold");
    return narrowed(false, fmt::format("values that do not fit into {} are refused from now on", to.sql));
  }
  if (from.name == "float4" && to.name == "float8") return widened("every row is written again");
  if (from.name == "float8" && to.name == "float4") return narrowed(true, "digits are lost");
  if (from.name == "cidr" && to.name == "inet") return widened("inet holds every cidr value");
  if (from.name == "inet" && to.name == "cidr")
    return narrowed(false, "addresses with bits behind the mask are refused");
  if (from.name != to.name || from.schema != to.schema) return std::nullopt;
  if (from.name == "interval") return intervals(from, to);
  const bool clock =
      from.name == "timestamp" || from.name == "timestamptz" || from.name == "time" || from.name == "timetz";
  if (clock) return seconds(from, to);
  if (from.modifiers == to.modifiers && from.modifier_text == to.modifier_text) return TypeChange{};
  if (to.modifiers.empty() && to.modifier_text.empty()) return widened("every old value fits");
  return narrowed(false, fmt::format("values that are no {} are refused from now on", to.sql));
}

// Conversions to another family that drop a part of the value, so that converting back gives another one.
bool drops_part(const TypeName& from, const TypeName& to) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 36> kLossy{{
      {"timestamp", "date"},     {"timestamptz", "date"}, {"timestamp", "time"}, {"timestamptz", "time"},
      {"timestamptz", "timetz"}, {"timetz", "time"},      {"interval", "time"},  {"json", "jsonb"},
      {"numeric", "float4"},     {"numeric", "float8"},   {"int8", "float4"},    {"int8", "float8"},
      {"int4", "float4"},        {"numeric", "int2"},     {"numeric", "int4"},   {"numeric", "int8"},
      {"float4", "int2"},        {"float4", "int4"},      {"float4", "int8"},    {"float8", "int2"},
      {"float8", "int4"},        {"float8", "int8"},      {"numeric", "money"},  {"bit", "int4"},
      {"bit", "int8"},           {"int4", "bool"},        {"int4", "bit"},       {"int8", "bit"},
      {"box", "circle"},         {"box", "lseg"},         {"box", "point"},      {"circle", "box"},
      {"circle", "point"},       {"polygon", "box"},      {"polygon", "circle"}, {"polygon", "point"},
  }};
  const bool listed = std::any_of(kLossy.begin(), kLossy.end(),
                                  [&](const auto& pair) { return pair.first == from.name && pair.second == to.name; });
  if (listed && from.name == "numeric" && modifier(from, 0) > 0 && modifier(from, 1, 0) <= 0 &&
      integer_rank(to.name) > 0)
    return false;  // no digits behind the point
  // Text is read, and its spelling is gone: yes, 1.50, 10:00:00.1234567.
  const bool reads_text = is_text_like(from.name) || from.name == "citext" || from.name == "name";
  if (reads_text && (to.name == "bool" || to.name == "char" || to.name == "tsvector" || to.name == "tsquery"))
    return true;
  const bool rounds = (to.name == "numeric" && !to.modifiers.empty()) ||
                      (to.name.rfind("time", 0) == 0 && !to.modifiers.empty() && modifier(to, 0) < 6);
  const bool has_fraction = reads_text || from.name == "float4" || from.name == "float8" ||
                            (from.name.rfind("time", 0) == 0 && modifier(from, 0, 6) > modifier(to, 0, 6));
  return listed || (rounds && has_fraction);
}

// Conversions to another family that refuse values.
bool may_refuse(const TypeName& from, const TypeName& to) {
  const bool elements = from.array_dims == to.array_dims;
  const auto text = [elements](const TypeName& type) {
    return (elements || type.array_dims == 0) &&
           (is_text_like(type.name) || type.name == "citext" || type.name == "name");
  };
  if (text(to)) return (to.name == "varchar" || to.name == "bpchar") && length_of(to) >= 0;
  if (text(from)) return to.name != "bytea";
  if (from.name == "jsonb") return to.name != "json";
  static constexpr int kDigits[] = {0, 5, 10, 19};  // of the largest value, by rank
  if (const int rank = integer_rank(from.name); rank > 0 && to.name == "numeric" && !to.modifiers.empty())
    return modifier(to, 0) - modifier(to, 1, 0) < kDigits[rank];
  const bool bounded_number = integer_rank(to.name) > 0 || (to.name == "numeric" && !to.modifiers.empty());
  if (bounded_number) return from.name != "bool";
  return to.name == "oid" || to.name == "money" || to.name == "char" || to.name == "macaddr" ||
         to.name.rfind("reg", 0) == 0;
}

}  // namespace

TypeChange compare_values(const TypeName& from, const TypeName& to) {
  if (from.array_dims == to.array_dims) {
    if (auto change = same_family(from, to)) return *change;
  }
  TypeChange change;
  change.retyped = true;
  change.why =
      fmt::format("the old version sends and expects {}, and comparisons with it may have no operator", from.sql);
  const bool clocks =
      (from.name == "timestamp" && to.name == "timestamptz") || (from.name == "timestamptz" && to.name == "timestamp");
  if (clocks) change.why = "values now mean another moment for a session in another time zone";
  change.lossy = from.array_dims == to.array_dims && drops_part(from, to);
  change.narrows = may_refuse(from, to);
  return change;
}

}  // namespace bgdb::lint
