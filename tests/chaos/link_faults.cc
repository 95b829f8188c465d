// What the machines around a link do to it: a network that cuts messages in two, a target that hangs, a disk that is
// full, a row that somebody holds. The link says what is wrong, loses nothing, and goes on by itself.
#include <pwd.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstring>
#include <random>

#include "integration/link_world.h"
#include "support/cable.h"
#include "support/files.h"

using namespace bgdb;
using namespace bgdb::test;

namespace {

constexpr std::string_view kMore =
    "insert into accounts select g, g, repeat('x', 200), null from generate_series({0}, {0} + 499) g; update accounts "
    "set "
    "balance = balance + 1 where id % 3 = 0 and id > {0}; delete from accounts where id % 7 = 0 and id > {0}";

bool equal(World& world) {
  return world.on_blue(kDigest) == world.on_green(kDigest);
}

double seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

}  // namespace

TEST_CASE("link faults: connections of either side cut in the middle of a message, again and again") {
  World world(kAccounts, kAccounts);
  world.set_up("forward", {{"public", "accounts"}});
  auto options = world.options("forward");
  Cable source(options.source_dsn), target(options.target_dsn);
  options.source_dsn = source.dsn();
  options.target_dsn = target.dsn();
  auto relay = link::make_relay(options, accounts_mapping());
  CHECK_OK(relay->start());
  std::mt19937 random(5);
  for (int round = 0; round < 24; ++round) {
    Cable& cable = round % 3 == 2 ? target : source;
    const int tears = cable.tears();
    // The target answers little: a few hundred bytes are in the middle of a batch there.
    cable.tear_after(&cable == &target ? 1 + random() % 600 : 1 + random() % 120'000);
    CHECK_OK(world.blue.script(fmt::format(fmt::runtime(kMore), 1 + round * 500)));
    // Writes go on, so that there is always a batch to tear, and nobody waits for an idle link's few bytes.
    wait_until([&] {
      if (cable.tears() > tears) return true;
      CHECK_OK(world.blue.execute("update accounts set balance = balance + 1 where id % 50 = 1"));
      return false;
    });
  }
  CHECK_OK(world.drained("forward"));
  CHECK(equal(world));
  CHECK(relay->status().state == link::LinkState::streaming);
  CHECK(relay->status().conflicts == 0);
}

TEST_CASE("link faults: a target that hangs shows as lag, and is gone on with when it is back") {
  World world(kAccounts, kAccounts);
  world.set_up("forward", {{"public", "accounts"}});
  auto relay = link::make_relay(world.options("forward"), accounts_mapping());
  CHECK_OK(relay->start());
  CHECK_OK(world.drained("forward"));
  wait_until([&] { return relay->status().lag_ms.has_value(); });
  const auto pid = static_cast<pid_t>(std::stol(
      world.on_green("select pid from pg_stat_activity where application_name = 'bgdb link forward' and backend_type = "
                     "'client backend'")));
  REQUIRE(::kill(pid, SIGSTOP) == 0);
  CHECK_OK(world.blue.script(fmt::format(fmt::runtime(kMore), 1)));
  const char* pause = std::getenv("BGDB_PAUSE_SECONDS");
  std::this_thread::sleep_for(std::chrono::seconds(pause == nullptr ? 3 : std::atoi(pause)));
  const auto status = relay->status();
  REQUIRE(status.lag_ms);
  CHECK(*status.lag_ms > 1500);
  REQUIRE(status.lag_bytes);
  CHECK(*status.lag_bytes > 10'000);
  SECTION("it comes back") {
    REQUIRE(::kill(pid, SIGCONT) == 0);
    CHECK_OK(world.drained("forward"));
    CHECK(equal(world));
  }
  SECTION("the link is stopped meanwhile: it does not wait for it") {
    const auto begin = std::chrono::steady_clock::now();
    relay->stop();
    CHECK(seconds(begin) < 60);
    REQUIRE(::kill(pid, SIGCONT) == 0);
    auto again = link::make_relay(world.options("forward"), accounts_mapping());
    CHECK_OK(again->start());
    CHECK_OK(world.drained("forward"));
    CHECK(equal(world));
  }
}

TEST_CASE("link faults: a row that somebody holds on the target delays, and a stop does not wait for it") {
  World world(kAccounts, kAccounts);
  world.set_up("forward", {{"public", "accounts"}});
  auto relay = link::make_relay(world.options("forward"), accounts_mapping());
  CHECK_OK(relay->start());
  CHECK_OK(world.blue.script(fmt::format(fmt::runtime(kMore), 1)));
  CHECK_OK(world.drained("forward"));
  CHECK_OK(world.green.script("begin; select * from accounts where id = 1 for update"));
  CHECK_OK(world.blue.execute("update accounts set balance = -1"));
  auto watcher = connect(world.green_dsn);
  wait_until([&] {
    return *watcher.scalar(
               "select count(*) from pg_stat_activity where application_name = 'bgdb link forward' and "
               "wait_event_type = 'Lock'") == "1";
  });
  SECTION("released") {
    CHECK_OK(world.green.execute("commit"));
    CHECK_OK(world.drained("forward"));
    CHECK(equal(world));
  }
  SECTION("stopped meanwhile") {
    relay->stop();
    CHECK(relay->status().state == link::LinkState::stopped);
    CHECK_OK(world.green.execute("commit"));
    auto again = link::make_relay(world.options("forward"), accounts_mapping());
    CHECK_OK(again->start());
    CHECK_OK(world.drained("forward"));
    CHECK(equal(world));
  }
}

TEST_CASE("link faults: a full disk on the target is told, and gone on from when there is room") {
  TempDir folder;
  const std::string path = folder.path().string();
  if (::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=3m,mode=0777") != 0) {
    WARN("not tested: mounting a small file system is not permitted here (" << std::strerror(errno) << ")");
    return;
  }
  struct Unmount {
    std::string path;
    ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
  } unmount{path};
  if (const passwd* owner = ::getpwnam(workspace().user().c_str())) {
    REQUIRE(::chown(path.c_str(), owner->pw_uid, owner->pw_gid) == 0);
  }
  {
    World world(kAccounts, kAccounts);
    const auto made = world.green.execute("create tablespace small location " + quote_literal(path));
    if (!made) {
      WARN("not tested: " << made.error().message);
      return;
    }
    CHECK_OK(world.green.execute("alter table accounts set tablespace small"));
    world.set_up("forward", {{"public", "accounts"}});
    auto relay = link::make_relay(world.options("forward"), accounts_mapping());
    CHECK_OK(relay->start());
    CHECK_OK(world.blue.execute(
        "insert into accounts select g, g, repeat('x', 500), null from generate_series(1, 20000) g"));
    wait_until([&] { return relay->status().message.find("No space left") != std::string::npos; });
    CHECK(relay->status().state == link::LinkState::starting);
    CHECK(world.on_green("select count(*) from accounts") == "0");
    REQUIRE(::mount("tmpfs", path.c_str(), "tmpfs", MS_REMOUNT, "size=100m") == 0);
    CHECK_OK(world.drained("forward"));
    CHECK(equal(world));
    CHECK(relay->status().state == link::LinkState::streaming);
    relay->stop();
    CHECK_OK(world.green.script("drop table accounts"));
    CHECK_OK(world.green.execute("drop tablespace small"));
  }
}
