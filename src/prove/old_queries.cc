#include "prove/old_queries.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "core/sql_file.h"
#include "parse/parser.h"
#include "prove/sample.h"

namespace bgdb::prove {

namespace {

// The answer to each, in order: null when it ran.
Result<std::vector<pg::Value>> try_all(pg::Session& session, const std::vector<std::string>& statements) {
  std::vector<pg::Value> array(statements.begin(), statements.end());
  const auto rows = BGDB_TRY(session.query(
      "select pg_temp.bgdb_try(s) as answer from pg_catalog.unnest($1::text[]) with ordinality as u (s, n) order by n",
      {pg::to_array_literal(array)}));
  std::vector<pg::Value> out;
  for (size_t row = 0; row < rows.size(); ++row) out.push_back(rows.at(row, "answer"));
  return out;
}

// $1 ... replaced by literals of the types that the server finds for them.
Result<std::string> without_parameters(pg::Session& session, const std::string& sql, const schema::Catalog& catalog) {
  if (sql.find('$') == std::string::npos) return sql;
  BGDB_CHECK(session.script("deallocate prepare all"));
  BGDB_CHECK(session.script("prepare bgdb_old as " + sql));
  const auto types = BGDB_TRY(pg::parse_array_literal(BGDB_TRY(session.scalar(
      "select parameter_types::text[]::text from pg_catalog.pg_prepared_statements where name = 'bgdb_old'"))));
  BGDB_CHECK(session.script("deallocate bgdb_old"));
  std::string out;
  for (size_t i = 0; i < sql.size(); ++i) {
    const bool parameter =
        sql[i] == '$' && i + 1 < sql.size() && std::isdigit(static_cast<unsigned char>(sql[i + 1])) != 0;
    if (!parameter) {
      out += sql[i];
      continue;
    }
    size_t number = 0;
    for (; i + 1 < sql.size() && std::isdigit(static_cast<unsigned char>(sql[i + 1])) != 0; ++i)
      number = number * 10 + static_cast<size_t>(sql[i + 1] - '0');
    if (number == 0 || number > types.size() || !types[number - 1]) return fail(ErrorCode::input, "unknown parameter");
    const auto type = BGDB_TRY(parse::parse_type(*types[number - 1]));
    out += sample_value(catalog, type, 1).value_or("null::" + *types[number - 1]);
  }
  return out;
}

}  // namespace

std::vector<std::string> queries_of_text(std::string_view text) {
  std::vector<std::string> out;
  for (const auto& statement : parse::parse_sql(text).statements) out.push_back(statement.text);
  return out;
}

Result<std::vector<std::string>> queries_of_statistics(pg::Session& session) {
  const auto rows = session.query(core::sql_text("prove/read_statistics.sql"));
  if (!rows) {
    return fail(rows.error()
                    .with_context("pg_stat_statements cannot be read")
                    .with_hint("create extension pg_stat_statements there, or give the queries as a file"));
  }
  std::vector<std::string> out;
  for (size_t row = 0; row < rows->size(); ++row) out.push_back(rows->text(row, "query"));
  return out;
}

Result<OldQueries> OldQueries::prepare(pg::Session& session, const std::vector<std::string>& queries,
                                       const schema::Catalog& catalog) {
  OldQueries out;
  BGDB_CHECK(session.script(std::string(core::sql_text("prove/create_try.sql"))));
  std::vector<std::string> direct, planned;
  std::vector<OldQuery> all;
  for (const auto& sql : queries) {
    auto executable = without_parameters(session, sql, catalog);
    if (!executable && executable.error().sqlstate.empty() && executable.error().code != ErrorCode::input)
      return executable.error();
    if (!executable) {
      out.not_tried_.push_back(fmt::format("{}: {}", sql, executable.error().message));
      continue;
    }
    all.push_back({sql, *executable});
    direct.push_back(*executable);
    planned.push_back("explain " + *executable);
  }
  const auto ran = BGDB_TRY(try_all(session, direct));
  const auto plans = BGDB_TRY(try_all(session, planned));
  for (size_t i = 0; i < all.size(); ++i) {
    if (ran[i] && plans[i]) {
      out.not_tried_.push_back(fmt::format("{}: {}", all[i].sql, *plans[i]));
      continue;
    }
    all[i].planned_only = ran[i].has_value();
    if (all[i].planned_only) all[i].executable = planned[i];
    out.queries_.push_back(std::move(all[i]));
  }
  return out;
}

Result<void> OldQueries::probe(pg::Session& session, int index) {
  std::vector<std::string> statements;
  for (const auto& query : queries_) statements.push_back(query.executable);
  const auto answers = BGDB_TRY(try_all(session, statements));
  for (size_t i = 0; i < queries_.size(); ++i) {
    if (!answers[i]) {
      broken_.erase(i);  // a later statement mended it
      continue;
    }
    broken_.emplace(i, BrokenQuery{queries_[i].sql, answers[i]->substr(0, 5), answers[i]->substr(6), index});
  }
  return {};
}

std::vector<BrokenQuery> OldQueries::broken() const {
  std::vector<BrokenQuery> out;
  for (const auto& [position, query] : broken_) out.push_back(query);
  return out;
}

size_t OldQueries::planned_only() const {
  return static_cast<size_t>(
      std::count_if(queries_.begin(), queries_.end(), [](const auto& query) { return query.planned_only; }));
}

}  // namespace bgdb::prove
