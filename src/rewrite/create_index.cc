// CREATE INDEX on an existing table is built CONCURRENTLY, outside a transaction. A unique index over columns that the
// old version writes narrows, so it waits for contract.
#include <algorithm>

#include "rewrite/recipe.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

// CREATE [UNIQUE] INDEX x ON ... -> CREATE [UNIQUE] INDEX CONCURRENTLY x ON ...
std::string concurrently(const parse::CreateIndex& node, std::string sql) {
  if (node.concurrently) return sql;
  const size_t at = find_after(tokenize(sql), {"index"});
  if (at != std::string::npos) sql.insert(at, " CONCURRENTLY");
  return sql;
}

}  // namespace

bool take_create_index(Draft& draft, const Action& action) {
  const auto* node = std::get_if<parse::CreateIndex>(&action.statement->node);
  if (node == nullptr || action.command != nullptr || draft.is_new_table(node->relation)) return false;
  const auto* relation = draft.relation(node->relation);
  const auto table = draft.now().resolve(node->relation);
  const bool partitioned = relation != nullptr && relation->kind == schema::RelationKind::partitioned_table;
  const bool on_new_column =
      std::any_of(node->elements.begin(), node->elements.end(), [&](const parse::IndexElement& element) {
        return !element.column.empty() && draft.is_new_column(table, element.column) &&
               draft.group_of_new(table, element.column) == nullptr;
      });
  const bool waits = node->unique && !on_new_column;
  if (partitioned || (node->concurrently && !waits)) return false;
  std::string sql = concurrently(*node, action.sql);
  std::string drop;
  if (!node->name.empty()) {
    drop = "DROP INDEX CONCURRENTLY IF EXISTS " + QualifiedName{table.schema, node->name}.sql() + ";\n";
    sql = drop + sql;  // an attempt that died halfway leaves an invalid index of this name
  }
  if (waits) {
    draft.contract.push_back({.phase = Phase::contract, .in_transaction = false, .sql = sql + ";\n", .undo = drop});
    draft.change(action, "create-index",
                 "unique index " + node->name + " on " + table.display() + " waits for contract");
    return true;
  }
  draft.pass(action, sql, false);
  draft.expand.back().step->undo = drop;
  draft.change(action, "create-index", "index " + node->name + " on " + table.display() + " is built concurrently");
  return true;
}

}  // namespace bgdb::rewrite
