// bgdb cutover, rollback and finalize as real processes between two real servers, under load through a real PgBouncer.
#include <nlohmann/json.hpp>
#include <thread>

#include "support/check.h"
#include "support/night.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;
using test::Night;

namespace {

void contains(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
}

#define CHECK_RUN(result, status)                         \
  do {                                                    \
    const auto bgdb_run_ = (result);                      \
    INFO(bgdb_run_.stdout_text << bgdb_run_.stderr_text); \
    REQUIRE(bgdb_run_.exit_status == (status));           \
  } while (false)

}  // namespace

TEST_CASE("there and back and there again under load, then finalize: nothing lost, nothing failed") {
  Night night;
  night.start_load();
  night.wait_ready();
  CHECK_RUN(night.bgdb({"cutover", "--yes"}), 0);
  CHECK(night.active() == "green");
  CHECK(night.front_door_writes(10s));
  CHECK(night.on_green("select count(*) > 0 from bgdb.journal where step = 'done'") == "t");
  night.wait_ready(true);
  CHECK_RUN(night.bgdb({"rollback", "--yes"}), 0);
  CHECK(night.active() == "blue");
  night.wait_ready();
  CHECK_RUN(night.bgdb({"cutover", "--yes"}), 0);
  std::this_thread::sleep_for(300ms);
  night.stop_load();
  CHECK(night.failed() == 0);
  CHECK(night.acknowledged() > 0);
  night.check_invariants();

  const auto status = night.bgdb({"--json", "status"});
  const auto json = nlohmann::json::parse(status.stdout_text);
  CHECK(status.exit_status == 0);
  CHECK(json["active"] == "green");
  CHECK(json["next"] == "rollback");
  CHECK(json["sides"].size() == 2);
  CHECK(json["links"].size() == 2);
  contains(night.bgdb({"status"}).stdout_text, "rollback readiness");
  CHECK_RUN(night.bgdb({"journal", "--check"}), 0);
  contains(night.bgdb({"journal"}).stdout_text, "point_of_no_return");

  contains(night.bgdb({"finalize", "--dry-run"}).stdout_text, "pg_drop_replication_slot");
  CHECK(night.on_green("select count(*) from pg_replication_slots where database = current_database()") == "1");
  CHECK_RUN(night.bgdb({"finalize", "--yes"}), 0);
  for (const auto& dsn : {night.blue_dsn(), night.green_dsn()}) {
    auto session = test::connect(dsn);
    CHECK(REQUIRE_OK(session.scalar("select count(*) from pg_replication_slots where database = current_database()")) ==
          "0");
    CHECK(REQUIRE_OK(session.scalar("select count(*) from pg_publication")) == "0");
    CHECK(REQUIRE_OK(session.scalar("select count(*) from bgdb.link")) == "0");
  }
  CHECK(night.on_blue("select role from bgdb.side") == "retired");
  CHECK(night.on_green("select count(*) from pg_trigger where tgname = 'bgdb_guard'") == "0");
  CHECK(night.front_door_writes(5s));
  // Run again: everything is done already. And there is no way back any more.
  CHECK_RUN(night.bgdb({"finalize", "--yes"}), 0);
  CHECK_RUN(night.bgdb({"rollback", "--yes"}), 3);
}

TEST_CASE("a dry run shows the statements and changes nothing") {
  Night night;
  night.wait_ready();
  const auto before = night.on_blue("select count(*) from bgdb.journal");
  const auto dry = night.bgdb({"cutover", "--dry-run"});
  CHECK_RUN(dry, 0);
  for (const char* part : {"share row exclusive mode", "only public.accounts", "only public.parts_old",
                           "enable trigger bgdb_guard", "PAUSE shop", "RESUME shop", "role = 'active'", "pass"}) {
    if (std::string(part) == "enable trigger bgdb_guard") continue;  // blue may have no guard yet: created then
    contains(dry.stdout_text, part);
  }
  CHECK(night.on_blue("select count(*) from bgdb.journal") == before);
  CHECK(night.active() == "blue");
  CHECK(night.front_door_writes(5s));
}

TEST_CASE("what forbids a switch is named, and blue serves on") {
  Night night;
  night.wait_ready();

  SECTION("a row in quarantine closes the gate") {
    night.on_green(
        "with q as (insert into bgdb.quarantine (link, source_lsn, relation, operation, row_data, error) values "
        "('forward', '0/1', 'public.accounts', 'insert', '{}', 'cannot cast') returning 1) select * from q");
    const auto run = night.bgdb({"cutover", "--yes"});
    CHECK_RUN(run, 1);
    contains(run.stderr_text, "cannot cast");
  }
  SECTION("an operator at work is named") {
    auto other =
        REQUIRE_OK(pg::Session::open({.dsn = night.blue_dsn(), .application_name = "bgdb cutover pid 1@desk"}));
    REQUIRE_OK(other.scalar("select pg_advisory_lock(hashtext('bgdb'), hashtext('operator'))"));
    const auto run = night.bgdb({"cutover", "--yes"});
    CHECK_RUN(run, 3);
    contains(run.stderr_text, "bgdb cutover pid 1@desk");
  }
  SECTION("links that do not run close the gate") {
    night.stop_sync();
    const auto run = night.bgdb({"cutover", "--yes"});
    CHECK_RUN(run, 1);
    contains(run.stderr_text, "link");
  }
  SECTION("DDL since sync began is drift, until sync has derived the mapping anew") {
    auto blue = test::connect(night.blue_dsn());
    REQUIRE_OK(blue.script("alter table accounts add column note text"));
    const auto run = night.bgdb({"cutover", "--yes"});
    CHECK_RUN(run, 1);
    contains(run.stderr_text, "drift blue");
    REQUIRE_OK(blue.script("alter table accounts drop column note"));
    night.wait_ready();
  }
  SECTION("a rollback is refused while blue serves") {
    CHECK_RUN(night.bgdb({"rollback", "--yes"}), 3);
  }
  SECTION("without --yes nothing happens") {
    CHECK_RUN(night.bgdb({"cutover"}), 2);
  }
  SECTION("an abort with nothing to abort succeeds") {
    CHECK_RUN(night.bgdb({"cutover", "--abort"}), 0);
  }
  SECTION("a resume with nothing to resume says so") {
    CHECK_RUN(night.bgdb({"cutover", "--resume"}), 1);
  }
  CHECK(night.active() == "blue");
  CHECK(night.front_door_writes(5s));
}

TEST_CASE("a lock that is not granted in the pause budget gives clients back, without an error") {
  Night night("watch: { window: 2h }\n");
  night.start_load();
  night.wait_ready();
  // Not a client behind the pooler, so the pause does not see it; and younger than the gate's limit.
  auto blocker = test::connect(night.blue_dsn());
  REQUIRE_OK(blocker.script(
      "begin; lock table accounts in access share mode; lock table parts in share update exclusive mode"));
  const auto run = night.bgdb({"cutover", "--yes"});
  CHECK_RUN(run, 2);
  contains(run.stderr_text, "fence on blue");
  REQUIRE_OK(blocker.script("rollback"));
  CHECK(night.front_door_writes(5s));
  std::this_thread::sleep_for(200ms);
  night.stop_load();
  CHECK(night.failed() == 0);
  CHECK(night.active() == "blue");
  night.check_invariants();
}

TEST_CASE("after a cutover a second one and an abort are refused, and a resume is harmless") {
  Night night;
  night.wait_ready();
  CHECK_RUN(night.bgdb({"cutover", "--yes"}), 0);
  CHECK_RUN(night.bgdb({"cutover", "--yes"}), 3);
  const auto aborted = night.bgdb({"cutover", "--abort"});
  CHECK_RUN(aborted, 3);
  contains(aborted.stderr_text, "rollback");
  CHECK_RUN(night.bgdb({"cutover", "--resume"}), 0);
  CHECK(night.active() == "green");
  night.check_invariants();
}
