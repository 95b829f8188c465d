// The pieces of statements: types, expressions, constraints, columns. Plain values; see parse/ast.h.
#pragma once

#include <optional>
#include <string>
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
  std::vector<std::string> delete_columns;  // ON DELETE SET NULL (a, b)
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

}  // namespace bgdb::parse
