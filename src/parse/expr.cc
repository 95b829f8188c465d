// An expression as a value: its SQL and the facts that judgements need.
#include <string>

#include "core/contains.h"
#include "parse/scan.h"
//
#include "parse/pg_nodes.h"

namespace bgdb::parse {
namespace {

bool is_sign(const A_Expr* operation) {
  if (operation->kind != AEXPR_OP || operation->lexpr != nullptr) return false;
  const std::string name = name_of(operation->name).name;
  return name == "-" || name == "+";
}

void add_not_null(const PgNode* argument, std::vector<std::string>& out) {
  const auto* column = BGDB_AS(ColumnRef, argument);
  if (column == nullptr) return;
  const Nodes fields(column->fields);
  const std::string name = string_value(fields[fields.size() - 1]);
  if (!name.empty() && !core::contains(out, name)) out.push_back(name);
}

// Only IS NOT NULL counts, not strict operators: a CHECK passes when `x > 0` is NULL, and this list must hold for a
// CHECK as well as for a WHERE.
void find_not_null(const PgNode* node, std::vector<std::string>& out) {
  if (const auto* test = BGDB_AS(NullTest, node)) {
    if (test->nulltesttype == IS_NOT_NULL) add_not_null(reinterpret_cast<const PgNode*>(test->arg), out);
    return;
  }
  const auto* boolean = BGDB_AS(BoolExpr, node);
  if (boolean == nullptr) return;
  if (boolean->boolop == AND_EXPR) {
    for (const PgNode* argument : Nodes(boolean->args)) find_not_null(argument, out);
  } else if (boolean->boolop == NOT_EXPR) {
    const auto* test = BGDB_AS(NullTest, Nodes(boolean->args)[0]);
    if (test != nullptr && test->nulltesttype == IS_NULL) {
      add_not_null(reinterpret_cast<const PgNode*>(test->arg), out);
    }
  }
}

const PgNode* without_casts(const PgNode* node) {
  while (const auto* cast = BGDB_AS(TypeCast, node)) node = cast->arg;
  return node;
}

// The text of a literal, with a mark of its kind; empty when it is none.
std::string literal_text(const PgNode* node) {
  const auto* constant = BGDB_AS(A_Const, without_casts(node));
  if (constant == nullptr || constant->isnull) return {};
  switch (constant->val.node.type) {
    case T_Integer:
      return "n" + std::to_string(constant->val.ival.ival);
    case T_Float:
      return "f" + text_of(constant->val.fval.fval);
    case T_Boolean:
      return constant->val.boolval.boolval ? "btrue" : "bfalse";
    case T_String:
      return "s" + text_of(constant->val.sval.sval);
    default:
      return {};
  }
}

}  // namespace

bool is_null_literal(const PgNode* node) {
  const auto* constant = BGDB_AS(A_Const, without_casts(node));
  return constant != nullptr && constant->isnull;
}

bool is_constant(const PgNode* node) {
  while (node != nullptr) {
    if (nodeTag(node) == T_A_Const) return true;
    if (const auto* cast = BGDB_AS(TypeCast, node)) {
      node = cast->arg;
    } else if (const auto* operation = BGDB_AS(A_Expr, node); operation != nullptr && is_sign(operation)) {
      node = operation->rexpr;
    } else {
      return false;
    }
  }
  return false;
}

bool is_always_true(const PgNode* node) {
  const std::string text = literal_text(node);
  if (text == "btrue") return true;
  const auto* operation = BGDB_AS(A_Expr, node);
  if (operation != nullptr && operation->kind == AEXPR_OP && operation->lexpr != nullptr) {
    const std::string left = literal_text(operation->lexpr);
    const std::string name = name_of(operation->name).name;
    return !left.empty() && left == literal_text(operation->rexpr) && (name == "=" || name == "<=" || name == ">=");
  }
  const auto* boolean = BGDB_AS(BoolExpr, node);
  if (boolean == nullptr || boolean->boolop == NOT_EXPR) return false;
  const Nodes arguments(boolean->args);
  int always = 0;
  for (const PgNode* argument : arguments) always += is_always_true(argument) ? 1 : 0;
  return boolean->boolop == OR_EXPR ? always > 0 : always == arguments.size();
}

// The condition as written. At the top level of UPDATE, DELETE and CREATE INDEX (queries inside stand in parentheses)
// there is one WHERE, and only RETURNING may follow.
std::string_view where_text(const Context& context) {
  const std::string_view text = context.source.substr(0, context.end);
  size_t begin = 0;
  size_t end = 0;
  int depth = 0;
  for (Token token = next_solid(text, context.begin); token.kind != TokenKind::end;
       token = next_solid(text, token.end)) {
    const char c = token.kind == TokenKind::symbol ? text[token.begin] : '\0';
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (depth == 0 && begin != 0 && is_word(text, token, "returning")) break;
    end = token.end;
    if (depth == 0 && begin == 0 && is_word(text, token, "where")) {
      begin = next_solid(text, token.end).begin;
    }
  }
  return begin == 0 ? std::string_view() : text.substr(begin, end - begin);
}

Expr convert_expr(const PgNode* node, std::string_view source) {
  Facts facts = collect_facts(node);  // throws when nested too deep for the rest
  Expr out;
  out.sql = print_expr(node, source);
  out.columns = std::move(facts.columns);
  out.functions = std::move(facts.functions);
  out.string_constants = std::move(facts.string_constants);
  out.casts = std::move(facts.casts);
  out.has_subquery = facts.has_subquery;
  out.is_constant = is_constant(node);
  out.is_null = is_null_literal(node);
  find_not_null(node, out.not_null_columns);
  return out;
}

std::optional<Expr> convert_optional(const PgNode* node) {
  if (node == nullptr) return std::nullopt;
  return convert_expr(node);
}

}  // namespace bgdb::parse
