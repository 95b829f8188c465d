// bgdb cutover, rollback and finalize as real processes between two real servers, under load through a real PgBouncer.
#include <signal.h>

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
  for (const char* part :
       {"share row exclusive mode", "only public.accounts", "only public.parts_old", "share update exclusive mode",
        "PAUSE shop", "RESUME shop", "role = 'active'", "traffic pgbouncer", "front door", "a client reaches blue"}) {
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
  // A writer that is not behind the pooler, so the pause does not see it; and younger than the gate's limit.
  auto blocker = test::connect(night.blue_dsn());
  REQUIRE_OK(blocker.script("begin; insert into parts values (7, '2010-07-07')"));
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

TEST_CASE("who changes a table's definition keeps a switch from beginning, and is kept out once it has begun") {
  Night night;
  night.wait_ready();
  auto vacuum = test::connect(night.blue_dsn());
  REQUIRE_OK(vacuum.script("begin; lock table parts in share update exclusive mode"));
  const auto refused = night.bgdb({"cutover", "--yes"});
  CHECK_RUN(refused, 2);
  contains(refused.stderr_text, "keeping DDL out of blue");
  REQUIRE_OK(vacuum.script("rollback"));
  auto frozen = night.start_bgdb({"cutover", "--yes"}, {{"BGDB_FREEZE_AT", "intent:after"}});
  REQUIRE(night.wait_stopped(frozen));
  REQUIRE(night.front_door_writes(5s));  // writers go on
  const auto altered = vacuum.script("set lock_timeout = '300ms'; alter table accounts add column note text");
  REQUIRE_FALSE(altered);
  CHECK(altered.error().code == ErrorCode::lock_timeout);
  frozen.signal(SIGCONT);
  REQUIRE(frozen.wait(60s) == 0);
  CHECK(night.active() == "green");
  night.check_invariants();
}

TEST_CASE("a transaction that began before the fence cannot write behind it, whatever it saw") {
  Night night;
  night.wait_ready();
  // Not evicted, so that only the guard is in its way.
  auto old = REQUIRE_OK(pg::Session::open({.dsn = night.blue_dsn(), .application_name = "bgdb bystander"}));
  REQUIRE_OK(old.script("prepare w as update accounts set balance = balance + 1 where id = 1"));
  REQUIRE_OK(old.script("begin isolation level repeatable read; select role from bgdb.side"));
  CHECK_RUN(night.bgdb({"cutover", "--yes"}), 0);
  CHECK(REQUIRE_OK(old.scalar("select role from bgdb.side")) == "active");  // what its snapshot says
  const auto written = old.script("execute w; commit");
  REQUIRE_FALSE(written);
  CHECK(written.error().sqlstate == "25006");
  CHECK(night.active() == "green");
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

TEST_CASE("an operator that hangs is named, and only the named one loses its place") {
  Night night;
  night.wait_ready();
  auto hanging =
      REQUIRE_OK(pg::Session::open({.dsn = night.blue_dsn(), .application_name = "bgdb cutover pid 1@desk uid 0"}));
  REQUIRE_OK(hanging.scalar("select pg_advisory_lock(hashtext('bgdb'), hashtext('operator'))"));
  const auto refused = night.bgdb({"cutover", "--yes"});
  CHECK_RUN(refused, 3);
  contains(refused.stderr_text, "--take-over 1@desk");
  CHECK_RUN(night.bgdb({"cutover", "--yes", "--take-over", "2@desk"}), 3);
  CHECK(hanging.scalar("select 1"));
  CHECK_RUN(night.bgdb({"cutover", "--yes", "--take-over", "1@desk"}), 0);
  CHECK_FALSE(hanging.scalar("select 1"));
  CHECK(night.active() == "green");
}

TEST_CASE("two persons: the operator's own approval does not open the gate, another's does, once") {
  Night night(
      "", [](const std::string& dsn) { return dsn; }, "approval: two_person, ");
  const std::map<std::string, std::string> anna = {{"BGDB_ACTOR", "anna"}};
  const auto held = night.bgdb({"cutover", "--yes"}, anna);
  CHECK_RUN(held, 1);
  contains(held.stderr_text, "approval");
  CHECK_RUN(night.bgdb({"approve"}, anna), 0);
  CHECK_RUN(night.bgdb({"cutover", "--yes"}, anna), 1);
  CHECK_RUN(night.bgdb({"approve"}, {{"BGDB_ACTOR", "ben"}}), 0);
  night.wait_ready();
  CHECK_RUN(night.bgdb({"cutover", "--yes"}, anna), 0);
  night.wait_ready(true);
  CHECK_RUN(night.bgdb({"rollback", "--yes"}, anna), 0);  // asks nobody
  CHECK_RUN(night.bgdb({"cutover", "--yes"}, anna), 1);   // a new switch, a new approval
  contains(night.bgdb({"journal"}).stdout_text, "approved");
}

TEST_CASE("green dies for good: the loss is said, accepted in writing, and a green that comes back does not serve") {
  Night night;
  night.wait_ready();
  CHECK_RUN(night.bgdb({"cutover", "--yes"}), 0);
  night.wait_ready(true);
  const auto alive = night.bgdb({"rollback", "--target-lost", "--accept", "yes"});
  CHECK_RUN(alive, 3);
  contains(alive.stderr_text, "green answers");
  REQUIRE_OK(test::connect(night.green_dsn()).script("insert into transfers (run, client, number) values (99, 1, 1)"));
  std::this_thread::sleep_for(1500ms);  // it flows back, and blue hears of it
  test::server("green").kill9();
  const auto refused = night.bgdb({"rollback", "--target-lost", "--accept", "whatever"});
  CHECK_RUN(refused, 3);
  contains(refused.stderr_text, "applied from green up to");
  const auto from = refused.stderr_text.find("I accept");
  REQUIRE(from != std::string::npos);
  const auto sentence = refused.stderr_text.substr(from, refused.stderr_text.find('"', from) - from);
  CHECK(night.on_blue("select role from bgdb.side") == "standby");

  const auto lost = night.bgdb({"rollback", "--target-lost", "--accept", sentence});
  CHECK_RUN(lost, 0);
  contains(lost.stdout_text, "blue serves");
  CHECK(night.on_blue("select role from bgdb.side") == "active");
  CHECK(night.front_door_writes(10s));
  // What green's sequence gave is not given again.
  CHECK(night.on_blue("select nextval('transfers_id_seq') > (select max(id) from transfers)") == "t");
  CHECK(night.on_blue("select count(*) from transfers where run = 99") == "1");
  CHECK(night.on_blue("select count(*) from pg_replication_slots where database = current_database()") == "0");
  contains(night.bgdb({"journal"}).stdout_text, sentence);

  // It comes back and says that it serves: who sees both says so, and the first sync ends it.
  CHECK_OK(test::server("green").start_again());
  SECTION("the command is run once more") {
    CHECK_RUN(night.bgdb({"rollback", "--target-lost"}), 0);
  }
  SECTION("status and gate tell, sync retires it by itself") {
    night.stop_sync();
    if (night.on_green("select role from bgdb.side") == "active") {  // unless the night's own sync was faster
      const auto status = night.bgdb({"status"});
      CHECK(status.exit_status == 1);
      contains(status.stdout_text, "TWO SIDES TAKE WRITES: green came back");
      const auto gate = night.bgdb({"gate"});
      CHECK_RUN(gate, 3);
      contains(gate.stderr_text, "still believes that it serves");
      const auto doctor = night.bgdb({"doctor"});
      CHECK(doctor.exit_status == 1);
      contains(doctor.stdout_text, "one writer");
    }
    night.start_sync();
    for (int i = 0; i < 200 && night.on_green("select role from bgdb.side") != "retired"; ++i) {
      std::this_thread::sleep_for(100ms);
    }
    contains(night.bgdb({"journal"}).stdout_text, "a lost side came back");
  }
  CHECK(night.on_green("select role from bgdb.side") == "retired");
  const auto written = test::connect(night.green_dsn()).script("delete from accounts");
  REQUIRE_FALSE(written);
  CHECK(written.error().sqlstate == "25006");
  CHECK_RUN(night.bgdb({"cutover", "--yes"}), 3);
}

TEST_CASE("cleanup leaves nothing behind, and keeps the journal") {
  Night night;
  night.wait_ready();
  CHECK_RUN(night.bgdb({"cutover", "--yes"}), 0);
  const auto early = night.bgdb({"cleanup", "--yes"});
  CHECK_RUN(early, 3);
  contains(early.stderr_text, "bgdb finalize");
  night.stop_sync();
  const auto origin = night.on_green("select origin from bgdb.link where name = 'forward'");
  CHECK_RUN(night.bgdb({"finalize", "--yes"}), 0);
  contains(night.bgdb({"cleanup", "--dry-run"}).stdout_text, "drop schema bgdb");
  CHECK(night.on_blue("select count(*) from pg_namespace where nspname = 'bgdb'") == "1");
  CHECK_RUN(night.bgdb({"cleanup", "--yes"}), 0);
  for (const auto& dsn : {night.blue_dsn(), night.green_dsn()}) {
    auto session = test::connect(dsn);
    for (const char* sql :
         {"select count(*) from pg_namespace where nspname = 'bgdb'", "select count(*) from pg_publication",
          "select count(*) from pg_trigger where tgname = 'bgdb_guard'",
          "select count(*) from pg_replication_slots where database = current_database()"}) {
      INFO(sql);
      CHECK(REQUIRE_OK(session.scalar(sql)) == "0");
    }
    CHECK_OK(session.script("update accounts set balance = balance"));
  }
  CHECK(night.on_green("select count(*) from pg_replication_origin where roname = '" + origin + "'") == "0");
  CHECK_RUN(night.bgdb({"cleanup", "--yes"}), 0);  // once more: nothing is left to do
  CHECK(night.kept_journal("green").find("point_of_no_return") == std::string::npos);
  CHECK(night.kept_journal("green").find("done") != std::string::npos);
  CHECK(night.kept_journal("blue").find("point_of_no_return") != std::string::npos);
}
