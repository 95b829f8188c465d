#include "translate/conversion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace bgdb::translate {
namespace {

using Names = std::set<std::string, std::less<>>;

const Names kTextTypes = {"text", "varchar", "bpchar", "name", "citext"};
const Names kPlainText = {"text", "varchar", "citext"};
const Names kFloat = {"float4", "float8"};
const Names kZoned = {"timestamptz", "timetz"};
// Fixed length, or too short ever to be moved out of line.
const Names kFixed = {"int2",      "int4",  "int8",   "float4", "float8",   "bool",  "date", "time",        "timetz",
                      "timestamp", "oid",   "uuid",   "name",   "interval", "money", "char", "timestamptz", "macaddr",
                      "macaddr8",  "point", "pg_lsn", "xid",    "cid",      "tid",   "inet", "cidr"};
const Names kVariable = {"text",
                         "varchar",
                         "bpchar",
                         "bytea",
                         "numeric",
                         "json",
                         "jsonb",
                         "xml",
                         "tsvector",
                         "tsquery",
                         "bit",
                         "varbit",
                         "int4range",
                         "int8range",
                         "numrange",
                         "tsrange",
                         "tstzrange",
                         "daterange",
                         "int4multirange",
                         "int8multirange",
                         "nummultirange",
                         "tsmultirange",
                         "tstzmultirange",
                         "datemultirange",
                         "path",
                         "polygon",
                         "box",
                         "circle",
                         "line",
                         "lseg",
                         "jsonpath",
                         "refcursor",
                         "txid_snapshot",
                         "pg_snapshot",
                         "oidvector",
                         "int2vector"};
// Their text form is the value, whatever the session's settings are (bgdb sets those that matter).
const Names kPrintable = {"int2",     "int4",      "int8",  "numeric",  "float4", "float8", "bool", "date",
                          "time",     "timestamp", "uuid",  "json",     "jsonb",  "inet",   "cidr", "macaddr",
                          "macaddr8", "oid",       "bytea", "interval", "bit",    "varbit"};

int integer_digits(std::string_view name) {
  if (name == "int2") return 5;
  if (name == "int4") return 10;
  if (name == "int8") return 19;
  return 0;
}

int modifier(const TypeName& type, size_t index, int fallback) {
  return type.modifiers.size() > index ? type.modifiers[index] : fallback;
}

Conversion exact(std::string reason = {}) {
  return {Fidelity::exact, std::move(reason)};
}
Conversion may_fail(std::string reason) {
  return {Fidelity::may_fail, std::move(reason)};
}
Conversion changes(std::string reason) {
  return {Fidelity::changes, std::move(reason)};
}
Conversion ambiguous(std::string reason) {
  return {Fidelity::ambiguous, std::move(reason)};
}

Conversion numeric_to_numeric(const TypeName& from, const TypeName& to) {
  if (to.modifiers.empty()) return exact();
  const int to_scale = modifier(to, 1, 0);
  if (from.modifiers.empty() || to_scale < modifier(from, 1, 0)) {
    return changes(fmt::format("digits after the {}th decimal are rounded", to_scale));
  }
  const int from_whole = modifier(from, 0, 0) - modifier(from, 1, 0);
  const int to_whole = modifier(to, 0, 0) - to_scale;
  return to_whole < from_whole ? may_fail(fmt::format("at most {} digits before the point fit", to_whole)) : exact();
}

// The same type with other modifiers.
Conversion other_modifiers(const TypeName& from, const TypeName& to) {
  if (from.name == "numeric") return numeric_to_numeric(from, to);
  if (to.modifiers.empty()) return exact();
  const bool lengths = kTextTypes.count(from.name) != 0 || from.name == "bit" || from.name == "varbit";
  if (lengths) {
    const int limit = modifier(to, 0, 0);
    const bool wider = !from.modifiers.empty() && modifier(from, 0, 0) <= limit && from.name != "bit";
    return wider ? exact() : may_fail(fmt::format("longer values than {} do not fit", limit));
  }
  const bool simple = from.name != "interval" && to.modifiers.size() == 1;
  if (simple && modifier(from, 0, 6) <= modifier(to, 0, 6)) return exact();
  return changes("fractions of a second are rounded");
}

Conversion between_numbers(const TypeName& from, const TypeName& to) {
  const int from_digits = integer_digits(from.name), to_digits = integer_digits(to.name);
  if (from_digits != 0 && to_digits != 0) {
    return from_digits <= to_digits ? exact() : may_fail(fmt::format("larger numbers do not fit {}", to.name));
  }
  if (from_digits != 0 && to.name == "numeric") {
    if (to.modifiers.empty()) return exact();
    if (modifier(to, 1, 0) < 0) return changes("digits before the point are rounded");
    const int whole = modifier(to, 0, 0) - modifier(to, 1, 0);
    return whole >= from_digits ? exact() : may_fail(fmt::format("at most {} digits before the point fit", whole));
  }
  if (from.name == "numeric" && to_digits != 0) {
    const bool whole = !from.modifiers.empty() && modifier(from, 1, 0) <= 0;
    return whole ? may_fail(fmt::format("larger numbers do not fit {}", to.name)) : changes("fractions are rounded");
  }
  if (from.name == "float4" && to.name == "float8") return exact();
  if (to.name == "float8" && from_digits != 0 && from_digits <= 10) return exact();
  if (to.name == "float4" && from_digits == 5) return exact();
  return changes(to_digits != 0 ? "fractions are rounded"
                                : fmt::format("digits are lost between {} and {}", from.name, to.name));
}

bool is_number(const TypeName& type) {
  return integer_digits(type.name) != 0 || type.name == "numeric" || kFloat.count(type.name) != 0;
}

Conversion to_text(const TypeName& from, const TypeName& to) {
  if (to.name == "name") return changes("names are cut at 63 bytes");
  if (to.name == "bpchar") return changes("blanks at the end are not kept");
  if (kTextTypes.count(from.name) == 0 && kPrintable.count(from.name) == 0) {
    return ambiguous(fmt::format("the text of a {} depends on settings of the session", from.name));
  }
  if (to.modifiers.empty()) return exact();
  const bool fits = (from.name == "varchar" || from.name == "bpchar") && !from.modifiers.empty() &&
                    modifier(from, 0, 0) <= modifier(to, 0, 0);
  return fits ? exact() : may_fail(fmt::format("longer values than {} do not fit", modifier(to, 0, 0)));
}

bool depends_on_time_zone(const TypeName& from, const TypeName& to) {
  static const Names kTimes = {"date", "time", "timetz", "timestamp", "timestamptz"};
  return kTimes.count(from.name) != 0 && kTimes.count(to.name) != 0 && kZoned.count(from.name) != kZoned.count(to.name);
}

Conversion between_builtins(const TypeName& from, const TypeName& to) {
  if (from.name == to.name) return other_modifiers(from, to);
  if (is_number(from) && is_number(to)) return between_numbers(from, to);
  if (kTextTypes.count(to.name) != 0) return to_text(from, to);
  if (kPlainText.count(from.name) != 0 && to.name == "json") return may_fail("text that is no JSON does not fit");
  if (kTextTypes.count(from.name) != 0)
    return changes(fmt::format("another spelling of the same {} is not kept", to.name));
  if (from.name == "jsonb" && to.name == "json") return exact();
  if (from.name == "json" && to.name == "jsonb") return changes("blanks, order and duplicate keys are not kept");
  if (depends_on_time_zone(from, to)) {
    return ambiguous("the result depends on the session's TimeZone; say it: AT TIME ZONE 'UTC'");
  }
  if (from.name == "date" && to.name == "timestamp") return exact();
  if (from.name == "timestamp" && to.name == "date") return changes("the time of day is lost");
  if (from.name == "bool" && to.name == "int4") return exact();
  if (from.name == "int4" && to.name == "bool") return changes("numbers other than 0 and 1 become true");
  if (from.name == "cidr" && to.name == "inet") return exact();
  return ambiguous(fmt::format("bgdb knows no conversion from {} to {}", type_sql(from), type_sql(to)));
}

TypeName base_of(const TypeName& type, const schema::Catalog& catalog, bool& checked) {
  TypeName base = type;
  for (int depth = 0; depth < 16; ++depth) {
    const schema::Domain* domain = catalog.domain(element_of(base));
    if (domain == nullptr) break;
    checked = checked || domain->not_null || !domain->checks.empty();
    TypeName next = domain->base;
    next.array_dims += base.array_dims;
    base = next;
  }
  return base;
}

const schema::CompositeType* composite_of(const TypeName& type, const schema::Catalog& catalog) {
  for (const auto& [name, composite] : catalog.composites) {
    if (name.name == type.name && (type.schema.empty() || name.schema == type.schema)) return &composite;
  }
  return nullptr;
}

void add_enums(std::vector<const schema::EnumType*>& enums, const TypeName& type, const schema::Catalog& catalog,
               int depth) {
  const TypeName element = element_of(base_type(type, catalog));
  if (const auto* labels = catalog.enum_type(element)) enums.push_back(labels);
  const auto* composite = composite_of(element, catalog);
  if (composite == nullptr || depth > 16) return;
  for (const auto& attribute : composite->attributes) add_enums(enums, attribute.type, catalog, depth + 1);
}

bool same_composite(const TypeName& type, const schema::Catalog& source, const schema::Catalog& target) {
  const auto* left = composite_of(type, source);
  const auto* right = composite_of(type, target);
  if (left == nullptr || right == nullptr) return left == right;
  return std::equal(left->attributes.begin(), left->attributes.end(), right->attributes.begin(),
                    right->attributes.end(),
                    [](const auto& a, const auto& b) { return a.name == b.name && a.type == b.type; });
}

}  // namespace

Conversion convert(const TypeName& from, const schema::Catalog& source, const TypeName& to,
                   const schema::Catalog& target) {
  bool from_checked = false, to_checked = false;
  const TypeName from_base = base_of(from, source, from_checked), to_base = base_of(to, target, to_checked);
  if (from == to && from_base == to_base) {
    if (!same_composite(from, source, target))
      return ambiguous("the composite type has other attributes on the other side");
    return {};
  }
  Conversion result;
  const bool from_enum = source.enum_type(from_base) != nullptr, to_enum = target.enum_type(to_base) != nullptr;
  if (from_base.array_dims != to_base.array_dims) {
    result = ambiguous("one side is an array");
  } else if (from_base == to_base) {
    result = exact();
  } else if (from_enum && to_enum) {
    result = exact();  // labels are compared by the caller
  } else if (from_enum && kPlainText.count(to_base.name) != 0) {
    result = to_base.modifiers.empty() ? exact() : may_fail("longer labels do not fit");
  } else if (to_enum && kPlainText.count(from_base.name) != 0) {
    result = may_fail("text that is no label of the enum does not fit");
  } else {
    result = between_builtins(from_base, to_base);
  }
  if (to_checked && result.fidelity <= Fidelity::exact) {
    return may_fail(fmt::format("values that the domain {} forbids do not fit", to.name));
  }
  return result;
}

TypeName element_of(TypeName type) {
  type.array_dims = 0;
  return type;
}

TypeName base_type(const TypeName& type, const schema::Catalog& catalog) {
  bool checked = false;
  return base_of(type, catalog, checked);
}

std::vector<const schema::EnumType*> enums_in(const TypeName& type, const schema::Catalog& catalog) {
  std::vector<const schema::EnumType*> enums;
  add_enums(enums, type, catalog, 0);
  return enums;
}

std::string unmodified_sql(const TypeName& type) {
  static const Names kPlain = {"text", "int2", "int4", "int8", "numeric", "varchar", "timestamp", "interval", "time"};
  std::string sql = type.schema.empty() ? std::string{} : quote_ident(type.schema) + ".";
  if (type.name == "bit") {
    sql += "\"bit\"";  // bare, it is bit(1)
  } else {
    sql += type.schema.empty() && kPlain.count(type.name) != 0 ? type.name : quote_ident(type.name);
  }
  for (int i = 0; i < type.array_dims; ++i) sql += "[]";
  return sql;
}

std::string type_sql(const TypeName& type) {
  return type.sql.empty() ? unmodified_sql(type) : type.sql;
}

std::string cast_sql(const std::string& value, const TypeName& to) {
  return fmt::format("({})::{}", value, unmodified_sql(to));
}

std::string strict_cast_sql(const std::string& value, const std::string& column, const TypeName& from,
                            const TypeName& to) {
  const std::string there = fmt::format("({})::{}", value, type_sql(to));
  const bool comparable = from.name != "json" && from.name != "xml";
  const std::string back = fmt::format("({})::{}", there, type_sql(from));
  const std::string equal = comparable ? fmt::format("{} is not distinct from ({})", back, value)
                                       : fmt::format("({})::text is not distinct from ({})::text", back, value);
  const std::string complaint =
      quote_literal(fmt::format(" of column {} does not fit {} unchanged", column, type_sql(to)));
  return fmt::format("case when {} then {} else (('value ' || ({})::text || {})::int4)::text::{} end", equal, there,
                     value, complaint, unmodified_sql(to));
}

bool is_text(const TypeName& type) {
  return kTextTypes.count(type.name) != 0 && type.array_dims == 0;
}

bool is_builtin(const TypeName& type) {
  if (!type.schema.empty() && type.schema != "pg_catalog") return false;
  return kFixed.count(type.name) != 0 || kVariable.count(type.name) != 0;
}

bool is_user_type(const TypeName& type, const schema::Catalog& catalog) {
  const TypeName element = element_of(type);
  return catalog.enum_type(element) != nullptr || catalog.domain(element) != nullptr ||
         composite_of(element, catalog) != nullptr;
}

bool is_toastable(const TypeName& type, const schema::Catalog& catalog) {
  const TypeName base = base_type(type, catalog);
  if (base.array_dims > 0) return true;
  if (catalog.enum_type(base) != nullptr) return false;
  if (base.name == "numeric") return base.modifiers.empty() || modifier(base, 0, 0) > 28;
  if (base.name == "varchar" || base.name == "bpchar") return base.modifiers.empty() || modifier(base, 0, 0) > 5;
  return kFixed.count(base.name) == 0;
}

}  // namespace bgdb::translate
