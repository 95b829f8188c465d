// What a SQL statement says, as plain values: our own small tree, so that no libpg_query type leaves parse/.
// Names are as written (schema empty when not given), already case-folded by PostgreSQL's scanner.
// A statement kind that nobody judges in detail is `Other` with PostgreSQL's own node name.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/ident.h"

namespace bgdb::parse {

// varchar(10)[] -> {schema "", name "varchar", modifiers {10}, array_dims 1}. Built-in types lose their "pg_catalog"
// and carry the internal name: integer -> int4, bigint -> int8, "character varying" -> varchar, "timestamp with time
// zone" -> timestamptz, boolean -> bool, decimal -> numeric, char(n) -> bpchar, real -> float4, "double precision" ->
// float8. serial types stay serial2/serial4/serial8. `sql` is printable SQL for the type.
struct TypeName {
  std::string schema;
  std::string name;
  std::vector<int> modifiers;
  int array_dims = 0;
  bool set_of = false;
  std::string sql;
  std::string modifier_text;  // all modifiers as SQL when one is no integer: geometry(Point, 4326) -> "point,4326"
  bool operator==(const TypeName& other) const {
    return schema == other.schema && name == other.name && modifiers == other.modifiers &&
           modifier_text == other.modifier_text && array_dims == other.array_dims;
  }
};

// An expression: its SQL and the facts that a judgement needs.
struct Expr {
  std::string sql;
  struct Column {
    std::string table;  // alias or table as written, may be empty
    std::string name;   // "*" for a star
  };
  std::vector<Column> columns;
  std::vector<QualifiedName>
      functions;  // called functions; CURRENT_TIMESTAMP and alike appear as "current_timestamp" ...
  std::vector<std::string> string_constants;
  std::vector<TypeName> casts;  // target types of casts inside
  bool is_constant = false;     // a literal, possibly signed or cast: 5, -1, 'x'::text, true
  bool is_null = false;         // the literal NULL, possibly cast
  bool has_subquery = false;
  std::vector<std::string>
      not_null_columns;  // columns for which truth of the expression implies IS NOT NULL (top-level ANDs)
};

enum class ConstraintKind { not_null, check, unique, primary_key, foreign_key, exclude };

struct Constraint {
  ConstraintKind kind = ConstraintKind::check;
  std::string name;  // empty: PostgreSQL chooses
  std::vector<std::string>
      columns;  // unique, primary key: key columns; foreign key: referencing columns; not_null: one
  std::vector<std::string> include;
  std::optional<Expr> check;
  QualifiedName referenced;                     // foreign key
  std::vector<std::string> referenced_columns;  // empty: the primary key
  char on_delete = 'a';                         // a no action, r restrict, c cascade, n set null, d set default
  char on_update = 'a';
  bool not_valid = false;
  bool deferrable = false;
  bool initially_deferred = false;
  bool nulls_not_distinct = false;
  bool no_inherit = false;
  std::string using_index;  // ADD CONSTRAINT ... USING INDEX
  std::string exclude_sql;  // exclude: the text after EXCLUDE
};

struct ColumnDef {
  std::string name;
  TypeName type;
  std::string collation;
  bool not_null = false;  // NOT NULL written (a PRIMARY KEY implies it without setting this)
  bool null_written = false;
  std::optional<Expr> default_value;
  char identity = 0;                    // 'a' always, 'd' by default
  std::optional<Expr> generated;        // GENERATED ALWAYS AS (...) STORED
  std::vector<Constraint> constraints;  // the others: check, unique, primary key, foreign key; columns = {name}
};

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
  bool if_exists = false;
};

struct SetSchema {
  ObjectKind object = ObjectKind::table;
  QualifiedName relation;
  std::vector<TypeName> arguments;
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

struct Query;  // below

struct CreateTableAs {  // also SELECT INTO and CREATE MATERIALIZED VIEW
  QualifiedName relation;
  bool materialized_view = false;
  bool if_not_exists = false;
  bool with_data = true;
  char persistence = 'p';
  std::vector<std::string> columns;
  std::vector<QualifiedName> reads;
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

// SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES, and what they touch.
enum class QueryKind { select, insert, update, delete_, merge };

struct Query {
  QueryKind kind = QueryKind::select;
  QualifiedName target;                     // insert, update, delete, merge
  std::vector<std::string> target_columns;  // insert: column list (empty = all); update: assigned columns
  std::vector<QualifiedName> reads;         // relations read, CTE names left out
  std::vector<QualifiedName> writes;        // all relations written, also in CTEs
  std::vector<QualifiedName> functions;     // called anywhere (setval, pg_sleep, application functions ...)
  std::vector<std::string> string_constants;
  std::optional<Expr> where;       // of the outermost update or delete
  bool where_always_true = false;  // WHERE true, 1=1
  bool has_limit = false;
  bool has_on_conflict = false;
  std::vector<std::string> conflict_columns;
  bool locks_rows = false;  // FOR UPDATE / SHARE
};

struct Truncate {
  std::vector<QualifiedName> relations;
  bool cascade = false;
  bool restart_identity = false;
};

struct CreateView {
  QualifiedName relation;
  bool or_replace = false;
  bool temporary = false;
  bool recursive = false;
  std::vector<std::string> columns;         // given names
  std::vector<std::string> output_columns;  // names the query yields where they can be told; "*" = unknown star
  std::vector<QualifiedName> reads;
  std::vector<Expr::Column> columns_read;
  bool simple_projection = false;  // SELECT columns FROM one relation: automatically updatable
  std::string query_sql;
};

struct Refresh {
  QualifiedName relation;
  bool concurrently = false;
  bool with_data = true;
};

struct FunctionArgument {
  std::string name;
  TypeName type;
  char mode = 'i';  // i in, o out, b inout, v variadic, t table
  bool has_default = false;
};

struct CreateFunction {
  QualifiedName name;
  bool procedure = false;
  bool or_replace = false;
  std::vector<FunctionArgument> arguments;
  std::optional<TypeName> returns;
  std::string language;
  std::string body;      // AS $$...$$, or the printed SQL body
  int body_offset = -1;  // byte offset of the body inside the statement's text, -1 unknown
  char volatility = 'v';
};

struct AlterFunction {
  QualifiedName name;
  std::vector<TypeName> arguments;
  bool arguments_given = false;
  std::vector<std::string> option_names;
};

struct DoBlock {
  std::string language = "plpgsql";
  std::string body;
  int body_offset = -1;
};

struct Call {
  QualifiedName procedure;
};

struct CreateTrigger {
  std::string name;
  QualifiedName relation;
  bool or_replace = false;
  bool row = false;
  bool constraint = false;
  char timing = 'a';  // b before, a after, i instead of
  bool on_insert = false, on_update = false, on_delete = false, on_truncate = false;
  QualifiedName function;
  QualifiedName referenced;  // constraint trigger FROM
};

struct CreateRule {
  std::string name;
  QualifiedName relation;
  bool instead = false;
  bool or_replace = false;
  std::string event;  // select, insert, update, delete
};

struct PolicyStatement {  // CREATE POLICY, ALTER POLICY
  std::string name;
  QualifiedName relation;
  bool create = true;
  bool permissive = true;
  std::string command;  // all, select, insert, update, delete
};

struct CreateEnum {
  QualifiedName name;
  std::vector<std::string> labels;
};

struct AlterEnum {
  QualifiedName name;
  bool rename = false;
  std::string label;      // added label, or old label when rename
  std::string new_label;  // rename
  bool if_not_exists = false;
  std::string neighbour;
  bool after = false;
};

struct CreateType {  // composite, range, base, shell
  QualifiedName name;
  std::string form;  // composite | range | base
  std::vector<ColumnDef> attributes;
};

struct CreateDomain {
  QualifiedName name;
  TypeName type;
  bool not_null = false;
  std::optional<Expr> default_value;
  std::vector<Constraint> checks;
};

enum class AlterDomainKind {
  set_default,
  drop_default,
  set_not_null,
  drop_not_null,
  add_constraint,
  drop_constraint,
  validate_constraint
};

struct AlterDomain {
  QualifiedName name;
  AlterDomainKind kind = AlterDomainKind::set_default;
  std::string constraint_name;
  std::optional<Constraint> constraint;
  std::optional<Expr> expr;
  bool if_exists = false;
  bool cascade = false;
};

struct CreateSequence {
  QualifiedName name;
  bool if_not_exists = false;
  bool temporary = false;
  QualifiedName owned_by_table;
  std::string owned_by_column;
  std::string type_name;
};

struct AlterSequence {
  QualifiedName name;
  bool if_exists = false;
  std::vector<std::string> option_names;  // restart, increment, owned_by, as ...
  QualifiedName owned_by_table;
  std::string owned_by_column;
};

struct CreateSchema {
  std::string name;
  bool if_not_exists = false;
};

struct CreateExtension {
  std::string name;
  bool if_not_exists = false;
  std::string schema;
};

struct Grant {
  bool revoke = false;
  bool all_in_schema = false;
  bool default_privileges = false;
  ObjectKind object = ObjectKind::table;
  std::vector<QualifiedName> objects;
  std::vector<std::string> privileges;  // lower case; empty = all
  std::vector<std::string> grantees;
  bool cascade = false;
};

struct Comment {
  ObjectKind object = ObjectKind::table;
  QualifiedName relation;
  std::string sub_name;
  std::optional<std::string> text;
};

enum class TransactionKind {
  begin,
  commit,
  rollback,
  savepoint,
  release,
  rollback_to,
  prepare,
  commit_prepared,
  rollback_prepared
};

struct TransactionStatement {
  TransactionKind kind = TransactionKind::begin;
  std::string name;  // savepoint or prepared transaction
};

struct SetVariable {
  std::string name;  // lower case, e.g. lock_timeout, search_path, session_replication_role
  std::vector<std::string> values;
  bool local = false;
  bool reset = false;  // RESET or TO DEFAULT
  bool reset_all = false;
};

struct Lock {
  std::vector<QualifiedName> relations;
  std::string mode = "AccessExclusiveLock";  // PostgreSQL's lock mode names
  bool nowait = false;
};

struct Copy {
  QualifiedName relation;
  std::vector<std::string> columns;
  bool from = false;
  bool from_stdin = false;
  bool program = false;
};

struct Reindex {
  std::string target;  // index, table, schema, system, database
  QualifiedName relation;
  bool concurrently = false;
};

struct Cluster {
  QualifiedName relation;  // empty: all
  std::string index;
};

struct Vacuum {
  std::vector<QualifiedName> relations;
  bool full = false;
  bool analyze = false;
  bool analyze_only = false;
};

struct CreateStatistics {
  QualifiedName name;
  QualifiedName relation;
};

struct PublicationStatement {  // CREATE, ALTER
  std::string name;
  bool create = true;
  bool all_tables = false;
  std::vector<QualifiedName> tables;
  std::string action;  // add, drop, set, options
};

struct AlterExtension {
  std::string name;
  std::string action;  // update, add, drop
};

struct RoleStatement {  // CREATE, ALTER ROLE
  std::string name;
  bool create = true;
};

struct Other {
  std::string node;  // PostgreSQL's node name, e.g. "CreateForeignServerStmt"
};

using Node = std::variant<Other, Query, CreateTable, CreateTableAs, AlterTable, Rename, SetSchema, OwnerChange, Drop,
                          Truncate, CreateIndex, Reindex, Cluster, Vacuum, Refresh, CreateView, CreateFunction,
                          AlterFunction, DoBlock, Call, CreateTrigger, CreateRule, PolicyStatement, CreateEnum,
                          AlterEnum, CreateType, CreateDomain, AlterDomain, CreateSequence, AlterSequence, CreateSchema,
                          CreateExtension, AlterExtension, Grant, Comment, TransactionStatement, SetVariable, Lock,
                          Copy, CreateStatistics, PublicationStatement, RoleStatement>;

// A short stable name for the statement, as in PostgreSQL's node names without "Stmt": "AlterTable", "CreateIndex"
// ("Index" in PostgreSQL), "Update", "Select" ...
std::string kind_name(const Node& node);

}  // namespace bgdb::parse
