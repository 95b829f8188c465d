#include "parse/condition.h"

#include <array>

#include "core/contains.h"
#include "parse/ast.h"
//
#include "parse/pg_parse.h"

namespace bgdb::parse {
namespace {

using Kind = Condition::Kind;

Condition read(const PgNode* node);

std::string column_name(const PgNode* node) {
  while (const auto* cast = BGDB_AS(TypeCast, node)) node = cast->arg;
  const auto* column = BGDB_AS(ColumnRef, node);
  if (column == nullptr) return {};
  const Nodes fields(column->fields);
  return string_value(fields[fields.size() - 1]);
}

// 'x', 'x'::name, 'x'::regclass, current_schema(); empty when it is none of them.
std::string constant_value(const PgNode* node) {
  while (const auto* cast = BGDB_AS(TypeCast, node)) node = cast->arg;
  if (const auto* constant = BGDB_AS(A_Const, node)) {
    if (!constant->isnull && constant->val.node.type == T_String) return text_of(constant->val.sval.sval);
    if (!constant->isnull && constant->val.node.type == T_Boolean)
      return constant->val.boolval.boolval ? "true" : "false";
    return {};
  }
  if (const auto* call = BGDB_AS(FuncCall, node); call != nullptr && name_of(call->funcname).name == "current_schema")
    return "current_schema";
  if (const auto* value = BGDB_AS(SQLValueFunction, node); value != nullptr && value->op == SVFOP_CURRENT_SCHEMA)
    return "current_schema";
  return {};
}

// Filters that only leave out what is no real row.
bool is_noise(const std::string& column) {
  static constexpr std::array<std::string_view, 5> kNames{"attnum", "attisdropped", "typisdefined",
                                                          "pg_table_is_visible", "pg_type_is_visible"};
  return core::contains(kNames, column);
}

void read_filter(const PgNode* node, Condition& out) {
  if (node == nullptr) return;
  if (const auto* boolean = BGDB_AS(BoolExpr, node)) {
    if (boolean->boolop == AND_EXPR) {
      for (const PgNode* part : Nodes(boolean->args)) read_filter(part, out);
      return;
    }
    const bool noise = boolean->boolop == NOT_EXPR && is_noise(column_name(Nodes(boolean->args)[0]));
    out.exact = out.exact && noise;
    return;
  }
  if (const auto* call = BGDB_AS(FuncCall, node); call != nullptr && is_noise(name_of(call->funcname).name)) return;
  const auto* operation = BGDB_AS(A_Expr, node);
  if (operation == nullptr) {
    out.exact = false;
    return;
  }
  const std::string left = column_name(operation->lexpr);
  const std::string right = column_name(operation->rexpr);
  const bool equal = operation->kind == AEXPR_OP && name_of(operation->name).name == "=";
  if (equal && !left.empty() && !right.empty()) return;  // a join
  if (is_noise(left)) return;
  std::string value = constant_value(left.empty() ? operation->lexpr : operation->rexpr);
  if (!equal || value.empty() || (left.empty() && right.empty())) {
    out.exact = false;
    return;
  }
  out.equals.emplace_back(left.empty() ? right : left, std::move(value));
}

void read_from(const PgNode* node, Condition& out) {
  if (const auto* relation = BGDB_AS(RangeVar, node)) {
    const QualifiedName name = name_of(relation);
    out.from.push_back(name.schema == "information_schema" ? "information_schema." + name.name : name.name);
    if (!name.schema.empty() && name.schema != "information_schema" && name.schema != "pg_catalog") out.exact = false;
  } else if (const auto* join = BGDB_AS(JoinExpr, node)) {
    out.exact = out.exact && join->jointype == JOIN_INNER;
    read_from(join->larg, out);
    read_from(join->rarg, out);
    read_filter(join->quals, out);
  } else {
    out.exact = false;
  }
}

Condition read_exists(const PgNode* query) {
  Condition out;
  const auto* select = BGDB_AS(SelectStmt, query);
  if (select == nullptr || select->op != SETOP_NONE || select->withClause != nullptr) return out;
  out.kind = Kind::exists;
  for (const PgNode* item : Nodes(select->fromClause)) read_from(item, out);
  read_filter(select->whereClause, out);
  if (select->groupClause != nullptr || select->havingClause != nullptr || out.from.empty()) out.exact = false;
  return out;
}

Condition negated(Condition inner) {
  Condition out;
  out.kind = Kind::negated;
  out.parts.push_back(std::move(inner));
  return out;
}

// to_regclass('public.t') and its like.
Condition read_lookup(const PgNode* node) {
  Condition out;
  while (const auto* cast = BGDB_AS(TypeCast, node)) node = cast->arg;
  const auto* call = BGDB_AS(FuncCall, node);
  if (call == nullptr || Nodes(call->args).size() != 1) return out;
  const std::string name = name_of(call->funcname).name;
  const std::string value = constant_value(Nodes(call->args)[0]);
  if (name.rfind("to_reg", 0) != 0 || value.empty()) return out;
  out.kind = Kind::exists;
  out.from.push_back(name);
  out.equals.emplace_back("name", value);
  return out;
}

// (SELECT count(*) FROM ...) = 0 and its like.
Condition read_comparison(const A_Expr* operation) {
  Condition out;
  const auto* link = BGDB_AS(SubLink, operation->lexpr);
  const auto* number = BGDB_AS(A_Const, operation->rexpr);
  if (operation->kind != AEXPR_OP || link == nullptr || link->subLinkType != EXPR_SUBLINK || number == nullptr ||
      number->isnull || number->val.node.type != T_Integer || number->val.ival.ival != 0)
    return out;
  const auto* select = BGDB_AS(SelectStmt, link->subselect);
  if (select == nullptr || Nodes(select->targetList).size() != 1) return out;
  const auto* target = BGDB_AS(ResTarget, Nodes(select->targetList)[0]);
  const auto* call = target == nullptr ? nullptr : BGDB_AS(FuncCall, target->val);
  if (call == nullptr || name_of(call->funcname).name != "count") return out;
  const std::string name = name_of(operation->name).name;
  if (name == "=") return negated(read_exists(link->subselect));
  if (name == ">" || name == "<>") return read_exists(link->subselect);
  return out;
}

Condition read(const PgNode* node) {
  Condition out;
  if (node == nullptr) return out;
  if (const auto* boolean = BGDB_AS(BoolExpr, node)) {
    if (boolean->boolop == NOT_EXPR) return negated(read(Nodes(boolean->args)[0]));
    out.kind = boolean->boolop == AND_EXPR ? Kind::all : Kind::any;
    for (const PgNode* part : Nodes(boolean->args)) out.parts.push_back(read(part));
    return out;
  }
  if (const auto* link = BGDB_AS(SubLink, node)) {
    return link->subLinkType == EXISTS_SUBLINK ? read_exists(link->subselect) : out;
  }
  if (const auto* test = BGDB_AS(NullTest, node)) {
    Condition found = read_lookup(reinterpret_cast<const PgNode*>(test->arg));
    if (found.kind == Kind::unknown) return out;
    return test->nulltesttype == IS_NULL ? negated(std::move(found)) : found;
  }
  if (const auto* operation = BGDB_AS(A_Expr, node)) return read_comparison(operation);
  const std::string value = constant_value(node);
  if (value == "true" || value == "false") {
    out.kind = Kind::constant;
    out.value = value == "true";
  }
  return out;
}

}  // namespace

Condition parse_condition(std::string_view sql) {
  const std::string select = "SELECT " + std::string(sql);
  const PgTree tree(select);
  const ResTarget* target = only_target(tree);
  if (target == nullptr) return {};
  try {
    collect_facts(target->val);  // refuses what is nested too deep to be followed
  } catch (const TooDeep&) {
    return {};
  }
  return read(target->val);
}

}  // namespace bgdb::parse
