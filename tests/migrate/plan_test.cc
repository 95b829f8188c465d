// What migrate looks at around the files: their order, their placeholders, how long they hold the application up.
#include "migrate/migrate_case.h"

using namespace bgdb;
using namespace std::chrono_literals;
using Case = test::MigrateCase;

TEST_CASE("files that come late or are gone are refused until somebody says that this is right") {
  Case c;
  c.dir.write("V2__b.sql", "create table b (id int);");
  REQUIRE_OK(c.run());
  c.dir.write("V1__a.sql", "create table a (id int);");
  const auto late = c.run();
  REQUIRE_FALSE(late);
  CHECK(late.error().code == ErrorCode::refused);
  CHECK(late.error().hint.find("--allow-out-of-order") != std::string::npos);
  c.options.allow_out_of_order = true;
  CHECK(REQUIRE_OK(c.run()).ran == 1);
  std::filesystem::remove(c.dir.path() / "V2__b.sql");
  const auto gone = c.run();
  REQUIRE_FALSE(gone);
  CHECK(gone.error().hint.find("--allow-missing") != std::string::npos);
  c.options.allow_missing = true;
  CHECK(REQUIRE_OK(c.run()).notes.size() == 1);
}

TEST_CASE("a contract file may be older than what ran before it, an expand file may not") {
  Case c;
  c.dir.write("V1__a.sql", "-- bgdb: phase=contract\nselect 1;");
  c.dir.write("V2__b.sql", "-- bgdb: phase=expand\nselect 2;");
  c.options.phase = "expand";
  REQUIRE_OK(c.run());
  c.options.phase = "contract";
  CHECK(REQUIRE_OK(c.run()).ran == 1);
}

TEST_CASE("placeholders get their values, and one without a value is refused by name") {
  Case c;
  c.dir.write("V1__a.sql", "create table ${schema}.a (id int); create table {{ schema }}.b (id int);");
  const auto missing = c.run();
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::unsupported);
  CHECK(missing.error().message.find("${schema}") != std::string::npos);
  c.options.placeholders = {{"schema", "public"}};
  REQUIRE_OK(c.run());
  CHECK(c.exists("public.a"));
  CHECK(c.exists("public.b"));
  c.options.placeholders = {{"schema", "other"}};  // the file is the same
  CHECK(REQUIRE_OK(c.run()).ran == 0);
}

TEST_CASE("how long clients were kept away from a table is measured, new tables do not count") {
  Case c;
  CHECK_OK(c.session.script("create table a (id int)"));
  c.dir.write("V1__a.sql",
              "create table b (id int);\nalter table b add x int;\nalter table a add x int;\nselect pg_sleep(0.05);");
  const auto report = REQUIRE_OK(c.run());
  REQUIRE(report.files[0].exclusive.size() == 1);
  CHECK(report.files[0].exclusive[0].table == "public.a");
  CHECK(report.files[0].exclusive[0].line == 3);
  CHECK(report.files[0].exclusive[0].held >= 50ms);
  CHECK(report.files[0].statements.size() == 4);
}

TEST_CASE("a statement that holds its transaction's locks too long is ended") {
  Case c;
  c.dir.write("V1__a.sql", "create table a (id int); select pg_sleep(20);");
  c.options.statement_timeout = 100ms;
  const auto ended = c.run();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().sqlstate == "57014");
  CHECK_FALSE(c.exists("a"));
}
