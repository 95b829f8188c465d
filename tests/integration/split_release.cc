// A release that splits a table, and one that merges two, from clone to verify with the real program; kill -9 of sync
// in between.
#include <signal.h>

#include <functional>
#include <thread>

#include "core/process.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

struct Project {
  test::TempDir folder;
  std::string blue_dsn = test::fresh_database("blue");
  std::string green_dsn = test::fresh_database("green");
  pg::Session blue = test::connect(blue_dsn);
  pg::Session green = test::connect(green_dsn);

  Project(const std::string& name, const std::string& schema, const std::string& migration, const std::string& yaml) {
    folder.write("bgdb.yml",
                 "name: " + name + "\nblue: { dsn: \"" + blue_dsn + "\" }\ngreen: { dsn: \"" + green_dsn + "\" }\n");
    folder.write("migrations/V1__m.sql", migration);
    folder.write("mapping.yml", yaml);
    CHECK_OK(blue.script(schema));
  }
  ~Project() {  // slots left behind would keep later tests from dropping anything
    (void)test::connect(blue_dsn).script(
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database() and "
        "not active");
    (void)test::connect(green_dsn).script(
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database() and "
        "not active");
  }
  core::ProcessOptions command(std::vector<std::string> arguments) const {
    core::ProcessOptions options;
    options.argv = {BGDB_BINARY};
    for (auto& argument : arguments) options.argv.push_back(std::move(argument));
    options.working_directory = folder.path().string();
    return options;
  }
  core::ProcessResult run(std::vector<std::string> arguments) const {
    return REQUIRE_OK(core::run_process(command(std::move(arguments))));
  }
  void does(std::vector<std::string> arguments) const {
    const auto result = run(std::move(arguments));
    INFO(result.stdout_text << result.stderr_text);
    REQUIRE(result.exit_status == 0);
  }
  core::ChildProcess sync() const {
    auto options = command({"sync"});
    options.output_file = (folder.path() / "sync.log").string();
    options.die_with_parent = true;
    return REQUIRE_OK(core::ChildProcess::start(options));
  }
  // Verify asks for a link that is known to stream.
  void verifies() const {
    for (int i = 0; i < 300 && run({"lag", "--max-ms", "2s", "--max-bytes", "1MiB"}).exit_status != 0; ++i)
      std::this_thread::sleep_for(50ms);
    does({"verify"});
  }
  std::string on_green(const std::string& sql) { return REQUIRE_OK(green.scalar(sql)); }
  void arrives(const std::string& sql, const std::string& expected) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (on_green(sql) != expected) {
      if (std::chrono::steady_clock::now() > deadline) {
        FAIL(on_green(sql) << " instead of " << expected << "\n" << test::read_file(folder.path() / "sync.log"));
      }
      std::this_thread::sleep_for(50ms);
    }
  }
};

}  // namespace

TEST_CASE("a release that splits a table: clone, migrate, sync, kill, verify, and cloned through the mapping") {
  Project project("splits",
                  "create table users (id int primary key, email text not null, bio text);"
                  "insert into users select g, 'mail' || g, 'bio' || g from generate_series(1, 2000) g",
                  "create table profiles (user_id bigint primary key references users on delete cascade, bio text, "
                  "likes int default 0); insert into profiles (user_id, bio) select id, bio from users;"
                  "alter table users drop column bio;",
                  "tables:\n  public.users:\n    split:\n      public.users:\n      public.profiles: { renames: { id: "
                  "user_id } }\n");
  SECTION("migrated") {
    project.does({"clone"});
    project.does({"migrate"});
  }
  SECTION("into green's own schema") {
    CHECK_OK(
        project.green.script("create table users (id int primary key, email text not null);"
                             "create table profiles (user_id bigint primary key references users on delete "
                             "cascade, bio text, likes int default 0)"));
    project.does({"clone", "--translated"});
  }
  auto sync = project.sync();
  CHECK_OK(project.blue.script("update users set email = 'x', bio = 'y' where id <= 10"));
  project.arrives("select count(*) from users join profiles on user_id = id where email || bio = 'xy'", "10");
  sync.signal(SIGKILL);
  sync.wait(10s);
  CHECK_OK(project.blue.script("delete from users where id > 1990; insert into users values (5000, 'new', 'row')"));
  auto again = project.sync();
  project.arrives(
      "select count(*) || ' ' || max(email || bio) from users join profiles on user_id = id where id > "
      "1985",
      "6 newrow");
  project.verifies();
  CHECK(project.on_green("select count(*) from bgdb.quarantine") == "0");
  const auto log = test::read_file(project.folder.path() / "sync.log");
  INFO(log);
  CHECK(log.find("which a subscription cannot do") != std::string::npos);
  const auto compared = project.run({"verify", "--table", "public.users"});
  CHECK(compared.stdout_text.find("public.users -> public.profiles") != std::string::npos);
  again.signal(SIGTERM);
  again.wait(30s);
}

TEST_CASE("a release that merges two tables: clone, migrate, sync, kill in a transaction's wake, verify") {
  Project project(
      "merges",
      "create table users (id int primary key, email text not null);"
      "create table profiles (user_id int primary key references users on delete cascade, bio text not null);"
      "insert into users select g, 'mail' || g from generate_series(1, 2000) g;"
      "insert into profiles select g, 'bio' || g from generate_series(1, 2000) g",
      "alter table users add column bio text; update users set bio = p.bio from profiles p where user_id = id;"
      "alter table users alter column bio set not null; drop table profiles;",
      "tables:\n  public.profiles: { to: public.users, renames: { user_id: id } }\n");
  project.does({"clone"});
  project.does({"migrate"});
  auto sync = project.sync();
  CHECK_OK(project.blue.script(
      "begin; insert into users values (3000, 'a'); insert into profiles values (3000, 'b'); commit"));
  project.arrives("select coalesce(max(email || bio), '') from users where id >= 3000", "ab");
  CHECK_OK(project.blue.execute("insert into users values (3001, 'half')"));
  project.arrives("select count(*) from bgdb.quarantine", "1");
  const auto status = project.run({"status"});
  CHECK(status.stdout_text.find('1') != std::string::npos);
  sync.signal(SIGKILL);
  sync.wait(10s);
  CHECK_OK(project.blue.script(
      "insert into profiles values (3001, 'whole'); delete from users where id <= 100; update users set id = 4000 "
      "where false"));
  auto again = project.sync();
  project.arrives("select count(*) || ' ' || max(email || bio) filter (where id = 3001) from users", "1902 halfwhole");
  CHECK(project.on_green("select count(*) from bgdb.quarantine") == "0");
  project.verifies();
  again.signal(SIGTERM);
  again.wait(30s);
}

TEST_CASE("a merge cannot be cloned through the mapping, and says what can") {
  const Project project("merge_clone",
                        "create table a (id int primary key, x text); create table b (id int primary key, y text)", "",
                        "tables:\n  public.b: { to: public.a }\n");
  CHECK_OK(test::connect(project.green_dsn).script("create table a (id int primary key, x text, y text)"));
  const auto refused = project.run({"clone", "--translated"});
  INFO(refused.stderr_text);
  CHECK(refused.exit_status == 3);
  CHECK(refused.stderr_text.find("public.b is one part of green's public.a") != std::string::npos);
}
