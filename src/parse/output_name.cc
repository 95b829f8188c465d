// The name that a column of a query gets when none is given, as the server's FigureColname finds it.
#include <string>

#include "parse/pg_nodes.h"

namespace bgdb::parse {
namespace {

enum Strength { kNone, kWeak, kStrong };  // a weak name (a cast's type, "case") gives way to one further inside

Strength find_name(const PgNode* node, std::string& name);

Strength named(std::string& name, std::string text, Strength strength = kStrong) {
  name = std::move(text);
  return strength;
}

Strength of_sublink(const SubLink* link, std::string& name) {
  switch (link->subLinkType) {
    case EXISTS_SUBLINK:
      return named(name, "exists");
    case ARRAY_SUBLINK:
      return named(name, "array");
    case EXPR_SUBLINK: {
      const auto* select = BGDB_AS(SelectStmt, link->subselect);
      while (select != nullptr && select->op != SETOP_NONE) select = select->larg;
      if (select == nullptr || Nodes(select->targetList).size() == 0) return kNone;
      const auto* target = BGDB_AS(ResTarget, Nodes(select->targetList)[0]);
      if (target == nullptr) return kNone;
      return target->name != nullptr ? named(name, target->name) : find_name(target->val, name);
    }
    default:
      return kNone;
  }
}

Strength of_indirection(const A_Indirection* node, std::string& name) {
  std::string last;
  for (const PgNode* step : Nodes(node->indirection)) {
    if (std::string field = string_value(step); !field.empty()) last = std::move(field);
  }
  return last.empty() ? find_name(node->arg, name) : named(name, std::move(last));
}

std::string xml_name(const XmlExpr* node) {
  switch (node->op) {
    case IS_XMLCONCAT:
      return "xmlconcat";
    case IS_XMLELEMENT:
      return "xmlelement";
    case IS_XMLFOREST:
      return "xmlforest";
    case IS_XMLPARSE:
      return "xmlparse";
    case IS_XMLPI:
      return "xmlpi";
    case IS_XMLROOT:
      return "xmlroot";
    default:
      return "?column?";
  }
}

Strength find_name(const PgNode* node, std::string& name) {
  if (node == nullptr) return kNone;
  switch (nodeTag(node)) {
    case T_ColumnRef: {
      const Nodes fields(reinterpret_cast<const ColumnRef*>(node)->fields);
      std::string last;
      for (const PgNode* field : fields) {
        if (std::string text = string_value(field); !text.empty()) last = std::move(text);
      }
      return last.empty() ? kNone : named(name, std::move(last));
    }
    case T_A_Indirection:
      return of_indirection(reinterpret_cast<const A_Indirection*>(node), name);
    case T_FuncCall:
      return named(name, name_of(reinterpret_cast<const FuncCall*>(node)->funcname).name);
    case T_A_Expr:
      return reinterpret_cast<const A_Expr*>(node)->kind == AEXPR_NULLIF ? named(name, "nullif") : kNone;
    case T_TypeCast: {
      const auto* cast = reinterpret_cast<const TypeCast*>(node);
      const Strength strength = find_name(cast->arg, name);
      if (strength == kStrong || cast->typeName == nullptr) return strength;
      return named(name, name_of(cast->typeName->names).name, kWeak);
    }
    case T_CollateClause:
      return find_name(reinterpret_cast<const CollateClause*>(node)->arg, name);
    case T_GroupingFunc:
      return named(name, "grouping");
    case T_SubLink:
      return of_sublink(reinterpret_cast<const SubLink*>(node), name);
    case T_CaseExpr: {
      const auto* otherwise = reinterpret_cast<const CaseExpr*>(node)->defresult;
      const Strength strength = find_name(reinterpret_cast<const PgNode*>(otherwise), name);
      return strength == kStrong ? strength : named(name, "case", kWeak);
    }
    case T_A_ArrayExpr:
      return named(name, "array");
    case T_RowExpr:
      return named(name, "row");
    case T_CoalesceExpr:
      return named(name, "coalesce");
    case T_MinMaxExpr:
      return named(name, reinterpret_cast<const MinMaxExpr*>(node)->op == IS_GREATEST ? "greatest" : "least");
    case T_SQLValueFunction:
      return named(name, sql_value_function(reinterpret_cast<const SQLValueFunction*>(node)));
    case T_XmlExpr:
      return named(name, xml_name(reinterpret_cast<const XmlExpr*>(node)));
    case T_XmlSerialize:
      return named(name, "xmlserialize");
    default:
      return kNone;
  }
}

}  // namespace

std::string output_name(const PgNode* item) {
  const auto* target = BGDB_AS(ResTarget, item);
  if (target == nullptr) return {};
  if (target->name != nullptr) return target->name;
  if (const auto* column = BGDB_AS(ColumnRef, target->val)) {
    const Nodes fields(column->fields);
    if (nodeTag(fields[fields.size() - 1]) == T_A_Star) return "*";
  }
  std::string name;
  return find_name(target->val, name) == kNone ? "?column?" : name;
}

}  // namespace bgdb::parse
