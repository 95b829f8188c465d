// Text that is known without running anything: literals, their concatenation, and the string functions that build
// dynamic SQL (format, concat, quote_ident, quote_literal) when all arguments are literals.
#include <algorithm>
#include <cctype>
#include <optional>
#include <string>

#include "core/ident.h"
//
#include "parse/pg_parse.h"

namespace bgdb::parse {
namespace {

std::optional<std::vector<std::string>> text_values(const PgList* list, const TextOf& value_of) {
  std::vector<std::string> values;
  for (const PgNode* node : Nodes(list)) {
    std::optional<std::string> value = text_value(node, value_of);
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return values;
}

// %s %I %L %% and %2$I; widths are left to the server.
std::optional<std::string> format(const std::vector<std::string>& values) {
  if (values.empty()) return std::nullopt;
  std::string out;
  size_t next = 1;
  const std::string& pattern = values[0];
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      out += pattern[i];
      continue;
    }
    ++i;
    size_t position = 0;  // %2$I
    size_t digits = i;
    while (digits < pattern.size() && pattern[digits] >= '0' && pattern[digits] <= '9')
      position = std::min<size_t>(position * 10 + static_cast<size_t>(pattern[digits++] - '0'), 1000);
    if (digits > i && digits < pattern.size() && pattern[digits] == '$' && position > 0) {
      i = digits + 1;
      next = position;
    }
    const char kind = i < pattern.size() ? pattern[i] : '\0';
    if (kind == '%') {
      out += '%';
    } else if (next < values.size() && (kind == 's' || kind == 'I' || kind == 'L')) {
      const std::string& value = values[next++];
      out += kind == 's' ? value : kind == 'I' ? core::quote_ident(value) : core::quote_literal(value);
    } else {
      return std::nullopt;
    }
  }
  return out;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = from.empty() ? std::string::npos : text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// array_to_string(string_to_array(text, ','), ', ')
std::optional<std::string> rejoined(const FuncCall* call, const TextOf& value_of) {
  const Nodes arguments(call->args);
  const auto* split = arguments.size() == 2 ? BGDB_AS(FuncCall, arguments[0]) : nullptr;
  if (split == nullptr || name_of(split->funcname).name != "string_to_array") return std::nullopt;
  const auto parts = text_values(split->args, value_of);
  const auto glue = text_value(arguments[1], value_of);
  if (!parts || parts->size() != 2 || !glue) return std::nullopt;
  return replaced((*parts)[0], (*parts)[1], *glue);
}

std::optional<std::string> call_value(const FuncCall* call, const TextOf& value_of) {
  const QualifiedName name = name_of(call->funcname);
  if ((!name.schema.empty() && name.schema != "pg_catalog") || call->func_variadic) return std::nullopt;
  if (name.name == "array_to_string") return rejoined(call, value_of);
  const std::optional<std::vector<std::string>> values = text_values(call->args, value_of);
  if (!values) return std::nullopt;
  if (name.name == "format") return format(*values);
  if (name.name == "concat") {
    std::string all;
    for (const std::string& value : *values) all += value;
    return all;
  }
  if (name.name == "replace" && values->size() == 3) return replaced((*values)[0], (*values)[1], (*values)[2]);
  if (values->size() != 1) return std::nullopt;
  const auto in_case = [&](int (*change)(int)) {
    std::string text = (*values)[0];
    std::transform(text.begin(), text.end(), text.begin(),
                   [&](unsigned char c) { return c < 0x80 ? static_cast<char>(change(c)) : static_cast<char>(c); });
    return text;
  };
  if (name.name == "lower") return in_case([](int c) { return std::tolower(c); });
  if (name.name == "upper") return in_case([](int c) { return std::toupper(c); });
  if (name.name == "quote_ident") return core::quote_ident((*values)[0]);
  if (name.name == "quote_literal") return core::quote_literal((*values)[0]);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> text_value(const PgNode* node, const TextOf& value_of) {
  if (node == nullptr) return std::nullopt;
  if (const auto* constant = BGDB_AS(A_Const, node)) {
    if (constant->isnull) return value_of({});
    if (constant->val.node.type == T_String) return text_of(constant->val.sval.sval);
    if (constant->val.node.type == T_Integer) return std::to_string(constant->val.ival.ival);
    return value_of({});
  }
  if (const auto* cast = BGDB_AS(TypeCast, node)) {
    const TypeName type = convert_type(cast->typeName);
    const bool text = type.array_dims == 0 && type.modifiers.empty() && (type.name == "text" || type.name == "varchar");
    return text ? text_value(cast->arg, value_of) : value_of({});
  }
  if (const auto* call = BGDB_AS(FuncCall, node)) {
    auto value = call_value(call, value_of);
    return value ? value : value_of({});
  }
  if (const auto* parameter = BGDB_AS(ParamRef, node)) return value_of("$" + std::to_string(parameter->number));
  if (const auto* column = BGDB_AS(ColumnRef, node)) {  // a variable, or a field of a record
    std::string name;
    for (const PgNode* field : Nodes(column->fields)) name += (name.empty() ? "" : ".") + string_value(field);
    return value_of(name);
  }
  const auto* operation = BGDB_AS(A_Expr, node);
  if (operation == nullptr || operation->kind != AEXPR_OP || name_of(operation->name).name != "||") return value_of({});
  std::optional<std::string> left = text_value(operation->lexpr, value_of);
  const std::optional<std::string> right = left ? text_value(operation->rexpr, value_of) : std::nullopt;
  if (!right) return std::nullopt;
  return *left + *right;
}

}  // namespace bgdb::parse
