// SQL of an expression. The everyday forms (literals, columns, calls, operators, casts, AND/OR/NOT, IN, IS NULL) are
// printed here in one pass. Any other form anywhere inside leaves the whole expression to its source text, when the
// caller knows it, or else to PostgreSQL's deparser, which knows all forms but costs a protobuf round trip.
#include <fmt/format.h>

#include <string>

#include "core/ident.h"
#include "parse/deparse.h"
//
#include "parse/pg_nodes.h"

namespace bgdb::parse {
namespace {

class Printer {
 public:
  // False when a form is not ours to print; `sql` is then of no use.
  bool print(const PgNode* node) { return expression(node, false); }
  std::string sql;

 private:
  // `operand`: inside an operator, so that what is no single value needs parentheses.
  bool expression(const PgNode* node, bool operand) {
    if (node == nullptr) return false;
    switch (nodeTag(node)) {
      case T_A_Const:
        return constant(reinterpret_cast<const A_Const*>(node), operand);
      case T_ColumnRef:
        return column(reinterpret_cast<const ColumnRef*>(node));
      case T_ParamRef:
        return parameter(reinterpret_cast<const ParamRef*>(node));
      case T_FuncCall:
        return call(reinterpret_cast<const FuncCall*>(node));
      case T_TypeCast:
        return cast(reinterpret_cast<const TypeCast*>(node));
      case T_A_Expr:
        return wrapped(operand, [&] { return operation(reinterpret_cast<const A_Expr*>(node)); });
      case T_BoolExpr:
        return wrapped(operand, [&] { return boolean(reinterpret_cast<const BoolExpr*>(node)); });
      case T_NullTest:
        return wrapped(operand, [&] { return null_test(reinterpret_cast<const NullTest*>(node)); });
      case T_CoalesceExpr:
        sql += "COALESCE";
        return arguments(reinterpret_cast<const CoalesceExpr*>(node)->args);
      case T_CaseExpr:
        return choice(reinterpret_cast<const CaseExpr*>(node));
      case T_A_ArrayExpr:
        return array(reinterpret_cast<const A_ArrayExpr*>(node));
      case T_SQLValueFunction:
        return value_function(reinterpret_cast<const SQLValueFunction*>(node));
      default:
        return false;
    }
  }

  template <class Print>
  bool wrapped(bool parentheses, Print print) {
    if (parentheses) sql += '(';
    const bool ours = print();
    if (parentheses) sql += ')';
    return ours;
  }

  bool constant(const A_Const* constant, bool operand) {
    if (constant->isnull) {
      sql += "NULL";
      return true;
    }
    switch (constant->val.node.type) {
      case T_Integer:
        return number(std::to_string(constant->val.ival.ival), operand);
      case T_Float:
        return number(text_of(constant->val.fval.fval), operand);
      case T_Boolean:
        sql += constant->val.boolval.boolval ? "true" : "false";
        return true;
      case T_String:
        sql += core::quote_literal(text_of(constant->val.sval.sval));
        return true;
      default:
        return false;
    }
  }

  bool number(const std::string& text, bool operand) {
    const bool sign = !text.empty() && text[0] == '-';
    sql += operand && sign ? '(' + text + ')' : text;  // (-1)::int is not -1::int, a - -1 not a--1
    return true;
  }

  bool column(const ColumnRef* column) {
    bool first = true;
    for (const PgNode* field : Nodes(column->fields)) {
      if (!first) sql += '.';
      first = false;
      sql += nodeTag(field) == T_A_Star ? "*" : core::quote_ident(string_value(field));
    }
    return true;
  }

  bool parameter(const ParamRef* parameter) {
    if (parameter->number <= 0) return false;
    sql += fmt::format("${}", parameter->number);
    return true;
  }

  bool call(const FuncCall* call) {
    const bool plain = call->agg_order == nullptr && call->agg_filter == nullptr && call->over == nullptr &&
                       !call->agg_within_group && !call->agg_distinct && !call->func_variadic &&
                       call->funcformat == COERCE_EXPLICIT_CALL;
    if (!plain) return false;
    const QualifiedName name = name_of(call->funcname);
    if (Nodes(call->funcname).size() > 2) return false;
    sql += name.sql();
    if (!call->agg_star) return arguments(call->args);
    sql += "(*)";
    return true;
  }

  bool arguments(const PgList* list) {
    sql += '(';
    bool first = true;
    for (const PgNode* argument : Nodes(list)) {
      if (!first) sql += ", ";
      first = false;
      if (!expression(argument, false)) return false;
    }
    sql += ')';
    return true;
  }

  bool cast(const TypeCast* cast) {
    const auto* constant = BGDB_AS(A_Const, cast->arg);
    const bool truth = constant != nullptr && !constant->isnull && constant->val.node.type == T_Boolean;
    if (!expression(cast->arg, true)) return false;
    if (!truth) sql += "::" + convert_type(cast->typeName).sql;
    return true;
  }

  bool operation(const A_Expr* operation) {
    switch (operation->kind) {
      case AEXPR_OP:
        return binary(operation, operator_text(operation));
      case AEXPR_IN:
        return in_list(operation);
      case AEXPR_LIKE:
        return like(operation, "LIKE");
      case AEXPR_ILIKE:
        return like(operation, "ILIKE");
      case AEXPR_DISTINCT:
        return binary(operation, "IS DISTINCT FROM");
      case AEXPR_NOT_DISTINCT:
        return binary(operation, "IS NOT DISTINCT FROM");
      case AEXPR_BETWEEN:
        return between(operation, " BETWEEN ");
      case AEXPR_NOT_BETWEEN:
        return between(operation, " NOT BETWEEN ");
      case AEXPR_OP_ANY:
        return quantified(operation, " ANY (");
      case AEXPR_OP_ALL:
        return quantified(operation, " ALL (");
      default:
        return false;
    }
  }

  std::string operator_text(const A_Expr* operation) {
    return Nodes(operation->name).size() == 1 ? string_value(Nodes(operation->name)[0]) : std::string();
  }

  bool binary(const A_Expr* operation, const std::string& name) {
    if (name.empty()) return false;
    if (operation->lexpr != nullptr) {
      if (!expression(operation->lexpr, true)) return false;
      sql += ' ';
    }
    sql += name + ' ';
    return expression(operation->rexpr, true);
  }

  bool like(const A_Expr* operation, const std::string& word) {
    const bool escape = BGDB_AS(FuncCall, operation->rexpr) != nullptr;  // LIKE ... ESCAPE is a call in the tree
    if (escape) return false;
    return binary(operation, operator_text(operation)[0] == '!' ? "NOT " + word : word);
  }

  bool in_list(const A_Expr* operation) {
    const auto* list = BGDB_AS(List, operation->rexpr);
    if (list == nullptr || !expression(operation->lexpr, true)) return false;
    sql += operator_text(operation) == "<>" ? " NOT IN " : " IN ";
    return arguments(list);
  }

  bool between(const A_Expr* operation, const char* words) {
    const auto* bounds = BGDB_AS(List, operation->rexpr);
    if (bounds == nullptr || !expression(operation->lexpr, true)) return false;
    sql += words;
    if (!expression(Nodes(bounds)[0], true)) return false;
    sql += " AND ";
    return expression(Nodes(bounds)[1], true);
  }

  bool quantified(const A_Expr* operation, const char* words) {
    const std::string name = operator_text(operation);
    if (name.empty() || !expression(operation->lexpr, true)) return false;
    sql += ' ' + name + words;
    if (!expression(operation->rexpr, false)) return false;
    sql += ')';
    return true;
  }

  bool array(const A_ArrayExpr* array) {
    sql += "ARRAY[";
    bool first = true;
    for (const PgNode* element : Nodes(array->elements)) {
      if (!first) sql += ", ";
      first = false;
      if (!expression(element, false)) return false;
    }
    sql += ']';
    return true;
  }

  bool choice(const CaseExpr* choice) {
    sql += "CASE";
    if (choice->arg != nullptr) sql += ' ';
    if (choice->arg != nullptr && !expression(reinterpret_cast<const PgNode*>(choice->arg), true)) return false;
    for (const PgNode* node : Nodes(choice->args)) {
      const auto* when = BGDB_AS(CaseWhen, node);
      if (when == nullptr) return false;
      sql += " WHEN ";
      if (!expression(reinterpret_cast<const PgNode*>(when->expr), false)) return false;
      sql += " THEN ";
      if (!expression(reinterpret_cast<const PgNode*>(when->result), false)) return false;
    }
    if (choice->defresult != nullptr) {
      sql += " ELSE ";
      if (!expression(reinterpret_cast<const PgNode*>(choice->defresult), false)) return false;
    }
    sql += " END";
    return true;
  }

  bool boolean(const BoolExpr* boolean) {
    const Nodes parts(boolean->args);
    if (boolean->boolop == NOT_EXPR) {
      sql += "NOT ";
      return expression(parts[0], true);
    }
    bool first = true;
    for (const PgNode* part : parts) {
      if (!first) sql += boolean->boolop == AND_EXPR ? " AND " : " OR ";
      first = false;
      // Comparisons and NOT bind tighter than AND and OR; only another AND or OR needs parentheses.
      const auto* inner = BGDB_AS(BoolExpr, part);
      if (!expression(part, inner != nullptr && inner->boolop != NOT_EXPR)) return false;
    }
    return true;
  }

  bool null_test(const NullTest* test) {
    if (!expression(reinterpret_cast<const PgNode*>(test->arg), true)) return false;
    sql += test->nulltesttype == IS_NULL ? " IS NULL" : " IS NOT NULL";
    return true;
  }

  bool value_function(const SQLValueFunction* function) {
    switch (function->op) {
      case SVFOP_CURRENT_DATE:
        sql += "CURRENT_DATE";
        return true;
      case SVFOP_CURRENT_TIMESTAMP:
        sql += "CURRENT_TIMESTAMP";
        return true;
      case SVFOP_LOCALTIMESTAMP:
        sql += "LOCALTIMESTAMP";
        return true;
      case SVFOP_CURRENT_USER:
        sql += "CURRENT_USER";
        return true;
      case SVFOP_SESSION_USER:
        sql += "SESSION_USER";
        return true;
      default:
        return false;
    }
  }
};

// A one-element list on the caller's stack, so that nothing is allocated in PostgreSQL's memory.
struct OneNode {
  explicit OneNode(const void* node) {
    cell.ptr_value = const_cast<void*>(node);
    list.type = T_List;
    list.length = 1;
    list.max_length = 1;
    list.elements = &cell;
  }
  ListCell cell;
  PgList list{};
};

std::string deparse_statement(const PgNode* statement) {
  RawStmt raw{};
  raw.type = T_RawStmt;
  raw.stmt = const_cast<PgNode*>(statement);
  const OneNode statements(&raw);
  return deparse(&statements.list);
}

std::string collation_and_order(const IndexElem* element) {
  std::string sql;
  const auto add_name = [&](const char* before, const PgList* names) {
    if (Nodes(names).size() > 0) sql += before + name_of(names).sql();
  };
  add_name(" COLLATE ", element->collation);
  add_name(" ", element->opclass);
  if (Nodes(element->opclassopts).size() > 0) {
    std::string options;
    for (const PgNode* node : Nodes(element->opclassopts)) {
      const auto* option = BGDB_AS(DefElem, node);
      options += (options.empty() ? "" : ", ") + core::quote_ident(text_of(option->defname)) + " = ";
      options += option->arg == nullptr ? "true" : print_def_value(option->arg);
    }
    sql += " (" + options + ")";
  }
  if (element->ordering == SORTBY_ASC) sql += " ASC";
  if (element->ordering == SORTBY_DESC) sql += " DESC";
  if (element->nulls_ordering == SORTBY_NULLS_FIRST) sql += " NULLS FIRST";
  if (element->nulls_ordering == SORTBY_NULLS_LAST) sql += " NULLS LAST";
  return sql;
}

}  // namespace

std::string print_expr(const PgNode* node, std::string_view source) {
  Printer printer;
  if (printer.print(node)) return std::move(printer.sql);
  if (!source.empty()) return std::string(source);
  ResTarget target{};
  target.type = T_ResTarget;
  target.val = const_cast<PgNode*>(node);
  const OneNode targets(&target);
  SelectStmt select{};
  select.type = T_SelectStmt;
  select.targetList = const_cast<PgList*>(&targets.list);
  select.limitOption = LIMIT_OPTION_DEFAULT;
  select.op = SETOP_NONE;
  const std::string sql = deparse_statement(reinterpret_cast<const PgNode*>(&select));
  constexpr std::string_view kHead = "SELECT ";
  return sql.compare(0, kHead.size(), kHead) == 0 ? sql.substr(kHead.size()) : sql;
}

std::string print_query(const PgNode* select) {
  collect_facts(select);  // throws when nested too deep
  return deparse_statement(select);
}

std::string print_def_value(const PgNode* node) {
  if (node == nullptr) return {};
  switch (nodeTag(node)) {
    case T_Integer:
      return std::to_string(reinterpret_cast<const Integer*>(node)->ival);
    case T_Float:
      return text_of(reinterpret_cast<const Float*>(node)->fval);
    case T_Boolean:
      return reinterpret_cast<const Boolean*>(node)->boolval ? "true" : "false";
    case T_String:
      return core::quote_literal(string_value(node));
    case T_TypeName:
      return convert_type(reinterpret_cast<const ::TypeName*>(node)).sql;
    default:
      return {};
  }
}

std::string print_index_element(const IndexElem* element) {
  std::string sql;
  if (element->name != nullptr) {
    sql = core::quote_ident(element->name);
  } else {
    sql = '(' + print_expr(element->expr) + ')';
  }
  return sql + collation_and_order(element);
}

}  // namespace bgdb::parse
