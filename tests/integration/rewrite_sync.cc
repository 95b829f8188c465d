// What the sync trigger decides, statement by statement, and how it behaves where replication applies rows. And: the
// output of rewrite passes bgdb's own lint.
#include "rewrite_harness.h"

using namespace bgdb;
using rewrite::Phase;

namespace {

const char* const kBefore =
    "CREATE TABLE t (id int PRIMARY KEY, a text DEFAULT 'd', n int, note text); "
    "INSERT INTO t VALUES (1, 'one', 1, ''), (2, NULL, NULL, '');";

pg::Session expanded(const std::string& before, const std::string& migration) {
  auto session = test::connect(test::prepared_database(before));
  test::run_phase(session, test::files_for(before, migration), Phase::expand);
  return session;
}

std::string row(pg::Session& session, const std::string& columns, int id) {
  return REQUIRE_OK(
      session.scalar("SELECT concat_ws('|', " + columns + ") FROM t WHERE id = $1", {std::to_string(id)}));
}

const char* const kBoth = "coalesce(a, 'NULL'), coalesce(b, 'NULL')";

}  // namespace

TEST_CASE("the side that a statement wrote decides, when it wrote both, the new one") {
  auto session = expanded(kBefore, "ALTER TABLE t RENAME a TO b;");
  const auto run = [&](const char* sql, int id, const char* expected) {
    INFO(sql);
    CHECK_OK(session.execute(sql));
    CHECK(row(session, kBoth, id) == expected);
  };
  run("INSERT INTO t (id, a) VALUES (10, 'x')", 10, "x|x");
  run("INSERT INTO t (id, b) VALUES (11, 'y')", 11, "y|y");
  run("INSERT INTO t (id) VALUES (12)", 12, "d|d");
  run("INSERT INTO t (id, a) VALUES (13, NULL)", 13, "NULL|NULL");
  run("INSERT INTO t (id, b) VALUES (14, NULL)", 14, "NULL|NULL");
  run("INSERT INTO t (id, a, b) VALUES (15, 'old', 'new')", 15, "new|new");
  run("UPDATE t SET a = 'z' WHERE id = 10", 10, "z|z");
  run("UPDATE t SET b = 'w' WHERE id = 10", 10, "w|w");
  run("UPDATE t SET b = NULL WHERE id = 10", 10, "NULL|NULL");
  run("UPDATE t SET a = 'old', b = 'new' WHERE id = 10", 10, "new|new");
  run("UPDATE t SET a = NULL WHERE id = 11", 11, "NULL|NULL");
  run("INSERT INTO t (id, a) VALUES (12, 'up') ON CONFLICT (id) DO UPDATE SET a = EXCLUDED.a", 12, "up|up");
  run("INSERT INTO t (id, b) VALUES (12, 'down') ON CONFLICT (id) DO UPDATE SET b = EXCLUDED.b", 12, "down|down");
  run("UPDATE t SET note = 'touched' WHERE id = 1", 1, "one|one");  // a row that the backfill has not reached
}

TEST_CASE("replication applies a row once, whether it brings both columns or the old one alone") {
  auto session = expanded(kBefore, "ALTER TABLE t RENAME a TO b;");
  CHECK_OK(session.execute("SET session_replication_role = replica"));
  CHECK_OK(session.execute("INSERT INTO t (id, a, b) VALUES (20, 'x', 'x'), (21, NULL, NULL)"));
  CHECK(row(session, kBoth, 20) == "x|x");
  CHECK(row(session, kBoth, 21) == "NULL|NULL");
  CHECK_OK(session.execute("UPDATE t SET a = 'y', b = 'y' WHERE id = 20"));
  CHECK(row(session, kBoth, 20) == "y|y");
  CHECK_OK(session.execute("INSERT INTO t (id, a) VALUES (22, 'from a source without b')"));
  CHECK(row(session, kBoth, 22) == "from a source without b|from a source without b");
}

TEST_CASE("a lossy conversion is not replayed over what the other version wrote") {
  // 007 and 7 are the same number; the text that the old version wrote stays, also when replication brings both.
  auto session =
      expanded("CREATE TABLE t (id int PRIMARY KEY, a text);", "ALTER TABLE t ALTER a TYPE int USING a::int;");
  CHECK_OK(session.execute("INSERT INTO t (id, a) VALUES (1, '007')"));
  CHECK(row(session, "a, a__new", 1) == "007|7");
  CHECK_OK(session.execute("SET session_replication_role = replica"));
  CHECK_OK(session.execute("INSERT INTO t (id, a, a__new) VALUES (2, '007', 7)"));
  CHECK(row(session, "a, a__new", 2) == "007|7");
}

TEST_CASE("the old version may write what does not convert, backfill and contract then refuse, and say why") {
  const std::string before = "CREATE TABLE t (id int PRIMARY KEY, a text);";
  const std::string change = "ALTER TABLE t ALTER a TYPE int USING a::int;";
  auto session = expanded(before, change);
  CHECK_OK(session.execute("INSERT INTO t (id, a) VALUES (1, 'twelve')"));
  CHECK(row(session, "a, coalesce(a__new, -1)", 1) == "twelve|-1");
  std::string error;
  for (const auto& file : test::files_for(before, change)) {
    if (file.phase != Phase::backfill || file.undo) continue;
    for (const auto& statement : parse::parse_sql(file.text).statements) {
      if (auto result = session.script(statement.text); !result) error = result.error().to_string();
    }
  }
  CHECK(error.find("do not convert") != std::string::npos);
  CHECK_OK(session.execute("UPDATE t SET a = '12' WHERE id = 1"));
  CHECK(row(session, "a, a__new", 1) == "12|12");
}

TEST_CASE("a value that the old type cannot hold fails instead of being cut") {
  auto session = expanded(kBefore, "ALTER TABLE t ALTER n TYPE bigint;");
  const auto result = session.execute("UPDATE t SET n__new = 3000000000 WHERE id = 1");
  REQUIRE_FALSE(result);
  CHECK(result.error().sqlstate == "22003");
  CHECK(row(session, "n", 1) == "1");
}

TEST_CASE("comments, column privileges and owned sequences follow the column") {
  const std::string before =
      "DO $$ BEGIN CREATE ROLE reader_of_a; EXCEPTION WHEN duplicate_object THEN NULL; END $$; "
      "CREATE TABLE t (id int PRIMARY KEY, a serial, c text); COMMENT ON COLUMN t.a IS 'it''s'; GRANT SELECT (a) ON t "
      "TO reader_of_a; "
      "INSERT INTO t (id) SELECT generate_series(1, 5);";
  const auto files = test::files_for(before, "ALTER TABLE t RENAME a TO b;");
  auto session = test::connect(test::prepared_database(before));
  for (const auto phase : {Phase::expand, Phase::backfill, Phase::contract}) test::run_phase(session, files, phase);
  CHECK(REQUIRE_OK(session.scalar(
            "SELECT col_description('t'::regclass, attnum) FROM pg_attribute WHERE attrelid = 't'::regclass AND "
            "attname = 'b'")) == "it's");
  CHECK(REQUIRE_OK(session.scalar("SELECT has_column_privilege('reader_of_a', 't', 'b', 'SELECT')::text")) == "true");
  CHECK(REQUIRE_OK(session.scalar("INSERT INTO t (id) VALUES (6) RETURNING b")) == "6");
  CHECK(REQUIRE_OK(session.scalar("SELECT pg_get_serial_sequence('t', 'b')")) == "public.t_a_seq");
}

TEST_CASE("extended statistics follow the columns of each table that the migration changes") {
  const std::string before =
      "CREATE TABLE t (id int PRIMARY KEY, a int, c int); CREATE TABLE u (id int PRIMARY KEY, a int, c int); "
      "CREATE STATISTICS t_stats (ndistinct, mcv) ON a, c FROM t; COMMENT ON STATISTICS t_stats IS 'it''s'; "
      "CREATE STATISTICS u_stats ON c, (a + 1) FROM u; CREATE STATISTICS u_other ON id, c FROM u;";
  const auto migrated = [&](const std::string& migration) {
    const auto files = test::files_for(before, migration);
    auto session = test::connect(test::prepared_database(before));
    for (const auto phase : {Phase::expand, Phase::backfill, Phase::contract}) test::run_phase(session, files, phase);
    return REQUIRE_OK(session.scalar(
        "SELECT string_agg(concat_ws(' ', pg_get_statisticsobjdef(oid), obj_description(oid, 'pg_statistic_ext')), "
        "E'\\n' ORDER BY stxname) FROM pg_statistic_ext"));
  };
  // In the order of the columns, of which the new one is the last.
  CHECK(migrated("ALTER TABLE t ALTER a TYPE bigint; ALTER TABLE u ALTER a TYPE bigint;") ==
        "CREATE STATISTICS public.t_stats (ndistinct, mcv) ON c, a FROM t it's\n"
        "CREATE STATISTICS public.u_other ON id, c FROM u\n"
        "CREATE STATISTICS public.u_stats ON c, (a + 1) FROM u");
  CHECK(migrated("ALTER TABLE t RENAME a TO b; ALTER TABLE u RENAME a TO b;") ==
        "CREATE STATISTICS public.t_stats (ndistinct, mcv) ON b, c FROM t it's\n"
        "CREATE STATISTICS public.u_other ON id, c FROM u\n"
        "CREATE STATISTICS public.u_stats ON c, (b + 1) FROM u");
}

TEST_CASE("a table with a composite key, and one without, are filled to the last row") {
  for (const std::string key : {"PRIMARY KEY (y, x)", "CHECK (true)"}) {
    INFO(key);
    const std::string before = "CREATE TABLE t (x int NOT NULL, y text NOT NULL, a int, " + key +
                               "); INSERT INTO t SELECT n % 70, 'k' || n / 70, n FROM generate_series(1, 3500) n;";
    const auto files = test::files_for(before, "ALTER TABLE t RENAME a TO b;");
    auto session = test::connect(test::prepared_database(before));
    test::run_phase(session, files, Phase::expand);
    test::run_phase(session, files, Phase::backfill);
    CHECK(test::count(session, "SELECT count(*) FROM t WHERE a IS DISTINCT FROM b OR b IS NULL") == 0);
  }
}

TEST_CASE("linting the output again finds no error") {
  const std::string before =
      "CREATE TABLE o (id int PRIMARY KEY); CREATE TABLE t (id serial PRIMARY KEY, a text NOT NULL UNIQUE, n int NOT "
      "NULL DEFAULT 1 CHECK (n > 0), "
      "o int REFERENCES o (id), name text, code text); CREATE INDEX t_n ON t (n);";
  const std::string migration =
      "-- bgdb: reverse name=f || ' ' || l\n"
      "ALTER TABLE t RENAME a TO b; ALTER TABLE t ALTER n TYPE bigint; ALTER TABLE t RENAME o TO owner_id; "
      "ALTER TABLE t ALTER code TYPE int USING code::int; ALTER TABLE t ADD f text, ADD l text; "
      "UPDATE t SET f = split_part(name, ' ', 1), l = split_part(name, ' ', 2); ALTER TABLE t DROP COLUMN name; CREATE "
      "INDEX t_f ON t (f);";
  test::lint_finds_no_error(before, test::files_for(before, migration));
}
