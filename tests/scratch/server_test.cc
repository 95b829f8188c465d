#include "scratch/server.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "pg/session.h"
#include "support/check.h"

using namespace bgdb;

TEST_CASE("a throwaway server starts, survives kill -9 and leaves nothing behind") {
  std::string path;
  {
    auto workspace = REQUIRE_OK(scratch::Workspace::create("bgdb-test"));
    path = workspace->path();
    auto server = REQUIRE_OK(scratch::Postgres::start(*workspace, {.name = "blue"}));
    CHECK_OK(server->create_database("shop"));
    {
      auto session = REQUIRE_OK(pg::Session::open({.dsn = server->dsn("shop")}));
      CHECK(REQUIRE_OK(session.scalar("show wal_level")) == "logical");
      CHECK_OK(session.execute("create table t (id int primary key)"));
    }
    server->kill9();
    CHECK(server->postmaster_pid() == 0);
    CHECK_OK(server->start_again());
    auto session = REQUIRE_OK(pg::Session::open({.dsn = server->dsn("shop")}));
    CHECK(REQUIRE_OK(session.scalar("select count(*) from t")) == "0");
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("PgBouncer forwards to the server and answers on its admin console") {
  auto workspace = REQUIRE_OK(scratch::Workspace::create("bgdb-test"));
  auto server = REQUIRE_OK(scratch::Postgres::start(*workspace));
  auto bouncer = REQUIRE_OK(scratch::PgBouncer::start(*workspace, {{"shop", server->dsn("postgres")}}));
  auto client = REQUIRE_OK(pg::Session::open({.dsn = bouncer->dsn("shop")}));
  CHECK(REQUIRE_OK(client.scalar("select 1")) == "1");
  auto admin = REQUIRE_OK(pg::Session::open({.dsn = bouncer->admin_dsn(), .plain = true}));
  const auto databases = REQUIRE_OK(admin.script("show databases"));
  bool found = false;
  for (size_t row = 0; row < databases.size(); ++row) found = found || databases.text(row, "name") == "shop";
  CHECK(found);
}

TEST_CASE("servers of a process that was killed with -9 are stopped by the watchdog") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto workspace = scratch::Workspace::create("bgdb-test");
    if (!workspace) ::_exit(1);
    auto server = scratch::Postgres::start(**workspace);
    if (!server) ::_exit(1);
    const std::string line = std::to_string((*server)->postmaster_pid()) + " " + (*workspace)->path() + "\n";
    if (::write(ends[1], line.data(), line.size()) < 0) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  ::close(ends[1]);
  char buffer[300] = {};
  REQUIRE(::read(ends[0], buffer, sizeof buffer - 1) > 0);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const std::string line(buffer);
  const pid_t postmaster = std::stoi(line);
  const std::string path = line.substr(line.find(' ') + 1, line.size() - line.find(' ') - 2);
  for (int i = 0; i < 200 && (::kill(postmaster, 0) == 0 || std::filesystem::exists(path)); ++i) ::usleep(50'000);
  CHECK(::kill(postmaster, 0) != 0);
  CHECK_FALSE(std::filesystem::exists(path));
}
