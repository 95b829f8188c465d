#include "migrate/batch_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/sql_file.h"

namespace bgdb::migrate {
namespace {

constexpr int64_t kRowsPerBlockGuess = 50;

std::vector<pg::Value> values(std::initializer_list<const Place*> places) {
  std::vector<pg::Value> all;
  for (const auto* place : places) all.insert(all.end(), place->begin(), place->end());
  return all;
}

Place first_row(const pg::Rows& rows) {
  Place place;
  if (rows.empty()) return place;
  for (const auto& value : rows.values[0]) place.push_back(value.value_or(""));
  return place;
}

int64_t number(const Place& place) {
  return place.empty() ? 0 : std::strtoll(place[0].c_str(), nullptr, 10);
}

}  // namespace

BatchTable::BatchTable(const Work& work, QualifiedName name, bool whole,
                       std::vector<std::pair<std::string, std::string>> key, int64_t rows_estimate, int64_t blocks)
    : work_(work), name_(std::move(name)), key_(std::move(key)), rows_estimate_(rows_estimate), blocks_(blocks) {
  // A partition goes by the name of its parent: conditions and values may say it.
  const auto parent = quote_ident(core::parse_qualified_name(work.table).name);
  from_ = "only " + name_.sql() + (whole ? "" : " as " + parent);
  qualifier_ = whole ? name_.sql() : parent;
  for (const auto& column : key_) keys_ += (keys_.empty() ? "" : ", ") + quote_ident(column.first);
}

Result<BatchTable::Bounds> BatchTable::bounds(pg::Session& session) const {
  if (key_.empty()) {
    if (blocks_ == 0) return Bounds{};
    return Bounds{{"0"}, {std::to_string(blocks_ - 1)}};
  }
  std::string down;
  for (const auto& column : key_) down += (down.empty() ? "" : ", ") + quote_ident(column.first) + " desc";
  const auto edge = [&](const std::string& order) {
    return session.query(fmt::format("select {} from {} order by {} limit 1", keys_, from_, order));
  };
  return Bounds{first_row(BGDB_TRY(edge(keys_))), first_row(BGDB_TRY(edge(down)))};
}

// "(a, b) >= ($1::int4, $2::text) and (a, b) < ($3::int4, $4::text)"; without `next`: "<=" last.
std::string BatchTable::range(const Place& low, const Place& next) const {
  if (key_.empty()) {
    return fmt::format("ctid >= '({},0)'::tid and ctid < '({},0)'::tid", number(low), number(next));
  }
  const auto row = [&](size_t first) {
    std::string text;
    for (size_t i = 0; i < key_.size(); ++i)
      text += fmt::format("{}${}::{}", i == 0 ? "" : ", ", first + i, key_[i].second);
    return text;
  };
  return fmt::format("({0}) >= ({1}) and ({0}) {2} ({3})", keys_, row(1), next.empty() ? "<=" : "<",
                     row(1 + key_.size()));
}

Result<Place> BatchTable::next(pg::Session& session, const Place& low, const Place& last, int64_t rows) const {
  if (key_.empty()) {
    const int64_t per_block =
        blocks_ > 0 && rows_estimate_ > 0 ? std::max<int64_t>(rows_estimate_ / blocks_, 1) : kRowsPerBlockGuess;
    const int64_t end = number(low) + std::max<int64_t>(rows / per_block, 1);
    return end > number(last) ? Place() : Place{std::to_string(end)};
  }
  return first_row(BGDB_TRY(session.query(fmt::format("select {} from {} where {} order by {} offset {} limit 1", keys_,
                                                      from_, range(low, {}), keys_, rows),
                                          values({&low, &last}))));
}

Result<BatchTable::Changed> BatchTable::update(pg::Session& session, const Place& low, const Place& next,
                                               const Place& last) const {
  std::string chosen;
  std::vector<pg::Value> parameters;
  if (key_.empty()) {
    const Place end = next.empty() ? Place{std::to_string(number(last) + 1)} : next;
    chosen = fmt::format(
        "where ctid = any (array(select ctid from {} where {} and ({}) for no key update skip locked)) and ({})", from_,
        range(low, end), work_.where, work_.where);
  } else {
    std::string aliases;
    std::string join;
    for (size_t i = 0; i < key_.size(); ++i) {
      const auto column = quote_ident(key_[i].first);
      aliases += fmt::format("{}{} as bgdb_key_{}", i == 0 ? "" : ", ", column, i + 1);
      join += fmt::format("{}{}.{} = bgdb_batch.bgdb_key_{}", i == 0 ? "" : " and ", qualifier_, column, i + 1);
    }
    chosen =
        fmt::format("from (select {} from {} where {} and ({}) for no key update skip locked) as bgdb_batch where {}",
                    aliases, from_, range(low, next), work_.where, join);
    parameters = values({&low, next.empty() ? &last : &next});
  }
  const auto done = BGDB_TRY(session.query(
      fmt::format("with bgdb_done as (update {} set {} {} returning ({}) is true as stuck) select count(*) as rows, "
                  "count(*) filter (where stuck) as stuck from bgdb_done",
                  from_, work_.set, chosen, work_.where),
      parameters));
  return Changed{done.integer(0, "rows"), done.integer(0, "stuck")};
}

Result<std::vector<BatchTable>> list_batch_tables(pg::Session& session, const Work& work) {
  const auto leaves = BGDB_TRY(session.query(core::sql_text("backfill/list_leaves.sql"), {work.table}));
  if (leaves.empty() && BGDB_TRY(session.scalar("select to_regclass($1) is null", {work.table})) == "t") {
    return fail(ErrorCode::not_found, "there is no table " + work.table + " to fill",
                "run the expand phase first: bgdb migrate --phase expand");
  }
  std::vector<BatchTable> tables;
  for (size_t i = 0; i < leaves.size(); ++i) {
    QualifiedName name{leaves.text(i, "schema"), leaves.text(i, "name")};
    if (leaves.text(i, "kind") != "r") {
      return fail(ErrorCode::refused,
                  fmt::format("{} is a {}: its rows cannot be filled in batches", name.display(),
                              leaves.text(i, "kind") == "f" ? "foreign table" : "view"),
                  leaves.text(i, "kind") == "f" ? "run the backfill on the server that holds its rows"
                                                : "name the table that holds its rows");
    }
    const auto key = BGDB_TRY(session.query(core::sql_text("backfill/read_key.sql"), {name.sql()}));
    std::vector<std::pair<std::string, std::string>> columns;
    for (size_t k = 0; k < key.size(); ++k) columns.emplace_back(key.text(k, "name"), key.text(k, "type"));
    tables.emplace_back(work, std::move(name), leaves.boolean(i, "whole"), std::move(columns),
                        leaves.integer(i, "rows_estimate"), leaves.integer(i, "blocks"));
  }
  return tables;
}

}  // namespace bgdb::migrate
