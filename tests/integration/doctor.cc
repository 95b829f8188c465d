// `bgdb doctor` against sick and healthy servers: every finding, its cure, the fixes, exit statuses.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/process.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

struct Project {
  test::TempDir folder;
  std::string blue;
  std::string green;

  explicit Project(std::string blue_dsn = test::fresh_database("blue"),
                   std::string green_dsn = test::fresh_database("green"), const std::string& more = "")
      : blue(std::move(blue_dsn)), green(std::move(green_dsn)) {
    folder.write("bgdb.yml",
                 fmt::format("name: doc\nblue: {{ dsn: \"{}\" }}\ngreen: {{ dsn: \"{}\" }}\n{}", blue, green, more));
  }
  core::ProcessResult run(std::vector<std::string> arguments) const {
    core::ProcessOptions options{.argv = {BGDB_BINARY, "doctor"}};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.working_directory = folder.path().string();
    options.timeout = 60s;
    return REQUIRE_OK(core::run_process(options));
  }
  nlohmann::json report(std::vector<std::string> arguments = {}) const {
    arguments.push_back("--json");
    const auto result = run(arguments);
    INFO(result.stdout_text << result.stderr_text);
    REQUIRE(nlohmann::json::accept(result.stdout_text));
    auto report = nlohmann::json::parse(result.stdout_text);
    CHECK(result.exit_status == (report["ok"].get<bool>() ? 0 : 1));
    return report;
  }
};

// "fail: cure", for one check and object.
std::string of(const nlohmann::json& report, const std::string& check, const std::string& object) {
  for (const auto& one : report["checks"]) {
    if (one["check"] == check && one["object"] == object) {
      return one["state"].get<std::string>() + ": " + one["cure"].get<std::string>();
    }
  }
  return "";
}

bool begins(const std::string& text, const std::string& with) {
  return text.rfind(with, 0) == 0;
}

}  // namespace

TEST_CASE("doctor: two sound databases pass, before and after the clone") {
  const Project project;
  REQUIRE_OK(test::connect(project.blue).script("create table t (id serial primary key, note text)"));
  auto report = project.report();
  INFO(report.dump(2));
  CHECK(report["ok"].get<bool>());
  CHECK(of(report, "replica identity", "blue") == "ok: ");
  CHECK(of(report, "target empty", "green") == "ok: ");
  CHECK(of(report, "replication connection", "green") == "ok: ");
  for (const auto& one : report["checks"]) CHECK(one["state"] != "fail");

  const auto cloned = REQUIRE_OK(core::run_process(
      {.argv = {BGDB_BINARY, "clone", "--yes"}, .working_directory = project.folder.path().string(), .timeout = 60s}));
  INFO(cloned.stderr_text);
  REQUIRE(cloned.exit_status == 0);
  report = project.report();
  CHECK(report["ok"].get<bool>());  // that green is not empty is as it should be now
  CHECK(of(report, "target empty", "green").empty());
  REQUIRE_OK(test::connect(project.blue).script("select pg_drop_replication_slot('bgdb_doc_forward')"));
}

TEST_CASE("doctor: every finding names its object and the statement that cures it") {
  const Project project;
  auto blue = test::connect(project.blue);
  auto green = test::connect(project.green);
  REQUIRE_OK(
      blue.script("create table keyless (a int); create table indexed (a int not null, b text);"
                  "create unique index \"By A\" on indexed (a); create unlogged table scratch (id int primary key);"
                  "create table t (id smallserial primary key); select setval('t_id_seq', 32000);"
                  "create sequence round cycle maxvalue 3; select nextval('round'); select lo_create(0);"
                  "create function f() returns trigger language plpgsql as 'begin return new; end';"
                  "create trigger noisy before insert on t for each row execute function f();"
                  "alter table t enable always trigger noisy; create role app_blue; grant select on t to app_blue"));
  REQUIRE_OK(green.script("create table t (id int)"));
  REQUIRE_OK(blue.script("select pg_create_logical_replication_slot('forgotten', 'pgoutput')"));
  const std::string name = REQUIRE_OK(blue.scalar("select current_database()"));
  REQUIRE_OK(blue.script("alter database " + name + " set search_path = \"$user\", public, extra"));
  auto busy = test::connect(project.blue);
  CHECK_OK(busy.begin());

  const auto report = project.report();
  INFO(report.dump(2));
  CHECK_FALSE(report["ok"].get<bool>());
  CHECK(begins(of(report, "replica identity", "public.keyless"),
               "fail: on blue: alter table public.keyless add primary"));
  CHECK(of(report, "replica identity", "public.indexed") ==
        "fail: on blue: alter table public.indexed replica identity using index \"By A\"");
  CHECK(begins(of(report, "tables", "public.scratch"), "fail: on blue: alter table public.scratch set logged"));
  CHECK(begins(of(report, "large objects", "blue"), "fail: "));
  CHECK(begins(of(report, "sequences", "public.t_id_seq"), "warn: on blue: alter sequence"));
  CHECK(begins(of(report, "sequences", "public.round"), "warn: "));
  CHECK(begins(of(report, "triggers", "public.t"), "fail: on blue: alter table public.t enable trigger noisy"));
  CHECK(begins(of(report, "target empty", "green"), "fail: "));
  CHECK(begins(of(report, "roles and extensions", "green"), "fail: copy the roles"));
  CHECK(begins(of(report, "database settings", "green"), "warn: on green: alter database"));
  CHECK_OK(busy.rollback());

  // Asked, and nobody there to answer.
  const auto refused = project.run({"--fix"});
  CHECK(refused.exit_status == 2);
  const auto fixed = project.report({"--fix", "--yes"});
  INFO(fixed.dump(2));
  CHECK(of(fixed, "replica identity", "public.indexed").empty());
  CHECK(begins(of(fixed, "replica identity", "public.keyless"), "fail: "));  // which key is not ours to say
  CHECK(of(fixed, "database settings", "green") == "ok: ");
  CHECK(REQUIRE_OK(test::connect(project.green).scalar("show search_path")) == "\"$user\", public, extra");
  REQUIRE_OK(blue.script("select pg_drop_replication_slot('forgotten')"));
}

TEST_CASE("doctor: settings that lead sessions past the guards, or keep clients from writing") {
  auto server = REQUIRE_OK(scratch::Postgres::start(test::workspace(), {.name = "settings"}));
  CHECK_OK(server->create_database("shop"));
  const Project project(test::fresh_database("blue"), server->dsn("shop"));
  auto blue = test::connect(project.blue);
  REQUIRE_OK(blue.script("create table t (id int primary key); create role \"E t l\""));
  const std::string name = REQUIRE_OK(blue.scalar("select current_database()"));
  REQUIRE_OK(blue.script("alter role \"E t l\" in database " + name + " set session_replication_role = 'replica'"));
  REQUIRE_OK(test::connect(project.green).script("alter database shop set default_transaction_read_only = on"));
  auto report = project.report();
  INFO(report.dump(2));
  CHECK_FALSE(report["ok"].get<bool>());
  CHECK(of(report, "settings", "role \"E t l\" in database " + name) ==
        "fail: on blue: alter role \"E t l\" in database " + name + " reset session_replication_role");
  CHECK(of(report, "settings", "database shop") ==
        "warn: on green: alter database shop reset default_transaction_read_only");

  REQUIRE_OK(blue.script("drop role \"E t l\""));
  auto green = REQUIRE_OK(pg::Session::open({.dsn = project.green}));
  CHECK_OK(green.execute("alter database shop reset default_transaction_read_only"));
  CHECK(project.report()["ok"].get<bool>());
  CHECK_OK(green.execute("alter database shop set session_replication_role = 'replica'"));
  CHECK(begins(of(project.report(), "settings", "database shop"), "fail: on green: alter database shop reset"));
  CHECK_OK(green.execute("alter database shop reset session_replication_role"));
  CHECK_OK(green.execute("alter system set session_replication_role = 'replica'"));
  CHECK_OK(green.execute("select pg_reload_conf()"));
  CHECK(begins(of(project.report(), "settings", "the whole server"), "fail: on green: alter system reset"));
}

TEST_CASE("doctor: a server without logical replication, and one that throws slots away") {
  auto plain = REQUIRE_OK(scratch::Postgres::start(
      test::workspace(),
      {.name = "plain", .settings = {{"wal_level", "replica"}, {"max_slot_wal_keep_size", "64MB"}}}));
  CHECK_OK(plain->create_database("shop"));
  const Project project(plain->dsn("shop"), test::fresh_database("green"));
  REQUIRE_OK(test::connect(project.blue).script("create table t (id int primary key)"));
  const auto report = project.report();
  INFO(report.dump(2));
  CHECK(of(report, "wal_level", "blue") ==
        "fail: on blue: alter system set wal_level = 'logical'; then restart the server");
  CHECK(of(report, "wal_level", "green") == "ok: ");
  CHECK(begins(of(report, "slot limits", "blue"), "warn: on blue: alter system set max_slot_wal_keep_size = -1"));
}

TEST_CASE("doctor: a pooler in the way, and one that cannot be paused") {
  const auto server = test::fresh_database("blue");
  auto bouncer = REQUIRE_OK(scratch::PgBouncer::start(test::workspace(), {{"shop", server}}, {.pool_mode = "session"}));
  REQUIRE_OK(test::connect(server).script("create table t (id int primary key)"));
  const std::string traffic = fmt::format(
      "traffic: {{ driver: pgbouncer, admin_dsn: \"{}\", database: shop, databases_file: {}, front_door_dsn: "
      "\"{}\" }}\n",
      bouncer->admin_dsn(), bouncer->databases_file(), bouncer->dsn("shop"));
  const Project straight(server, test::fresh_database("green"), traffic);
  const auto report = straight.report();
  INFO(report.dump(2));
  CHECK(of(report, "poolers", "traffic") == "warn: pool_mode = transaction, or make clients connect anew");
}

TEST_CASE("doctor: a database that does not answer is an error, not a finding") {
  const Project project("host=127.0.0.1 port=1 dbname=x user=postgres connect_timeout=2",
                        test::fresh_database("green"));
  const auto result = project.run({});
  CHECK(result.exit_status == 2);
  CHECK(result.stderr_text.find("blue") != std::string::npos);
  CHECK(project.run({"--role", "x"}).exit_status == 2);
  CHECK(project.run({"--print-grants"}).exit_status == 2);
}
