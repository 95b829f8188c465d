// kill -9 of `bgdb cutover` at its steps, under load. Before the point of no return nobody has to act; after it
// --resume finishes. What holds is asked from the databases.
#include <signal.h>

#include <thread>

#include "support/check.h"
#include "support/night.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;
using test::Night;

namespace {
constexpr int kKilled = 128 + SIGKILL;
}

TEST_CASE("killed before the point of no return: blue serves on with nobody acting") {
  Night night;
  night.start_load();
  for (const char* point : {"intent:after", "pause:after", "fence:after", "drain:after", "sequences:after",
                            "final_facts:after", "commit:before"}) {
    INFO(point);
    night.wait_ready();
    const auto run = night.bgdb({"cutover", "--yes"}, {{"BGDB_CRASH_AT", point}});
    INFO(run.stderr_text);
    REQUIRE(run.exit_status == kKilled);
    REQUIRE(night.front_door_writes(20s));
    CHECK(night.active() == "blue");
  }
  // The same again, finished: what the dead ones left is in nobody's way.
  night.wait_ready();
  const auto run = night.bgdb({"cutover", "--yes"});
  INFO(run.stderr_text);
  CHECK(run.exit_status == 0);
  night.stop_load();
  CHECK(night.failed() == 0);
  CHECK(night.active() == "green");
  night.check_invariants();
}

TEST_CASE("killed after the point of no return: only forward, and --resume gets there") {
  Night night;
  night.start_load();
  for (const char* point :
       {"commit:after", "activate:before", "activate:after", "point:after", "resume_traffic:after", "finish:before"}) {
    INFO(point);
    night.wait_ready();
    const auto run = night.bgdb({"cutover", "--yes"}, {{"BGDB_CRASH_AT", point}});
    INFO(run.stderr_text);
    REQUIRE(run.exit_status == kKilled);
    const auto aborted = night.bgdb({"cutover", "--abort"});
    CHECK(aborted.exit_status == 3);
    const auto thrown_away = night.bgdb({"clone", "--abort", "--complete"});  // what is about to serve
    CHECK(thrown_away.exit_status == 3);
    const auto resumed = night.bgdb({"cutover", "--resume"});
    INFO(resumed.stderr_text);
    REQUIRE(resumed.exit_status == 0);
    CHECK(night.active() == "green");
    REQUIRE(night.front_door_writes(20s));
    night.wait_ready(true);
    const auto back = night.bgdb({"rollback", "--yes"});
    INFO(back.stderr_text);
    REQUIRE(back.exit_status == 0);
    CHECK(night.active() == "blue");
  }
  night.stop_load();
  night.check_invariants();
}

TEST_CASE("frozen inside the fence: writers are given back, and waking up changes nothing") {
  Night night;
  night.start_load();
  for (const char* point : {"fence:after", "commit:before"}) {
    INFO(point);
    night.wait_ready();
    auto frozen = night.start_bgdb({"cutover", "--yes"}, {{"BGDB_FREEZE_AT", point}});
    // Nobody acts: the server ends the fence, the guardian resumes the pooler.
    REQUIRE(night.wait_stopped(frozen));
    REQUIRE(night.front_door_writes(30s));
    CHECK(night.active() == "blue");
    frozen.signal(SIGCONT);
    const auto status = frozen.wait(60s);
    REQUIRE(status.has_value());
    CHECK(*status == 2);
    CHECK(night.active() == "blue");
    REQUIRE(night.front_door_writes(10s));
  }
  night.stop_load();
  CHECK(night.failed() == 0);
  night.check_invariants();
}

TEST_CASE("the source is killed inside the fence: it comes back and serves") {
  Night night;
  night.wait_ready();
  auto frozen = night.start_bgdb({"cutover", "--yes"}, {{"BGDB_FREEZE_AT", "drain:after"}});
  REQUIRE(night.wait_stopped(frozen));
  test::server("blue").kill9();
  frozen.signal(SIGCONT);
  CHECK_OK(test::server("blue").start_again());
  REQUIRE(frozen.wait(60s).has_value());
  REQUIRE(night.front_door_writes(30s));
  CHECK(night.active() == "blue");
  night.wait_ready();
  CHECK(night.bgdb({"cutover", "--yes"}).exit_status == 0);
  night.check_invariants();
}

TEST_CASE("the target is killed after the point of no return: the switch waits for it and finishes") {
  Night night;
  night.wait_ready();
  auto frozen = night.start_bgdb({"cutover", "--yes"}, {{"BGDB_FREEZE_AT", "activate:before"}});
  REQUIRE(night.wait_stopped(frozen));
  test::server("green").kill9();
  frozen.signal(SIGCONT);
  std::this_thread::sleep_for(500ms);
  CHECK_OK(test::server("green").start_again());
  const auto status = frozen.wait(90s);
  REQUIRE(status.has_value());
  CHECK(*status == 0);
  CHECK(night.active() == "green");
  REQUIRE(night.front_door_writes(20s));
  night.check_invariants();
}
