#include "parse/check_logic.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "parse/ast.h"
#include "parse/check_value.h"
//
#include "parse/pg_parse.h"

namespace bgdb::parse {
namespace {

using Known = std::vector<std::pair<std::string, CheckValue>>;

class Simplifier {
 public:
  explicit Simplifier(const Known& known) : known_(known) {}

  CheckValue of(const PgNode* node) {
    if (node == nullptr) return null_value();
    switch (nodeTag(node)) {
      case T_ColumnRef:
        return column(reinterpret_cast<const ColumnRef*>(node));
      case T_A_Const:
        return constant(reinterpret_cast<const A_Const*>(node));
      case T_TypeCast:
        return cast(reinterpret_cast<const TypeCast*>(node));
      case T_BoolExpr:
        return logic(reinterpret_cast<const BoolExpr*>(node));
      case T_NullTest:
        return null_test(reinterpret_cast<const NullTest*>(node));
      case T_BooleanTest:
        return boolean_test(reinterpret_cast<const BooleanTest*>(node));
      case T_A_Expr:
        return operation(reinterpret_cast<const A_Expr*>(node));
      case T_FuncCall:
        return call(reinterpret_cast<const FuncCall*>(node));
      case T_CoalesceExpr:
        return coalesce(reinterpret_cast<const CoalesceExpr*>(node));
      case T_CaseExpr:
        return choice(reinterpret_cast<const CaseExpr*>(node));
      default:
        return unknown_value(print_expr(node));
    }
  }

 private:
  CheckValue column(const ColumnRef* reference) {
    const Nodes fields(reference->fields);
    const std::string name = string_value(fields[fields.size() - 1]);
    for (const auto& [known, value] : known_) {
      if (known == name) return value;
    }
    return unknown_value(quote_ident(name));
  }

  static CheckValue constant(const A_Const* node) {
    if (node->isnull) return null_value();
    switch (node->val.node.type) {
      case T_Integer:
        return number_value(node->val.ival.ival);
      case T_Float:
        return number_value(std::strtod(node->val.fval.fval, nullptr));
      case T_Boolean:
        return boolean_value(node->val.boolval.boolval);
      case T_String:
        return text_value_of(text_of(node->val.sval.sval));
      default:
        return unknown_value(print_expr(reinterpret_cast<const PgNode*>(node)));
    }
  }

  // '5'::int and 5 are one number, 't'::bool and true one condition, and 'x'::text is 'x'.
  CheckValue cast(const TypeCast* node) {
    auto value = of(node->arg);
    const auto type = convert_type(node->typeName);
    if (value.kind == CheckValue::Kind::text) {
      const auto inner = value.text.substr(1, value.text.size() - 2);
      static constexpr std::array<std::string_view, 6> kNumbers{"int2", "int4", "int8", "numeric", "float4", "float8"};
      if (type.name == "bool") return boolean_value(inner == "t" || inner == "true" || inner == "1" || inner == "on");
      char* end = nullptr;
      const double read = std::strtod(inner.c_str(), &end);
      const bool numeric = std::find(kNumbers.begin(), kNumbers.end(), type.name) != kNumbers.end();
      if (numeric && !inner.empty() && end != nullptr && *end == '\0') return number_value(read);
    }
    if (value.kind != CheckValue::Kind::unknown || type.name == "text" || type.name == "varchar") return value;
    value.text += "::" + type.sql;
    value.alternatives.clear();
    value.parts.clear();
    return value;
  }

  CheckValue logic(const BoolExpr* node) {
    const auto arguments = values_of(node->args);
    if (node->boolop != NOT_EXPR) return connected(arguments, node->boolop == AND_EXPR);
    return settled(unknown_value("NOT (" + arguments[0].text + ")", negation(arguments[0].may_be)));
  }

  CheckValue null_test(const NullTest* node) {
    const auto inner = of(reinterpret_cast<const PgNode*>(node->arg));
    const bool asks_null = node->nulltesttype == IS_NULL;
    if (inner.kind == CheckValue::Kind::null) return boolean_value(asks_null);
    if (inner.constant()) return boolean_value(!asks_null);
    return unknown_value(inner.text + (asks_null ? " IS NULL" : " IS NOT NULL"), kTrue | kFalse);
  }

  CheckValue boolean_test(const BooleanTest* node) {
    const auto inner = of(reinterpret_cast<const PgNode*>(node->arg));
    const unsigned wanted = node->booltesttype == IS_TRUE || node->booltesttype == IS_NOT_TRUE     ? kTrue
                            : node->booltesttype == IS_FALSE || node->booltesttype == IS_NOT_FALSE ? kFalse
                                                                                                   : kNull;
    const bool negated =
        node->booltesttype == IS_NOT_TRUE || node->booltesttype == IS_NOT_FALSE || node->booltesttype == IS_NOT_UNKNOWN;
    unsigned may_be = 0;
    if ((inner.may_be & wanted) != 0) may_be |= negated ? kFalse : kTrue;
    if ((inner.may_be & ~wanted) != 0) may_be |= negated ? kTrue : kFalse;
    return settled(unknown_value(fmt::format("{} IS {}", inner.text, static_cast<int>(node->booltesttype)), may_be));
  }

  std::vector<CheckValue> values_of(const PgList* list) {
    std::vector<CheckValue> out;
    for (const PgNode* item : Nodes(list)) out.push_back(of(item));
    return out;
  }

  CheckValue operation(const A_Expr* node) {
    const std::string name = name_of(node->name).name;
    switch (node->kind) {
      case AEXPR_OP: {
        const auto right = of(node->rexpr);
        if (node->lexpr != nullptr) return comparison(of(node->lexpr), name, right);
        if (right.kind == CheckValue::Kind::number && name == "-") return number_value(-right.number);
        return right.kind == CheckValue::Kind::null ? right : unknown_value(name + right.text);
      }
      case AEXPR_DISTINCT:
      case AEXPR_NOT_DISTINCT:
        return distinct(of(node->lexpr), of(node->rexpr), node->kind == AEXPR_DISTINCT);
      case AEXPR_IN: {
        const auto* list = reinterpret_cast<const PgList*>(node->rexpr);
        return in_list(of(node->lexpr), values_of(list), name == "<>");
      }
      case AEXPR_OP_ANY: {
        const auto* right = node->rexpr;
        while (const auto* cast = BGDB_AS(TypeCast, right)) right = cast->arg;
        const auto* array = BGDB_AS(A_ArrayExpr, right);
        if (array != nullptr && name == "=") return in_list(of(node->lexpr), values_of(array->elements), false);
        break;
      }
      case AEXPR_BETWEEN: {
        const Nodes bounds(reinterpret_cast<const PgList*>(node->rexpr));
        const auto left = of(node->lexpr);
        return connected({comparison(left, ">=", of(bounds[0])), comparison(left, "<=", of(bounds[1]))}, true);
      }
      case AEXPR_LIKE:
      case AEXPR_ILIKE:
      case AEXPR_SIMILAR: {
        const auto left = of(node->lexpr);
        if (left.kind == CheckValue::Kind::null) return left;
        break;
      }
      default:
        break;
    }
    return unknown_value(print_expr(reinterpret_cast<const PgNode*>(node)));
  }

  CheckValue call(const FuncCall* node) {
    const std::string name = name_of(node->funcname).name;
    auto arguments = values_of(node->args);
    if (node->func_variadic || node->agg_filter != nullptr || node->over != nullptr)
      return unknown_value(print_expr(reinterpret_cast<const PgNode*>(node)));
    const auto is_null = [](const CheckValue& value) { return value.kind == CheckValue::Kind::null; };
    if (name == "num_nonnulls" || name == "num_nulls") return counted(name, arguments);
    if (is_strict(name) && std::any_of(arguments.begin(), arguments.end(), is_null)) return null_value();
    std::string text = name + "(";
    for (size_t i = 0; i < arguments.size(); ++i) text += (i == 0 ? "" : ", ") + arguments[i].text;
    return unknown_value(text + ")");
  }

  CheckValue coalesce(const CoalesceExpr* node) {
    std::string text;
    for (const PgNode* argument : Nodes(node->args)) {
      const auto value = of(argument);
      if (value.kind == CheckValue::Kind::null) continue;
      if (text.empty() && value.constant()) return value;
      text += (text.empty() ? "" : ", ") + value.text;
      if (value.constant()) break;
    }
    return text.empty() ? null_value() : unknown_value("coalesce(" + text + ")");
  }

  CheckValue choice(const CaseExpr* node) {
    if (node->arg != nullptr) return unknown_value(print_expr(reinterpret_cast<const PgNode*>(node)));
    for (const PgNode* item : Nodes(node->args)) {
      const auto* when = BGDB_AS(CaseWhen, item);
      const auto condition = of(reinterpret_cast<const PgNode*>(when->expr));
      if (condition.may_be == kTrue) return of(reinterpret_cast<const PgNode*>(when->result));
      if ((condition.may_be & kTrue) != 0) return unknown_value(print_expr(reinterpret_cast<const PgNode*>(node)));
    }
    return of(reinterpret_cast<const PgNode*>(node->defresult));
  }

  const Known& known_;
};

void flatten(const CheckValue& value, std::vector<std::vector<CheckAtom>>& parts) {
  if ((value.may_be & kFalse) == 0) return;
  if (!value.parts.empty()) {
    for (const auto& part : value.parts) flatten(part, parts);
  } else if (!value.alternatives.empty()) {
    parts.push_back(value.alternatives);
  } else {
    parts.push_back({{value.text, "", "", 0, {}}});
  }
}

// Whoever passes `old` passes `now`.
bool implies(const CheckAtom& old, const CheckAtom& now) {
  if (old.text == now.text) return true;
  if (old.op.empty() || old.left != now.left) return false;
  if (old.op == "in" && now.op == "in") {
    return std::includes(now.values.begin(), now.values.end(), old.values.begin(), old.values.end());
  }
  const bool above = old.op[0] == '>' && now.op[0] == '>', below = old.op[0] == '<' && now.op[0] == '<';
  if (!above && !below) return false;
  if (old.number == now.number) return now.op.size() >= old.op.size();
  return above ? now.number < old.number : now.number > old.number;
}

std::optional<CheckValue> evaluate(std::string_view sql, const Known& known) {
  const std::string select = "SELECT " + std::string(sql);
  const PgTree tree(select);
  const ResTarget* target = only_target(tree);
  if (target == nullptr) return std::nullopt;
  try {
    collect_facts(target->val);  // refuses what is nested too deep to be followed
  } catch (const TooDeep&) {
    return std::nullopt;
  }
  return Simplifier(known).of(target->val);
}

}  // namespace

SimpleCheck simplify_check(std::string_view sql, const std::vector<KnownColumn>& known) {
  Known values;
  for (const auto& column : known) {
    if (!column.literal) {
      values.emplace_back(column.name, null_value());
    } else if (const auto value = evaluate(*column.literal, {}); value && value->constant()) {
      values.emplace_back(column.name, *value);
    }
  }
  SimpleCheck out;
  const auto value = evaluate(sql, values);
  if (!value) return out;
  out.may_refuse = (value->may_be & kFalse) != 0;
  flatten(*value, out.parts);
  return out;
}

bool accepts_all_of(const SimpleCheck& now, const SimpleCheck& old) {
  if (!now.may_refuse) return true;
  if (now.parts.empty()) return false;
  return std::all_of(now.parts.begin(), now.parts.end(), [&](const auto& wanted) {
    return std::any_of(old.parts.begin(), old.parts.end(), [&](const auto& given) {
      return std::all_of(given.begin(), given.end(), [&](const auto& from) {
        return std::any_of(wanted.begin(), wanted.end(), [&](const auto& to) { return implies(from, to); });
      });
    });
  });
}

}  // namespace bgdb::parse
