// One suite over all drivers, against a real PgBouncer and real executables; then what is particular to each.
#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>
#include <thread>

#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"
#include "traffic/conforms.h"

using namespace bgdb;
using namespace std::chrono_literals;
using test::conforms;
using test::Pair;

namespace {

struct Pool : Pair {
  std::unique_ptr<scratch::PgBouncer> bouncer = started();
  traffic::DriverSpec spec() const {
    return {.driver = "pgbouncer",
            .admin_dsns = {bouncer->admin_dsn()},
            .database = "shop",
            .databases_file = bouncer->databases_file(),
            .front_door_dsn = bouncer->dsn("shop"),
            .targets = targets()};
  }
  std::unique_ptr<scratch::PgBouncer> started() const {
    static int count = 0;
    return REQUIRE_OK(
        scratch::PgBouncer::start(test::workspace(), {{"shop", blue}}, {.name = "bouncer" + std::to_string(++count)}));
  }
  std::string answer(const std::string& sql) const {
    auto session = REQUIRE_OK(pg::Session::open({.dsn = bouncer->dsn("shop"), .plain = true}));
    return REQUIRE_OK(session.script(sql)).text(0, 0);
  }
};

struct Scripts : Pair {
  test::TempDir folder;
  traffic::DriverSpec spec(const std::string& body = "") const {
    const auto path =
        folder.write("traffic.sh", "#!/bin/sh\ncd \"$(dirname \"$0\")\"\necho \"$BGDB_ACTION $*\" >>log\n" + body +
                                       "case $BGDB_ACTION in\nswitch) echo \"$BGDB_TARGET_PORT\" >port; echo "
                                       "$2 >now;;\ncurrent) cat now 2>/dev/null || echo blue;;\nesac\n");
    ::chmod(path.c_str(), 0755);
    const auto argv = [&](const char* word) { return std::vector<std::string>{path, word}; };
    return {.driver = "command",
            .commands = {{"pause", argv("p")}, {"switch", argv("s")}, {"resume", argv("r")}, {"current", argv("c")}},
            .targets = targets()};
  }
};

// Blue is the first server.
std::string side_of(const std::string& port) {
  return port == std::to_string(test::server("one").port()) ? "blue" : "green";
}

}  // namespace

TEST_CASE("pgbouncer conforms") {
  const Pool pool;
  auto driver = REQUIRE_OK(traffic::make_driver(pool.spec()));
  conforms(*driver, pool.targets(), [&] {
    CHECK_OK(driver->resume(5s));
    return side_of(pool.answer("select inet_server_port()::text"));
  });
}

TEST_CASE("several pgbouncers conform as one") {
  const Pool pool;
  const auto second = pool.started();
  // The second includes the first one's file, as bouncers on one machine do.
  auto text = test::read_file(second->config_file());
  text.replace(text.find(second->databases_file()), second->databases_file().size(), pool.bouncer->databases_file());
  std::ofstream(second->config_file()) << text;
  auto spec = pool.spec();
  spec.admin_dsns.push_back(second->admin_dsn());
  auto driver = REQUIRE_OK(traffic::make_driver(spec));
  conforms(*driver, pool.targets(), [&] {
    CHECK_OK(driver->resume(5s));
    auto session = REQUIRE_OK(pg::Session::open({.dsn = second->dsn("shop"), .plain = true}));
    return side_of(REQUIRE_OK(session.script("select inet_server_port()::text")).text(0, 0));
  });
}

TEST_CASE("a pool in session mode is refused before the switch") {
  const Pair pair;
  const auto bouncer = REQUIRE_OK(scratch::PgBouncer::start(test::workspace(), {{"shop", pair.blue}},
                                                            {.name = "sessions", .pool_mode = "session"}));
  traffic::DriverSpec spec{.driver = "pgbouncer",
                           .admin_dsns = {bouncer->admin_dsn()},
                           .database = "shop",
                           .databases_file = bouncer->databases_file(),
                           .targets = pair.targets()};
  auto driver = REQUIRE_OK(traffic::make_driver(spec));
  const auto checked = driver->check();
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == ErrorCode::refused);
  CHECK(checked.error().message.find("session mode") != std::string::npos);
  // The entry's own mode counts before that of the whole.
  std::ofstream(bouncer->databases_file(), std::ios::app) << "other = " << pair.blue << " pool_mode=transaction\n";
  REQUIRE_OK(REQUIRE_OK(pg::Session::open({.dsn = bouncer->admin_dsn(), .plain = true})).script("RELOAD"));
  spec.database = "other";
  CHECK_OK(REQUIRE_OK(traffic::make_driver(spec))->check());
}

TEST_CASE("command conforms") {
  const Scripts scripts;
  auto driver = REQUIRE_OK(traffic::make_driver(scripts.spec()));
  conforms(*driver, scripts.targets(), [&] {
    const auto now = scripts.folder.path() / "now";
    const auto text = std::filesystem::exists(now) ? test::read_file(now) : std::string("blue\n");
    return text.substr(0, text.find('\n'));
  });
}

TEST_CASE("command weighs by two executables, and refuses what is no percentage") {
  const Pair pair;
  const test::TempDir folder;
  folder.write("share", "0\n");
  const std::string file = (folder.path() / "share").string();
  traffic::DriverSpec spec{.driver = "command", .targets = pair.targets()};
  spec.commands = {{"weigh", {"/bin/sh", "-c", "echo $1 > " + file + "; test \"$1\" = \"$BGDB_PERCENT\"", "weigh"}},
                   {"weight", {"/bin/cat", file}}};
  auto driver = REQUIRE_OK(traffic::make_driver(spec));
  CHECK_OK(driver->set_weight(25, 5s));
  CHECK(REQUIRE_OK(driver->weight(5s)) == 25);
  CHECK_OK(driver->point_to(pair.targets()[1], 5s));
  CHECK(REQUIRE_OK(driver->weight(5s)) == 100);
  folder.write("share", "most of them\n");
  CHECK(driver->weight(5s).error().message.find("did not print a number") != std::string::npos);
  spec.commands.erase("weight");
  CHECK(traffic::make_driver(spec).error().message.find("go together") != std::string::npos);
}

TEST_CASE("none does nothing and succeeds") {
  const Pair pair;
  auto driver = REQUIRE_OK(traffic::make_driver({.driver = "none"}));
  CHECK_FALSE(driver->can_pause());
  CHECK_OK(driver->pause(1s));
  CHECK_OK(driver->point_to(pair.targets()[1], 1s));
  CHECK_OK(driver->resume(1s));
  CHECK(REQUIRE_OK(driver->current(1s)).empty());
}

TEST_CASE("a spec survives its journey to the guardian") {
  const Pair pair;
  traffic::DriverSpec spec{
      .driver = "command", .database = "a\"b", .commands = {{"switch", {"x", "y z"}}}, .targets = pair.targets()};
  const auto again = REQUIRE_OK(traffic::spec_from_json(traffic::to_json(spec)));
  CHECK(again.commands == spec.commands);
  CHECK(again.database == spec.database);
  CHECK(again.targets.size() == 2);
}

TEST_CASE("clients behind pgbouncer wait through a switch and come out on the other side") {
  const Pool pool;
  auto driver = REQUIRE_OK(traffic::make_driver(pool.spec()));
  const auto port = [&] { return pool.answer("select inet_server_port()::text"); };
  const auto before = port();
  CHECK_OK(driver->pause(5s));
  std::string answered;
  std::thread client([&] { answered = port(); });
  CHECK_OK(driver->point_to(pool.targets()[1], 5s));
  CHECK_OK(driver->resume(5s));
  client.join();
  CHECK(answered != before);
}

TEST_CASE("a pause that a long transaction holds up ends at its deadline and can be undone") {
  const Pool pool;
  auto driver = REQUIRE_OK(traffic::make_driver(pool.spec()));
  auto client = REQUIRE_OK(pg::Session::open({.dsn = pool.bouncer->dsn("shop"), .plain = true}));
  REQUIRE_OK(client.script("begin"));
  REQUIRE_OK(client.script("select 1"));
  const auto paused = driver->pause(300ms);
  REQUIRE_FALSE(paused);
  CHECK(paused.error().code == ErrorCode::timeout);
  CHECK_OK(driver->resume(5s));
  REQUIRE_OK(client.script("select 1"));
  REQUIRE_OK(client.script("commit"));
  CHECK(pool.answer("select 'served'") == "served");
  CHECK_OK(driver->pause(5s));
  CHECK_OK(driver->resume(5s));
}

TEST_CASE("a pooler that was restarted is spoken to again") {
  const Pool pool;
  auto driver = REQUIRE_OK(traffic::make_driver(pool.spec()));
  CHECK_OK(driver->resume(5s));
  pool.bouncer->kill9();
  CHECK_OK(pool.bouncer->start_again());
  CHECK(REQUIRE_OK(driver->current(5s)) == "blue");
}

TEST_CASE("a pooler that is gone is an error that names the cure") {
  const Pool pool;
  auto driver = REQUIRE_OK(traffic::make_driver(pool.spec()));
  pool.bouncer->kill9();
  const auto paused = driver->pause(1s);
  REQUIRE_FALSE(paused);
  CHECK(paused.error().hint.find("admin_dsn") != std::string::npos);
}

TEST_CASE("a file that pgbouncer does not include is noticed") {
  const Pool pool;
  const test::TempDir folder;
  auto spec = pool.spec();
  spec.databases_file = folder.write("other.ini", "[databases]\nshop = host=127.0.0.1 port=1 dbname=x\n");
  auto driver = REQUIRE_OK(traffic::make_driver(spec));
  const auto pointed = driver->point_to(pool.targets()[1], 1s);
  REQUIRE_FALSE(pointed);
  CHECK(pointed.error().hint.find("include") != std::string::npos);
}

TEST_CASE("a command's failure shows what it printed") {
  const Scripts scripts;
  auto driver = REQUIRE_OK(traffic::make_driver(scripts.spec("echo 'no such pool' >&2; exit 4\n")));
  const auto pointed = driver->point_to(scripts.targets()[1], 5s);
  REQUIRE_FALSE(pointed);
  CHECK(pointed.error().message.find("status 4") != std::string::npos);
  CHECK(pointed.error().message.find("no such pool") != std::string::npos);
}

TEST_CASE("a command that hangs is ended at the deadline") {
  const Scripts scripts;
  auto driver = REQUIRE_OK(traffic::make_driver(scripts.spec("exec sleep 60\n")));
  const auto pointed = driver->point_to(scripts.targets()[1], 200ms);
  REQUIRE_FALSE(pointed);
  CHECK(pointed.error().code == ErrorCode::timeout);
}

TEST_CASE("incomplete descriptions are refused by name") {
  CHECK(traffic::make_driver({.driver = "pgbouncer"}).error().message.find("admin_dsn") != std::string::npos);
  CHECK(traffic::make_driver({.driver = "command"}).error().message.find("switch") != std::string::npos);
  CHECK(traffic::make_driver({.driver = "haproxi"}).error().message.find("haproxi") != std::string::npos);
}
