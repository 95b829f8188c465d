#include "lint/types.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include <fmt/format.h>

namespace bgdb::lint {

using parse::TypeName;

namespace {

int modifier(const TypeName& type, size_t position, int fallback = -1) {
  return position < type.modifiers.size() ? type.modifiers[position] : fallback;
}

int integer_rank(const std::string& name) {
  if (name == "int2") return 1;
  if (name == "int4") return 2;
  if (name == "int8") return 3;
  return 0;
}

bool is_string(const std::string& name) {
  return name == "varchar" || name == "text" || name == "bpchar" || name == "citext";
}

// The type below a domain, and whether the domain constrains.
struct Resolved {
  TypeName type;
  bool domain = false;
  bool constrained = false;
};

Resolved resolve(const TypeName& type, const schema::Catalog& catalog) {
  Resolved out{type};
  for (int depth = 0; depth < 8; ++depth) {
    const auto* domain = catalog.domain(out.type);
    if (domain == nullptr || out.type.array_dims > 0) break;
    out.domain = true;
    out.constrained = out.constrained || domain->not_null || !domain->checks.empty();
    out.type = domain->base;
  }
  return out;
}

std::string squeeze(std::string_view sql) {
  std::string out;
  for (char c : sql) {
    if (c == ' ' || c == '"' || c == '(' || c == ')' || c == '\n' || c == '\t') continue;
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

// USING c, USING c::type: what PostgreSQL would do without USING.
bool trivial_using(const TypeChangeInput& input) {
  if (input.using_sql.empty()) return true;
  const auto text = squeeze(input.using_sql);
  const auto column = squeeze(input.column);
  if (text == column) return true;
  if (text.rfind(column + "::", 0) == 0) return text.find("::", column.size() + 2) == std::string::npos;
  return text.rfind("cast" + column + "as", 0) == 0;
}

TypeChange widened(bool rewrites, std::string why) {
  TypeChange change;
  change.rewrites = rewrites;
  change.widens = true;
  change.why = std::move(why);
  return change;
}

TypeChange narrowed(bool lossy, std::string why) {
  TypeChange change;
  change.rewrites = true;
  change.narrows = true;
  change.lossy = lossy;
  change.why = std::move(why);
  return change;
}

TypeChange same_family_length(const TypeName& from, const TypeName& to, bool length_elided) {
  const int old_length = modifier(from, 0), new_length = modifier(to, 0);
  if (old_length == new_length) {
    TypeChange change;
    change.same = true;
    change.rewrites = false;
    return change;
  }
  if (new_length < 0 || (old_length >= 0 && new_length >= old_length)) {
    return widened(!length_elided, "every old value fits, and the new version may store longer ones");
  }
  return narrowed(false, fmt::format("values longer than {} are refused from now on", new_length));
}

TypeChange strings(const TypeName& from, const TypeName& to) {
  if (from.name == to.name) return same_family_length(from, to, from.name != "bpchar");
  if (to.name == "citext" || from.name == "citext") {
    TypeChange change;
    change.rewrites = false;
    change.retyped = true;
    change.why = "comparisons change between case-sensitive and case-insensitive, and indexes are rebuilt";
    return change;
  }
  const bool to_unlimited = to.name == "text" || (to.name == "varchar" && to.modifiers.empty());
  if (from.name == "bpchar") {
    if (to_unlimited || modifier(to, 0) >= modifier(from, 0, 1)) {
      return widened(true, "trailing blanks of char(n) are dropped, and longer values become possible");
    }
    return narrowed(true, fmt::format("values longer than {} are refused from now on", modifier(to, 0)));
  }
  if (to.name == "bpchar") return narrowed(true, "char(n) pads with blanks and refuses longer values");
  if (to_unlimited) return widened(false, "the two types are stored alike, and longer values become possible");
  if (from.name == "varchar" && modifier(from, 0) >= 0 && modifier(to, 0) >= modifier(from, 0)) {
    return widened(false, "every old value fits");
  }
  return narrowed(false, fmt::format("values longer than {} are refused from now on", modifier(to, 0)));
}

TypeChange numerics(const TypeName& from, const TypeName& to) {
  if (to.modifiers.empty()) {
    auto change = widened(false, "numeric without precision holds every old value");
    change.same = from.modifiers.empty();
    change.widens = !change.same;
    return change;
  }
  const int old_precision = modifier(from, 0), old_scale = modifier(from, 1, 0);
  const int new_precision = modifier(to, 0), new_scale = modifier(to, 1, 0);
  if (from.modifiers.empty()) return narrowed(true, "values are rounded to the scale, and larger ones are refused");
  if (old_precision == new_precision && old_scale == new_scale) return same_family_length(from, to, true);
  if (new_scale == old_scale && new_precision > old_precision)
    return widened(false, "the precision grows and the scale stays");
  const bool integer_part_fits = new_precision - new_scale >= old_precision - old_scale;
  if (new_scale > old_scale && integer_part_fits) return widened(true, "the scale changes: every row is written again");
  return narrowed(new_scale < old_scale, new_scale < old_scale ? "digits behind the point are rounded away"
                                                               : "values with more digits are refused from now on");
}

TypeChange fractional_seconds(const TypeName& from, const TypeName& to) {
  const int old_precision = modifier(from, 0, 6), new_precision = modifier(to, 0, 6);
  if (old_precision == new_precision) {
    TypeChange change;
    change.same = true;
    change.rewrites = false;
    return change;
  }
  if (new_precision > old_precision) return widened(false, "more digits of the second are kept");
  return narrowed(true, "fractions of a second are rounded away");
}

std::optional<TypeChange> same_kind(const TypeName& from, const TypeName& to) {
  if (is_string(from.name) && is_string(to.name)) return strings(from, to);
  if (from.name == "numeric" && to.name == "numeric") return numerics(from, to);
  if (integer_rank(from.name) > 0 && integer_rank(to.name) > 0) {
    if (integer_rank(to.name) > integer_rank(from.name)) {
      return widened(true,
                     "every row is written again, and the new version may store values that the old one cannot hold");
    }
    return narrowed(false, fmt::format("values that do not fit into {} are refused from now on", to.sql));
  }
  if (from.name == "float4" && to.name == "float8") return widened(true, "every row is written again");
  if (from.name == "float8" && to.name == "float4") return narrowed(true, "digits are lost");
  if (from.name == "cidr" && to.name == "inet") return widened(false, "inet holds every cidr value");
  if (from.name != to.name) return std::nullopt;
  if (from.name == "timestamp" || from.name == "timestamptz" || from.name == "interval" || from.name == "time" ||
      from.name == "timetz") {
    return fractional_seconds(from, to);
  }
  return same_family_length(from, to, from.name == "varbit");
}

TypeChange other_kind(const TypeName& from, const TypeName& to, bool timezone_utc) {
  TypeChange change;
  change.retyped = true;
  const bool clocks =
      (from.name == "timestamp" && to.name == "timestamptz") || (from.name == "timestamptz" && to.name == "timestamp");
  if (clocks && from.array_dims == 0) {
    change.rewrites = !timezone_utc;
    change.rewrite_unless_utc = !timezone_utc;
    change.why = "values now mean another moment for a session in another time zone";
    return change;
  }
  // Types that PostgreSQL stores alike (binary-coercible): no row is written.
  const bool stored_alike = (from.name == "xml" && is_string(to.name) && to.modifiers.empty()) ||
                            (from.name == "int4" && to.name == "oid") || (from.name == "oid" && to.name == "int4") ||
                            (from.name == "varbit" && to.name == "bit" && to.modifiers.empty());
  change.rewrites = !stored_alike;
  change.why =
      fmt::format("the old version sends and expects {}, and comparisons with it may have no operator", from.sql);
  const bool to_narrow = is_string(from.name) && !is_string(to.name);
  const bool to_integer = integer_rank(to.name) > 0;
  if (to_narrow || to_integer) change.narrows = true;
  const bool fraction = from.name == "numeric" || from.name == "float4" || from.name == "float8";
  const bool drops_part = (fraction && to_integer) || (to.name == "date" && from.name.rfind("timestamp", 0) == 0) ||
                          (from.name == "numeric" && to.name.rfind("float", 0) == 0) ||
                          (from.name == "json" && to.name == "jsonb") || to.name == "bool";
  change.lossy = drops_part;
  return change;
}

}  // namespace

TypeChange judge_type_change(const TypeChangeInput& input, const schema::Catalog& catalog) {
  TypeChange change;
  if (input.from == nullptr) {
    change.guessed = true;
    change.retyped = true;
    change.why = "the old type is not known from the earlier migrations, so the worst is assumed";
    return change;
  }
  const auto from = resolve(*input.from, catalog), to = resolve(*input.to, catalog);
  if (!trivial_using(input)) {
    change = from.type == to.type ? TypeChange{}
                                  : same_kind(from.type, to.type).value_or(other_kind(from.type, to.type, true));
    change.same = false;
    change.rewrites = true;
    change.rewrite_unless_utc = false;
    const bool casts_only = squeeze(input.using_sql).rfind(squeeze(input.column) + "::", 0) == 0;
    if (!casts_only) change.lossy = true;
    if (change.why.empty()) change.why = "USING computes a new value for every row";
    return change;
  }
  if (from.type.array_dims != to.type.array_dims || from.type.schema != to.type.schema) {
    change = other_kind(from.type, to.type, input.timezone_utc);
  } else if (from.type.array_dims > 0 && !(from.type == to.type)) {
    // Arrays are coerced element by element: always rewritten.
    change = same_kind(from.type, to.type).value_or(other_kind(from.type, to.type, false));
    change.rewrites = true;
  } else {
    change = from.type == to.type
                 ? TypeChange{}
                 : same_kind(from.type, to.type).value_or(other_kind(from.type, to.type, input.timezone_utc));
    if (from.type == to.type) {
      change.same = true;
      change.rewrites = false;
    }
  }
  if (to.domain && to.constrained && !(input.from->name == input.to->name)) {
    change.same = false;
    change.rewrites = true;
    change.narrows = true;
    change.why = fmt::format("the domain {} checks every value", input.to->sql);
  }
  return change;
}

}  // namespace bgdb::lint
