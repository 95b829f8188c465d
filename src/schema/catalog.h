// A schema as values: what a replay of migrations, or a live catalog, says exists. Pure; copyable (a release boundary
// is a copy, and costs nothing: copies share what neither changes, see core/persistent_map.h). Objects the model does
// not know are unknown, never errors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ident.h"
#include "core/persistent_map.h"
#include "core/shared_list.h"
#include "parse/ast.h"
#include "schema/mentions.h"

namespace bgdb::schema {

using parse::ConstraintKind;
using parse::TypeName;

struct Column {
  std::string name;
  TypeName type;
  bool not_null = false;
  std::optional<std::string> default_sql;
  char identity = 0;  // 'a', 'd'
  std::optional<std::string> generated_sql;
  std::string collation;
  // Inheritance: where the definition comes from. A column that is only inherited goes when the last parent's goes.
  bool local = true;
  int parents = 0;
};

struct Constraint {
  std::string name;
  ConstraintKind kind = ConstraintKind::check;
  std::vector<std::string> columns;
  QualifiedName referenced;
  std::vector<std::string> referenced_columns;
  std::string referenced_index;  // the key that it was made on; empty: not known, the first that fits
  char on_delete = 'a';
  char on_update = 'a';
  std::vector<std::string> delete_columns;  // ON DELETE SET NULL (a, b); empty: all of them
  std::string check_sql;
  std::vector<std::string> not_null_columns;  // a check that implies these are not null
  std::string definition;                     // as pg_get_constraintdef, when it came from a live catalog
  bool valid = true;
  bool deferrable = false;
  bool initially_deferred = false;
  bool no_inherit = false;  // check: children do not get it
  bool local = true;        // as for columns
  int parents = 0;
};

struct Index {
  std::string name;
  std::vector<std::string> columns;       // "" for an expression
  std::vector<std::string> columns_read;  // every column that elements, predicate and expressions mention
  bool unique = false;
  bool primary = false;
  bool valid = true;
  bool partial = false;
  bool constraint = false;  // backs a constraint
  std::string method = "btree";
  std::string definition;  // CREATE INDEX ...
  // The index's own attributes, INCLUDE behind: called as the columns were when it was made; copies get their names
  // from them.
  std::vector<std::string> attribute_names;
  std::string parent;  // on a partition: the index of the partitioned table that it is a part of
};

struct Trigger {
  std::string name;
  QualifiedName function;
  bool row = false;
  char enabled = 'O';                       // pg_trigger.tgenabled
  std::vector<std::string> update_columns;  // UPDATE OF
  bool from_parent = false;                 // a partition's copy
  bool before = false;                      // it can change the row that is written
  bool on_insert = false;
  bool on_update = false;
  std::string when_sql{};  // empty: always
  bool on_delete = false;
  bool on_truncate = false;
};

struct ColumnRead {
  QualifiedName relation;
  std::string name;  // "*": all of them
  auto operator<=>(const ColumnRead&) const = default;
};

struct Policy {
  std::string name;
  std::vector<QualifiedName> reads{};      // relations that its conditions read, its own table left out
  std::vector<ColumnRead> columns_read{};  // also of its own table
  std::string using_sql{};
  std::string check_sql{};
  bool permissive = true;       // false: it takes rows away
  std::string command = "all";  // all, select, insert, update, delete
  std::vector<std::string> roles{"public"};
};

struct Rule {
  std::string name;
  std::vector<QualifiedName> reads{};  // relations that its actions touch
};

enum class RelationKind { table, partitioned_table, view, materialized_view, foreign_table };

struct Relation {
  QualifiedName name;
  RelationKind kind = RelationKind::table;
  char persistence = 'p';
  core::SharedList<Column> columns;
  bool columns_known = true;  // false for CREATE TABLE AS of something unknown, stars over unknown relations
  core::SharedList<Constraint> constraints;
  core::SharedList<Index> indexes;
  core::SharedList<Trigger> triggers;
  core::SharedList<Policy> policies;
  core::SharedList<Rule> rules;  // a view's own SELECT rule left out
  bool row_security = false;
  char replica_identity = 'd';  // d default, n nothing, f full, i index
  std::string replica_identity_index;
  std::optional<QualifiedName> partition_of;
  bool is_default_partition = false;
  std::vector<QualifiedName> inherits;
  std::vector<std::string> partition_columns;
  std::string view_sql;
  std::vector<QualifiedName> reads;      // views: relations it depends on
  std::vector<ColumnRead> columns_read;  // views: columns of them that it depends on
  int64_t rows_estimate = -1;            // -1 unknown
  int64_t bytes = -1;                    // heap + toast; -1 unknown
  std::string comment;

  const Column* column(std::string_view column_name) const;
  Column* column(std::string_view column_name);
  const Constraint* constraint(std::string_view constraint_name) const;
  const Constraint* primary_key() const;
  bool is_view() const { return kind == RelationKind::view || kind == RelationKind::materialized_view; }
  bool has_policy(std::string_view policy_name) const;
  // Columns that identify a row for replication: primary key, or the REPLICA IDENTITY index; empty = none.
  std::vector<std::string> identity_columns() const;
};

struct EnumType {
  QualifiedName name;
  std::vector<std::string> labels;
};

struct Domain {
  QualifiedName name;
  TypeName base;
  bool not_null = false;
  std::optional<std::string> default_sql;
  std::vector<Constraint> checks;
};

struct CompositeType {
  QualifiedName name;
  std::vector<Column> attributes;
};

// A type whose inside the model does not hold: ranges, their multiranges, base types, shells.
struct OtherType {
  QualifiedName name;
  std::string form;              // range, multirange, base
  std::optional<TypeName> over;  // range: its subtype, multirange: its range
};

struct Statistics {
  QualifiedName name;
  QualifiedName relation;
  std::vector<std::string> columns;
};

struct Sequence {
  QualifiedName name;
  QualifiedName owned_by_table;
  std::string owned_by_column;
  std::string type_name = "int8";
  bool identity = false;
};

struct Function {
  QualifiedName name;
  std::vector<TypeName> arguments;  // input arguments
  std::optional<TypeName> returns;
  bool procedure = false;
  bool aggregate = false;
  bool variadic = false;
  char volatility = 'v';
  int defaults = 0;                         // trailing arguments that a call may leave out
  std::vector<Column> outputs;              // OUT, INOUT and TABLE arguments
  std::vector<std::string> argument_names;  // of `arguments`, where they have one
  std::string language;
  std::shared_ptr<const std::string> body;  // null: not known
  // Known from CREATE FUNCTION only; empty when it was not seen.
  std::vector<parse::FunctionArgument> parameters;
};

// What a role may do with an object, as far as GRANT statements were seen.
struct GrantKey {
  parse::ObjectKind kind = parse::ObjectKind::table;  // as granted_kind() says
  QualifiedName object;
  std::string role;  // "public"
  auto operator<=>(const GrantKey&) const = default;
};

// Sorted; ALL spelled out. `kind` as in GrantKey.
std::vector<std::string> all_privileges(parse::ObjectKind kind);
// Tables, views and sequences are one kind, and so are functions, procedures and routines.
parse::ObjectKind granted_kind(parse::ObjectKind kind);

class Catalog {
 public:
  Relations relations;
  core::PersistentMap<QualifiedName, EnumType> enums;
  core::PersistentMap<QualifiedName, Domain> domains;
  core::PersistentMap<QualifiedName, CompositeType> composites;
  core::PersistentMap<QualifiedName, OtherType> other_types;
  core::PersistentMap<QualifiedName, Statistics> statistics;
  core::PersistentMap<QualifiedName, Sequence> sequences;
  core::PersistentMap<QualifiedName, std::vector<Function>> functions;  // all that share a name
  core::PersistentMap<GrantKey, std::vector<std::string>> grants;       // sorted privileges
  core::PersistentSet<std::string> schemas = {"public"};
  core::PersistentSet<std::string> extensions;
  // Of a replay: schemas in which statements named relations that no earlier one made, so that more may be missing.
  core::PersistentSet<std::string> gaps;
  bool unread = false;  // of a replay: some SQL could not be read, so what is known may be gone
  std::vector<std::string> search_path = {"public"};
  // True when it came from a live server: what is not in it does not exist. False for a replay: it may exist unseen.
  bool complete = false;
  bool grants_complete = false;  // who is not in `grants` was given nothing (a live server's)
  int server_version = 0;        // 150018, 0 unknown

  // Names as written are resolved through search_path; keys in the maps always carry a schema.
  QualifiedName resolve(const QualifiedName& written) const;  // the existing one, else first of search_path
  const Relation* relation(const QualifiedName& written) const;
  Relation* relation(const QualifiedName& written);
  const EnumType* enum_type(const TypeName& type) const;
  const Domain* domain(const TypeName& type) const;
  // The relation that owns an index of this name, and the index.
  struct IndexRef {
    const Relation* relation = nullptr;
    const Index* index = nullptr;
    explicit operator bool() const { return index != nullptr; }
  };
  IndexRef index(const QualifiedName& written) const;
  // Relations with a foreign key to `referenced`.
  std::vector<const Relation*> referencing(const QualifiedName& referenced) const;
  std::vector<const Relation*> partitions(const QualifiedName& parent) const;
  const Relation* default_partition(const QualifiedName& parent) const;
  std::vector<const Relation*> views_on(const QualifiedName& relation, std::string_view column = {}) const;
  // Names of the relations that mention it, in order; `what` is resolved already.
  std::vector<QualifiedName> mentioning(MentionKind kind, const QualifiedName& what) const {
    return mentions_.of(relations, kind, what);
  }
  // Names of the relations that refer to a relation in any way, in order, its own among them when it is known.
  std::vector<QualifiedName> relatives(const QualifiedName& relation) const;
  // Call when changes of relations are done, at the latest before the next statement: look-ups above get quick again.
  void settle() { mentions_.renew(relations); }

 private:
  Mentions mentions_;
};

}  // namespace bgdb::schema
