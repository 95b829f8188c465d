// A SELECT as a QueryShape. Recursion follows the nesting of the query, which collect_facts has bounded before.
#include <array>
#include <string>

#include "parse/ast_query.h"
//
#include "parse/pg_nodes.h"

namespace bgdb::parse {
namespace {

using Shape = std::shared_ptr<const QueryShape>;

Expr::Column column_of(const ColumnRef* reference) {
  const Nodes fields(reference->fields);
  std::vector<std::string> parts;
  for (const PgNode* field : fields) parts.push_back(nodeTag(field) == T_A_Star ? "*" : string_value(field));
  if (parts.empty()) return {};
  return {parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back()};
}

TypeName built_in(const char* name) {
  TypeName type;
  type.name = name;
  type.sql = name;
  return type;
}

bool compares(const A_Expr* operation) {
  if (operation->kind != AEXPR_OP) return operation->kind != AEXPR_NULLIF;
  static constexpr std::array<std::string_view, 7> kNames{"=", "<>", "<", ">", "<=", ">=", "!="};
  const std::string name = name_of(operation->name).name;
  for (const auto candidate : kNames) {
    if (candidate == name) return true;
  }
  return false;
}

// The type of an expression where its form alone tells it.
std::optional<TypeName> type_of(const PgNode* node) {
  if (node == nullptr) return std::nullopt;
  switch (nodeTag(node)) {
    case T_TypeCast:
      return convert_type(reinterpret_cast<const TypeCast*>(node)->typeName);
    case T_NullTest:
    case T_BooleanTest:
    case T_BoolExpr:
      return built_in("bool");
    case T_SubLink: {
      const auto kind = reinterpret_cast<const SubLink*>(node)->subLinkType;
      if (kind == EXISTS_SUBLINK || kind == ANY_SUBLINK || kind == ALL_SUBLINK) return built_in("bool");
      return std::nullopt;
    }
    case T_A_Expr:
      if (compares(reinterpret_cast<const A_Expr*>(node))) return built_in("bool");
      return std::nullopt;
    case T_FuncCall:
      if (name_of(reinterpret_cast<const FuncCall*>(node)->funcname).name == "count") return built_in("int8");
      return std::nullopt;
    case T_A_Const: {
      const auto* constant = reinterpret_cast<const A_Const*>(node);
      if (constant->isnull || constant->val.node.type == T_String) return built_in("text");
      if (constant->val.node.type == T_Integer) return built_in("int4");
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

class ShapeReader {
 public:
  Shape query(const PgNode* node) {
    const auto* select = BGDB_AS(SelectStmt, node);
    if (select == nullptr) return nullptr;
    auto shape = std::make_shared<QueryShape>();
    if (select->withClause != nullptr) common_tables(select->withClause, *shape);
    if (select->op != SETOP_NONE) {
      shape->left = query(reinterpret_cast<const PgNode*>(select->larg));
      shape->right = query(reinterpret_cast<const PgNode*>(select->rarg));
      return shape;
    }
    for (const PgNode* item : Nodes(select->fromClause)) source(item, *shape);
    values(select->valuesLists, *shape);
    for (const PgNode* item : Nodes(select->targetList)) target(BGDB_AS(ResTarget, item), *shape);
    expression(select->whereClause, *shape, shape->columns);
    expression(select->havingClause, *shape, shape->columns);
    expression(select->limitCount, *shape, shape->columns);
    expression(select->limitOffset, *shape, shape->columns);
    for (const PgNode* item : Nodes(select->windowClause)) expression(item, *shape, shape->columns);
    for (const PgNode* item : Nodes(select->groupClause)) expression(item, *shape, shape->columns);
    for (const PgList* list : {select->sortClause, select->distinctClause}) {
      for (const PgNode* item : Nodes(list)) expression(item, *shape, shape->sort_columns);
    }
    return shape;
  }

  // An expression over the columns of one relation.
  Shape over(const std::vector<const PgNode*>& expressions, const QualifiedName& relation) {
    auto shape = std::make_shared<QueryShape>();
    if (!relation.empty()) shape->sources.push_back({relation, nullptr, {}, relation.name, {}});
    for (const PgNode* node : expressions) expression(node, *shape, shape->columns);
    return shape;
  }

 private:
  void common_tables(const WithClause* with, QueryShape& shape) {
    shape.recursive = with->recursive;
    for (const PgNode* node : Nodes(with->ctes)) {
      const auto* cte = BGDB_AS(CommonTableExpr, node);
      if (cte == nullptr) continue;
      shape.common_tables.push_back({text_of(cte->ctename), string_list(cte->aliascolnames), query(cte->ctequery)});
    }
  }

  void source(const PgNode* node, QueryShape& shape) {
    QueryShape::Source item;
    const Alias* alias = nullptr;
    if (node == nullptr) return;
    if (const auto* relation = BGDB_AS(RangeVar, node)) {
      item.relation = name_of(relation);
      item.alias = item.relation.name;
      alias = relation->alias;
    } else if (const auto* subselect = BGDB_AS(RangeSubselect, node)) {
      item.query = query(subselect->subquery);
      alias = subselect->alias;
    } else if (const auto* function = BGDB_AS(RangeFunction, node)) {
      function_source(function, item, shape);
      alias = function->alias;
    } else if (const auto* sample = BGDB_AS(RangeTableSample, node)) {
      return source(sample->relation, shape);
    } else if (const auto* table = BGDB_AS(RangeTableFunc, node)) {
      expression(table->docexpr, shape, shape.columns);
      for (const PgNode* column : Nodes(table->columns)) {
        if (const auto* named = BGDB_AS(RangeTableFuncCol, column))
          item.function_columns.push_back(text_of(named->colname));
      }
      alias = table->alias;
    } else if (const auto* join = BGDB_AS(JoinExpr, node)) {
      return join_source(join, shape);
    } else {
      return;
    }
    if (alias != nullptr) {
      item.alias = text_of(alias->aliasname);
      item.column_aliases = string_list(alias->colnames);
    }
    if (item.relation.empty() && item.query == nullptr && item.function_columns.empty() && !item.alias.empty()) {
      item.function_columns = {item.alias};  // generate_series(...) AS n
    }
    shape.sources.push_back(std::move(item));
  }

  void function_source(const RangeFunction* function, QueryShape::Source& item, QueryShape& shape) {
    for (const PgNode* definition : Nodes(function->coldeflist)) {
      if (const auto* column = BGDB_AS(ColumnDef, definition))
        item.function_columns.push_back(text_of(column->colname));
    }
    for (const PgNode* entry : Nodes(function->functions)) {
      const auto* parts = BGDB_AS(List, entry);
      for (const PgNode* part : Nodes(parts)) {
        if (part == nullptr) continue;
        if (const auto* call = BGDB_AS(FuncCall, part); call != nullptr && item.alias.empty())
          item.alias = name_of(call->funcname).name;
        if (nodeTag(part) != T_List) expression(part, shape, shape.columns);
      }
    }
  }

  void join_source(const JoinExpr* join, QueryShape& shape) {
    source(join->larg, shape);
    source(join->rarg, shape);
    expression(join->quals, shape, shape.columns);
    for (auto& name : string_list(join->usingClause)) {
      shape.columns.push_back({"", name});
      shape.merged.push_back(std::move(name));
    }
    shape.natural = shape.natural || join->isNatural;
  }

  void values(const PgList* lists, QueryShape& shape) {
    bool first = true;
    for (const PgNode* row : Nodes(lists)) {
      int position = 0;
      for (const PgNode* value : Nodes(reinterpret_cast<const PgList*>(row))) {
        expression(value, shape, shape.columns);
        if (first) shape.outputs.push_back({"column" + std::to_string(++position), {}, {}});
      }
      first = false;
    }
  }

  void target(const ResTarget* target, QueryShape& shape) {
    if (target == nullptr) return;
    QueryShape::Output output;
    output.name = output_name(reinterpret_cast<const PgNode*>(target));
    if (const auto* column = BGDB_AS(ColumnRef, target->val)) {
      output.column = column_of(column);
      if (output.column.name == "*") {
        shape.outputs.push_back(std::move(output));
        return;
      }
    }
    output.type = type_of(target->val);
    shape.outputs.push_back(std::move(output));
    expression(target->val, shape, shape.columns);
  }

  // Columns that an expression mentions go to `columns`, queries inside it to `shape.inner`.
  void expression(const PgNode* root, QueryShape& shape, std::vector<Expr::Column>& columns) {
    std::vector<const PgNode*> todo;
    if (root != nullptr) todo.push_back(root);
    while (!todo.empty()) {
      const PgNode* node = todo.back();
      todo.pop_back();
      if (const auto* column = BGDB_AS(ColumnRef, node)) {
        columns.push_back(column_of(column));
      } else if (nodeTag(node) == T_SelectStmt) {
        shape.inner.push_back(query(node));
      } else {
        append_children(node, todo);
      }
    }
  }
};

}  // namespace

std::shared_ptr<const QueryShape> shape_of(const PgNode* query) {
  return ShapeReader().query(query);
}

std::shared_ptr<const QueryShape> shape_over(const std::vector<const PgNode*>& expressions,
                                             const QualifiedName& relation) {
  return ShapeReader().over(expressions, relation);
}

}  // namespace bgdb::parse
