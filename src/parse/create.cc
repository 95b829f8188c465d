// CREATE TABLE, TABLE AS, INDEX, VIEW, MATERIALIZED VIEW, SEQUENCE, SCHEMA, EXTENSION, STATISTICS.
#include <string>

#include "core/ident.h"
#include "core/text.h"
#include "parse/scan.h"
//
#include "parse/pg_nodes.h"

namespace bgdb::parse {
namespace {

CreateTable::Like convert_like(const TableLikeClause* like) {
  const auto has = [&](unsigned bit) { return (like->options & bit) != 0; };
  CreateTable::Like out;
  out.relation = name_of(like->relation);
  out.including_defaults = has(CREATE_TABLE_LIKE_DEFAULTS);
  out.including_constraints = has(CREATE_TABLE_LIKE_CONSTRAINTS);
  out.including_indexes = has(CREATE_TABLE_LIKE_INDEXES);
  out.including_identity = has(CREATE_TABLE_LIKE_IDENTITY);
  out.including_generated = has(CREATE_TABLE_LIKE_GENERATED);
  out.including_comments = has(CREATE_TABLE_LIKE_COMMENTS);
  return out;
}

void read_partitioning(const PartitionSpec* spec, CreateTable& out) {
  std::string keys;
  for (const PgNode* node : Nodes(spec->partParams)) {
    const auto* element = BGDB_AS(PartitionElem, node);
    if (element == nullptr) continue;
    std::string key =
        element->name != nullptr ? core::quote_ident(element->name) : '(' + convert_expr(element->expr).sql + ')';
    if (element->name != nullptr) out.partition_columns.emplace_back(element->name);
    if (Nodes(element->collation).size() > 0) key += " COLLATE " + name_of(element->collation).sql();
    if (Nodes(element->opclass).size() > 0) key += ' ' + name_of(element->opclass).sql();
    keys += (keys.empty() ? "" : ", ") + key;
  }
  out.partition_by = core::lower(text_of(spec->strategy)) + " (" + keys + ')';
}

CreateTable convert_table(const Context& context, const CreateStmt* node, ObjectKind object) {
  CreateTable out;
  out.relation = name_of(node->relation);
  out.if_not_exists = node->if_not_exists;
  out.persistence = node->relation->relpersistence;
  out.object = object;
  for (const PgNode* element : Nodes(node->tableElts)) {
    if (const auto* column = BGDB_AS(ColumnDef, element)) out.columns.push_back(convert_column(context, column));
    if (const auto* like = BGDB_AS(TableLikeClause, element)) out.likes.push_back(convert_like(like));
    if (const auto* constraint = BGDB_AS(Constraint, element)) {
      out.constraints.push_back(convert_constraint(context, constraint));
    }
  }
  append_constraints(context, node->constraints, out.constraints);
  for (const PgNode* parent : Nodes(node->inhRelations)) out.inherits.push_back(name_of_object(parent));
  if (node->partbound != nullptr) {
    out.partition_of = true;
    out.bound_is_default = node->partbound->is_default;
    out.bound_sql = bound_sql(context, node->partbound);
  }
  if (node->partspec != nullptr) read_partitioning(node->partspec, out);
  return out;
}

CreateIndex convert_index(const Context& context, const IndexStmt* node) {
  CreateIndex out;
  out.name = text_of(node->idxname);
  out.relation = name_of(node->relation);
  out.only = !node->relation->inh;
  out.unique = node->unique;
  out.nulls_not_distinct = node->nulls_not_distinct;
  out.concurrently = node->concurrent;
  out.if_not_exists = node->if_not_exists;
  if (node->accessMethod != nullptr) out.method = node->accessMethod;
  for (const PgNode* item : Nodes(node->indexParams)) {
    const auto* element = reinterpret_cast<const IndexElem*>(item);
    IndexElement copy;
    copy.column = text_of(element->name);
    copy.expr = convert_optional(element->expr);
    copy.sql = print_index_element(element);
    out.elements.push_back(std::move(copy));
  }
  for (const PgNode* item : Nodes(node->indexIncludingParams)) {
    out.include.push_back(text_of(reinterpret_cast<const IndexElem*>(item)->name));
  }
  if (node->whereClause != nullptr) out.predicate = convert_expr(node->whereClause, where_text(context));
  return out;
}

// Drops a WITH [NO] DATA or WITH [LOCAL|CASCADED] CHECK OPTION from the end of a defining query.
std::string_view without_tail(std::string_view text, size_t from) {
  size_t with = std::string_view::npos;
  Token first, second, last;
  for (Token token = next_solid(text, from); token.kind != TokenKind::end; token = next_solid(text, token.end)) {
    if (is_word(text, token, "with")) {
      with = token.begin;
      first = second = last = Token{};
    } else if (first.kind == TokenKind::end) {
      first = last = token;
    } else {
      second = second.kind == TokenKind::end ? token : second;
      last = token;
    }
  }
  if (with == std::string_view::npos) return text;
  const bool data = is_word(text, last, "data") && (last.begin == first.begin || is_word(text, first, "no")) &&
                    (second.kind == TokenKind::end || second.begin == last.begin);
  const bool check = is_word(text, last, "option");
  if (!data && !check) return text;
  text = text.substr(0, with);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The defining query as written: behind the first AS outside parentheses.
std::string defining_query(const Context& context, const PgNode* query) {
  const std::string_view text = context.source.substr(0, context.end);
  int depth = 0;
  for (Token token = next_solid(text, context.begin); token.kind != TokenKind::end;
       token = next_solid(text, token.end)) {
    if (token.kind == TokenKind::symbol && text[token.begin] == '(') ++depth;
    if (token.kind == TokenKind::symbol && text[token.begin] == ')') --depth;
    if (depth == 0 && is_word(text, token, "as")) {
      const size_t begin = next_solid(text, token.end).begin;
      return std::string(without_tail(text, begin).substr(begin));
    }
  }
  return print_query(query);
}

CreateTableAs convert_table_as(const Context& context, const PgNode* query, const IntoClause* into, bool select_into) {
  CreateTableAs out;
  out.relation = name_of(into->rel);
  out.persistence = into->rel->relpersistence;
  out.columns = string_list(into->colNames);
  out.with_data = !into->skipData;
  if (query == nullptr) return out;
  if (nodeTag(query) == T_SelectStmt) {
    out.reads = collect_facts(query).reads;
    out.shape = shape_of(query);
  }
  if (select_into) {
    SelectStmt plain = *reinterpret_cast<const SelectStmt*>(query);
    plain.intoClause = nullptr;
    out.query_sql = print_query(reinterpret_cast<const PgNode*>(&plain));
  } else {
    out.query_sql = defining_query(context, query);
  }
  return out;
}

const SelectStmt* leftmost_leaf(const PgNode* query) {
  const auto* select = BGDB_AS(SelectStmt, query);
  while (select != nullptr && select->op != SETOP_NONE) select = select->larg;
  return select;
}

bool is_simple_projection(const SelectStmt* select) {
  if (select == nullptr || select->op != SETOP_NONE || Nodes(select->fromClause).size() != 1) return false;
  if (BGDB_AS(RangeVar, Nodes(select->fromClause)[0]) == nullptr) return false;
  if (select->distinctClause != nullptr || select->groupClause != nullptr || select->havingClause != nullptr ||
      select->limitCount != nullptr || select->limitOffset != nullptr || select->withClause != nullptr ||
      select->windowClause != nullptr) {
    return false;
  }
  for (const PgNode* item : Nodes(select->targetList)) {
    const auto* target = BGDB_AS(ResTarget, item);
    if (target == nullptr || BGDB_AS(ColumnRef, target->val) == nullptr) return false;
  }
  return true;
}

CreateView convert_view(const Context& context, const ViewStmt* node) {
  CreateView out;
  out.relation = name_of(node->view);
  out.or_replace = node->replace;
  out.temporary = node->view->relpersistence == 't';
  out.columns = string_list(node->aliases);
  Facts facts = collect_facts(node->query);
  out.reads = std::move(facts.reads);
  out.columns_read = std::move(facts.columns);
  out.shape = shape_of(node->query);
  const auto* select = BGDB_AS(SelectStmt, node->query);
  // RECURSIVE VIEW is rewritten by the grammar into WITH RECURSIVE name AS (...) SELECT columns FROM name.
  out.recursive = select != nullptr && select->withClause != nullptr && select->withClause->location < 0;
  if (const SelectStmt* leaf = leftmost_leaf(node->query)) {
    if (Nodes(leaf->valuesLists).size() > 0) {
      const int width = Nodes(reinterpret_cast<const PgList*>(Nodes(leaf->valuesLists)[0])).size();
      for (int i = 1; i <= width; ++i) out.output_columns.push_back("column" + std::to_string(i));
    }
    for (const PgNode* item : Nodes(leaf->targetList)) out.output_columns.push_back(output_name(item));
  }
  for (size_t i = 0; i < out.columns.size() && i < out.output_columns.size(); ++i) {
    if (out.output_columns[i] == "*") break;  // a star yields an unknown number of columns: the rest cannot be matched
    out.output_columns[i] = out.columns[i];
  }
  out.simple_projection = is_simple_projection(select);
  out.query_sql = out.recursive ? print_query(node->query) : defining_query(context, node->query);
  return out;
}

void read_owned_by(const PgList* options, QualifiedName& table, std::string& column) {
  for (const PgNode* item : Nodes(options)) {
    const auto* option = BGDB_AS(DefElem, item);
    if (option == nullptr || text_of(option->defname) != "owned_by") continue;
    const std::vector<std::string> parts = string_list(reinterpret_cast<const PgList*>(option->arg));
    if (parts.size() < 2) continue;  // NONE
    column = parts.back();
    table.name = parts[parts.size() - 2];
    if (parts.size() > 2) table.schema = parts[parts.size() - 3];
  }
}

CreateSequence convert_sequence(const CreateSeqStmt* node) {
  CreateSequence out;
  out.name = name_of(node->sequence);
  out.if_not_exists = node->if_not_exists;
  out.temporary = node->sequence->relpersistence == 't';
  read_owned_by(node->options, out.owned_by_table, out.owned_by_column);
  for (const PgNode* item : Nodes(node->options)) {
    const auto* option = BGDB_AS(DefElem, item);
    if (option == nullptr || text_of(option->defname) != "as") continue;
    if (const auto* type = BGDB_AS(TypeName, option->arg)) out.type_name = convert_type(type).name;
  }
  return out;
}

AlterSequence convert_alter_sequence(const AlterSeqStmt* node) {
  AlterSequence out;
  out.name = name_of(node->sequence);
  out.if_exists = node->missing_ok;
  read_owned_by(node->options, out.owned_by_table, out.owned_by_column);
  for (const PgNode* item : Nodes(node->options)) {
    const auto* option = BGDB_AS(DefElem, item);
    if (option == nullptr) continue;
    out.option_names.push_back(text_of(option->defname));
    if (const auto* type = BGDB_AS(TypeName, option->arg); type != nullptr && out.option_names.back() == "as")
      out.type_name = convert_type(type).name;
  }
  return out;
}

CreateExtension convert_extension(const CreateExtensionStmt* node) {
  CreateExtension out;
  out.name = text_of(node->extname);
  out.if_not_exists = node->if_not_exists;
  for (const PgNode* item : Nodes(node->options)) {
    const auto* option = BGDB_AS(DefElem, item);
    if (option != nullptr && text_of(option->defname) == "schema") out.schema = string_value(option->arg);
  }
  return out;
}

CreateStatistics convert_statistics(const CreateStatsStmt* node) {
  CreateStatistics out;
  out.name = name_of(node->defnames);
  out.if_not_exists = node->if_not_exists;
  if (Nodes(node->relations).size() > 0) out.relation = name_of_object(Nodes(node->relations)[0]);
  for (const PgNode* item : Nodes(node->exprs)) {
    const auto* element = BGDB_AS(StatsElem, item);
    if (element == nullptr) continue;
    if (element->name != nullptr) out.columns.push_back(element->name);
    for (const auto& read : collect_facts(element->expr).columns) out.columns.push_back(read.name);
  }
  return out;
}

}  // namespace

std::string bound_sql(const Context& context, const PartitionBoundSpec* bound) {
  if (bound->is_default) return "DEFAULT";
  const std::string_view text = context.source.substr(0, context.end);
  // The location is that of IN, FROM or WITH; the rest are brackets.
  const size_t begin = static_cast<size_t>(bound->location);
  Token token = next_solid(text, begin);
  size_t end = behind_matching(text, next_solid(text, token.end).begin);
  token = next_solid(text, end);
  if (is_word(text, token, "to")) end = behind_matching(text, next_solid(text, token.end).begin);
  return "FOR VALUES " + std::string(text.substr(begin, end - begin));
}

bool convert_create(const Context& context, const PgNode* node, Node& out) {
  switch (nodeTag(node)) {
    case T_CreateStmt:
      out = convert_table(context, reinterpret_cast<const CreateStmt*>(node), ObjectKind::table);
      return true;
    case T_CreateForeignTableStmt:
      out = convert_table(context, &reinterpret_cast<const CreateForeignTableStmt*>(node)->base,
                          ObjectKind::foreign_table);
      return true;
    case T_IndexStmt:
      out = convert_index(context, reinterpret_cast<const IndexStmt*>(node));
      return true;
    case T_CreateTableAsStmt: {
      const auto* create = reinterpret_cast<const CreateTableAsStmt*>(node);
      CreateTableAs as = convert_table_as(context, create->query, create->into, false);
      as.materialized_view = create->objtype == OBJECT_MATVIEW;
      as.if_not_exists = create->if_not_exists;
      out = std::move(as);
      return true;
    }
    case T_SelectStmt: {
      const SelectStmt* leaf = leftmost_leaf(node);
      if (leaf == nullptr || leaf->intoClause == nullptr) return false;
      out = convert_table_as(context, node, leaf->intoClause, true);
      return true;
    }
    case T_ViewStmt:
      out = convert_view(context, reinterpret_cast<const ViewStmt*>(node));
      return true;
    case T_CreateSeqStmt:
      out = convert_sequence(reinterpret_cast<const CreateSeqStmt*>(node));
      return true;
    case T_AlterSeqStmt:
      out = convert_alter_sequence(reinterpret_cast<const AlterSeqStmt*>(node));
      return true;
    case T_CreateExtensionStmt:
      out = convert_extension(reinterpret_cast<const CreateExtensionStmt*>(node));
      return true;
    case T_CreateStatsStmt:
      out = convert_statistics(reinterpret_cast<const CreateStatsStmt*>(node));
      return true;
    case T_CreateSchemaStmt: {
      const auto* schema = reinterpret_cast<const CreateSchemaStmt*>(node);
      std::string name = text_of(schema->schemaname);
      if (name.empty()) name = role_name(schema->authrole);  // CREATE SCHEMA AUTHORIZATION role
      CreateSchema made{std::move(name), schema->if_not_exists};
      if (Nodes(schema->schemaElts).size() > 0) {
        auto elements = std::make_shared<SchemaElements>();
        for (const PgNode* element : Nodes(schema->schemaElts))
          elements->nodes.push_back(convert_statement(context, element));
        made.elements = std::move(elements);
      }
      out = std::move(made);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace bgdb::parse
