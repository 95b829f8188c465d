// --dsn and --schema: a live catalog, and what pg_dump makes of it, as the schema in force.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/process.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

namespace bgdb {

namespace {

core::ProcessResult bgdb(std::vector<std::string> arguments, const std::string& input = {},
                         std::map<std::string, std::string> environment = {}) {
  core::ProcessOptions options{.argv = {BGDB_BINARY}};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.stdin_text = input;
  environment.emplace("GITHUB_ACTIONS", "");
  options.environment = environment;
  return REQUIRE_OK(core::run_process(options));
}

nlohmann::json lint_json(const std::vector<std::string>& start, const std::string& sql) {
  std::vector<std::string> arguments = {"lint", "--json", "-"};
  arguments.insert(arguments.end(), start.begin(), start.end());
  const auto result = bgdb(arguments, sql);
  INFO(result.stderr_text);
  REQUIRE(result.exit_status != 2);
  return nlohmann::json::parse(result.stdout_text).at("files").at(0);
}

constexpr auto kSchema =
    "create table customers (id bigint primary key, email varchar(100), note text);\n"
    "create view active as select id, email from customers;\n"
    "create type mood as enum ('sad', 'ok');\n"
    "create table orders (id bigint primary key, customer_id bigint references customers, total int, m mood);\n"
    "create table logs (id bigint, at timestamptz) partition by range (at);\n"
    "create table logs_rest partition of logs default;\n"
    "create function twice(int) returns int language sql immutable as 'select $1 * 2';\n";

// A database with kSchema and its dump.
struct Live {
  std::string dsn = test::fresh_database();
  test::TempDir dir;
  std::string dump = dir.path().string() + "/schema.sql";
  std::string database() const { return REQUIRE_OK(test::connect(dsn).scalar("select current_database()")); }
  Live() {
    auto session = test::connect(dsn);
    CHECK_OK(session.script(kSchema));
    CHECK_OK(
        session.script("insert into orders (id, total) select i, i from generate_series(1, 20000) i; analyze orders"));
    const auto result = REQUIRE_OK(core::run_process({.argv = {"pg_dump", "--schema-only", "--file", dump, dsn}}));
    INFO(result.stderr_text);
    REQUIRE(result.exit_status == 0);
  }
};

}  // namespace

TEST_CASE("a live catalog and its dump give the same verdicts") {
  const Live live;
  for (const char* sql : {
           "alter table customers alter column email type varchar(200);",
           "alter table customers alter column email type varchar(50);",
           "alter table orders add check (total > 0);",
           "alter table orders drop column total;",
           "alter table customers rename to clients;",
           "alter type mood add value 'happy';",
           "create index on orders (total);",
           "create index on orders_gone (total);",
           "drop table if exists gone;",
           "drop function twice(int);",
           "create table logs_2030 partition of logs for values from ('2030-01-01') to ('2031-01-01');",
           "alter table orders alter column total type bigint;",
       }) {
    INFO(sql);
    auto by_server = lint_json({"--dsn", live.dsn}, sql);
    auto by_dump = lint_json({"--schema", live.dump}, sql);
    for (auto* file : {&by_server, &by_dump}) {
      for (auto& statement : file->at("statements")) statement.erase("estimates");
    }
    CHECK(by_server.dump(1) == by_dump.dump(1));
  }
  CHECK(lint_json({"--schema", live.dump}, "drop table if exists gone;").at("verdict") == "expand-safe");
  CHECK(lint_json({"--schema", live.dump}, "drop table if exists orders;").at("verdict") == "rollback-breaking");
}

TEST_CASE("the server's table sizes become estimates, in JSON and for people") {
  const Live live;
  const std::string sql = "alter table orders alter column total type bigint;";
  const auto statement = lint_json({"--dsn", live.dsn}, sql).at("statements").at(0);
  REQUIRE(statement.at("estimates").size() == 1);
  const auto& estimate = statement.at("estimates").at(0);
  CHECK(estimate.at("relation") == "public.orders");
  CHECK(estimate.at("work") == "rewrite");
  CHECK(estimate.at("rows") == 20000);
  CHECK(estimate.at("bytes").get<int64_t>() > 500'000);
  CHECK(estimate.at("estimated_ms").get<int64_t>() > 0);
  for (const char* command : {"lint", "explain"}) {
    const auto text = bgdb({command, "-", "--dsn", live.dsn}, sql).stdout_text;
    INFO(text);
    CHECK(text.find("public.orders has 20,000 rows") != std::string::npos);
    CHECK(text.find("(estimate)") != std::string::npos);
  }
}

TEST_CASE("with a live catalog earlier files are not replayed, and the file that is given is judged against it") {
  const Live live;
  live.dir.write("m/V1__old.sql", "create table customers (id int primary key, email text);\n");
  const auto path = live.dir.write("m/V2__new.sql", "alter table customers alter column email type varchar(200);\n");
  const auto result = bgdb({"lint", "--json", path, "--dsn", live.dsn});
  const auto json = nlohmann::json::parse(result.stdout_text);
  REQUIRE(json.at("files").size() == 1);
  CHECK(json.at("files").at(0).at("verdict") == "expand-safe");  // varchar(100) -> varchar(200), not text -> varchar
}

TEST_CASE("a server that cannot be asked is status 2 with the cure, and no password is shown") {
  const auto dead =
      bgdb({"lint", "-", "--dsn", "host=127.0.0.1 port=1 dbname=x user=u password=geheim42"}, "select 1;");
  CHECK(dead.exit_status == 2);
  CHECK(dead.stderr_text.find("127.0.0.1") != std::string::npos);
  CHECK((dead.stderr_text + dead.stdout_text).find("geheim42") == std::string::npos);
  auto& postgres = test::server();
  const auto absent =
      bgdb({"lint", "-", "--dsn", postgres.dsn("no_such_database") + " password=geheim42"}, "select 1;");
  CHECK(absent.exit_status == 2);
  CHECK(absent.stderr_text.find("no_such_database") != std::string::npos);
  CHECK((absent.stderr_text + absent.stdout_text).find("geheim42") == std::string::npos);
  const auto broken = bgdb({"lint", "-", "--dsn", "postgres://u:geheim42@[::1/x"}, "select 1;");
  CHECK(broken.exit_status == 2);
  CHECK((broken.stderr_text + broken.stdout_text).find("geheim42") == std::string::npos);
}

TEST_CASE("a table that somebody changes right now does not hold lint up") {
  const Live live;
  auto session = test::connect(live.dsn);
  CHECK_OK(session.script("begin; lock table orders"));
  const auto result = bgdb({"lint", "-", "--dsn", live.dsn}, "select 1;");
  CHECK(result.exit_status == 2);
  CHECK(result.stderr_text.find("lock timeout") != std::string::npos);
  CHECK(result.stderr_text.find("try again") != std::string::npos);
}

TEST_CASE("work on a partitioned table is estimated by the partitions that hold its rows") {
  const Live live;
  auto session = test::connect(live.dsn);
  CHECK_OK(session.script("insert into logs select i, now() from generate_series(1, 5000) i; analyze logs"));
  const auto statement = lint_json({"--dsn", live.dsn}, "alter table logs add check (id > 0);").at("statements").at(0);
  REQUIRE(statement.at("estimates").size() == 1);
  CHECK(statement.at("estimates").at(0).at("relation") == "public.logs_rest");
  CHECK(statement.at("estimates").at(0).at("rows") == 5000);
}

TEST_CASE("what is no schema is refused with the cure") {
  test::TempDir dir;
  const auto refused = [&](const std::string& path, const std::string& message) {
    const auto result = bgdb({"lint", "-", "--schema", path}, "select 1;");
    INFO(result.stderr_text);
    CHECK(result.exit_status == 2);
    CHECK(result.stderr_text.find(message) != std::string::npos);
    CHECK(result.stderr_text.find("--schema-only") != std::string::npos);
  };
  refused(dir.path().string() + "/absent.sql", "there is no schema file");
  refused(dir.path().string(), "is a folder");
  refused(dir.write("archive.dump", "PGDMP\x01\x0e"), "is an archive of pg_dump");
  refused(dir.write("binary.sql", std::string_view("a\0b", 3)), "zero bytes");
  refused(dir.write("prose.sql", "this is not SQL"), "no SQL statement");
  const auto both = bgdb({"lint", "-", "--schema", "a", "--dsn", "b"}, "select 1;");
  CHECK(both.exit_status == 2);
}

TEST_CASE("the version comes from the server or the dump unless it is given") {
  const Live live;
  test::TempDir dir;
  const auto old = dir.write("old.sql", "-- Dumped from database version 12.4\ncreate table t (id int);\n");
  const auto refused = bgdb({"lint", "-", "--schema", old}, "select 1;");
  CHECK(refused.exit_status == 2);
  CHECK(refused.stderr_text.find("is PostgreSQL 12") != std::string::npos);
  CHECK(refused.stderr_text.find("--pg-version 14") != std::string::npos);
  CHECK(bgdb({"lint", "-", "--schema", old, "--pg-version", "14"}, "select 1;").exit_status == 0);
  CHECK(bgdb({"lint", "-", "--dsn", live.dsn}, "select 1;").exit_status == 0);
  CHECK(bgdb({"lint", "-", "--pg-version", "13"}, "select 1;").exit_status == 2);
}

// What each runner's own table looks like; the second of three files has not run yet, or the third.
TEST_CASE("with --dsn the files that have run are not judged, whichever runner ran them") {
  struct Runner {
    const char* name;
    const char* table;
    std::vector<std::string> files;
    const char* pending;  // in the path of the only one that is judged
  };
  const Runner runners[] = {
      {"flyway",
       "create table flyway_schema_history (installed_rank int, version text, type text, script text, success boolean);"
       "insert into flyway_schema_history values (1, '1', 'BASELINE', '<< Flyway Baseline >>', true),"
       "(2, '1.1', 'SQL', 'V1.1__b.sql', true), (3, '2', 'SQL', 'V2__c.sql', false)",
       {"V1__a.sql", "V1.1__b.sql", "V2__c.sql"},
       "V2__c"},
      {"golang-migrate",
       "create table schema_migrations (version bigint, dirty boolean); insert into schema_migrations values (2, "
       "false)",
       {"000001_a.up.sql", "000002_b.up.sql", "000003_c.up.sql"},
       "000003"},
      {"goose",
       "create table goose_db_version (id serial, version_id bigint, is_applied boolean);"
       "insert into goose_db_version (version_id, is_applied) values (0, true), (1, true), (2, true), (3, true), (2, "
       "false)",
       {"00001_a.sql", "00002_b.sql", "00003_c.sql"},
       "00002"},
      {"dbmate",
       "create table schema_migrations (version varchar primary key);"
       "insert into schema_migrations values ('20240101000000'), ('20240102000000')",
       {"20240101000000_a.sql", "20240102000000_b.sql", "20240103000000_c.sql"},
       "20240103"},
      {"prisma",
       "create table _prisma_migrations (migration_name text, finished_at timestamptz, rolled_back_at timestamptz);"
       "insert into _prisma_migrations values ('20240101000000_a', now(), null), ('20240102000000_b', now(), null),"
       "('20240103000000_c', null, now())",
       {"20240101000000_a/migration.sql", "20240102000000_b/migration.sql", "20240103000000_c/migration.sql"},
       "20240103"},
      {"diesel",
       "create table __diesel_schema_migrations (version text, run_on timestamp default now());"
       "insert into __diesel_schema_migrations values ('20240101000000'), ('20240102000000')",
       {"2024-01-01-000000_a/up.sql", "2024-01-02-000000_b/up.sql", "2024-01-03-000000_c/up.sql"},
       "2024-01-03"},
      {"diesel",  // by `bgdb migrate`
       "create schema bgdb; create table bgdb.schema_versions (file text, phase text, checksum text);"
       "insert into bgdb.schema_versions values ('2024-01-01-000000_a/up.sql', 'all', ''),"
       "('2024-01-03-000000_c/up.sql', 'all', '')",
       {"2024-01-01-000000_a/up.sql", "2024-01-02-000000_b/up.sql", "2024-01-03-000000_c/up.sql"},
       "2024-01-02"},
  };
  for (const auto& runner : runners) {
    INFO(runner.name);
    const auto dsn = test::fresh_database();
    CHECK_OK(test::connect(dsn).script(runner.table));
    const test::TempDir dir;
    int number = 0;
    for (const auto& file : runner.files) {
      const auto path = dir.path() / file;
      std::filesystem::create_directories(path.parent_path());
      const std::string sql = fmt::format("create table t{} (id int);\n", ++number);
      std::ofstream(path) << (runner.name == std::string("goose")    ? "-- +goose Up\n" + sql
                              : runner.name == std::string("dbmate") ? "-- migrate:up\n" + sql + "-- migrate:down\n"
                                                                     : sql);
    }
    const auto result = bgdb({"lint", "--json", "--framework", runner.name, "--dsn", dsn, dir.path().string()});
    INFO(result.stdout_text << result.stderr_text);
    const auto files = nlohmann::json::parse(result.stdout_text).at("files");
    REQUIRE(files.size() == 1);
    CHECK(files[0].at("path").get<std::string>().find(runner.pending) != std::string::npos);
    CHECK(result.stderr_text.find("2 of 3 files of ") != std::string::npos);
  }
}

TEST_CASE("with --dsn, when every file has run, that is said") {
  const auto dsn = test::fresh_database();
  CHECK_OK(
      test::connect(dsn).script("create table schema_migrations (version bigint, dirty boolean);"
                                "insert into schema_migrations values (1, false)"));
  const test::TempDir dir;
  std::ofstream(dir.path() / "000001_a.up.sql") << "create table t (id int);\n";
  const auto result = bgdb({"lint", "--dsn", dsn, dir.path().string()});
  INFO(result.stdout_text << result.stderr_text);
  CHECK(result.exit_status == 0);
  CHECK(result.stderr_text.find("1 of 1 files of ") != std::string::npos);
  CHECK(result.stderr_text.find("schema_migrations") != std::string::npos);
}

TEST_CASE("with --dsn REVOKE breaks only where the role has the right") {
  const Live live;
  CHECK_OK(test::connect(live.dsn).script(
      "create role lint_reader; create role lint_nobody; create role lint_group;"
      "grant select on customers to lint_reader; grant insert (total) on orders to lint_reader;"
      "grant usage on schema public to lint_reader; grant lint_group to lint_reader;"
      "revoke execute on function twice(int) from public"));
  const auto verdict = [&](const char* sql) { return lint_json({"--dsn", live.dsn}, sql).at("verdict"); };
  for (const char* sql : {
           "revoke select on customers from lint_reader;",
           "revoke all on customers from lint_nobody, lint_reader;",
           "revoke insert on orders from lint_reader;",
           "revoke select on all tables in schema public from lint_reader;",
           "revoke usage on schema public from lint_reader;",
           "revoke lint_group from lint_reader;",
           "revoke connect on database ",
       }) {
    const auto text = std::string(sql).ends_with(' ') ? sql + live.database() + " from public;" : std::string(sql);
    INFO(text);
    CHECK(verdict(text.c_str()) == "rollback-breaking");
  }
  for (const char* sql : {
           "revoke insert on customers from lint_reader;",
           "revoke all on customers from lint_nobody;",
           "revoke all on all tables in schema public from lint_nobody;",
           "revoke execute on function twice(int) from public;",
           "revoke execute on function twice(int) from lint_reader;",
           "revoke lint_group from lint_nobody;",
       }) {
    INFO(sql);
    CHECK(verdict(sql) == "expand-safe");
  }
  CHECK_OK(test::connect(live.dsn).script(
      "drop owned by lint_reader; drop role lint_reader; drop role lint_nobody; drop role lint_group"));
}

TEST_CASE("with --dsn the bodies of triggers are known") {
  const Live live;
  CHECK_OK(test::connect(live.dsn).script(
      "create materialized view totals as select sum(total) from orders;"
      "create function refresh() returns trigger language plpgsql as"
      " 'begin if tg_op = ''DELETE'' then refresh materialized view totals; end if; return null; end';"
      "create trigger refresh after delete or update on orders for each statement"
      " execute function refresh()"));
  const auto locks = [&](const char* sql) {
    return lint_json({"--dsn", live.dsn}, sql).at("statements").at(0).at("locks").dump();
  };
  CHECK(locks("delete from orders where id = 1;").find("public.totals") != std::string::npos);
  CHECK(locks("update orders set total = 1 where id = 1;").find("public.totals") == std::string::npos);
}

}  // namespace bgdb
