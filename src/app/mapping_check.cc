#include "app/mapping_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/mapping_wiring.h"
#include "pg/session.h"
#include "translate/apply_sql.h"
#include "translate/compare_sql.h"

namespace bgdb::app {
namespace {

using translate::TableMapping;
using Row = std::vector<pg::Value>;

constexpr size_t kBatchRows = 500;
constexpr const char* kShadow = "bgdb_mapping_check";

std::vector<std::string> source_columns(const TableMapping& table) {
  std::vector<std::string> names;
  for (const auto& column : table.source_columns) names.push_back(column.name);
  return names;
}

std::string as_texts(const std::vector<std::string>& columns) {
  std::vector<std::string> list;
  for (const auto& column : columns) list.push_back(quote_ident(column) + "::text");
  return fmt::format("{}", fmt::join(list, ", "));
}

// Rows that were written, by their number in the batch; and what the server said of the others.
struct Written {
  std::vector<size_t> numbers;
  std::map<size_t, std::string> errors;
};

// One direction of one table: a temporary table shaped like the target's, filled by the link's INSERT.
class Shadow {
 public:
  Shadow(pg::Session& session, const TableMapping& mapping) : session_(session), mapping_(mapping) {
    const QualifiedName like = mapping_.target;
    mapping_.target = {"pg_temp", kShadow};
    create_ = fmt::format(
        "create temporary table {} (like {} including defaults including generated including constraints) on commit "
        "drop",
        kShadow, like.sql());
    columns_ = source_columns(mapping_);
    insert_ = translate::insert_sql(mapping_, columns_);
  }
  Result<void> create() { return session_.execute(create_); }
  Result<void> clear() { return session_.execute(fmt::format("truncate pg_temp.{}", kShadow)); }

  // Rows hold the source's columns in the mapping's order.
  Result<Written> write(const std::vector<Row>& rows) {
    Written written;
    if (BGDB_TRY(try_write(rows)).empty()) {
      for (size_t i = 0; i < rows.size(); ++i) written.numbers.push_back(i);
      return written;
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      const std::string said = BGDB_TRY(try_write({rows[i]}));
      if (said.empty()) {
        written.numbers.push_back(i);
      } else {
        written.errors[i] = said;
      }
    }
    return written;
  }
  // In the order they were written.
  Result<std::vector<Row>> read(const std::vector<std::string>& columns) {
    return BGDB_TRY(session_.query(fmt::format("select {} from pg_temp.{} order by ctid", as_texts(columns), kShadow)))
        .values;
  }

 private:
  // Empty, or what the server objects to in these values.
  Result<std::string> try_write(const std::vector<Row>& rows) {
    std::vector<pg::Value> arrays;
    for (size_t column = 0; column < columns_.size(); ++column) {
      std::vector<pg::Value> values;
      for (const Row& row : rows) values.push_back(row[column]);
      arrays.emplace_back(pg::to_array_literal(values));
    }
    BGDB_CHECK(session_.execute("savepoint bgdb_rows"));
    const auto inserted = session_.execute(insert_, arrays);
    if (inserted) {
      BGDB_CHECK(session_.execute("release savepoint bgdb_rows"));
      return std::string();
    }
    const Error& error = inserted.error();
    if (!error.sqlstate.starts_with("22") && !error.sqlstate.starts_with("23")) return fail(error);
    BGDB_TRY(session_.script("rollback to savepoint bgdb_rows; release savepoint bgdb_rows"));
    return error.message;
  }

  pg::Session& session_;
  TableMapping mapping_;
  std::vector<std::string> columns_;
  std::string create_;
  std::string insert_;
};

// There and back for one table.
class Trip {
 public:
  Trip(std::string way, pg::Session& source, pg::Session& target, const TableMapping& there, const TableMapping& back,
       MappingCheck& found)
      : way_(std::move(way)),
        source_(source),
        there_(there),
        back_(back),
        target_shadow_(target, there),
        source_shadow_(source, back),
        target_(target),
        found_(found) {
    compared_ = translate::compared_columns(back_);
  }

  Result<void> run(int64_t rows_max) {
    for (const auto& column : there_.source_columns) {
      if (std::find(compared_.begin(), compared_.end(), column.name) != compared_.end()) continue;
      found_.not_back.push_back(fmt::format("{}: {}.{}", way_, there_.source.display(), column.name));
    }
    // Both end in ROLLBACK.
    auto there = BGDB_TRY(pg::Transaction::begin(target_));
    auto here = BGDB_TRY(pg::Transaction::begin(source_));
    const auto rows = BGDB_TRY(sample(rows_max));
    found_.tables += 1;
    found_.rows += static_cast<int64_t>(rows.size());
    BGDB_CHECK(target_shadow_.create());
    BGDB_CHECK(source_shadow_.create());
    for (size_t first = 0; first < rows.size(); first += kBatchRows) {
      BGDB_CHECK(send({rows.begin() + static_cast<std::ptrdiff_t>(first),
                       rows.begin() + static_cast<std::ptrdiff_t>(std::min(first + kBatchRows, rows.size()))}));
      BGDB_CHECK(target_shadow_.clear());
      BGDB_CHECK(source_shadow_.clear());
    }
    for (auto& [column, difference] : differences_) found_.differences.push_back(std::move(difference));
    return {};
  }

 private:
  // Pages from all over a large table, the whole of a small one.
  Result<std::vector<Row>> sample(int64_t rows_max) {
    const auto known = BGDB_TRY(source_.scalar(
        "select coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint from pg_class c where c.oid in (select relid from "
        "pg_partition_tree($1::regclass) union all select $1::regclass) and c.relkind = 'r'",
        {there_.source.sql()}));
    const double wanted = 200.0 * static_cast<double>(rows_max) / std::max(1.0, std::stod(known));
    return BGDB_TRY(source_.query(fmt::format(
                        "select {} from {}{} limit {}", as_texts(source_columns(there_)), there_.source.sql(),
                        wanted < 100 ? fmt::format(" tablesample system ({:.6f})", wanted) : "", rows_max)))
        .values;
  }

  Result<void> send(const std::vector<Row>& rows) {
    const Written there = BGDB_TRY(target_shadow_.write(rows));
    for (const auto& [number, error] : there.errors) differ("", rows[number], "", "not written: " + error);
    const auto translated = BGDB_TRY(target_shadow_.read(source_columns(back_)));
    const Written here = BGDB_TRY(source_shadow_.write(translated));
    for (const auto& [number, error] : here.errors) {
      differ("", rows[there.numbers[number]], "", "does not come back: " + error);
    }
    const auto returned = BGDB_TRY(source_shadow_.read(compared_));
    for (size_t i = 0; i < returned.size(); ++i) compare(rows[there.numbers[here.numbers[i]]], returned[i]);
    return {};
  }

  const pg::Value& value(const Row& row, const std::string& column) const {
    const auto& columns = there_.source_columns;
    const auto at = std::find_if(columns.begin(), columns.end(), [&](const auto& one) { return one.name == column; });
    return row[static_cast<size_t>(at - columns.begin())];
  }

  void compare(const Row& row, const Row& returned) {
    for (size_t i = 0; i < compared_.size(); ++i) {
      const pg::Value& before = value(row, compared_[i]);
      if (before != returned[i]) differ(compared_[i], row, before.value_or("NULL"), returned[i].value_or("NULL"));
    }
  }

  void differ(const std::string& column, const Row& row, std::string before, std::string after) {
    auto& difference = differences_[column];
    if (difference.rows++ > 0) return;
    difference.way = way_;
    difference.table = there_.source;
    difference.column = column;
    for (const auto& key : there_.source_key) {
      difference.key +=
          fmt::format("{}{}={}", difference.key.empty() ? "" : ", ", key, value(row, key).value_or("NULL"));
    }
    difference.before = std::move(before);
    difference.after = std::move(after);
  }

  std::string way_;
  pg::Session& source_;
  const TableMapping& there_;
  const TableMapping& back_;
  Shadow target_shadow_;
  Shadow source_shadow_;
  pg::Session& target_;
  MappingCheck& found_;
  std::vector<std::string> compared_;
  std::map<std::string, MappingDifference> differences_;
};

Result<pg::Session> open(const std::string& dsn) {
  return pg::Session::open({.dsn = dsn, .application_name = "bgdb mapping", .settings = translate::kCompareSettings});
}

}  // namespace

Result<MappingCheck> check_mapping(const Config& config, int64_t rows_max) {
  auto blue = BGDB_TRY(open(config.blue_dsn));
  auto green = BGDB_TRY(open(config.green_dsn));
  const auto pair = BGDB_TRY(derive_mapping(config, blue, green));
  MappingCheck found;
  for (const auto& there : pair.forward.tables) {
    const TableMapping* back = pair.reverse.table(there.target);
    if (back == nullptr || back->target != there.source) continue;
    BGDB_CHECK(Trip("blue -> green -> blue", blue, green, there, *back, found).run(rows_max));
    BGDB_CHECK(Trip("green -> blue -> green", green, blue, *back, there, found).run(rows_max));
  }
  return found;
}

}  // namespace bgdb::app
