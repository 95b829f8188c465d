// Statements that read or write rows, and those about everything that is not a table. Plain values; see parse/ast.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parse/ast_table.h"

namespace bgdb::parse {

// SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES, and what they touch.
enum class QueryKind { select, insert, update, delete_, merge };

struct FunctionCall {
  QualifiedName name;
  std::vector<std::optional<std::string>> arguments;  // their texts where they are literals
};

struct Query {
  QueryKind kind = QueryKind::select;
  QualifiedName target;                     // insert, update, delete, merge
  std::vector<std::string> target_columns;  // insert: column list (empty = all); update: assigned columns
  std::vector<QualifiedName> reads;         // relations read, CTE names left out
  std::vector<QualifiedName> writes;        // all relations written, also in CTEs
  std::vector<QualifiedName> changes;       // those of them whose rows are updated or deleted
  std::vector<QualifiedName> functions;     // called anywhere (setval, pg_sleep, application functions ...)
  std::vector<std::string> string_constants;
  std::vector<TypeName> casts;
  std::vector<FunctionCall> calls;  // `functions` with their arguments, CURRENT_USER and alike left out
  std::optional<Expr> where;        // of the outermost update or delete
  bool where_always_true = false;   // WHERE true, 1=1
  bool has_limit = false;
  bool has_on_conflict = false;
  std::vector<std::string> conflict_columns;
  std::vector<std::string>
      conflict_updates;                // columns assigned by ON CONFLICT DO UPDATE, and by MERGE where it matches
  std::optional<Expr> conflict_where;  // its WHERE
  bool locks_rows = false;             // FOR UPDATE / SHARE
};

struct Truncate {
  std::vector<QualifiedName> relations;
  std::vector<QualifiedName> only;  // those of them written with ONLY
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
  std::shared_ptr<const QueryShape> shape;
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
  bool aggregate = false;
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
  bool strict = false;   // RETURNS NULL ON NULL INPUT
  bool invoker = false;  // SECURITY INVOKER
};

struct DoBlock {
  std::string language = "plpgsql";
  std::string body;
  int body_offset = -1;
};

struct Call {
  QualifiedName procedure;
  std::vector<FunctionCall> calls{};  // the procedure, and what its arguments call
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
  QualifiedName referenced;                 // constraint trigger FROM
  std::vector<std::string> update_columns;  // UPDATE OF
  std::string when_sql;                     // WHEN (...); empty: always
};

struct CreateRule {
  std::string name;
  QualifiedName relation;
  bool instead = false;
  bool or_replace = false;
  std::string event;                         // select, insert, update, delete
  std::vector<QualifiedName> reads, writes;  // by its actions; not OLD and NEW
};

struct PolicyStatement {  // CREATE POLICY, ALTER POLICY
  std::string name;
  QualifiedName relation;
  bool create = true;
  bool permissive = true;
  std::string command;             // all, select, insert, update, delete
  std::vector<std::string> roles;  // "public" when none is given
  std::optional<Expr> using_expr;
  std::optional<Expr> check_expr;
  std::shared_ptr<const QueryShape> shape;  // both conditions over the relation's columns
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
  std::string form;  // composite | range | base | shell
  std::vector<ColumnDef> attributes;
  std::optional<TypeName> subtype;  // range
  QualifiedName multirange;         // range: its multirange type, when it is named
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
  std::string type_name;                  // AS
  QualifiedName owned_by_table;
  std::string owned_by_column;
};

struct SchemaElements;  // ast.h

struct CreateSchema {
  std::string name;
  bool if_not_exists = false;
  std::shared_ptr<const SchemaElements> elements{};  // statements that make objects in it; null: none
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
  std::vector<QualifiedName> only;           // those of them written with ONLY
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
  QualifiedName name;  // empty: PostgreSQL chooses
  QualifiedName relation;
  bool if_not_exists = false;
  std::vector<std::string> columns;
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

struct RoleStatement {  // CREATE, ALTER ROLE; ALTER ROLE and ALTER DATABASE ... SET
  std::string name{};   // empty: all roles
  bool create = true;
  std::string database{};
  std::string setting{};              // SET, RESET: for sessions that begin later; "all" for RESET ALL
  std::vector<std::string> values{};  // none: RESET, TO DEFAULT
  // What the role may do, as PostgreSQL's tree says it: "canlogin=false", "password", "superuser=true".
  std::vector<std::string> options{};
};

}  // namespace bgdb::parse
