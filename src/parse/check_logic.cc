#include "parse/check_logic.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "core/contains.h"
#include "parse/ast.h"
#include "parse/check_value.h"
//
#include "parse/pg_parse.h"

namespace bgdb::parse {
namespace {

class Simplifier {
 public:
  explicit Simplifier(const CheckNames& known) : known_(known) {}

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
      case T_SubLink:
        return subquery(reinterpret_cast<const SubLink*>(node));
      case T_SQLValueFunction: {
        auto value = unknown_value(print_expr(node));
        value.never_null = true;
        return value;
      }
      default:
        return unknown_value(print_expr(node));
    }
  }

 private:
  CheckValue column(const ColumnRef* reference) {
    const Nodes fields(reference->fields);
    const std::string name = string_value(fields[fields.size() - 1]);
    const std::string path = fields.size() == 2 ? string_value(fields[0]) + "." + name : name;
    auto known = known_.values.find(path);
    // A CHECK may name its own table in front of the column.
    const bool of_trigger = path.rfind("new.", 0) == 0 || path.rfind("old.", 0) == 0;
    if (known == known_.values.end() && !of_trigger) known = known_.values.find(name);
    if (known == known_.values.end()) return unknown_value(of_trigger ? path : quote_ident(name));
    auto value = known->second;
    if (value.symbol && !value.never_null) {
      const auto is_null = known_.assumed.find(null_text(value));
      if (is_null != known_.assumed.end() && is_null->second) return null_value();
      value.never_null = is_null != known_.assumed.end();
    }
    return value;
  }

  // A condition that nobody knows, as it is assumed to be.
  CheckValue assumed(CheckValue value, const std::string& text, bool asks) const {
    const auto found = known_.assumed.find(text);
    return found == known_.assumed.end() || value.constant() ? value : boolean_value(found->second == asks);
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
      const bool numeric = core::contains(kNumbers, type.name);
      if (numeric && !inner.empty() && end != nullptr && *end == '\0') return number_value(read);
    }
    if (value.kind != CheckValue::Kind::unknown || type.name == "text" || type.name == "varchar") return value;
    const bool counts = type.name == "int2" || type.name == "int4" || type.name == "int8";
    if (value.integer && counts && type.array_dims == 0) return value;  // it fits, or nothing is written
    value.symbol = false;
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
    if (holds_value(inner)) return boolean_value(!asks_null);
    return assumed(unknown_value(inner.text + (asks_null ? " IS NULL" : " IS NOT NULL"), kTrue | kFalse),
                   null_text(inner), asks_null);
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
        if (node->lexpr != nullptr) return compare(of(node->lexpr), name, right);
        if (right.kind == CheckValue::Kind::number && name == "-") return number_value(-right.number);
        return right.kind == CheckValue::Kind::null ? right : unknown_value(name + right.text);
      }
      case AEXPR_DISTINCT:
      case AEXPR_NOT_DISTINCT:
        return differ(of(node->lexpr), of(node->rexpr), node->kind == AEXPR_DISTINCT);
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

  CheckValue differ(const CheckValue& left, const CheckValue& right, bool asks_distinct) {
    return assumed(distinct(left, right, asks_distinct), distinct_text(left, right), asks_distinct);
  }

  CheckValue compare(const CheckValue& left, const std::string& op, const CheckValue& right) {
    auto out = comparison(left, op, right);
    const bool equality = op == "=" || op == "<>" || op == "!=";
    if (!equality || !holds_value(left) || !holds_value(right)) return out;
    return assumed(std::move(out), distinct_text(left, right), op != "=");
  }

  // (SELECT expression FROM (SELECT a AS x, b AS y) AS t): names for values.
  CheckValue subquery(const SubLink* node) {
    const auto unknown = [&] { return unknown_value(print_expr(reinterpret_cast<const PgNode*>(node))); };
    const auto* outer = BGDB_AS(SelectStmt, node->subselect);
    const auto plain = [](const SelectStmt* select) {
      return select != nullptr && select->op == SETOP_NONE && select->valuesLists == nullptr &&
             select->whereClause == nullptr && select->groupClause == nullptr && select->limitCount == nullptr &&
             select->limitOffset == nullptr && select->withClause == nullptr;
    };
    if (node->subLinkType != EXPR_SUBLINK || !plain(outer) || Nodes(outer->targetList).size() != 1) return unknown();
    const auto* target = BGDB_AS(ResTarget, Nodes(outer->targetList)[0]);
    const Nodes from(outer->fromClause);
    if (from.size() == 0) return of(target->val);
    const auto* inner = from.size() == 1 ? BGDB_AS(RangeSubselect, from[0]) : nullptr;
    const auto* source = inner == nullptr ? nullptr : BGDB_AS(SelectStmt, inner->subquery);
    if (!plain(source) || source->fromClause != nullptr) return unknown();
    CheckNames names{known_.values, known_.assumed};
    for (const PgNode* item : Nodes(source->targetList)) {
      const auto* named = BGDB_AS(ResTarget, item);
      if (named->name == nullptr) return unknown();
      names.values[text_of(named->name)] = of(named->val);
    }
    return Simplifier(names).of(target->val);
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
    auto out = unknown_value(text + ")");
    out.never_null = yields_value(name, true) ||
                     (yields_value(name, false) && std::all_of(arguments.begin(), arguments.end(), holds_value));
    return out;
  }

  CheckValue coalesce(const CoalesceExpr* node) {
    std::string text;
    CheckValue last = null_value();
    int count = 0;
    for (const PgNode* argument : Nodes(node->args)) {
      const auto value = of(argument);
      if (value.kind == CheckValue::Kind::null) continue;
      text += (text.empty() ? "" : ", ") + value.text;
      last = value;
      ++count;
      if (holds_value(value)) break;
    }
    if (count <= 1) return last;
    auto out = unknown_value("coalesce(" + text + ")");
    out.never_null = holds_value(last);
    return out;
  }

  CheckValue choice(const CaseExpr* node) {
    if (node->arg != nullptr) return any_result(node);
    for (const PgNode* item : Nodes(node->args)) {
      const auto* when = BGDB_AS(CaseWhen, item);
      const auto condition = of(reinterpret_cast<const PgNode*>(when->expr));
      if (condition.may_be == kTrue) return of(reinterpret_cast<const PgNode*>(when->result));
      if ((condition.may_be & kTrue) != 0) return any_result(node);
    }
    return of(reinterpret_cast<const PgNode*>(node->defresult));
  }
  // It cannot be told which branch is taken.
  CheckValue any_result(const CaseExpr* node) {
    auto out = unknown_value(print_expr(reinterpret_cast<const PgNode*>(node)));
    out.never_null = holds_value(of(reinterpret_cast<const PgNode*>(node->defresult)));
    for (const PgNode* item : Nodes(node->args)) {
      const auto* result = reinterpret_cast<const PgNode*>(BGDB_AS(CaseWhen, item)->result);
      out.never_null = out.never_null && holds_value(of(result));
    }
    return out;
  }

  const CheckNames& known_;
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

}  // namespace

std::optional<CheckValue> check_value(std::string_view sql, const CheckNames& names) {
  const std::string select = "SELECT " + std::string(sql);
  const PgTree tree(select);
  const ResTarget* target = only_target(tree);
  if (target == nullptr) return std::nullopt;
  try {
    collect_facts(target->val);  // refuses what is nested too deep to be followed
  } catch (const TooDeep&) {
    return std::nullopt;
  }
  return Simplifier(names).of(target->val);
}

SimpleCheck check_of(const CheckValue& value) {
  SimpleCheck out;
  out.may_refuse = (value.may_be & kFalse) != 0;
  flatten(value, out.parts);
  return out;
}

SimpleCheck simplify_check(std::string_view sql, const std::vector<KnownColumn>& known) {
  CheckNames names;
  for (const auto& column : known) {
    if (!column.value) {
      names.values[column.name] = null_value();
    } else if (const auto value = check_value(*column.value, {}); value && value->constant()) {
      names.values[column.name] = *value;
    } else if (value && holds_value(*value)) {
      names.values[column.name] = symbol_value(quote_ident(column.name), true, false);
    }
  }
  const auto value = check_value(sql, names);
  return value ? check_of(*value) : SimpleCheck();
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
