#include "lint/volatility.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace bgdb::lint {

namespace {

// pg_proc.provolatile of PostgreSQL 15 for what appears in defaults, and well-known extensions. Sorted.
constexpr std::array kVolatile = std::to_array<std::string_view>({"clock_timestamp",  "cuid",
                                                                  "currval",          "gen_random_bytes",
                                                                  "gen_random_uuid",  "gen_ulid",
                                                                  "gen_uuid_v7",      "generate_ulid",
                                                                  "lastval",          "nanoid",
                                                                  "nextval",          "random",
                                                                  "set_config",       "setval",
                                                                  "timeofday",        "ulid",
                                                                  "uuid_generate_v1", "uuid_generate_v1mc",
                                                                  "uuid_generate_v4", "uuid_generate_v7",
                                                                  "uuidv4",           "uuidv7"});

constexpr std::array kNotVolatile = std::to_array<std::string_view>({"abs",
                                                                     "age",
                                                                     "array",
                                                                     "array_append",
                                                                     "array_cat",
                                                                     "array_length",
                                                                     "array_prepend",
                                                                     "array_to_json",
                                                                     "array_to_string",
                                                                     "ascii",
                                                                     "btrim",
                                                                     "cardinality",
                                                                     "ceil",
                                                                     "ceiling",
                                                                     "char_length",
                                                                     "character_length",
                                                                     "chr",
                                                                     "coalesce",
                                                                     "concat",
                                                                     "concat_ws",
                                                                     "convert_from",
                                                                     "convert_to",
                                                                     "crypt",
                                                                     "current_catalog",
                                                                     "current_database",
                                                                     "current_date",
                                                                     "current_role",
                                                                     "current_schema",
                                                                     "current_setting",
                                                                     "current_time",
                                                                     "current_timestamp",
                                                                     "current_user",
                                                                     "date",
                                                                     "date_bin",
                                                                     "date_part",
                                                                     "date_trunc",
                                                                     "decode",
                                                                     "digest",
                                                                     "div",
                                                                     "encode",
                                                                     "exp",
                                                                     "extract",
                                                                     "floor",
                                                                     "format",
                                                                     "greatest",
                                                                     "hashtext",
                                                                     "hmac",
                                                                     "hstore",
                                                                     "initcap",
                                                                     "int4range",
                                                                     "int8range",
                                                                     "interval",
                                                                     "isfinite",
                                                                     "json_build_array",
                                                                     "json_build_object",
                                                                     "json_object",
                                                                     "jsonb_build_array",
                                                                     "jsonb_build_object",
                                                                     "jsonb_object",
                                                                     "jsonb_set",
                                                                     "justify_days",
                                                                     "justify_hours",
                                                                     "least",
                                                                     "left",
                                                                     "length",
                                                                     "ln",
                                                                     "localtime",
                                                                     "localtimestamp",
                                                                     "log",
                                                                     "lower",
                                                                     "lpad",
                                                                     "ltrim",
                                                                     "make_date",
                                                                     "make_interval",
                                                                     "make_time",
                                                                     "make_timestamp",
                                                                     "make_timestamptz",
                                                                     "md5",
                                                                     "mod",
                                                                     "now",
                                                                     "nullif",
                                                                     "numrange",
                                                                     "octet_length",
                                                                     "overlay",
                                                                     "pi",
                                                                     "point",
                                                                     "position",
                                                                     "power",
                                                                     "pg_backend_pid",
                                                                     "quote_ident",
                                                                     "quote_literal",
                                                                     "regexp_replace",
                                                                     "repeat",
                                                                     "replace",
                                                                     "reverse",
                                                                     "right",
                                                                     "round",
                                                                     "row_to_json",
                                                                     "rpad",
                                                                     "rtrim",
                                                                     "session_user",
                                                                     "setweight",
                                                                     "sha224",
                                                                     "sha256",
                                                                     "sha384",
                                                                     "sha512",
                                                                     "sign",
                                                                     "split_part",
                                                                     "sqrt",
                                                                     "starts_with",
                                                                     "statement_timestamp",
                                                                     "strpos",
                                                                     "strip",
                                                                     "substr",
                                                                     "substring",
                                                                     "time",
                                                                     "timestamp",
                                                                     "timestamptz",
                                                                     "timezone",
                                                                     "to_char",
                                                                     "to_date",
                                                                     "to_hex",
                                                                     "to_json",
                                                                     "to_jsonb",
                                                                     "to_number",
                                                                     "to_timestamp",
                                                                     "to_tsvector",
                                                                     "transaction_timestamp",
                                                                     "translate",
                                                                     "trim",
                                                                     "trunc",
                                                                     "tsrange",
                                                                     "tstzrange",
                                                                     "txid_current",
                                                                     "upper",
                                                                     "user",
                                                                     "uuid_nil",
                                                                     "uuid_ns_dns",
                                                                     "uuid_ns_oid",
                                                                     "uuid_ns_url",
                                                                     "uuid_ns_x500",
                                                                     "version"});

template <size_t N>
bool has(const std::array<std::string_view, N>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

Volatility volatility_of(const QualifiedName& function, const schema::Catalog& catalog) {
  const auto& name = function.name;
  for (const auto& [known, overloads] : catalog.functions) {
    const bool same = known.name == name && (function.schema.empty() || known.schema == function.schema);
    if (same) return overloads.front().volatility == 'v' ? Volatility::is_volatile : Volatility::not_volatile;
  }
  if (has(kVolatile, name)) return Volatility::is_volatile;
  if (has(kNotVolatile, name)) return Volatility::not_volatile;
  return Volatility::unknown;
}

Volatility volatility_of(const parse::Expr& expression, const schema::Catalog& catalog) {
  auto worst = Volatility::not_volatile;
  for (const auto& function : expression.functions) {
    const auto one = volatility_of(function, catalog);
    if (one == Volatility::is_volatile) return one;
    if (one == Volatility::unknown) worst = one;
  }
  return worst;
}

}  // namespace bgdb::lint
