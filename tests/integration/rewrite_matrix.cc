// Every recipe on every shape of table, with the laws of rewrite_harness.h. By default with few rows and the shape that
// says most about a recipe; BGDB_REWRITE_ROWS=100000 runs all shapes with that many rows; BGDB_REWRITE_LOCKS=1 beside
// it only measures how long expand holds ACCESS EXCLUSIVE locks while the old version writes.
#include <cstdlib>
#include <set>

#include "rewrite_versions.h"

using namespace bgdb;
using test::Column;
using test::LawCase;
using test::Worker;

namespace {

int64_t rows_wanted() {
  const char* rows = std::getenv("BGDB_REWRITE_ROWS");
  return rows == nullptr ? 1500 : std::atoll(rows);
}
bool everything() {
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

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> kShapes = {
      {.name = "empty", .rows = 0},
      {.name = "rows", .rows = rows_wanted()},
      {.name = "partitioned", .rows = rows_wanted(), .key = "id, region", .partitioned = true},
      {.name = "composite", .rows = rows_wanted(), .key = "region, id"},
      {.name = "quoted", .rows = rows_wanted(), .table = "\"Odd \"\"Table\"", .value = "\"The Value\""},
      {.name = "referenced", .rows = rows_wanted(), .referenced = true}};
  return kShapes;
}

std::string before(const Shape& shape) {
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

Column of(const Shape& shape, const std::string& table, const std::string& column) {
  return {.table = table,
          .column = column,
          .value = test::number_value,
          .id = "id",
          .rows = std::max<int64_t>(shape.rows, 500)};
}

void same_column(const Shape& shape, LawCase& law) {
  law.old_version = law.new_version = law.final_version = test::version(of(shape, shape.table, shape.value));
  law.out_of_step = law.not_filled = "SELECT 0";
  law.data = law.old_data = "SELECT id, region, " + shape.value + ", note FROM " + shape.table;
}

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> kRecipes = {
      {.name = "rename column",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " RENAME COLUMN " + shape.value + " TO w;";
             law.new_version = law.final_version = test::version(of(shape, shape.table, "w"));
             law.out_of_step = "SELECT count(*) FROM " + shape.table + " WHERE " + shape.value + " <> w";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE " + shape.value + " IS DISTINCT FROM w";
             law.data = "SELECT id, region, w, note FROM " + shape.table;
           }},
      {.name = "rename key",
       .most = "referenced",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " RENAME COLUMN id TO number;";
             auto column = of(shape, shape.table, shape.value);
             column.id = "number";
             law.new_version = law.final_version = test::version(column);
             law.out_of_step = "SELECT count(*) FROM " + shape.table + " WHERE id <> number";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE id IS DISTINCT FROM number";
             law.data = "SELECT number, region, note FROM " + shape.table;
           }},
      {.name = "change type",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " ALTER COLUMN " + shape.value + " TYPE bigint;";
             const std::string twin = shape.value == "v" ? "v__new" : "\"The Value__new\"";
             law.new_version = test::version(of(shape, shape.table, twin));
             law.out_of_step = "SELECT count(*) FROM " + shape.table + " WHERE " + shape.value + " <> " + twin;
             law.not_filled =
                 "SELECT count(*) FROM " + shape.table + " WHERE " + shape.value + " IS DISTINCT FROM " + twin;
           }},
      {.name = "change type of key",
       .most = "referenced",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "DROP VIEW t_view; ALTER TABLE " + shape.table + " ALTER COLUMN id TYPE bigint;" +
                             (shape.referenced ? "ALTER TABLE child ALTER t_id TYPE bigint;" : "") +
                             " CREATE VIEW t_view AS SELECT id, note FROM " + shape.table + ";";
             auto column = of(shape, shape.table, shape.value);
             column.id = "id__new";
             law.new_version = test::version(column);
             law.out_of_step = "SELECT count(*) FROM " + shape.table + " WHERE id <> id__new";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE id IS DISTINCT FROM id__new";
           }},
      {.name = "rename table",
       .most = "referenced",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration =
                 "ALTER TABLE " + shape.table + " RENAME TO renamed; ALTER TABLE renamed ADD COLUMN more int;";
             law.new_version = law.final_version = test::version(of(shape, "renamed", shape.value));
             law.data = "SELECT id, region, " + shape.value + ", more FROM renamed";
           }},
      {.name = "move schema",
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " SET SCHEMA elsewhere;";
             law.new_version = law.final_version = test::version(of(shape, "elsewhere." + shape.table, shape.value));
             law.data = "SELECT id, " + shape.value + " FROM elsewhere." + shape.table;
           }},
      {.name = "volatile default",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration =
                 "ALTER TABLE " + shape.table + " ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE token IS NULL";
           }},
      {.name = "serial",
       .most = "composite",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " ADD COLUMN number bigserial;";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE number IS NULL";
           }},
      {.name = "identity",
       .leaves_out = {"partitioned"},
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " ADD COLUMN number int GENERATED ALWAYS AS IDENTITY;";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE number IS NULL";
           }},
      {.name = "filled column",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " ADD COLUMN twice bigint; UPDATE " + shape.table +
                             " SET twice = 2 * " + shape.value + ";";
             law.data = "SELECT id, twice FROM " + shape.table;
           }},
      {.name = "column filled by a join",
       .most = "composite",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " ADD COLUMN other int; UPDATE " + shape.table +
                             " AS x SET other = y.id FROM " + shape.table + " AS y WHERE y.id = x.id - 1;";
             law.data = "SELECT id, other FROM " + shape.table;
           }},
      {.name = "set not null",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "UPDATE " + shape.table + " SET u = 'none' WHERE u IS NULL; ALTER TABLE " + shape.table +
                             " ALTER COLUMN u SET NOT NULL;";
             auto column = of(shape, shape.table, "u");
             law.new_version = law.final_version = test::version(column);
             law.data = "SELECT id, u FROM " + shape.table;
             law.old_data = law.data;
           }},
      {.name = "check and unique",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " ADD CONSTRAINT positive CHECK (" + shape.value +
                             " >= 0), ADD CONSTRAINT together UNIQUE (region, id);";
           }},
      {.name = "primary key",
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = (shape.referenced ? "ALTER TABLE child DROP CONSTRAINT child_t; " : "") +
                             std::string("ALTER TABLE ") + shape.table +
                             " DROP CONSTRAINT t_key, ADD PRIMARY KEY (id, region, note);" + " UPDATE " + shape.table +
                             " SET note = 'none' WHERE note IS NULL;";
             law.migration = "UPDATE " + shape.table + " SET note = 'none' WHERE note IS NULL; " +
                             law.migration.substr(0, law.migration.find(" UPDATE"));
           }},
      {.name = "foreign key",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration =
                 "CREATE TABLE regions (id int PRIMARY KEY); INSERT INTO regions VALUES (1), (2), (3); ALTER TABLE " +
                 shape.table + " ADD CONSTRAINT to_region FOREIGN KEY (region) REFERENCES regions (id);";
           }},
      {.name = "create index",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "CREATE INDEX t_note ON " + shape.table + " (note, " + shape.value + ");";
           }},
      {.name = "replace index",
       .leaves_out = {"partitioned"},
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "DROP INDEX t_value; CREATE INDEX t_value ON " + shape.table + " (note);";
           }},
      {.name = "drop column",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " DROP COLUMN u;";
             law.data = "SELECT id, " + shape.value + " FROM " + shape.table;
           }},
      {.name = "delete rows",
       .leaves_out = {"referenced"},
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "DELETE FROM " + shape.table + " WHERE u IS NULL AND note = 'seed';";
           }},
      {.name = "update rows",
       .most = "composite",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "UPDATE " + shape.table + " SET u = 'one' WHERE u = '1';";
           }},
      {.name = "enum value",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TYPE mood RENAME VALUE 'low' TO 'calm';";
             const auto writer = [shape](const std::string& column, const std::string& word) -> test::Version {
               return [=](Worker& worker) -> Result<void> {
                 const auto id = std::to_string(1 + worker.pick(500));
                 const auto label = worker.pick(2) == 0 ? word : std::string("high");
                 const auto found = BGDB_TRY(worker.session.scalar(
                     "INSERT INTO " + shape.table + " (" + column + ") VALUES ($1) RETURNING " + column, {label}));
                 if (found != label) return fail(ErrorCode::divergence, "wrote " + label + ", read " + found);
                 return worker.session.execute("UPDATE " + shape.table + " SET " + column + " = $1 WHERE id = $2",
                                               {label, id});
               };
             };
             law.old_version = writer("mood", "low");
             law.new_version = writer("mood__new", "calm");
             law.final_version = writer("mood", "calm");
             law.before_final = 1;  // ADD VALUE
             law.out_of_step = "SELECT count(*) FROM " + shape.table + " WHERE (mood = 'low') <> (mood__new = 'calm')";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE mood__new IS NULL";
             law.data = "SELECT id, mood, note FROM " + shape.table;
             law.old_data = law.data;
           }},
      {.name = "enum value removed",
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration =
                 "CREATE TYPE mood_new AS ENUM ('low'); ALTER TABLE " + shape.table +
                 " ALTER COLUMN mood DROP DEFAULT, ALTER COLUMN mood TYPE mood_new USING (mood::text::mood_new);"
                 "ALTER TYPE mood RENAME TO mood_old; ALTER TYPE mood_new RENAME TO mood; DROP TYPE mood_old;"
                 "ALTER TABLE " +
                 shape.table + " ALTER COLUMN mood SET DEFAULT 'low';";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE mood__new IS NULL";
           }},
      {.name = "replace view",
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration =
                 "DROP VIEW t_view; CREATE VIEW t_view AS SELECT note, id, region FROM " + shape.table + ";";
           }},
  };
  return kRecipes;
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
    auto session = test::connect(dsn);
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

void report_locks(const Recipe& recipe, const Shape& shape, const LawCase& law) {
  const auto files = test::files_for(law.before, law.migration);
  const auto dsn = test::prepared_database(law.before);
  auto session = test::connect(dsn);
  test::Fleet fleet(dsn, law.old_version, 4);
  fleet.work(100);
  LockMeter meter(dsn);
  test::run_phase(session, files, rewrite::Phase::expand);
  const double longest_ms = meter.stop();
  fleet.stop();
  test::no_errors(fleet, "old version");
  std::printf("%-26s %-12s longest ACCESS EXCLUSIVE in expand: at most %6.1f ms\n", recipe.name.c_str(),
              shape.name.c_str(), longest_ms);
  std::fflush(stdout);
}

void run(const std::string& name) {
  for (const auto& recipe : recipes()) {
    if (recipe.name != name) continue;
    for (const auto& shape : shapes()) {
      if (recipe.leaves_out.count(shape.name) != 0) continue;
      if (!everything() && shape.name != recipe.most && shape.name != "quoted") continue;
      INFO(recipe.name << " on " << shape.name);
      LawCase law;
      law.before = before(shape);
      recipe.fill(shape, law);
      if (std::getenv("BGDB_REWRITE_LOCKS") != nullptr) {
        report_locks(recipe, shape, law);
        continue;
      }
      test::lint_finds_no_error(law.before, test::files_for(law.before, law.migration));
      test::check_end_equals_original(law);
      test::check_undo_restores(law);
    }
  }
}

}  // namespace

#define MATRIX(recipe)                                          \
  TEST_CASE(recipe ": the laws hold on every shape of table") { \
    run(recipe);                                                \
  }
MATRIX("rename column")
MATRIX("rename key")
MATRIX("change type")
MATRIX("change type of key")
MATRIX("rename table")
MATRIX("move schema")
MATRIX("volatile default")
MATRIX("serial")
MATRIX("identity")
MATRIX("filled column")
MATRIX("column filled by a join")
MATRIX("set not null")
MATRIX("check and unique")
MATRIX("primary key")
MATRIX("foreign key")
MATRIX("create index")
MATRIX("replace index")
MATRIX("drop column")
MATRIX("delete rows")
MATRIX("update rows")
MATRIX("enum value")
MATRIX("enum value removed")
MATRIX("replace view")
