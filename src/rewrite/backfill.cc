#include "rewrite/backfill.h"

#include <nlohmann/json.hpp>

#include "rewrite/sync.h"

namespace bgdb::rewrite {
namespace {

// "prefix_1, prefix_2" for n keys.
std::string numbered(std::string_view prefix, size_t count) {
  std::string list;
  for (size_t i = 1; i <= count; ++i) list += (i == 1 ? "" : ", ") + std::string(prefix) + std::to_string(i);
  return list;
}

std::string unfinished(Reach reach) {
  if (reach == Reach::once) return "RAISE NOTICE 'bgdb: % rows filled; more came meanwhile', bgdb_rows_total;";
  return "RAISE EXCEPTION 'bgdb: rows are still not filled after % passes', bgdb_passes_max\n"
         "    USING HINT = 'Long transactions hold their locks, or the new value is NULL. Run this file again.';";
}

// What `bgdb backfill` reads to drive the batches itself, instead of running the block (docs/design/rewrite.md).
std::string header(const QualifiedName& table, const std::string& assignments, const std::string& condition,
                   Reach reach, const std::string& trigger) {
  const nlohmann::json value = {{"table", table.sql()},
                                {"set", assignments},
                                {"where", condition},
                                {"reach", reach == Reach::all ? "all" : "once"},
                                {"trigger", trigger}};
  return "-- bgdb: batches " + value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string by_key(const QualifiedName& table, const std::vector<std::string>& keys, const std::string& assignments,
                   const std::string& condition, const std::string& what, Reach reach, const std::string& head) {
  std::string declare;
  std::string aliases;
  std::string join;
  std::string advance;
  std::string keys_down;
  for (size_t i = 1; i <= keys.size(); ++i) {
    const auto number = std::to_string(i);
    const auto key = quote_ident(keys[i - 1]);
    const auto type = table.sql() + "." + key + "%TYPE;";
    declare += (i == 1 ? "  bgdb_low_" : "\n  bgdb_low_") + number + " " + type + "\n  bgdb_next_" + number + " " +
               type + "\n  bgdb_last_" + number + " " + type;
    keys_down += (i == 1 ? "" : ", ") + key + " DESC";
    aliases += (i == 1 ? "" : ", ") + key + " AS bgdb_key_" + number;
    join += (i == 1 ? "" : " AND ") + table.sql() + "." + key + " = bgdb_batch.bgdb_key_" + number;
    advance += (i == 1 ? "bgdb_low_" : " bgdb_low_") + number + " := bgdb_next_" + number + ";";
  }
  return rewrite_sql("backfill_keyset.sql", {{"header", head},
                                             {"declare", declare},
                                             {"keys", core::quote_ident_list(keys)},
                                             {"keys_down", keys_down},
                                             {"passes", reach == Reach::all ? "50" : "1"},
                                             {"unfinished", unfinished(reach)},
                                             {"lasts", numbered("bgdb_last_", keys.size())},
                                             {"lows", numbered("bgdb_low_", keys.size())},
                                             {"nexts", numbered("bgdb_next_", keys.size())},
                                             {"advance", advance},
                                             {"table", table.sql()},
                                             {"key_aliases", aliases},
                                             {"join", join},
                                             {"assignments", assignments},
                                             {"condition", condition},
                                             {"what", what}});
}

}  // namespace

std::string batches_sql(const schema::Catalog& catalog, const QualifiedName& table, const std::string& assignments,
                        const std::string& condition, const std::string& what, Reach reach,
                        const std::string& trigger) {
  const auto head = header(table, assignments, condition, reach, trigger);
  const auto* relation = catalog.relation(table);
  const auto* key = relation == nullptr ? nullptr : relation->primary_key();
  if (key != nullptr && !key->columns.empty())
    return by_key(table, key->columns, assignments, condition, what, reach, head);
  return rewrite_sql("backfill_any.sql", {{"header", head},
                                          {"passes", reach == Reach::all ? "50" : "1"},
                                          {"unfinished", unfinished(reach)},
                                          {"table", table.sql()},
                                          {"assignments", assignments},
                                          {"condition", condition},
                                          {"what", what}});
}

std::string backfill_group_sql(const SyncGroup& group, const schema::Catalog& catalog) {
  std::string assignments;
  std::string names;
  for (const auto& column : group.news) {
    assignments +=
        (assignments.empty() ? "" : ", ") + quote_ident(column.name) + " = " + forward_value_sql(group, column);
    names += (names.empty() ? "" : ", ") + column.name;
  }
  return batches_sql(catalog, group.table, assignments, unfilled_condition_sql(group, catalog),
                     "Fills " + names + " of " + group.table.display() + " for the rows that were there before.",
                     Reach::all, group.trigger_name());
}

std::string backfill_fill_sql(const Fill& fill, const schema::Catalog& catalog, Reach reach) {
  const auto column = quote_ident(fill.at.column);
  return batches_sql(catalog, fill.at.table, column + " = " + fill.expr_sql, column + " IS NULL",
                     "Fills " + fill.at.column + " of " + fill.at.table.display() + " where it is NULL.", reach);
}

}  // namespace bgdb::rewrite
