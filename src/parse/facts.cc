// Everything a parse tree touches, by one walk without recursion: PostgreSQL's raw_expression_tree_walker hands over a
// node's children, a list of our own keeps what is still to visit, so a chain of a million operators needs no stack.
// Names of common table expressions are scoped as SQL does: WITH users AS (SELECT FROM users) reads the real table.
#include <algorithm>
#include <list>
#include <string>
#include <type_traits>
#include <vector>

#include "parse/pg_nodes.h"
//
extern "C" {
#include "nodes/nodeFuncs.h"
}

namespace bgdb::parse {
namespace {

struct Scope {  // common table expressions visible here, innermost first
  std::string name;
  const Scope* outer;
};

struct Item {
  const PgNode* node;
  const Scope* scope;
  int depth;
};

// Our printer and PostgreSQL's deparser recurse; what is nested deeper than this is refused before they see it.
constexpr int kDepthMax = 1000;

// Node kinds that raw_expression_tree_walker of PostgreSQL 15 knows; any other makes it throw.
bool has_walkable_children(::NodeTag tag) {
  switch (tag) {
    case T_RangeVar:
    case T_GroupingFunc:
    case T_SubLink:
    case T_CaseExpr:
    case T_RowExpr:
    case T_CoalesceExpr:
    case T_MinMaxExpr:
    case T_XmlExpr:
    case T_NullTest:
    case T_BooleanTest:
    case T_JoinExpr:
    case T_IntoClause:
    case T_List:
    case T_InsertStmt:
    case T_DeleteStmt:
    case T_UpdateStmt:
    case T_MergeStmt:
    case T_MergeWhenClause:
    case T_SelectStmt:
    case T_A_Expr:
    case T_BoolExpr:
    case T_FuncCall:
    case T_NamedArgExpr:
    case T_A_Indices:
    case T_A_Indirection:
    case T_A_ArrayExpr:
    case T_ResTarget:
    case T_MultiAssignRef:
    case T_TypeCast:
    case T_CollateClause:
    case T_SortBy:
    case T_WindowDef:
    case T_RangeSubselect:
    case T_RangeFunction:
    case T_RangeTableSample:
    case T_RangeTableFunc:
    case T_RangeTableFuncCol:
    case T_IndexElem:
    case T_GroupingSet:
    case T_XmlSerialize:
    case T_InferClause:
    case T_OnConflictClause:
    case T_CommonTableExpr:
      return true;
    default:
      return false;
  }
}

bool push_child(PgNode* child, void* children) {
  if (child != nullptr) static_cast<std::vector<const PgNode*>*>(children)->push_back(child);
  return false;
}

// The library declares its callback without a prototype.
const auto kPushChild = reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)()>(push_child));

class Collector {
 public:
  Facts run(const PgNode* tree) {
    if (tree != nullptr) todo_.push_back({tree, nullptr, 0});
    while (!todo_.empty()) {
      const Item item = todo_.back();
      todo_.pop_back();
      if (item.depth > kDepthMax) throw TooDeep{};
      visit(item);
    }
    return std::move(facts_);
  }

 private:
  void visit(const Item& item) {
    const Scope* scope = item.scope;
    const PgNode* skip = nullptr;  // the target of a write is no read
    switch (nodeTag(item.node)) {
      case T_ColumnRef:
        return add_column(reinterpret_cast<const ColumnRef*>(item.node));
      case T_A_Const:
        return add_constant(reinterpret_cast<const A_Const*>(item.node));
      case T_SQLValueFunction:
        return add_function({{}, sql_value_function(reinterpret_cast<const SQLValueFunction*>(item.node))});
      case T_RangeVar:
        return add_read(reinterpret_cast<const RangeVar*>(item.node), scope);
      case T_FuncCall:
        add_call(reinterpret_cast<const FuncCall*>(item.node));
        break;
      case T_TypeCast:
        add_cast(reinterpret_cast<const TypeCast*>(item.node));
        break;
      case T_SubLink:
        facts_.has_subquery = true;
        break;
      case T_LockingClause:
        facts_.locks_rows = true;
        return;
      case T_SelectStmt:
        scope = enter(reinterpret_cast<const SelectStmt*>(item.node)->withClause, item);
        break;
      case T_InsertStmt:
        skip = enter_write(reinterpret_cast<const InsertStmt*>(item.node), item, scope);
        break;
      case T_UpdateStmt:
        skip = enter_write(reinterpret_cast<const UpdateStmt*>(item.node), item, scope);
        break;
      case T_DeleteStmt:
        skip = enter_write(reinterpret_cast<const DeleteStmt*>(item.node), item, scope);
        break;
      case T_MergeStmt:
        skip = enter_write(reinterpret_cast<const MergeStmt*>(item.node), item, scope);
        break;
      default:
        break;
    }
    push_children(item, scope, skip);
    todo_.insert(todo_.end(), ctes_.rbegin(), ctes_.rend());  // read before the main query, as written
    ctes_.clear();
  }

  void push_children(const Item& item, const Scope* scope, const PgNode* skip) {
    const ::NodeTag tag = nodeTag(item.node);
    if (!has_walkable_children(tag) || tag == T_IntoClause) return;  // SELECT INTO: the new table is no read
    children_.clear();
    raw_expression_tree_walker(const_cast<PgNode*>(item.node), kPushChild, &children_);
    for (size_t i = children_.size(); i-- > 0;) {
      if (children_[i] == skip || nodeTag(children_[i]) == T_WithClause) continue;
      todo_.push_back({children_[i], scope, item.depth + 1});
    }
  }

  template <class Statement>
  const PgNode* enter_write(const Statement* statement, const Item& item, const Scope*& scope) {
    scope = enter(statement->withClause, item);
    if (statement->relation != nullptr) {
      facts_.writes.push_back(name_of(statement->relation));
      if constexpr (!std::is_same_v<Statement, InsertStmt>) facts_.changes.push_back(facts_.writes.back());
    }
    return reinterpret_cast<const PgNode*>(statement->relation);
  }

  // Collects the CTEs, each seeing those before it (all, when recursive); yields the scope of the main query.
  const Scope* enter(const WithClause* with, const Item& item) {
    const Scope* scope = item.scope;
    if (with == nullptr) return scope;
    const Nodes ctes(with->ctes);
    if (with->recursive) {
      for (const PgNode* node : ctes) scope = define(node, scope);
    }
    for (const PgNode* node : ctes) {
      const auto* cte = BGDB_AS(CommonTableExpr, node);
      if (cte == nullptr || cte->ctequery == nullptr) continue;
      ctes_.push_back({cte->ctequery, scope, item.depth + 1});
      if (!with->recursive) scope = define(node, scope);
    }
    return scope;
  }

  const Scope* define(const PgNode* node, const Scope* outer) {
    const auto* cte = BGDB_AS(CommonTableExpr, node);
    if (cte == nullptr) return outer;
    scopes_.push_back({text_of(cte->ctename), outer});
    return &scopes_.back();
  }

  void add_read(const RangeVar* relation, const Scope* scope) {
    const QualifiedName name = name_of(relation);
    if (name.schema.empty()) {
      for (; scope != nullptr; scope = scope->outer) {
        if (scope->name == name.name) return;
      }
    }
    facts_.reads.push_back(name);
  }

  void add_column(const ColumnRef* column) {
    const Nodes fields(column->fields);
    std::vector<std::string> parts;
    for (const PgNode* field : fields) parts.push_back(nodeTag(field) == T_A_Star ? "*" : string_value(field));
    if (parts.empty()) return;
    facts_.columns.push_back({parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back()});
  }

  void add_constant(const A_Const* constant) {
    if (!constant->isnull && constant->val.node.type == T_String) {
      facts_.string_constants.push_back(text_of(constant->val.sval.sval));
    }
  }

  void add_call(const FuncCall* call) {
    FunctionCall made{name_of(call->funcname), {}};
    for (const PgNode* argument : Nodes(call->args)) {
      while (const auto* cast = BGDB_AS(TypeCast, argument)) argument = cast->arg;
      const auto* constant = BGDB_AS(A_Const, argument);
      const bool text = constant != nullptr && !constant->isnull && constant->val.node.type == T_String;
      made.arguments.push_back(text ? std::optional<std::string>(text_of(constant->val.sval.sval)) : std::nullopt);
    }
    add_function(made.name);
    facts_.calls.push_back(std::move(made));
  }
  void add_function(QualifiedName name) { facts_.functions.push_back(std::move(name)); }

  void add_cast(const TypeCast* cast) {
    const auto* constant = BGDB_AS(A_Const, cast->arg);  // TRUE is written into the tree as a cast of a boolean
    if (constant != nullptr && !constant->isnull && constant->val.node.type == T_Boolean) return;
    facts_.casts.push_back(convert_type(cast->typeName));
  }

  Facts facts_;
  std::vector<Item> todo_;
  std::vector<const PgNode*> children_;
  std::vector<Item> ctes_;  // of the statement being visited
  std::list<Scope> scopes_;
};

}  // namespace

std::string sql_value_function(const SQLValueFunction* function) {
  switch (function->op) {
    case SVFOP_CURRENT_DATE:
      return "current_date";
    case SVFOP_CURRENT_TIME:
    case SVFOP_CURRENT_TIME_N:
      return "current_time";
    case SVFOP_CURRENT_TIMESTAMP:
    case SVFOP_CURRENT_TIMESTAMP_N:
      return "current_timestamp";
    case SVFOP_LOCALTIME:
    case SVFOP_LOCALTIME_N:
      return "localtime";
    case SVFOP_LOCALTIMESTAMP:
    case SVFOP_LOCALTIMESTAMP_N:
      return "localtimestamp";
    case SVFOP_CURRENT_ROLE:
      return "current_role";
    case SVFOP_CURRENT_USER:
      return "current_user";
    case SVFOP_USER:
      return "user";
    case SVFOP_SESSION_USER:
      return "session_user";
    case SVFOP_CURRENT_CATALOG:
      return "current_catalog";
    case SVFOP_CURRENT_SCHEMA:
      return "current_schema";
  }
  return {};
}

void append_children(const PgNode* node, std::vector<const PgNode*>& out) {
  if (!has_walkable_children(nodeTag(node))) return;
  const size_t before = out.size();
  raw_expression_tree_walker(const_cast<PgNode*>(node), kPushChild, &out);
  std::reverse(out.begin() + static_cast<std::ptrdiff_t>(before), out.end());  // the first child is taken first
}

Facts collect_facts(const PgNode* tree) {
  return Collector().run(tree);
}

}  // namespace bgdb::parse
