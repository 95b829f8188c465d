#include "rewrite/conversion.h"

#include <algorithm>
#include <array>
#include <set>

#include "core/contains.h"
#include "parse/parser.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

using parse::TypeName;
using Names = std::set<std::string, std::less<>>;

const Names kText = {"text", "varchar", "bpchar", "name", "citext"};
const Names kNumbers = {"int2", "int4", "int8", "numeric", "float4", "float8"};
const Names kTimes = {"date", "timestamp", "timestamptz"};
// Types whose "=" is true for identical values only.
const Names kExactEquality = {"bool",  "int2",    "int4", "int8", "float4",    "float8",
                              "text",  "varchar", "uuid", "date", "timestamp", "timestamptz",
                              "bytea", "oid",     "name", "time", "macaddr"};

std::string base_name(const TypeName& type, const schema::Catalog& catalog) {
  if (const auto* domain = catalog.domain(type)) return base_name(domain->base, catalog);
  return type.name;
}

const std::vector<int>& modifiers(const TypeName& type, const schema::Catalog& catalog) {
  if (const auto* domain = catalog.domain(type)) return modifiers(domain->base, catalog);
  return type.modifiers;
}

bool in(const Names& names, const std::string& name) {
  return names.count(name) != 0;
}

int whole_digits(const std::string& integer_type) {
  if (integer_type == "int2") return 5;
  if (integer_type == "int4") return 10;
  return integer_type == "int8" ? 19 : 0;
}

// numeric(p,s) holds every value of `from`.
bool numeric_holds(const std::string& from, const std::vector<int>& from_modifiers, const std::vector<int>& to) {
  if (to.empty()) return whole_digits(from) != 0 || from == "numeric";
  const int scale = to.size() > 1 ? to[1] : 0;
  if (whole_digits(from) != 0) return to[0] - scale >= whole_digits(from);
  if (from != "numeric" || from_modifiers.empty()) return false;
  const int from_scale = from_modifiers.size() > 1 ? from_modifiers[1] : 0;
  return scale >= from_scale && to[0] - scale >= from_modifiers[0] - from_scale;
}

bool text_holds(const std::string& from, const std::vector<int>& from_modifiers, const std::vector<int>& to) {
  if (to.empty()) return true;
  return (from == "varchar" || from == "bpchar") && !from_modifiers.empty() && from_modifiers[0] <= to[0];
}

}  // namespace

TypeName resolved_type(const TypeName& type, const schema::Catalog& catalog) {
  TypeName resolved = type;
  if (type.name == "serial2" || type.name == "serial4" || type.name == "serial8") {
    resolved.name = "int" + type.name.substr(6);
    resolved.sql = resolved.name;
  }
  QualifiedName found;
  if (const auto* enumeration = catalog.enum_type(type)) found = enumeration->name;
  if (const auto* domain = catalog.domain(type)) found = domain->name;
  if (!found.empty()) {
    resolved.schema = found.schema;
    resolved.sql = found.sql();
    for (int i = 0; i < type.array_dims; ++i) resolved.sql += "[]";
  }
  if (resolved.sql.empty()) resolved.sql = bare_type_sql(resolved);
  return resolved;
}

std::string bare_type_sql(const TypeName& type) {
  std::string sql = QualifiedName{type.schema, type.name}.sql();
  for (int i = 0; i < type.array_dims; ++i) sql += "[]";
  return sql;
}

bool converts_exactly(const TypeName& from_type, const TypeName& to_type, const schema::Catalog& catalog) {
  if (from_type == to_type) return true;
  if (from_type.array_dims != to_type.array_dims || catalog.domain(to_type) != nullptr) return false;
  const auto from = base_name(from_type, catalog);
  const auto to = base_name(to_type, catalog);
  const auto& from_modifiers = modifiers(from_type, catalog);
  if (from == to && to_type.modifiers.empty() && to_type.modifier_text.empty())
    return from_type.schema == to_type.schema;
  if (to == "text" || to == "varchar") {
    if (in(kText, from)) return from != "citext" && text_holds(from, from_modifiers, to_type.modifiers);
    const bool printable = whole_digits(from) != 0 || from == "uuid" || from == "bool" || from == "numeric";
    return to_type.modifiers.empty() && (printable || catalog.enum_type(from_type) != nullptr);
  }
  if (to == "int8") return from == "int2" || from == "int4";
  if (to == "int4") return from == "int2";
  if (to == "numeric") return numeric_holds(from, from_modifiers, to_type.modifiers);
  if (to == "float8") return from == "int2" || from == "int4" || from == "float4";
  if (to == "timestamp" && to_type.modifiers.empty()) return from == "date";
  return false;
}

bool casts(const TypeName& from_type, const TypeName& to_type, const schema::Catalog& catalog) {
  if (from_type.array_dims != to_type.array_dims) return false;
  const auto from = base_name(from_type, catalog);
  const auto to = base_name(to_type, catalog);
  if (from == to || in(kText, from) || in(kText, to)) return true;
  for (const auto* group : {&kNumbers, &kTimes}) {
    if (in(*group, from) && in(*group, to)) return true;
  }
  static const std::set<std::pair<std::string, std::string>> kPairs = {
      {"bool", "int4"},     {"int4", "bool"},     {"json", "jsonb"},  {"jsonb", "json"},
      {"inet", "cidr"},     {"cidr", "inet"},     {"time", "timetz"}, {"timetz", "time"},
      {"time", "interval"}, {"interval", "time"}, {"bit", "varbit"},  {"varbit", "bit"}};
  if (kPairs.count({from, to}) != 0) return true;
  return catalog.enum_type(from_type) != nullptr && catalog.enum_type(to_type) != nullptr;
}

std::string cast_sql(const std::string& value, const TypeName& from, const TypeName& to,
                     const schema::Catalog& catalog) {
  if (from == to) return value;
  const bool enums = catalog.enum_type(from) != nullptr && catalog.enum_type(to) != nullptr;
  return "(" + value + ")" + (enums ? "::text" : "") + "::" + bare_type_sql(to);
}

std::string distinct_sql(const std::string& left, const std::string& right, const TypeName& type,
                         const std::string& collation, const schema::Catalog& catalog) {
  const bool exact = type.array_dims == 0 && collation.empty() &&
                     (in(kExactEquality, base_name(type, catalog)) || catalog.enum_type(type) != nullptr);
  if (exact) return left + " IS DISTINCT FROM " + right;
  return "(" + left + ")::text COLLATE \"C\" IS DISTINCT FROM (" + right + ")::text COLLATE \"C\"";
}

bool is_stable_default(const std::string& default_sql) {
  static const Names kStable = {"now",
                                "current_timestamp",
                                "current_date",
                                "localtimestamp",
                                "current_time",
                                "localtime",
                                "transaction_timestamp",
                                "current_user",
                                "session_user",
                                "lower",
                                "upper",
                                "current_setting",
                                "date_trunc",
                                "timezone",
                                "to_char",
                                "make_interval",
                                "make_date",
                                "jsonb_build_object",
                                "json_build_object",
                                "jsonb_build_array",
                                "current_role",
                                "user",
                                "coalesce",
                                "concat"};
  const auto expression = parse::parse_expression(default_sql);
  if (!expression || expression->has_subquery) return false;
  return std::all_of(expression->functions.begin(), expression->functions.end(), [](const QualifiedName& function) {
    return (function.schema.empty() || function.schema == "pg_catalog") && in(kStable, function.name);
  });
}

bool is_plain_cast(const parse::Expr& expression) {
  if (expression.columns.size() != 1 || !expression.functions.empty() || expression.has_subquery) return false;
  for (const auto& token : tokenize(expression.sql)) {
    const auto text = std::string_view(expression.sql).substr(token.offset, token.length);
    if (token.kind == Token::Kind::string || token.is_word("case") || token.is_word("coalesce") ||
        token.is_word("array")) {
      return false;
    }
    static constexpr std::array<std::string_view, 7> kHarmless = {"(", ")", "::", ".", ",", "[", "]"};
    if (token.kind == Token::Kind::symbol && !core::contains(kHarmless, text)) {
      return false;
    }
  }
  return true;
}

}  // namespace bgdb::rewrite
