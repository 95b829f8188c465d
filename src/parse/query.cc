// SELECT, VALUES, INSERT, UPDATE, DELETE, MERGE: what they read, write and call.
#include <algorithm>
#include <string>

#include "parse/pg_nodes.h"

namespace bgdb::parse {
namespace {

std::vector<std::string> target_names(const PgList* targets) {
  std::vector<std::string> names;
  for (const PgNode* node : Nodes(targets)) {
    if (const auto* target = BGDB_AS(ResTarget, node)) names.push_back(text_of(target->name));
  }
  return names;
}

Query with_facts(QueryKind kind, const PgNode* node) {
  Facts facts = collect_facts(node);
  Query out;
  out.kind = kind;
  out.reads = std::move(facts.reads);
  out.writes = std::move(facts.writes);
  out.changes = std::move(facts.changes);
  out.functions = std::move(facts.functions);
  out.string_constants = std::move(facts.string_constants);
  out.casts = std::move(facts.casts);
  out.calls = std::move(facts.calls);
  out.locks_rows = facts.locks_rows;
  return out;
}

void read_where(const Context& context, const PgNode* where, Query& out) {
  if (where == nullptr) return;
  out.where = convert_expr(where, where_text(context));
  out.where_always_true = is_always_true(where);
}

Query convert_insert(const InsertStmt* node) {
  Query out = with_facts(QueryKind::insert, reinterpret_cast<const PgNode*>(node));
  out.target = name_of(node->relation);
  out.target_columns = target_names(node->cols);
  if (const auto* conflict = node->onConflictClause) {
    out.has_on_conflict = true;
    if (conflict->infer != nullptr) {
      for (const PgNode* element : Nodes(conflict->infer->indexElems)) {
        const auto* column = BGDB_AS(IndexElem, element);
        if (column != nullptr && column->name != nullptr) out.conflict_columns.emplace_back(column->name);
      }
    }
    if (conflict->action == ONCONFLICT_UPDATE) {
      out.conflict_updates = target_names(conflict->targetList);
      out.conflict_where = convert_optional(conflict->whereClause);
    }
  }
  return out;
}

Query convert_update(const Context& context, const UpdateStmt* node) {
  Query out = with_facts(QueryKind::update, reinterpret_cast<const PgNode*>(node));
  out.target = name_of(node->relation);
  out.target_columns = target_names(node->targetList);
  read_where(context, node->whereClause, out);
  return out;
}

Query convert_delete(const Context& context, const DeleteStmt* node) {
  Query out = with_facts(QueryKind::delete_, reinterpret_cast<const PgNode*>(node));
  out.target = name_of(node->relation);
  read_where(context, node->whereClause, out);
  return out;
}

Query convert_merge(const MergeStmt* node) {
  Query out = with_facts(QueryKind::merge, reinterpret_cast<const PgNode*>(node));
  out.target = name_of(node->relation);
  bool changes = false;
  for (const PgNode* item : Nodes(node->mergeWhenClauses)) {
    const auto* when = BGDB_AS(MergeWhenClause, item);
    if (when == nullptr) continue;
    const bool updates = when->commandType == CMD_UPDATE;
    changes = changes || updates || when->commandType == CMD_DELETE;
    for (std::string& name : target_names(when->targetList)) {
      if (updates) out.conflict_updates.push_back(name);
      out.target_columns.push_back(std::move(name));
    }
  }
  auto& changed = out.changes;
  if (!changes) changed.erase(std::remove(changed.begin(), changed.end(), out.target), changed.end());
  return out;
}

Query convert_select(const SelectStmt* node) {
  Query out = with_facts(QueryKind::select, reinterpret_cast<const PgNode*>(node));
  out.has_limit = node->limitCount != nullptr;
  return out;
}

}  // namespace

bool convert_query(const Context& context, const PgNode* node, Node& out) {
  switch (nodeTag(node)) {
    case T_SelectStmt:
      out = convert_select(reinterpret_cast<const SelectStmt*>(node));
      return true;
    case T_InsertStmt:
      out = convert_insert(reinterpret_cast<const InsertStmt*>(node));
      return true;
    case T_UpdateStmt:
      out = convert_update(context, reinterpret_cast<const UpdateStmt*>(node));
      return true;
    case T_DeleteStmt:
      out = convert_delete(context, reinterpret_cast<const DeleteStmt*>(node));
      return true;
    case T_MergeStmt:
      out = convert_merge(reinterpret_cast<const MergeStmt*>(node));
      return true;
    default:
      return false;
  }
}

}  // namespace bgdb::parse
