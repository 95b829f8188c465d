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
  if (reach == Reach::once) return "RAISE NOTICE 'bgdb: % rows done; more came meanwhile', bgdb_rows_total;";
  return "RAISE EXCEPTION 'bgdb: rows are still left after % passes', bgdb_passes_max\n"
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

// What one batch does: the statement up to its list of rows, the lock on these rows, the word for people.
struct Change {
  std::string by_key_sql;
  std::string by_place_sql;
  std::string row_lock;
  std::string done;
};

std::string by_key(const QualifiedName& table, const std::vector<std::string>& keys, const Change& change,
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
                                             {"change", change.by_key_sql},
                                             {"row_lock", change.row_lock},
                                             {"done", change.done},
                                             {"condition", condition},
                                             {"what", what}});
}

std::string in_batches(const schema::Catalog& catalog, const QualifiedName& table, const Change& change,
                       const std::string& condition, const std::string& what, Reach reach, const std::string& head) {
  const auto* relation = catalog.relation(table);
  const auto* key = relation == nullptr ? nullptr : relation->primary_key();
  if (key != nullptr && !key->columns.empty()) return by_key(table, key->columns, change, condition, what, reach, head);
  return rewrite_sql("backfill_any.sql", {{"header", head},
                                          {"passes", reach == Reach::all ? "50" : "1"},
                                          {"unfinished", unfinished(reach)},
                                          {"table", table.sql()},
                                          {"change", change.by_place_sql},
                                          {"row_lock", change.row_lock},
                                          {"done", change.done},
                                          {"condition", condition},
                                          {"what", what}});
}

}  // namespace

std::string batches_sql(const schema::Catalog& catalog, const QualifiedName& table, const std::string& assignments,
                        const std::string& condition, const std::string& what, Reach reach,
                        const std::string& trigger) {
  const auto update = "UPDATE " + table.sql() + " SET " + assignments;
  return in_batches(catalog, table, {update + " FROM", update, "NO KEY UPDATE", "filled"}, condition, what, reach,
                    header(table, assignments, condition, reach, trigger));
}

std::string joined_batches_sql(const schema::Catalog& catalog, const QualifiedName& table, const JoinedUpdate& update,
                               const std::string& condition, const std::string& what) {
  const auto* relation = catalog.relation(table);
  const auto* key = relation == nullptr ? nullptr : relation->primary_key();
  if (key == nullptr || key->columns.empty()) return "-- " + what + "\n" + update.with(condition) + ";\n";
  std::string declare;
  std::string advance;
  std::string here;
  for (size_t i = 1; i <= key->columns.size(); ++i) {
    const auto number = std::to_string(i);
    const auto column = quote_ident(key->columns[i - 1]);
    const auto type = table.sql() + "." + column + "%TYPE;";
    declare +=
        (i == 1 ? "  bgdb_low_" : "\n  bgdb_low_") + number + " " + type + "\n  bgdb_next_" + number + " " + type;
    advance += (i == 1 ? "bgdb_low_" : " bgdb_low_") + number + " := bgdb_next_" + number + ";";
    here += (i == 1 ? "" : ", ") + update.target + "." + column;
  }
  const auto lows = numbered("bgdb_low_", key->columns.size());
  const auto nexts = numbered("bgdb_next_", key->columns.size());
  const auto from = condition + " AND (" + here + ") >= (" + lows + ")";
  return rewrite_sql("backfill_joined.sql",
                     {{"declare", declare},
                      {"keys", core::quote_ident_list(key->columns)},
                      {"table", table.sql()},
                      {"lows", lows},
                      {"nexts", nexts},
                      {"advance", advance},
                      {"update_range", update.with(from + " AND (" + here + ") < (" + nexts + ")")},
                      {"update_rest", update.with(from)},
                      {"what", what}});
}

std::string delete_batches_sql(const schema::Catalog& catalog, const QualifiedName& table, const std::string& condition,
                               const std::string& what) {
  const auto del = "DELETE FROM " + table.sql();
  auto sql = in_batches(catalog, table, {del + " USING", del, "UPDATE", "deleted"}, condition, what, Reach::all, "");
  const size_t blank = sql.find("DO $bgdb$\n\n");
  if (blank != std::string::npos) sql.erase(blank + 10, 1);
  return sql;
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
  std::string names;
  for (const auto& column : fill.columns) names += (names.empty() ? "" : ", ") + column;
  return batches_sql(catalog, fill.table, fill.assignments_sql, fill.condition_sql,
                     "Fills " + names + " of " + fill.table.display() + " where it is not filled yet.", reach);
}

}  // namespace bgdb::rewrite
