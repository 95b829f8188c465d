// Type names: the grammar's spelling (integer, character varying, timestamp with time zone ...) made canonical.
#include <fmt/format.h>

#include <array>
#include <string>

#include "core/ident.h"
//
#include "parse/pg_nodes.h"
//
extern "C" {
#include "utils/datetime.h"
#include "utils/timestamp.h"
}

namespace bgdb::parse {
namespace {

std::string_view serial_alias(std::string_view name) {
  if (name == "serial") return "serial4";
  if (name == "bigserial") return "serial8";
  if (name == "smallserial") return "serial2";
  return name;
}

// interval(mask) -> "year to month"; empty for the full range.
std::string interval_fields(int mask) {
  static constexpr std::array<std::pair<int, const char*>, 6> kFields{{{INTERVAL_MASK(YEAR), "year"},
                                                                       {INTERVAL_MASK(MONTH), "month"},
                                                                       {INTERVAL_MASK(DAY), "day"},
                                                                       {INTERVAL_MASK(HOUR), "hour"},
                                                                       {INTERVAL_MASK(MINUTE), "minute"},
                                                                       {INTERVAL_MASK(SECOND), "second"}}};
  if (mask == INTERVAL_FULL_RANGE) return {};
  std::string first, last;
  for (const auto& [bit, name] : kFields) {
    if ((mask & bit) == 0) continue;
    if (first.empty()) first = name;
    last = name;
  }
  return first == last ? first : first + " to " + last;
}

std::string interval_sql(const std::vector<int>& modifiers) {
  std::string sql = "interval";
  if (modifiers.empty()) return sql;
  const std::string fields = interval_fields(modifiers[0]);
  if (!fields.empty()) sql += ' ' + fields;
  if (modifiers.size() > 1) sql += fmt::format("({})", modifiers[1]);
  return sql;
}

std::string base_sql(const TypeName& type, bool built_in) {
  if (built_in && type.name == "interval") return interval_sql(type.modifiers);
  std::string sql;
  if (!type.schema.empty()) sql = core::quote_ident(type.schema) + '.';
  sql += built_in && type.name != "char" ? type.name : core::quote_ident(type.name);
  if (!type.modifier_text.empty()) return sql + '(' + type.modifier_text + ')';
  if (!type.modifiers.empty()) sql += fmt::format("({})", fmt::join(type.modifiers, ","));
  return sql;
}

void read_modifiers(const PgList* nodes, TypeName& out) {
  bool plain = true;
  for (const PgNode* node : Nodes(nodes)) {
    const auto* constant = BGDB_AS(A_Const, node);
    if (constant != nullptr && !constant->isnull && constant->val.node.type == T_Integer) {
      out.modifiers.push_back(constant->val.ival.ival);
    } else {
      plain = false;
    }
    out.modifier_text += (out.modifier_text.empty() ? "" : ",") + print_expr(node);
  }
  if (plain) out.modifier_text.clear();
}

}  // namespace

TypeName convert_type(const ::TypeName* type) {
  TypeName out;
  if (type == nullptr) return out;
  const QualifiedName name = name_of(type->names);
  const bool built_in = name.schema == "pg_catalog";
  out.set_of = type->setof;
  read_modifiers(type->typmods, out);
  out.array_dims = Nodes(type->arrayBounds).size();
  if (type->pct_type) {
    out.name = name.name + "%TYPE";
    out.schema = name.schema;
    for (const std::string& part : string_list(type->names)) {
      out.sql += (out.sql.empty() ? "" : ".") + core::quote_ident(part);
    }
    out.sql += "%TYPE";
    return out;
  }
  out.schema = built_in ? "" : name.schema;
  out.name = out.schema.empty() ? std::string(serial_alias(name.name)) : name.name;
  out.sql = base_sql(out, built_in);
  for (int i = 0; i < out.array_dims; ++i) out.sql += "[]";
  if (out.set_of) out.sql = "SETOF " + out.sql;
  return out;
}

std::vector<TypeName> convert_types(const PgList* types) {
  std::vector<TypeName> out;
  for (const PgNode* node : Nodes(types)) {
    if (const auto* type = BGDB_AS(TypeName, node)) out.push_back(convert_type(type));
  }
  return out;
}

}  // namespace bgdb::parse
