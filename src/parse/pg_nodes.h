// Private to parse/: PostgreSQL 15's own node structures and small readers for them. Include it last in a .cc file:
// postgres.h defines macros (printf, Max, _ ...) that break headers read after it. PostgreSQL's names live in the
// global namespace and are written ::Node, ::TypeName ... where ours would hide them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parse/ast.h"

extern "C" {
#include "postgres.h"
//
#include "nodes/nodes.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "nodes/value.h"
#undef printf
#undef fprintf
#undef sprintf
#undef snprintf
#undef vsnprintf
#undef vsprintf
#undef vfprintf
#undef vprintf
#undef strerror
#undef strerror_r
#undef _
#undef nodeTag  // casts to an unqualified Node
}

inline NodeTag nodeTag(const void* node) {
  return static_cast<const Node*>(node)->type;
}

namespace bgdb::parse {

using PgNode = ::Node;
using PgList = ::List;

// The node as T when its tag says so, else nullptr.
template <class T>
const T* node_as(const void* node, ::NodeTag tag) {
  return node != nullptr && nodeTag(node) == tag ? static_cast<const T*>(node) : nullptr;
}
#define BGDB_AS(type, node) (::bgdb::parse::node_as<::type>((node), T_##type))

inline std::string text_of(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

// Range over the pointers of a PostgreSQL list.
class Nodes {
 public:
  explicit Nodes(const PgList* list) : list_(list) {}
  struct Iterator {
    const ListCell* cell;
    const PgNode* operator*() const { return static_cast<const PgNode*>(cell->ptr_value); }
    Iterator& operator++() {
      ++cell;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return cell != other.cell; }
  };
  Iterator begin() const { return {list_ == nullptr ? nullptr : list_->elements}; }
  Iterator end() const { return {list_ == nullptr ? nullptr : list_->elements + list_->length}; }
  int size() const { return list_ == nullptr ? 0 : list_->length; }
  const PgNode* operator[](int i) const { return static_cast<const PgNode*>(list_->elements[i].ptr_value); }

 private:
  const PgList* list_;
};

// What the conversion of one statement needs to know besides the tree.
struct Context {
  std::string_view source;  // the text PostgreSQL parsed; node locations are offsets into it
  size_t begin = 0;         // where the statement stands in it
  size_t end = 0;
};

// ---- names.cc
std::string string_value(const PgNode* node);  // String, or empty
std::vector<std::string> string_list(const PgList* list);
QualifiedName name_of(const PgList* names);  // {schema, name}; a catalog in front is dropped
QualifiedName name_of(const RangeVar* relation);
QualifiedName name_of_object(const PgNode* node);  // List, RangeVar, ObjectWithArgs, TypeName or String
std::string role_name(const RoleSpec* role);
ObjectKind object_kind(::ObjectType type);
std::string node_name(const PgNode* node);  // "CreateForeignServerStmt"

// ---- type.cc
TypeName convert_type(const ::TypeName* type);
std::vector<TypeName> convert_types(const PgList* types);

// ---- expr.cc
Expr convert_expr(const PgNode* node, std::string_view source = {});
std::optional<Expr> convert_optional(const PgNode* node);
// The condition of an UPDATE, DELETE or CREATE INDEX as written; empty when there is none.
std::string_view where_text(const Context& context);
bool is_constant(const PgNode* node);
bool is_always_true(const PgNode* node);
bool is_null_literal(const PgNode* node);

// ---- facts.cc: everything a tree touches, in source order.
struct Facts {
  std::vector<Expr::Column> columns;
  std::vector<QualifiedName> functions;
  std::vector<FunctionCall> calls;
  std::vector<std::string> string_constants;
  std::vector<TypeName> casts;
  std::vector<QualifiedName> reads;
  std::vector<QualifiedName> writes;
  std::vector<QualifiedName> changes;
  bool has_subquery = false;
  bool locks_rows = false;
};
struct TooDeep {};  // thrown (inside parse/ only) for trees that recursion must not follow
Facts collect_facts(const PgNode* tree);
std::string sql_value_function(const SQLValueFunction* function);
// The nodes right below, in the order in which a stack must take them.
void append_children(const PgNode* node, std::vector<const PgNode*>& out);

// ---- shape.cc. REQUIRES: collect_facts accepted the tree.
std::shared_ptr<const QueryShape> shape_of(const PgNode* query);
std::shared_ptr<const QueryShape> shape_over(const std::vector<const PgNode*>& expressions,
                                             const QualifiedName& relation);

// ---- output_name.cc: of a ResTarget; "*" for a star
std::string output_name(const PgNode* item);

// ---- print.cc: valid SQL for a tree that collect_facts accepted
// `source`: the expression as written, when the caller can cut it out exactly.
std::string print_expr(const PgNode* node, std::string_view source = {});
std::string print_query(const PgNode* select);
std::string print_index_element(const IndexElem* element);
std::string print_def_value(const PgNode* node);  // the value of an option

// ---- one function per theme; each returns false when the node is none of its own
bool convert_alter_table(const Context& context, const PgNode* node, Node& out);
bool convert_create(const Context& context, const PgNode* node, Node& out);
bool convert_objects(const Context& context, const PgNode* node, Node& out);
bool convert_query(const Context& context, const PgNode* node, Node& out);
bool convert_routine(const Context& context, const PgNode* node, Node& out);
bool convert_types_statement(const Context& context, const PgNode* node, Node& out);
bool convert_session(const Context& context, const PgNode* node, Node& out);
Node convert_statement(const Context& context, const PgNode* node);

// ---- create.cc, constraint.cc
ColumnDef convert_column(const Context& context, const ::ColumnDef* column);
Constraint convert_constraint(const Context& context, const ::Constraint* constraint);
void append_constraints(const Context& context, const PgList* nodes, std::vector<Constraint>& out);
std::string bound_sql(const Context& context, const PartitionBoundSpec* bound);

}  // namespace bgdb::parse
