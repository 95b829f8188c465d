// A switch that begins while the link is behind the load: writers are held in short pulses until it is near, so that
// the window does not wait for what has piled up. Dying in one of them gives writers back with nobody acting.
#include <signal.h>

#include <memory>

#include "support/cable.h"
#include "support/check.h"
#include "support/night.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;
using test::Night;

namespace {

// A night whose green is a long way off: no marker arrives within a pulse, so there are some.
struct FarNight {
  std::unique_ptr<test::Cable> cable;
  Night night{"", [this](const std::string& dsn) {
                cable = std::make_unique<test::Cable>(dsn);
                return cable->dsn();
              }};
  // A cutover whose gates have passed, just before it comes near.
  core::ChildProcess begin() {
    night.wait_ready();
    auto run = night.start_bgdb({"cutover", "--yes"}, {{"BGDB_FREEZE_AT", "intent:before"}});
    REQUIRE(night.wait_stopped(run));
    cable->slow(60);
    run.signal(SIGCONT);
    return run;
  }
};

// Until the fence's session holds its lock, or for ten seconds.
bool writers_are_held(pg::Session& blue) {
  for (const auto end = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < end;) {
    if (REQUIRE_OK(
            blue.scalar("select count(*) from pg_locks l join pg_stat_activity a using (pid) where l.granted and "
                        "l.mode = 'ShareRowExclusiveLock' and a.application_name = 'bgdb fence'")) != "0") {
      return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("writers are held in pulses when the link is not near, and the switch goes on when that does not help") {
  FarNight far;
  far.night.start_load(2);
  auto run = far.begin();
  const auto status = run.wait(120s);
  far.night.stop_load();
  const auto text = test::read_file(far.night.folder() / "started.log");
  INFO(text);
  REQUIRE(status == 0);
  CHECK(far.night.active() == "green");
  CHECK(far.night.failed() == 0);
  CHECK(text.find("ms behind: writers were held ") != std::string::npos);
  far.cable->slow(0);
  far.night.check_invariants();
}

TEST_CASE("a link that stands still is found before anybody is paused") {
  Night night;
  night.wait_ready();
  auto run = night.start_bgdb({"cutover", "--yes"}, {{"BGDB_FREEZE_AT", "intent:before"}});
  REQUIRE(night.wait_stopped(run));
  night.stop_sync();
  night.start_load(2);
  run.signal(SIGCONT);
  const auto status = run.wait(60s);
  night.stop_load();
  const auto text = test::read_file(night.folder() / "started.log");
  INFO(text);
  CHECK(status == 2);
  CHECK(text.find("ms behind or more: clients would wait") != std::string::npos);
  CHECK(text.find("pause ") == std::string::npos);  // no such step
  CHECK(night.active() == "blue");
  CHECK(night.failed() == 0);
  night.start_sync();
  night.wait_ready();
  CHECK(night.bgdb({"cutover", "--yes"}).exit_status == 0);
  night.check_invariants();
}

TEST_CASE("killed while writers are held in a pulse: blue serves on with nobody acting") {
  FarNight far;
  auto blue = test::connect(far.night.blue_dsn());
  far.night.start_load(2);
  for (int i = 0; i < 4; ++i) {
    INFO(i);
    auto run = far.begin();
    REQUIRE(writers_are_held(blue));
    run.signal(SIGKILL);
    const auto status = run.wait(10s);
    REQUIRE(status == 128 + SIGKILL);
    far.cable->slow(0);
    REQUIRE(far.night.front_door_writes(20s));
    CHECK(far.night.active() == "blue");
  }
  far.night.wait_ready();
  const auto last = far.night.bgdb({"cutover", "--yes"});
  INFO(last.stderr_text);
  CHECK(last.exit_status == 0);
  far.night.stop_load();
  CHECK(far.night.failed() == 0);
  far.night.check_invariants();
}
