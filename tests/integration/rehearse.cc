// bgdb rehearse on two real servers: what it reports, that production keeps nothing of it, and that nothing stays
// behind, however it ends.
#include <csignal>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "core/process.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

struct Stage {
  std::string production = test::fresh_database("production");
  std::string staging = test::fresh_database("staging");
  test::TempDir dir;

  Stage() {
    dir.write("bgdb.yml", "name: shop\nblue: { dsn: \"" + production + "\" }\ngreen: { dsn: \"" + staging +
                              "\" }\nmigrations: { dir: migrations, framework: flyway, baseline: V1 }\n");
    auto session = test::connect(production);
    CHECK_OK(
        session.script("create table users (id serial primary key, email text, age int); create table \"Odd\" (a int);"
                       "create table parts (id int, k int) partition by list (k); create table parts_1 partition of "
                       "parts for values in (1);"
                       "insert into parts select i, 1 from generate_series(1, 100) i;"
                       "insert into users (email, age) select i || '@x', i from generate_series(1, 20000) i"));
    dir.write("migrations/V1__base.sql", "select 1;");
  }
  core::ProcessOptions command(std::vector<std::string> arguments) const {
    core::ProcessOptions options;
    options.argv = {BGDB_BINARY, "rehearse"};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.working_directory = dir.path().string();
    return options;
  }
  core::ProcessResult bgdb(std::vector<std::string> arguments = {}) const {
    return REQUIRE_OK(core::run_process(command(std::move(arguments))));
  }
  std::string leftovers() const {
    auto session = test::connect(staging);
    return REQUIRE_OK(session.scalar("select count(*) from pg_database where datname like 'bgdb\\_rehearse%'"));
  }
  std::string on_production(const std::string& sql) const {
    auto session = test::connect(production);
    return REQUIRE_OK(session.scalar(sql));
  }
};

}  // namespace

TEST_CASE("a rehearsal tells locks, rewrites and sizes, leaves no database, and only reads production") {
  Stage stage;
  stage.dir.write("migrations/V2__age.sql",
                  "alter table users alter column age type bigint;\ncreate index users_age on users (age);\n");
  stage.dir.write("migrations/V3__drop.sql", "-- bgdb: phase=contract\ndrop table \"Odd\";\n");
  const auto before = stage.on_production("select md5(string_agg(u::text, ',' order by id)) from users u");
  const auto ran = stage.bgdb({"--json"});
  INFO(ran.stdout_text << ran.stderr_text);
  REQUIRE(ran.exit_status == 0);
  const auto json = nlohmann::json::parse(ran.stdout_text);
  CHECK(json["copy"]["rows"] == 20100);
  REQUIRE(json["files"].size() == 2);
  const auto& alter = json["files"][0]["statements"][0];
  CHECK(alter["rewrites"] == nlohmann::json{"public.users"});
  CHECK(alter["locks"][0] == "ACCESS EXCLUSIVE on public.users");
  CHECK(json["sizes"].dump().find("public.Odd") == std::string::npos);  // it was empty
  CHECK(json["sizes"].dump().find("public.users") != std::string::npos);
  CHECK(stage.leftovers() == "0");
  CHECK(stage.on_production("select md5(string_agg(u::text, ',' order by id)) from users u") == before);
  CHECK(stage.on_production("select count(*) from pg_namespace where nspname = 'bgdb'") == "0");
  CHECK(stage.on_production("select count(*) from pg_replication_slots") == "0");
  const auto text = stage.bgdb();
  CHECK(text.stdout_text.find("The throwaway database was dropped") != std::string::npos);
}

TEST_CASE("queries of the old version that break are named with the statement that broke them") {
  Stage stage;
  stage.dir.write("migrations/V2__a.sql", "create table a (id int);\nalter table users rename column age to years;\n");
  stage.dir.write("migrations/V3__b.sql", "-- bgdb: phase=contract\ndrop table \"Odd\";\n");
  const auto queries = stage.dir.write(
      "old.sql", "select email from users where id = $1;\nselect age from users;\ninsert into \"Odd\" values ($1);\n");
  const auto ran = stage.bgdb({"--json", "--old-queries", queries});
  INFO(ran.stdout_text << ran.stderr_text);
  CHECK(ran.exit_status == 1);
  const auto json = nlohmann::json::parse(ran.stdout_text);
  CHECK(json["old_queries"]["tried"] == 3);
  REQUIRE(json["old_queries"]["broken"].size() == 2);
  const auto& age = json["old_queries"]["broken"][0];
  CHECK(age["file"] == "V2__a.sql");
  CHECK(age["line"] == 2);
  CHECK(json["old_queries"]["broken"][1]["phase"] == "contract");
  std::filesystem::remove(stage.dir.path() / "migrations/V2__a.sql");
  CHECK(stage.bgdb({"--old-queries", queries}).exit_status == 0);  // nothing is left of it when contract runs
}

TEST_CASE("a migration that fails on the copy is a finding, and the copy is dropped") {
  Stage stage;
  stage.dir.write("migrations/V2__unique.sql",
                  "update users set email = 'same';\ncreate unique index on users (email);\n");
  const auto ran = stage.bgdb();
  INFO(ran.stdout_text << ran.stderr_text);
  CHECK(ran.exit_status == 1);
  CHECK(ran.stdout_text.find("23505") != std::string::npos);
  CHECK(stage.leftovers() == "0");
}

TEST_CASE("a rewritten migration is rehearsed through all its phases, with its batches") {
  Stage stage;
  stage.dir.write("source/V1__base.sql", "create table users (id serial primary key, email text, age int);");
  const auto source = stage.dir.write("source/V2__rename.sql",
                                      "alter table users rename column email to email_address;\n"
                                      "create index users_age on users (age);");
  core::ProcessOptions rewrite;
  rewrite.argv = {BGDB_BINARY, "rewrite", source, "-o", (stage.dir.path() / "migrations").string()};
  REQUIRE(REQUIRE_OK(core::run_process(rewrite)).exit_status == 0);
  const auto ran = stage.bgdb({"--json"});
  INFO(ran.stdout_text << ran.stderr_text);
  REQUIRE(ran.exit_status == 0);
  int64_t filled = 0;
  std::string phases;
  const auto json = nlohmann::json::parse(ran.stdout_text);
  for (const auto& file : json["files"]) {
    phases += file["phase"].get<std::string>() + " ";
    for (const auto& batch : file["backfills"]) filled += batch["rows"].get<int64_t>();
  }
  CHECK(filled == 20000);
  CHECK(phases.find("expand") != std::string::npos);
  CHECK(phases.find("contract") != std::string::npos);
}

TEST_CASE("what a killed rehearsal leaves is dropped by the next one, Ctrl-C leaves nothing") {
  Stage stage;
  stage.dir.write("migrations/V2__slow.sql", "select pg_sleep(30);");
  for (const int signal : {SIGKILL, SIGINT}) {
    auto child = REQUIRE_OK(core::ChildProcess::start(stage.command({})));
    auto session = test::connect(stage.staging);
    for (int i = 0; i < 3000; ++i) {
      if (REQUIRE_OK(
              session.scalar("select count(*) from pg_stat_activity where query like '%pg_sleep(30)%' and "
                             "application_name like 'bgdb%' and state = 'active' and pid <> pg_backend_pid()")) != "0")
        break;
      std::this_thread::sleep_for(10ms);
    }
    CHECK(stage.leftovers() == "1");
    child.signal(signal);
    const auto status = child.wait(20s);
    REQUIRE(status);
    if (signal == SIGINT) CHECK(*status == 130);
    if (signal == SIGINT) CHECK(stage.leftovers() == "0");
    stage.dir.write("migrations/V2__slow.sql", signal == SIGKILL ? "select pg_sleep(0);" : "select pg_sleep(0.0);");
    if (signal == SIGKILL) {
      const auto next = stage.bgdb();
      INFO(next.stdout_text << next.stderr_text);
      CHECK(next.exit_status == 0);
      CHECK(next.stdout_text.find("which a killed rehearsal had left") != std::string::npos);
      CHECK(stage.leftovers() == "0");
      stage.dir.write("migrations/V2__slow.sql", "select pg_sleep(30);");
    }
  }
}

TEST_CASE("a kept copy stays until it is cleaned, production's own server is refused") {
  Stage stage;
  stage.dir.write("migrations/V2__a.sql", "create table a (id int);");
  CHECK(stage.bgdb({"--keep"}).exit_status == 0);
  CHECK(stage.bgdb().exit_status == 0);
  CHECK(stage.leftovers() == "1");
  CHECK(stage.bgdb({"--clean"}).exit_status == 0);
  CHECK(stage.leftovers() == "0");
  const auto own = stage.bgdb({"--on", stage.production});
  CHECK(own.exit_status == 3);
  CHECK(own.stderr_text.find("own server") != std::string::npos);
}

TEST_CASE("a rehearsal that is killed at any moment leaves nothing that the next one does not drop") {
  Stage stage;
  stage.dir.write("migrations/V2__a.sql", "alter table users alter column age type bigint;");
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 8; ++round) {
    auto child = REQUIRE_OK(core::ChildProcess::start(stage.command({})));
    if (child.wait(std::chrono::milliseconds(20 + random() % 900))) continue;
    child.signal(SIGKILL);
    child.wait(5s);
  }
  core::ProcessResult last;
  for (int i = 0; i < 50; ++i) {  // the server still ends what held the lock
    last = stage.bgdb();
    if (last.exit_status != 3) break;
    std::this_thread::sleep_for(100ms);
  }
  INFO(last.stdout_text << last.stderr_text);
  CHECK(last.exit_status == 0);
  CHECK(stage.leftovers() == "0");
  CHECK(stage.on_production("select count(*) from pg_namespace where nspname = 'bgdb'") == "0");
}
