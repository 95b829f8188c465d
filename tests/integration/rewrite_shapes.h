// Shapes of a table on which a recipe must keep the laws of rewrite_harness.h. By default few rows and the shape that
// says most about a recipe; BGDB_REWRITE_ROWS=100000 runs all shapes with that many rows; BGDB_REWRITE_LOCKS=1 beside
// it only measures how long expand holds ACCESS EXCLUSIVE locks while the old version writes.
#pragma once

#include <cstdlib>
#include <set>

#include "rewrite_versions.h"

namespace bgdb::test {

inline int64_t rows_wanted() {
  const char* rows = std::getenv("BGDB_REWRITE_ROWS");
  return rows == nullptr ? 1500 : std::atoll(rows);
}
inline bool everything() {
  return std::getenv("BGDB_REWRITE_ROWS") != nullptr;
}

struct Shape {
  std::string name;
  int64_t rows = 0;
  std::string table = "t";
  std::string value = "v";
  std::string key = "id";
  bool partitioned = false;
  bool referenced = false;
};

inline const std::vector<Shape>& shapes() {
  static const std::vector<Shape> kShapes = {
      {.name = "empty", .rows = 0},
      {.name = "rows", .rows = rows_wanted()},
      {.name = "partitioned", .rows = rows_wanted(), .key = "id, region", .partitioned = true},
      {.name = "composite", .rows = rows_wanted(), .key = "region, id"},
      {.name = "quoted", .rows = rows_wanted(), .table = "\"Odd \"\"Table\"", .value = "\"The Value\""},
      {.name = "referenced", .rows = rows_wanted(), .referenced = true}};
  return kShapes;
}

inline std::string before(const Shape& shape) {
  std::string sql = "CREATE SEQUENCE ids; CREATE TYPE mood AS ENUM ('low', 'high'); CREATE SCHEMA elsewhere;";
  sql += "CREATE TABLE " + shape.table + " (id int NOT NULL DEFAULT nextval('ids'), region int NOT NULL DEFAULT 1, " +
         shape.value +
         " int NOT NULL DEFAULT 1, u text, mood mood NOT NULL DEFAULT 'low', note text, CONSTRAINT t_key " +
         "PRIMARY KEY (" + shape.key + "), CONSTRAINT t_check CHECK (" + shape.value + " > -5))" +
         (shape.partitioned ? " PARTITION BY LIST (region);" : ";");
  if (shape.partitioned) {
    sql +=
        "CREATE TABLE t_one PARTITION OF t FOR VALUES IN (1); CREATE TABLE t_two PARTITION OF t FOR VALUES IN (2);"
        "CREATE TABLE t_rest PARTITION OF t DEFAULT;";
  }
  sql += "CREATE INDEX t_value ON " + shape.table + " (" + shape.value + " DESC, note);";
  sql += "COMMENT ON COLUMN " + shape.table + "." + shape.value + " IS 'a remark';";
  sql += "CREATE VIEW t_view AS SELECT id, note FROM " + shape.table + ";";
  if (shape.referenced) {
    sql +=
        "CREATE TABLE child (id serial PRIMARY KEY, t_id int CONSTRAINT child_t REFERENCES t (id) ON DELETE CASCADE);";
  }
  sql += "INSERT INTO " + shape.table + " (region, " + shape.value +
         ", u, note) SELECT 1 + n % 3, n, nullif(n % 4, 0)::text, " + "'seed' FROM generate_series(1, " +
         std::to_string(shape.rows) + ") n;";
  if (shape.referenced) sql += "INSERT INTO child (t_id) SELECT id FROM t WHERE id % 5 = 0;";
  return sql;
}

struct Recipe {
  std::string name;
  std::set<std::string> leaves_out{};  // shapes that are refused
  std::string most;                    // the shape of the short run
  std::function<void(const Shape&, LawCase&)> fill;
};

inline Column of(const Shape& shape, const std::string& table, const std::string& column) {
  return {
      .table = table, .column = column, .value = number_value, .id = "id", .rows = std::max<int64_t>(shape.rows, 500)};
}

inline void same_column(const Shape& shape, LawCase& law) {
  law.old_version = law.new_version = law.final_version = version(of(shape, shape.table, shape.value));
  law.out_of_step = law.not_filled = "SELECT 0";
  law.data = law.old_data = "SELECT id, region, " + shape.value + ", note FROM " + shape.table;
}

// How long the longest ACCESS EXCLUSIVE lock on a table of the schema was held at most, seen from a session of its own.
class LockMeter {
 public:
  explicit LockMeter(std::string dsn) : thread_([this, dsn = std::move(dsn)] { run(dsn); }) {}
  ~LockMeter() { stop(); }
  double stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return longest_ms_;
  }

 private:
  void run(const std::string& dsn) {
    auto session = connect(dsn);
    using Clock = std::chrono::steady_clock;
    std::map<std::string, Clock::time_point> since;  // the last look at which it was not there
    auto looked = Clock::now();
    while (!stop_) {
      const auto rows = session.query(
          "SELECT DISTINCT virtualtransaction AS holder FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE "
          "granted "
          "AND mode = 'AccessExclusiveLock' AND relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace");
      if (!rows) return;
      const auto now = Clock::now();
      std::map<std::string, Clock::time_point> still;
      for (size_t i = 0; i < rows->size(); ++i) {
        const auto holder = rows->text(i, "holder");
        still[holder] = since.count(holder) != 0 ? since[holder] : looked;
      }
      for (const auto& [holder, begun] : since) {
        if (still.count(holder) == 0)
          longest_ms_ = std::max(longest_ms_, std::chrono::duration<double, std::milli>(now - begun).count());
      }
      since = std::move(still);
      looked = now;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  std::atomic<bool> stop_{false};
  double longest_ms_ = 0;
  std::thread thread_;
};

inline void report_locks(const Recipe& recipe, const Shape& shape, const LawCase& law) {
  const auto files = files_for(law.before, law.migration);
  const auto dsn = prepared_database(law.before);
  auto session = connect(dsn);
  Fleet fleet(dsn, law.old_version, 4);
  fleet.work(100);
  LockMeter meter(dsn);
  run_phase(session, files, rewrite::Phase::expand);
  const double longest_ms = meter.stop();
  fleet.stop();
  no_errors(fleet, "old version");
  std::printf("%-26s %-12s longest ACCESS EXCLUSIVE in expand: at most %6.1f ms\n", recipe.name.c_str(),
              shape.name.c_str(), longest_ms);
  std::fflush(stdout);
}

inline void run_matrix(const std::vector<Recipe>& recipes, const std::string& name) {
  for (const auto& recipe : recipes) {
    if (recipe.name != name) continue;
    for (const auto& shape : shapes()) {
      if (recipe.leaves_out.count(shape.name) != 0) continue;
      const bool named = shape.name == recipe.most || shape.name == "quoted";
      if (!everything() && !named) continue;
      INFO(recipe.name << " on " << shape.name);
      LawCase law;
      law.before = before(shape);
      recipe.fill(shape, law);
      if (std::getenv("BGDB_REWRITE_LOCKS") != nullptr) {
        report_locks(recipe, shape, law);
        continue;
      }
      lint_finds_no_error(law.before, files_for(law.before, law.migration));
      check_end_equals_original(law);
      check_undo_restores(law);
    }
  }
}

}  // namespace bgdb::test
