// Columns and constraints, for CREATE TABLE, ALTER TABLE, CREATE TYPE and domains.
#include <string>

#include "core/ident.h"
#include "parse/scan.h"
//
#include "parse/pg_nodes.h"

namespace bgdb::parse {
namespace {

ConstraintKind kind_of(ConstrType type) {
  switch (type) {
    case CONSTR_NOTNULL:
      return ConstraintKind::not_null;
    case CONSTR_PRIMARY:
      return ConstraintKind::primary_key;
    case CONSTR_UNIQUE:
      return ConstraintKind::unique;
    case CONSTR_EXCLUSION:
      return ConstraintKind::exclude;
    case CONSTR_FOREIGN:
      return ConstraintKind::foreign_key;
    default:
      return ConstraintKind::check;
  }
}

std::string list_names(const PgList* list) {
  return core::quote_ident_list(string_list(list));
}

std::string operator_sql(const PgList* names) {
  const QualifiedName name = name_of(names);
  return name.schema.empty() ? name.name : "OPERATOR(" + core::quote_ident(name.schema) + '.' + name.name + ')';
}

std::string exclude_sql(const ::Constraint* constraint) {
  std::string sql;
  if (constraint->access_method != nullptr) sql = "USING " + core::quote_ident(constraint->access_method) + ' ';
  sql += '(';
  bool first = true;
  for (const PgNode* pair : Nodes(constraint->exclusions)) {  // (index element, operator names)
    const Nodes parts(reinterpret_cast<const PgList*>(pair));
    if (!first) sql += ", ";
    first = false;
    sql += print_index_element(reinterpret_cast<const IndexElem*>(parts[0])) + " WITH " +
           operator_sql(reinterpret_cast<const PgList*>(parts[1]));
  }
  sql += ')';
  if (Nodes(constraint->including).size() > 0) sql += " INCLUDE (" + list_names(constraint->including) + ')';
  if (constraint->where_clause != nullptr) sql += " WHERE (" + convert_expr(constraint->where_clause).sql + ')';
  return sql;
}

std::vector<std::string> exclude_columns(const ::Constraint* constraint) {
  std::vector<std::string> columns;
  for (const PgNode* pair : Nodes(constraint->exclusions)) {
    const auto* element = reinterpret_cast<const IndexElem*>(Nodes(reinterpret_cast<const PgList*>(pair))[0]);
    if (element->name != nullptr) columns.emplace_back(element->name);
  }
  return columns;
}

// The expression in the parentheses behind the constraint's keyword.
std::optional<Expr> expression_behind(const Context& context, const ::Constraint* node, std::string_view keyword) {
  if (node->raw_expr == nullptr) return std::nullopt;
  if (node->location < 0) return convert_expr(node->raw_expr);
  const std::string_view text = context.source.substr(0, context.end);
  Token token = next_solid(text, static_cast<size_t>(node->location));
  while (token.kind != TokenKind::end && !is_word(text, token, keyword)) token = next_solid(text, token.end);
  token = next_solid(text, token.end);
  if (token.kind == TokenKind::end || text[token.begin] != '(') return convert_expr(node->raw_expr);
  const size_t close = behind_matching(text, token.begin) - 1;
  return convert_expr(node->raw_expr, solid_text(text.substr(0, close), token.end));
}

// DEFERRABLE and alike stand behind a column constraint as nodes of their own; true when `node` was one.
bool apply_attribute(const ::Constraint* node, std::vector<Constraint>& constraints) {
  if (node->contype < CONSTR_ATTR_DEFERRABLE) return false;
  if (constraints.empty()) return true;
  Constraint& owner = constraints.back();
  if (node->contype == CONSTR_ATTR_DEFERRABLE) owner.deferrable = true;
  if (node->contype == CONSTR_ATTR_DEFERRED) owner.deferrable = owner.initially_deferred = true;
  return true;
}

void apply_column_constraint(const Context& context, const ::Constraint* node, ColumnDef& column) {
  if (apply_attribute(node, column.constraints)) return;
  switch (node->contype) {
    case CONSTR_NULL:
      column.null_written = true;
      break;
    case CONSTR_NOTNULL:
      column.not_null = true;
      break;
    case CONSTR_DEFAULT:
      column.default_value = convert_optional(node->raw_expr);
      break;
    case CONSTR_IDENTITY:
      column.identity = node->generated_when;
      break;
    case CONSTR_GENERATED:
      column.generated = expression_behind(context, node, "as");
      break;
    default: {
      Constraint constraint = convert_constraint(context, node);
      constraint.columns = {column.name};
      column.constraints.push_back(std::move(constraint));
    }
  }
}

}  // namespace

Constraint convert_constraint(const Context& context, const ::Constraint* node) {
  Constraint out;
  out.kind = kind_of(node->contype);
  out.name = text_of(node->conname);
  out.columns = string_list(out.kind == ConstraintKind::foreign_key ? node->fk_attrs : node->keys);
  out.include = string_list(node->including);
  if (out.kind == ConstraintKind::check) out.check = expression_behind(context, node, "check");
  if (out.kind == ConstraintKind::foreign_key) {
    out.referenced = name_of(node->pktable);
    out.referenced_columns = string_list(node->pk_attrs);
    if (node->fk_del_action != 0) out.on_delete = node->fk_del_action;
    if (node->fk_upd_action != 0) out.on_update = node->fk_upd_action;
    out.delete_columns = string_list(node->fk_del_set_cols);
  }
  if (out.kind == ConstraintKind::exclude) {
    out.columns = exclude_columns(node);
    out.exclude_sql = exclude_sql(node);
  }
  out.not_valid = node->skip_validation;
  out.deferrable = node->deferrable;
  out.initially_deferred = node->initdeferred;
  out.nulls_not_distinct = node->nulls_not_distinct;
  out.no_inherit = node->is_no_inherit;
  out.using_index = text_of(node->indexname);
  return out;
}

void append_constraints(const Context& context, const PgList* nodes, std::vector<Constraint>& out) {
  for (const PgNode* node : Nodes(nodes)) {
    const auto* constraint = BGDB_AS(Constraint, node);
    if (constraint != nullptr && !apply_attribute(constraint, out))
      out.push_back(convert_constraint(context, constraint));
  }
}

ColumnDef convert_column(const Context& context, const ::ColumnDef* node) {
  ColumnDef column;
  column.name = text_of(node->colname);
  column.type = convert_type(node->typeName);
  if (node->collClause != nullptr) column.collation = name_of(node->collClause->collname).display();
  if (node->raw_default != nullptr) column.default_value = convert_expr(node->raw_default);
  for (const PgNode* constraint : Nodes(node->constraints)) {
    apply_column_constraint(context, reinterpret_cast<const ::Constraint*>(constraint), column);
  }
  return column;
}

}  // namespace bgdb::parse
