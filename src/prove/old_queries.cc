#include "prove/old_queries.h"

#include <algorithm>
#include <cctype>
#include <numeric>

#include <fmt/format.h>

#include "core/interrupt.h"
#include "core/sql_file.h"
#include "core/text.h"
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

// Words that nearly every query has say nothing.
std::set<std::string> names_in(std::string_view sql) {
  static const std::set<std::string, std::less<>> kCommon = {
      "select", "from",   "where", "limit", "insert",  "into",   "values", "update",  "set",    "delete",   "null",
      "on",     "public", "and",   "or",    "order",   "by",     "offset", "nothing", "do",     "conflict", "default",
      "id",     "is",     "not",   "text",  "integer", "bigint", "as",     "1",       "explain"};
  std::set<std::string> names;
  std::string word;
  const auto end = [&] {
    if (word.size() > 1 && kCommon.count(word) == 0 && std::isdigit(static_cast<unsigned char>(word[0])) == 0)
      names.insert(word);
    word.clear();
  };
  for (const char c : sql) {
    const bool part = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
    if (part) {
      word += core::lower(c);
    } else {
      end();
    }
  }
  end();
  return names;
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
    all[i].names = names_in(all[i].sql);
    out.queries_.push_back(std::move(all[i]));
  }
  return out;
}

Result<void> OldQueries::probe(pg::Session& session, int index, std::string_view statement) {
  const auto names = names_in(statement);
  std::vector<size_t> positions;
  for (size_t i = 0; i < queries_.size(); ++i) {
    const auto& own = queries_[i].names;
    const bool common = std::any_of(own.begin(), own.end(), [&](const auto& name) { return names.count(name) > 0; });
    if (common || broken_.count(i) > 0) positions.push_back(i);
  }
  return probe_some(session, index, positions);
}

Result<void> OldQueries::probe_all(pg::Session& session, int index) {
  std::vector<size_t> positions(queries_.size());
  std::iota(positions.begin(), positions.end(), size_t{0});
  return probe_some(session, index, positions);
}

Result<void> OldQueries::probe_some(pg::Session& session, int index, const std::vector<size_t>& positions) {
  // Not all in one statement: the server keeps what a subtransaction took until the statement around it ends.
  constexpr size_t kAtOnce = 50;
  for (size_t first = 0; first < positions.size(); first += kAtOnce) {
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    const auto last = std::min(first + kAtOnce, positions.size());
    std::vector<std::string> statements;
    for (size_t i = first; i < last; ++i) statements.push_back(queries_[positions[i]].executable);
    const auto answers = BGDB_TRY(try_all(session, statements));
    for (size_t i = first; i < last; ++i) {
      const auto& answer = answers[i - first];
      const auto position = positions[i];
      if (!answer) {
        broken_.erase(position);  // a later statement mended it
        continue;
      }
      broken_.emplace(position, BrokenQuery{queries_[position].sql, answer->substr(0, 5), answer->substr(6), index});
    }
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
