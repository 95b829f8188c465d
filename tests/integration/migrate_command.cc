// bgdb migrate as people run it: exit statuses, JSON, refusals, the journal.
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/migrate_wiring.h"
#include "core/process.h"
#include "journal/state.h"
#include "scratch/server.h"
#include "support/check.h"
#include "support/files.h"

using namespace bgdb;

namespace {

struct Pair {
  std::unique_ptr<scratch::Workspace> workspace;
  std::unique_ptr<scratch::Postgres> postgres;
  test::TempDir dir;

  Pair() {
    workspace = REQUIRE_OK(scratch::Workspace::create("migratecmd"));
    postgres = REQUIRE_OK(scratch::Postgres::start(*workspace));
    CHECK_OK(postgres->create_database("blue"));
    CHECK_OK(postgres->create_database("green"));
    dir.write("bgdb.yml", "name: shop\nstrategy: parallel\nblue: { dsn: \"" + postgres->dsn("blue") +
                              "\" }\ngreen: { dsn: \"" + postgres->dsn("green") +
                              "\" }\nmigrations: { dir: migrations, framework: auto, baseline: V1 }\n");
    dir.write("migrations/V1__a.sql", "create table a (id int);");
    dir.write("migrations/V2__b.sql", "create table b (id int);");
  }
  pg::Session session(const std::string& database) {
    pg::SessionOptions options;
    options.dsn = postgres->dsn(database);
    return REQUIRE_OK(pg::Session::open(options));
  }
  core::ProcessResult bgdb(std::vector<std::string> arguments) {
    core::ProcessOptions options;
    options.argv = {BGDB_BINARY, "migrate"};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.working_directory = dir.path().string();
    return REQUIRE_OK(core::run_process(options));
  }
};

}  // namespace

TEST_CASE("migrate runs on green, writes blue's journal, and is done once") {
  Pair pair;
  auto blue = pair.session("blue");
  auto green = pair.session("green");
  CHECK_OK(journal::install_state(blue));
  CHECK_OK(journal::install_state(green));
  CHECK_OK(green.script("insert into bgdb.side (role, epoch, by) values ('standby', 0, 'test')"));

  const auto dry = pair.bgdb({"--dry-run"});
  CHECK(dry.exit_status == 0);
  CHECK(dry.stdout_text.find("V2__b.sql") != std::string::npos);
  CHECK(REQUIRE_OK(green.scalar("select to_regclass('b') is null")) == "t");

  const auto ran = pair.bgdb({"--json"});
  INFO(ran.stderr_text);
  REQUIRE(ran.exit_status == 0);
  const auto json = nlohmann::json::parse(ran.stdout_text);
  CHECK(json["on"] == "green");
  CHECK(json["ran"] == 1);
  CHECK(json["files"][0]["state"] == "baseline");
  CHECK(json["files"][1]["tables_guarded"] == 1);
  CHECK(REQUIRE_OK(green.scalar("select count(*) from bgdb.schema_versions")) == "1");
  CHECK(REQUIRE_OK(blue.scalar("select count(*) from bgdb.journal where command = 'migrate' and step = 'done'")) ==
        "1");
  CHECK(REQUIRE_OK(blue.scalar("select to_regclass('b') is null")) == "t");

  const auto again = pair.bgdb({});
  CHECK(again.exit_status == 0);
  CHECK(again.stdout_text.find("Nothing to run") != std::string::npos);
}

TEST_CASE("migrate refuses blue and a green that serves, with status 3") {
  Pair pair;
  const auto blue = pair.bgdb({"--on", "blue"});
  CHECK(blue.exit_status == 3);
  CHECK(blue.stderr_text.find("--yes") != std::string::npos);
  auto green = pair.session("green");
  CHECK_OK(journal::install_state(green));
  CHECK_OK(green.script("insert into bgdb.side (role, epoch, by) values ('active', 3, 'test')"));
  CHECK(pair.bgdb({}).exit_status == 3);
  CHECK(pair.bgdb({"--yes"}).exit_status == 0);
}

TEST_CASE("with one database the contract half waits until it is asked for") {
  Pair pair;
  auto blue = pair.session("blue");
  CHECK_OK(blue.script("create table a (id int)"));
  pair.dir.write("migrations/V3__drop.sql", "-- bgdb: phase=contract\ndrop table a;");
  app::Config config;
  config.folder = pair.dir.path().string();
  config.blue_dsn = pair.postgres->dsn("blue");
  config.strategy = "shared";
  config.migrations.baseline = "V1";
  config.migrations.old_version = "shop-1";
  const auto expand = REQUIRE_OK(app::run_migrate(config, {}, core::silent_progress()));
  CHECK(expand.on == "blue");
  CHECK(expand.phase == "expand");
  CHECK(REQUIRE_OK(blue.scalar("select to_regclass('b') is not null and to_regclass('a') is not null")) == "t");
  app::MigrateRequest request;
  request.phase = "contract";
  const auto refused = app::run_migrate(config, request, core::silent_progress());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::refused);
  CHECK(REQUIRE_OK(app::retire(config, {})).contract_files == std::vector<std::string>{"V3__drop.sql"});
  CHECK(REQUIRE_OK(app::run_migrate(config, request, core::silent_progress())).report.ran == 1);
  CHECK(REQUIRE_OK(blue.scalar("select to_regclass('a') is null")) == "t");
}

TEST_CASE("Ctrl-C during CREATE INDEX CONCURRENTLY ends cleanly, and the next run builds the index") {
  Pair pair;
  auto green = pair.session("green");
  CHECK_OK(green.script("create table b (id int); insert into b select generate_series(1, 1000)"));
  pair.dir.write("migrations/V2__b.sql", "create index concurrently b_id on b (id);");
  auto holder = pair.session("green");
  CHECK_OK(holder.begin());
  CHECK_OK(holder.script("insert into b values (0)"));
  core::ProcessOptions options;
  options.argv = {BGDB_BINARY, "migrate", "--yes"};
  options.working_directory = pair.dir.path().string();
  options.output_file = (pair.dir.path() / "out").string();
  auto child = REQUIRE_OK(core::ChildProcess::start(options));
  for (int i = 0; i < 1000; ++i) {
    if (REQUIRE_OK(green.scalar("select count(*) from pg_locks where not granted")) != "0") break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  child.signal(SIGINT);
  const auto status = child.wait(std::chrono::seconds(20));
  INFO(test::read_file(pair.dir.path() / "out"));
  CHECK(status == 130);
  CHECK(REQUIRE_OK(green.scalar("select count(*) from bgdb.schema_versions where file = 'V2__b.sql'")) == "0");
  CHECK_OK(holder.rollback());
  REQUIRE(pair.bgdb({"--yes"}).exit_status == 0);
  CHECK(REQUIRE_OK(green.scalar("select indisvalid from pg_index where indexrelid = 'b_id'::regclass")) == "t");
}

TEST_CASE("a failing migration is an error with file and line, wrong options are usage errors") {
  Pair pair;
  pair.dir.write("migrations/V3__bad.sql", "create table c (id int);\nselect broken from nowhere;");
  const auto early = pair.bgdb({});  // green is no clone yet
  CHECK(early.exit_status == 3);
  CHECK(early.stderr_text.find("bgdb clone") != std::string::npos);
  const auto failed = pair.bgdb({"--yes"});
  CHECK(failed.exit_status == 2);
  CHECK(failed.stderr_text.find("V3__bad.sql:2") != std::string::npos);
  CHECK(REQUIRE_OK(pair.session("green").scalar("select count(*) from bgdb.schema_versions")) == "1");
  CHECK(pair.bgdb({"--phase", "later"}).exit_status == 2);
  CHECK(pair.bgdb({"--lock-timeout", "5"}).exit_status == 2);
  pair.dir.write("migrations/V2__b.sql", "create table other (id int);");
  CHECK(pair.bgdb({}).exit_status == 3);
}
