#include "app/mapping_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "app/mapping_wiring.h"
#include "core/contains.h"
#include "pg/session.h"
#include "translate/apply_sql.h"
#include "translate/compare_sql.h"

namespace bgdb::app {
namespace {

using translate::TableMapping;
using Row = std::vector<pg::Value>;

constexpr size_t kBatchRows = 500;

// One direction: a table to a table, a split table to its parts, or parts to the table that they make up.
using Way = std::vector<const TableMapping*>;

// A column of the tables that rows are taken from or brought to.
struct Place {
  size_t table = 0;
  std::string column;
  bool operator==(const Place&) const = default;
};

bool merges(const Way& way) {
  return way.size() > 1 && way.front()->merged;
}

// The source's columns: of the one table that all mappings have, or of each part.
std::vector<Place> source_columns(const Way& way) {
  std::vector<Place> places;
  for (size_t i = 0; i < (merges(way) ? way.size() : 1); ++i) {
    for (const auto& column : way[i]->source_columns) places.push_back({i, column.name});
  }
  return places;
}

std::vector<translate::PartRows> rows_of_parts(const Way& way) {
  std::vector<translate::PartRows> parts;
  for (const TableMapping* mapping : way) {
    auto& part = parts.emplace_back(translate::PartRows{mapping, {}});
    for (const auto& column : mapping->source_columns) part.sent.push_back(column.name);
  }
  return parts;
}

// Rows that were written, by their number in the batch; and what the server said of the others.
struct Written {
  std::vector<size_t> numbers;
  std::map<size_t, std::string> errors;
};

// One direction: temporary tables shaped like the target's, filled by the link's INSERT.
class Shadow {
 public:
  Shadow(pg::Session& session, const Way& way) : session_(session), columns_(source_columns(way)) {
    for (const TableMapping* mapping : way) copies_.push_back(*mapping);
    const size_t targets = merges(way) ? 1 : way.size();
    for (size_t i = 0; i < targets; ++i) {
      names_.push_back(fmt::format("bgdb_mapping_check_{}", i + 1));
      create_ += fmt::format(
          "create temporary table {} (like {} including defaults including generated including constraints) on commit "
          "drop;",
          names_.back(), copies_[i].target.sql());
    }
    Way here;
    for (size_t i = 0; i < copies_.size(); ++i) {
      copies_[i].target = {"pg_temp", names_[std::min(i, targets - 1)]};
      here.push_back(&copies_[i]);
    }
    if (merges(here)) inserts_.push_back(translate::insert_merged_sql(rows_of_parts(here)));
    for (size_t i = 0; i < targets && !merges(here); ++i) {
      inserts_.push_back(translate::insert_sql(copies_[i], rows_of_parts({here[i]}).front().sent));
    }
  }
  Result<void> create() {
    BGDB_TRY(session_.script(create_));
    return {};
  }
  Result<void> clear() { return session_.execute(fmt::format("truncate {}", fmt::join(names_, ", "))); }

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
  // In the order they were written, the columns in the order given. REQUIRES: places go by table.
  Result<std::vector<Row>> read(const std::vector<Place>& places) {
    std::vector<Row> rows;
    for (size_t table = 0; table < names_.size(); ++table) {
      std::vector<std::string> columns;
      for (const Place& place : places) {
        if (place.table == table) columns.push_back(quote_ident(place.column) + "::text");
      }
      const auto part = BGDB_TRY(session_.query(
          fmt::format("select {} from pg_temp.{} order by ctid", fmt::join(columns, ", "), names_[table])));
      rows.resize(part.size());
      for (size_t i = 0; i < part.size(); ++i)
        rows[i].insert(rows[i].end(), part.values[i].begin(), part.values[i].end());
    }
    return rows;
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
    for (const std::string& insert : inserts_) {
      const auto inserted = session_.execute(insert, arrays);
      if (inserted) continue;
      const Error& error = inserted.error();
      if (!error.sqlstate.starts_with("22") && !error.sqlstate.starts_with("23")) return fail(error);
      BGDB_TRY(session_.script("rollback to savepoint bgdb_rows; release savepoint bgdb_rows"));
      return error.message;
    }
    BGDB_CHECK(session_.execute("release savepoint bgdb_rows"));
    return std::string();
  }

  pg::Session& session_;
  std::vector<Place> columns_;
  std::vector<TableMapping> copies_;
  std::vector<std::string> names_;
  std::vector<std::string> inserts_;
  std::string create_;
};

// There and back for one table, or for a whole and its parts.
class Trip {
 public:
  Trip(std::string way, pg::Session& source, pg::Session& target, Way there, const Way& back, MappingCheck& found)
      : way_(std::move(way)),
        source_(source),
        there_(std::move(there)),
        columns_(source_columns(there_)),
        on_target_(source_columns(back)),
        target_shadow_(target, there_),
        source_shadow_(source, back),
        target_(target),
        found_(found) {
    std::set<std::string> whole;  // its columns come from several parts, the key from all
    for (size_t i = 0; i < back.size(); ++i) {
      const size_t table = merges(back) ? 0 : i;
      for (const auto& column : translate::compared_columns(*back[i])) {
        if (!merges(back) || whole.insert(column).second) compared_.push_back({table, column});
      }
    }
  }

  Result<void> run(int64_t rows_max) {
    for (const Place& place : columns_) {
      if (core::contains(compared_, place)) continue;
      found_.not_back.push_back(fmt::format("{}: {}.{}", way_, there_[place.table]->source.display(), place.column));
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
        {there_.front()->source.sql()}));
    const double wanted = 200.0 * static_cast<double>(rows_max) / std::max(1.0, std::stod(known));
    const std::string pages = wanted < 100 ? fmt::format(" tablesample system ({:.6f})", wanted) : "";
    auto parts = rows_of_parts(there_);
    if (!merges(there_)) parts.resize(1);
    return BGDB_TRY(source_.query(fmt::format("{} limit {}", translate::select_parts_sql(parts, pages), rows_max)))
        .values;
  }

  Result<void> send(const std::vector<Row>& rows) {
    const Written there = BGDB_TRY(target_shadow_.write(rows));
    for (const auto& [number, error] : there.errors) differ({}, rows[number], "", "not written: " + error);
    const auto translated = BGDB_TRY(target_shadow_.read(on_target_));
    const Written here = BGDB_TRY(source_shadow_.write(translated));
    for (const auto& [number, error] : here.errors) {
      differ({}, rows[there.numbers[number]], "", "does not come back: " + error);
    }
    const auto returned = BGDB_TRY(source_shadow_.read(compared_));
    for (size_t i = 0; i < returned.size(); ++i) compare(rows[there.numbers[here.numbers[i]]], returned[i]);
    return {};
  }

  const pg::Value& value(const Row& row, const Place& place) const {
    return row[static_cast<size_t>(std::find(columns_.begin(), columns_.end(), place) - columns_.begin())];
  }

  void compare(const Row& row, const Row& returned) {
    for (size_t i = 0; i < compared_.size(); ++i) {
      const pg::Value& before = value(row, compared_[i]);
      if (before != returned[i]) differ(compared_[i], row, before.value_or("NULL"), returned[i].value_or("NULL"));
    }
  }

  void differ(const Place& place, const Row& row, std::string before, std::string after) {
    auto& difference = differences_[{place.table, place.column}];
    if (difference.rows++ > 0) return;
    difference.way = way_;
    difference.table = there_[place.table]->source;
    difference.column = place.column;
    for (const auto& key : there_[place.table]->source_key) {
      difference.key += fmt::format("{}{}={}", difference.key.empty() ? "" : ", ", key,
                                    value(row, {place.table, key}).value_or("NULL"));
    }
    difference.before = std::move(before);
    difference.after = std::move(after);
  }

  std::string way_;
  pg::Session& source_;
  Way there_;
  std::vector<Place> columns_, on_target_;
  Shadow target_shadow_;
  Shadow source_shadow_;
  pg::Session& target_;
  MappingCheck& found_;
  std::vector<Place> compared_;
  std::map<std::pair<size_t, std::string>, MappingDifference> differences_;
};

// What travels together with this table, and the same backwards; empty when it was listed with an earlier one.
std::pair<Way, Way> there_and_back(const translate::MappingPair& pair, const TableMapping& table) {
  const Way there = table.merged ? pair.forward.parts_of(table.target) : pair.forward.tables_of(table.source);
  if (there.front() != &table) return {};
  Way back;
  for (const TableMapping* one : there) {
    for (const TableMapping* candidate : pair.reverse.tables_of(one->target)) {
      if (candidate->target == one->source) back.push_back(candidate);
    }
  }
  return back.size() == there.size() ? std::pair{there, back} : std::pair<Way, Way>{};
}

Result<pg::Session> open_to_compare(const std::string& dsn) {
  return pg::Session::open({.dsn = dsn, .application_name = "bgdb mapping", .settings = translate::kCompareSettings});
}

}  // namespace

Result<MappingCheck> check_mapping(const Config& config, int64_t rows_max) {
  auto blue = BGDB_TRY(open_to_compare(config.blue_dsn));
  auto green = BGDB_TRY(open_to_compare(config.green_dsn));
  const auto pair = BGDB_TRY(derive_mapping(config, blue, green));
  MappingCheck found;
  for (const auto& table : pair.forward.tables) {
    const auto [there, back] = there_and_back(pair, table);
    if (there.empty()) continue;
    BGDB_CHECK(Trip("blue -> green -> blue", blue, green, there, back, found).run(rows_max));
    BGDB_CHECK(Trip("green -> blue -> green", green, blue, back, there, found).run(rows_max));
  }
  return found;
}

}  // namespace bgdb::app
