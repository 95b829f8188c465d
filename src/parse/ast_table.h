// Statements about tables and indexes: ALTER TABLE, CREATE TABLE, RENAME, SET SCHEMA, DROP. Plain values; see
// parse/ast.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parse/ast_base.h"
#include "parse/ast_query.h"

namespace bgdb::parse {

enum class AlterKind {
  add_column,
  drop_column,
  alter_type,
  set_default,
  drop_default,
  set_not_null,
  drop_not_null,
  set_statistics,
  set_storage,
  set_compression,
  set_options,
  reset_options,
  add_identity,
  set_identity,
  drop_identity,
  drop_expression,
  set_expression,
  add_constraint,
  alter_constraint,
  validate_constraint,
  drop_constraint,
  set_logged,
  set_unlogged,
  set_tablespace,
  set_access_method,
  set_relation_options,
  reset_relation_options,
  cluster_on,
  drop_cluster,
  enable_trigger,
  disable_trigger,
  enable_rule,
  disable_rule,
  enable_row_security,
  disable_row_security,
  force_row_security,
  no_force_row_security,
  replica_identity,
  owner,
  inherit,
  no_inherit,
  of_type,
  not_of,
  attach_partition,
  detach_partition,
  add_index_constraint,
  other
};

struct AlterCommand {
  AlterKind kind = AlterKind::other;
  std::string name;                      // column, constraint, trigger, index, owner, tablespace, access method ...
  std::optional<ColumnDef> column;       // add_column
  bool if_not_exists = false;            // add_column
  std::optional<TypeName> type;          // alter_type
  std::optional<Expr> expr;              // alter_type: USING; set_default: the default; set_expression
  std::string collation;                 // alter_type
  std::optional<Constraint> constraint;  // add_constraint
  bool if_exists = false;                // drop_*
  bool cascade = false;
  char replica_identity = 0;  // d default, f full, n nothing, i index (name)
  char trigger_scope = 0;     // enable/disable_trigger: 'n' named, 'a' all, 'u' user
  char trigger_mode = 0;      // enable_trigger: 'o' origin, 'a' always, 'r' replica
  char identity = 0;          // add_identity, set_identity: 'a' | 'd'
  QualifiedName relation;     // inherit, attach_partition, detach_partition
  std::string bound_sql;      // attach_partition
  bool bound_is_default = false;
  bool concurrently = false;              // detach_partition
  std::vector<std::string> option_names;  // set_(relation_)options
};

enum class ObjectKind {
  table,
  view,
  materialized_view,
  index,
  sequence,
  foreign_table,
  type,
  domain,
  schema,
  database,
  function,
  procedure,
  routine,
  aggregate,
  trigger,
  rule,
  policy,
  extension,
  column,
  constraint,
  attribute,
  publication,
  subscription,
  role,
  statistics,
  operator_,
  cast,
  collation,
  event_trigger,
  foreign_server,
  tablespace,
  language,
  enum_value,
  other
};

struct AlterTable {
  QualifiedName relation;
  ObjectKind object = ObjectKind::table;  // table, view, materialized_view, index, sequence, foreign_table, type
  bool if_exists = false;
  bool only = false;
  std::vector<AlterCommand> commands;
};

// ALTER ... RENAME. For column, constraint, trigger, rule, policy, attribute: `relation` owns it and `name` is it.
struct Rename {
  ObjectKind object = ObjectKind::table;
  ObjectKind relation_kind = ObjectKind::table;  // for column: what the relation was called (table, view ...)
  QualifiedName
      relation;  // the object itself for table, view, type, domain, sequence, index, schema (name), function ...
  std::string name;
  std::string new_name;
  std::vector<TypeName> arguments;  // function
  bool arguments_given = false;
  bool if_exists = false;
};

struct SetSchema {
  ObjectKind object = ObjectKind::table;
  QualifiedName relation;
  std::vector<TypeName> arguments;
  bool arguments_given = false;
  std::string new_schema;
  bool if_exists = false;
};

struct OwnerChange {
  ObjectKind object = ObjectKind::table;
  QualifiedName relation;
  std::string new_owner;
};

struct CreateTable {
  QualifiedName relation;
  bool if_not_exists = false;
  char persistence = 'p';                 // p permanent, u unlogged, t temporary
  ObjectKind object = ObjectKind::table;  // or foreign_table
  std::vector<ColumnDef> columns;
  std::vector<Constraint> constraints;
  struct Like {
    QualifiedName relation;
    bool including_defaults = false, including_constraints = false, including_indexes = false,
         including_identity = false, including_generated = false, including_comments = false;
  };
  std::vector<Like> likes;
  std::vector<QualifiedName> inherits;
  bool partition_of = false;  // inherits[0] is the parent
  std::string bound_sql;
  bool bound_is_default = false;
  std::string partition_by;  // "range (created_at)"; empty = not partitioned
  std::vector<std::string> partition_columns;
};

struct CreateTableAs {  // also SELECT INTO and CREATE MATERIALIZED VIEW
  QualifiedName relation;
  bool materialized_view = false;
  bool if_not_exists = false;
  bool with_data = true;
  char persistence = 'p';
  std::vector<std::string> columns;
  std::vector<QualifiedName> reads;
  std::shared_ptr<const QueryShape> shape;  // null: EXECUTE of a prepared statement
  std::string query_sql;
};

struct IndexElement {
  std::string column;  // empty for an expression
  std::optional<Expr> expr;
  std::string sql;  // with collation, operator class, order
};

struct CreateIndex {
  std::string name;  // empty: PostgreSQL chooses
  QualifiedName relation;
  bool only = false;
  bool unique = false;
  bool nulls_not_distinct = false;
  bool concurrently = false;
  bool if_not_exists = false;
  std::string method = "btree";
  std::vector<IndexElement> elements;
  std::vector<std::string> include;
  std::optional<Expr> predicate;
};

struct Drop {
  ObjectKind object = ObjectKind::table;
  struct Item {
    QualifiedName name;               // the object; for trigger, rule, policy: the relation
    std::string sub_name;             // trigger, rule, policy
    std::vector<TypeName> arguments;  // function; meaningful when arguments_given
    bool arguments_given = false;
  };
  std::vector<Item> items;
  bool if_exists = false;
  bool cascade = false;
  bool concurrently = false;
};

}  // namespace bgdb::parse
