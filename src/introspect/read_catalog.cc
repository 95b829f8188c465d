// The relations of a live catalog: one query per kind of thing, never one per table.
#include "core/sql_file.h"
#include "introspect/reader.h"

namespace bgdb::introspect {

using schema::ConstraintKind;
using schema::RelationKind;

namespace {

RelationKind relation_kind(char kind) {
  switch (kind) {
    case 'p':
      return RelationKind::partitioned_table;
    case 'v':
      return RelationKind::view;
    case 'm':
      return RelationKind::materialized_view;
    case 'f':
      return RelationKind::foreign_table;
    default:
      return RelationKind::table;
  }
}

ConstraintKind constraint_kind(char kind) {
  switch (kind) {
    case 'p':
      return ConstraintKind::primary_key;
    case 'u':
      return ConstraintKind::unique;
    case 'f':
      return ConstraintKind::foreign_key;
    case 'x':
      return ConstraintKind::exclude;
    default:
      return ConstraintKind::check;
  }
}

char letter(const pg::Rows& rows, size_t row, std::string_view column) {
  const auto& text = rows.text(row, column);
  return text.empty() ? '\0' : text[0];
}

}  // namespace

Result<schema::Catalog> Reader::read() {
  const auto snapshot = BGDB_TRY(Snapshot::open(session_));
  catalog_.complete = true;
  catalog_.server_version = session_.server_version();
  catalog_.search_path = snapshot.search_path();
  BGDB_CHECK(read_schemas());
  BGDB_CHECK(read_types());
  BGDB_CHECK(read_relations());
  BGDB_CHECK(read_columns());
  BGDB_CHECK(read_constraints());
  BGDB_CHECK(read_indexes());
  BGDB_CHECK(read_triggers());
  BGDB_CHECK(read_view_reads());
  BGDB_CHECK(read_sequences());
  BGDB_CHECK(read_functions());
  BGDB_CHECK(read_statistics());
  if (options_.code_and_rights) BGDB_CHECK(read_grants());
  catalog_.settle();
  return std::move(catalog_);
}

Result<pg::Rows> Reader::run(std::string_view file, std::optional<bool> option) {
  std::vector<pg::Value> excluded(options_.exclude_schemas.begin(), options_.exclude_schemas.end());
  std::vector<pg::Value> parameters = {pg::to_array_literal(excluded)};
  if (option) parameters.emplace_back(*option ? "true" : "false");
  return session_.query(core::sql_text(file), parameters);
}

// The same few types print over and over: each text is parsed once.
Result<schema::TypeName> Reader::type(const std::string& printed) {
  if (const auto known = types_.find(printed); known != types_.end()) return known->second;
  auto type = parse::parse_type(printed);
  if (!type) return type.error().with_context("cannot read the type \"" + printed + "\" that the server prints");
  type->sql = printed;
  return types_[printed] = *type;
}

schema::Relation* Reader::relation(const std::string& oid) {
  const auto name = by_oid_.find(oid);
  return name == by_oid_.end() ? nullptr : &catalog_.relations.at(name->second);
}

Result<void> Reader::read_schemas() {
  const auto rows = BGDB_TRY(run("introspect/read_schemas.sql"));
  catalog_.schemas.clear();
  for (size_t i = 0; i < rows.size(); ++i) {
    (rows.text(i, "kind") == "s" ? catalog_.schemas : catalog_.extensions).insert(rows.text(i, "name"));
  }
  return {};
}

Result<void> Reader::read_relations() {
  const auto rows = BGDB_TRY(run("introspect/read_relations.sql", options_.sizes));
  for (size_t i = 0; i < rows.size(); ++i) {
    const QualifiedName name{rows.text(i, "schema"), rows.text(i, "name")};
    by_oid_[rows.text(i, "oid")] = name;
    auto& relation = catalog_.relations[name];
    relation.name = name;
    relation.kind = relation_kind(letter(rows, i, "kind"));
    relation.persistence = letter(rows, i, "persistence");
    relation.row_security = rows.boolean(i, "row_security");
    if (relation.kind != RelationKind::view) relation.replica_identity = letter(rows, i, "replica_identity");
    relation.replica_identity_index = rows.text(i, "replica_identity_index");
    relation.is_default_partition = rows.boolean(i, "is_default_partition");
    relation.partition_columns = BGDB_TRY(text_list(rows, i, "partition_columns"));
    const auto schemas = BGDB_TRY(text_list(rows, i, "parent_schemas"));
    const auto names = BGDB_TRY(text_list(rows, i, "parent_names"));
    for (size_t p = 0; p < names.size(); ++p) {
      const QualifiedName parent{schemas[p], names[p]};
      if (rows.boolean(i, "is_partition")) {
        relation.partition_of = parent;
      } else {
        relation.inherits.push_back(parent);
      }
    }
    relation.view_sql = rows.text(i, "view_sql");
    relation.rows_estimate = rows.integer(i, "rows_estimate");
    relation.bytes = rows.integer(i, "bytes");
    relation.comment = rows.text(i, "comment");
  }
  return {};
}

Result<void> Reader::read_columns() {
  const auto rows = BGDB_TRY(run("introspect/read_columns.sql"));
  for (size_t i = 0; i < rows.size(); ++i) {
    schema::Column column;
    column.name = rows.text(i, "name");
    column.type = BGDB_TRY(type(rows.text(i, "type")));
    column.not_null = rows.boolean(i, "not_null");
    column.identity = letter(rows, i, "identity");
    column.collation = rows.text(i, "collation");
    const bool generated = letter(rows, i, "generated") != '\0';
    auto expression = rows.at(i, "expression");
    if (expression && expression->rfind("NULL::", 0) == 0)
      expression.reset();  // DEFAULT NULL of a domain or varchar(n)
    (generated ? column.generated_sql : column.default_sql) = std::move(expression);
    if (letter(rows, i, "kind") == 'c') {
      const QualifiedName name{rows.text(i, "schema"), rows.text(i, "relation")};
      auto& composite = catalog_.composites[name];
      composite.name = name;
      composite.attributes.push_back(std::move(column));
    } else if (auto* owner = relation(rows.text(i, "oid"))) {
      owner->columns.push_back(std::move(column));
    }
  }
  return {};
}

Result<void> Reader::read_constraints() {
  const auto rows = BGDB_TRY(run("introspect/read_constraints.sql"));
  for (size_t i = 0; i < rows.size(); ++i) {
    schema::Constraint constraint;
    constraint.name = rows.text(i, "name");
    constraint.kind = constraint_kind(letter(rows, i, "kind"));
    constraint.columns = BGDB_TRY(text_list(rows, i, "columns"));
    constraint.referenced = {rows.text(i, "referenced_schema"), rows.text(i, "referenced")};
    constraint.referenced_columns = BGDB_TRY(text_list(rows, i, "referenced_columns"));
    if (constraint.kind == ConstraintKind::foreign_key) {
      constraint.on_delete = letter(rows, i, "on_delete");
      constraint.on_update = letter(rows, i, "on_update");
      constraint.delete_columns = BGDB_TRY(text_list(rows, i, "delete_columns"));
    }
    constraint.check_sql = rows.text(i, "check_sql");
    if (!constraint.check_sql.empty()) {
      // An expression that only a newer server's grammar reads loses this one fact, nothing else.
      if (const auto parsed = parse::parse_expression(constraint.check_sql))
        constraint.not_null_columns = parsed->not_null_columns;
    }
    constraint.definition = rows.text(i, "definition");
    constraint.valid = rows.boolean(i, "valid");
    constraint.deferrable = rows.boolean(i, "deferrable");
    constraint.initially_deferred = constraint.definition.find(" INITIALLY DEFERRED") != std::string::npos;
    constraint.no_inherit = constraint.kind == ConstraintKind::check && rows.boolean(i, "no_inherit");
    if (auto* owner = relation(rows.text(i, "oid"))) {
      owner->constraints.push_back(std::move(constraint));
    } else if (auto* domain = catalog_.domains.edit({rows.text(i, "schema"), rows.text(i, "domain")})) {
      domain->checks.push_back(std::move(constraint));
    }
  }
  return {};
}

Result<void> Reader::read_indexes() {
  const auto rows = BGDB_TRY(run("introspect/read_indexes.sql"));
  for (size_t i = 0; i < rows.size(); ++i) {
    auto* owner = relation(rows.text(i, "oid"));
    if (owner == nullptr) continue;
    schema::Index index;
    index.name = rows.text(i, "name");
    index.columns = BGDB_TRY(text_list(rows, i, "columns"));
    index.columns_read = BGDB_TRY(text_list(rows, i, "columns_read"));
    index.unique = rows.boolean(i, "is_unique");
    index.primary = rows.boolean(i, "is_primary");
    index.valid = rows.boolean(i, "is_valid");
    index.partial = rows.boolean(i, "is_partial");
    index.constraint = rows.boolean(i, "is_constraint");
    index.method = rows.text(i, "method");
    index.definition = rows.text(i, "definition");
    index.attribute_names = BGDB_TRY(text_list(rows, i, "attribute_names"));
    owner->indexes.push_back(std::move(index));
  }
  return {};
}

Result<void> Reader::read_triggers() {
  const auto rows = BGDB_TRY(run("introspect/read_triggers.sql"));
  for (size_t i = 0; i < rows.size(); ++i) {
    auto* owner = relation(rows.text(i, "oid"));
    if (owner == nullptr) continue;
    if (rows.text(i, "kind") == "p") {
      owner->policies.push_back({rows.text(i, "name"),
                                 {},
                                 {},
                                 rows.text(i, "using_sql"),
                                 rows.text(i, "check_sql"),
                                 rows.text(i, "enabled") != "restrictive",
                                 rows.text(i, "when_sql"),
                                 BGDB_TRY(text_list(rows, i, "update_columns"))});
      continue;
    }
    if (rows.text(i, "kind") == "r") {
      owner->rules.push_back({rows.text(i, "name")});
      continue;
    }
    owner->triggers.push_back({rows.text(i, "name"),
                               {rows.text(i, "function_schema"), rows.text(i, "function")},
                               rows.boolean(i, "is_row"),
                               letter(rows, i, "enabled"),
                               BGDB_TRY(text_list(rows, i, "update_columns")),
                               rows.boolean(i, "from_parent"),
                               rows.boolean(i, "is_before"),
                               rows.boolean(i, "on_insert"),
                               rows.boolean(i, "on_update"),
                               rows.text(i, "when_sql"),
                               rows.boolean(i, "on_delete"),
                               rows.boolean(i, "on_truncate")});
  }
  return {};
}

Result<void> Reader::read_view_reads() {
  const auto rows = BGDB_TRY(run("introspect/read_view_reads.sql"));
  for (size_t i = 0; i < rows.size(); ++i) {
    auto* view = relation(rows.text(i, "oid"));
    if (view == nullptr) continue;
    const QualifiedName read{rows.text(i, "schema"), rows.text(i, "relation")};
    if (view->reads.empty() || view->reads.back() != read) view->reads.push_back(read);
    const auto& column = rows.text(i, "column_name");
    if (!column.empty()) view->columns_read.push_back({read, column});
  }
  return {};
}

}  // namespace bgdb::introspect
