// What people do wrong at night, as processes on real servers: every error names object, cause and cure, the exit
// status says what kind it is, --json is answered in JSON, no secret is printed, and nothing is half done.

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/process.h"
#include "scratch/server.h"
#include "support/check.h"
#include "support/files.h"
#include "support/night.h"
#include "support/servers.h"

using namespace bgdb;

namespace {

constexpr const char* kSecret = "hunter2secret";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Two databases of one server, a folder with bgdb.yml and one migration.
struct Desk {
  std::unique_ptr<scratch::Workspace> workspace;
  std::unique_ptr<scratch::Postgres> postgres;
  test::TempDir dir;

  Desk() {
    workspace = REQUIRE_OK(scratch::Workspace::create("badinput"));
    postgres = REQUIRE_OK(scratch::Postgres::start(*workspace));
    CHECK_OK(postgres->create_database("blue"));
    CHECK_OK(postgres->create_database("green"));
    auto session = on("blue");
    CHECK_OK(session.script(R"(create table people (id int primary key, email_address text);
        insert into people values (1, 'a@example.org');
        create table "new
line" (id int primary key, "a
b" text);
        insert into "new
line" values (1, 'x');)"));
    dir.write("migrations/V1__a.sql", "create table people (id int primary key, email_address text);");
    dir.write("migrations/V2__b.sql", "alter table people rename column email_address to email;");
    configure(postgres->dsn("blue"), postgres->dsn("green"));
  }
  void configure(const std::string& blue, const std::string& green, const std::string& more = "") {
    dir.write("bgdb.yml", "name: shop\nblue: { dsn: \"" + blue + "\" }\ngreen: { dsn: \"" + green +
                              "\" }\nmigrations: { dir: migrations, baseline: V1 }\n" + more);
  }
  pg::Session on(const std::string& database) { return test::connect(postgres->dsn(database)); }
  core::ProcessResult bgdb(std::vector<std::string> arguments) {
    core::ProcessOptions options{.argv = {BGDB_BINARY}};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.working_directory = dir.path().string();
    return REQUIRE_OK(core::run_process(options));
  }
  // With --json and without: the same status, one line of JSON on stdout, the words on stderr, no secret anywhere.
  void expect_failure(std::vector<std::string> arguments, int status, const std::string& words) {
    INFO(arguments[0] << " " << arguments.back());
    const auto plain = bgdb(arguments);
    arguments.push_back("--json");
    const auto json = bgdb(arguments);
    INFO(plain.stdout_text << plain.stderr_text << json.stdout_text << json.stderr_text);
    CHECK(plain.exit_status == status);
    CHECK(json.exit_status == status);
    CHECK(has(plain.stderr_text, words));
    CHECK(plain.stdout_text.empty());
    CHECK_FALSE(has(plain.stderr_text + json.stdout_text + json.stderr_text, kSecret));
    const auto answer = nlohmann::json::parse(json.stdout_text, nullptr, false);
    REQUIRE(answer.is_object());
    CHECK(answer["status"] == status);
    CHECK_FALSE(answer["error"]["message"].get<std::string>().empty());
    CHECK_FALSE(answer["error"]["hint"].get<std::string>().empty());
  }
};

const std::vector<std::vector<std::string>> kConfigured = {{"clone"},
                                                           {"migrate"},
                                                           {"mapping", "derive"},
                                                           {"sync"},
                                                           {"lag"},
                                                           {"gate"},
                                                           {"cutover", "--yes"},
                                                           {"rollback", "--yes"},
                                                           {"finalize", "--yes"},
                                                           {"status"},
                                                           {"journal"}};

}  // namespace

TEST_CASE("without a configuration every command says where it looked and what to do") {
  Desk desk;
  std::filesystem::remove(desk.dir.path() / "bgdb.yml");
  for (const auto& command : kConfigured) desk.expect_failure(command, 2, "no bgdb.yml in");
}

TEST_CASE("an unknown option under --json is JSON too") {
  Desk desk;
  desk.expect_failure({"clone", "--wrokers"}, 2, "did you mean `--workers`?");
}

TEST_CASE("a server that is not there is named in one line, and its cure in the next") {
  Desk desk;
  desk.configure(desk.postgres->dsn("blue"), "host=127.0.0.1 port=1 dbname=green user=postgres");
  for (const auto& command : {std::vector<std::string>{"clone"},
                              {"migrate"},
                              {"mapping", "derive"},
                              {"sync"},
                              {"lag"},
                              {"cutover", "--dry-run"}}) {
    desk.expect_failure(command, 2, "127.0.0.1:1/green: Connection refused\n  is the server running");
  }
  const auto status = desk.bgdb({"status"});
  CHECK(status.exit_status == 1);
  CHECK(has(status.stdout_text, "\ngreen: 127.0.0.1:1/green: Connection refused\n"));
  const auto journal = desk.bgdb({"journal"});
  CHECK(journal.exit_status == 2);  // half a trail is no success
  CHECK(has(journal.stderr_text, "its records are missing"));
}

TEST_CASE("no piece of a password is printed, however the dsn is written") {
  Desk desk;
  const auto secret = std::string(kSecret);
  const auto port = std::to_string(desk.postgres->port());
  {
    std::ofstream hba(desk.postgres->data_dir() + "/pg_hba.conf");
    hba << "host all locked 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\nlocal all all trust\n";
  }
  auto session = desk.on("postgres");
  REQUIRE_OK(session.script("create role locked superuser login password 'other'; select pg_reload_conf()"));
  std::vector<std::pair<std::string, std::string>> wrong = {
      {"host=127.0.0.1 port=" + port + " dbname=blue user=locked password=" + secret, "password authentication failed"},
      {"postgresql://locked:" + secret + "@127.0.0.1:" + port + "/blue", "password authentication failed"},
      {"host=127.0.0.1 dbname=blue password=a " + secret, "the dsn cannot be read"},
      {"host=127.0.0.1 dbname=blue password=a " + secret + "=b", "the dsn cannot be read"},
      {"postgresql://locked:a/" + secret + "@127.0.0.1:" + port + "/blue", "the dsn cannot be read"},
      {"postgresql://locked:" + secret + "/a@127.0.0.1:" + port + "/blue", "the dsn cannot be read"},
      {"postgresql://locked:" + secret + "%zz@127.0.0.1:" + port + "/blue", "the dsn cannot be read"},
  };
  for (const auto& [dsn, words] : wrong) {
    desk.configure(dsn, desk.postgres->dsn("green"));
    desk.expect_failure({"clone"}, 2, words);
    for (const char* command : {"status", "gate", "journal"}) {
      const auto result = desk.bgdb({command, "--verbose"});
      INFO(command << ": " << result.stdout_text << result.stderr_text);
      CHECK(result.exit_status != 0);
      CHECK_FALSE(has(result.stdout_text + result.stderr_text, secret));
    }
  }
}

TEST_CASE("commands in the wrong order are refused, and leave nothing behind") {
  Desk desk;
  desk.expect_failure({"migrate"}, 3, "run `bgdb clone` first");
  desk.expect_failure({"mapping", "derive"}, 3, "run `bgdb clone`");
  desk.expect_failure({"sync"}, 3, "run `bgdb clone` first");
  desk.expect_failure({"cutover", "--dry-run"}, 3, "Run \"bgdb clone\"");
  desk.expect_failure({"rollback", "--dry-run"}, 3, "Run \"bgdb clone\"");
  for (const char* database : {"blue", "green"}) {
    CHECK(REQUIRE_OK(desk.on(database).scalar("select count(*) from pg_namespace where nspname = 'bgdb'")) == "0");
  }
  desk.configure(desk.postgres->dsn("blue"), desk.postgres->dsn("blue"));
  desk.expect_failure({"clone"}, 2, "blue and green are the same database");
  desk.configure(desk.postgres->dsn("blue"), desk.postgres->dsn("green"));

  const auto clone = desk.bgdb({"clone"});
  INFO(clone.stderr_text);
  REQUIRE(clone.exit_status == 0);
  CHECK(has(clone.stdout_text, "public.new\\nline  "));  // one line in the table
  const auto again = desk.bgdb({"clone"});
  CHECK(again.exit_status == 0);
  CHECK(has(again.stdout_text, "already complete"));
  desk.expect_failure({"rollback", "--dry-run"}, 3, "blue is active already");
  desk.expect_failure({"rollback", "--yes", "--dry-run", "--abort"}, 2, "exclude each other");
}

TEST_CASE("finalize before anything was switched is refused, after a window there is no way around an empty green") {
  Desk desk;
  REQUIRE(desk.bgdb({"clone"}).exit_status == 0);
  REQUIRE(desk.bgdb({"migrate"}).exit_status == 0);
  desk.expect_failure({"finalize", "--yes"}, 3, "nothing was switched yet");
  auto blue = desk.on("blue");
  CHECK(REQUIRE_OK(blue.scalar("select count(*) from pg_replication_slots")) == "1");
  const auto held = desk.bgdb({"cutover", "--yes"});
  CHECK(held.exit_status == 1);
  CHECK(has(held.stderr_text, "gates are closed: "));
  CHECK_FALSE(has(held.stderr_text, "hint:"));

  for (const auto* side : {"blue", "green"}) {  // as after cutover and rollback
    auto session = desk.on(side);
    REQUIRE_OK(session.script("update bgdb.side set epoch = 3"));
  }
  CHECK(desk.bgdb({"finalize", "--yes"}).exit_status == 0);
  CHECK(desk.bgdb({"finalize", "--yes"}).exit_status == 0);
  desk.expect_failure({"cutover", "--dry-run"}, 3, "the window is closed");
  desk.expect_failure({"sync"}, 3, "the window is closed");
  desk.expect_failure({"clone"}, 3, "name an empty database as green");
}

TEST_CASE("a second sync is refused by name, and the first goes on") {
  Desk desk;
  REQUIRE(desk.bgdb({"clone"}).exit_status == 0);
  REQUIRE(desk.bgdb({"migrate"}).exit_status == 0);
  auto first = REQUIRE_OK(core::ChildProcess::start({.argv = {BGDB_BINARY, "sync"},
                                                     .working_directory = desk.dir.path().string(),
                                                     .output_file = (desk.dir.path() / "sync.log").string()}));
  for (int i = 0; i < 300 && desk.bgdb({"lag", "--max-ms", "1h"}).exit_status != 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  desk.expect_failure({"sync"}, 3, "link forward is in use by another process");
  CHECK(first.running());
  REQUIRE_OK(desk.on("blue").script("insert into people values (2, 'b@example.org')"));
  for (int i = 0; i < 300; ++i) {
    if (REQUIRE_OK(desk.on("green").scalar("select count(*) from people")) == "2") break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  CHECK(REQUIRE_OK(desk.on("green").scalar("select count(*) from people where email = 'b@example.org'")) == "1");
  desk.expect_failure({"clone", "--abort", "--complete"}, 2, "stop `bgdb sync`");
  CHECK(first.stop(std::chrono::seconds(20)) == 0);
}

TEST_CASE("Ctrl-C ends a migration with status 130, says where, and the next run goes on") {
  Desk desk;
  REQUIRE(desk.bgdb({"clone"}).exit_status == 0);
  desk.dir.write("migrations/V3__slow.sql",
                 "create table late (id int primary key); "
                 "select pg_sleep(60);");
  auto migrate = REQUIRE_OK(core::ChildProcess::start({.argv = {BGDB_BINARY, "migrate"},
                                                       .working_directory = desk.dir.path().string(),
                                                       .output_file = (desk.dir.path() / "out.log").string()}));
  auto green = desk.on("green");
  const char* sleeping =
      "select count(*) from pg_stat_activity where query like '%pg_sleep(60)%' and state = 'active' "
      "and pid <> pg_backend_pid()";
  for (int i = 0; i < 300 && REQUIRE_OK(green.scalar(sleeping)) == "0"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  migrate.signal(SIGINT);
  CHECK(migrate.wait(std::chrono::seconds(30)) == 130);
  const auto said = test::read_file(desk.dir.path() / "out.log");
  INFO(said);
  CHECK(has(said, "bgdb migrate: interrupted\n  V3__slow.sql:1"));
  CHECK(REQUIRE_OK(green.scalar("select to_regclass('late') is null")) == "t");
  desk.dir.write("migrations/V3__slow.sql", "create table late (id int primary key);");
  CHECK(desk.bgdb({"migrate"}).exit_status == 0);
  CHECK(REQUIRE_OK(green.scalar("select to_regclass('late') is not null")) == "t");
}

TEST_CASE("a databases file that is not there is found before anything is paused") {
  test::Night night;
  night.wait_ready();
  const std::string file = night.bouncer().databases_file();
  std::filesystem::rename(file, file + ".away");
  const auto run = night.bgdb({"cutover", "--yes"});
  std::filesystem::rename(file + ".away", file);
  INFO(run.stderr_text);
  CHECK(run.exit_status == 2);
  CHECK(has(run.stderr_text, "cannot read " + file));
  CHECK(night.active() == "blue");
  CHECK(night.front_door_writes(std::chrono::seconds(5)));
}

TEST_CASE("rewrite names the file that it cannot read and leaves no file behind") {
  test::TempDir dir;
  const auto binary = dir.write("V1__binary.sql", std::string("select 1;\0\1\2", 12));
  const auto broken = dir.write("V2__broken.sql", "alter table a add colum x int;\n");
  for (const auto& file : {binary, broken}) {
    const auto result = REQUIRE_OK(core::run_process({.argv = {BGDB_BINARY, "rewrite", file}}));
    INFO(result.stderr_text);
    CHECK(result.exit_status == 2);
    CHECK(has(result.stderr_text, file));
  }
  size_t left = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::recursive_directory_iterator(dir.path())) ++left;
  CHECK(left == 2);
}

TEST_CASE("a mapping file that was named must be there") {
  Desk desk;
  REQUIRE(desk.bgdb({"clone"}).exit_status == 0);
  REQUIRE(desk.bgdb({"migrate"}).exit_status == 0);
  CHECK(desk.bgdb({"mapping", "derive"}).exit_status == 0);  // mapping.yml is not needed
  desk.configure(desk.postgres->dsn("blue"), desk.postgres->dsn("green"), "mapping: maping.yml\n");
  desk.expect_failure({"mapping", "derive"}, 2, "maping.yml");
}
