// A clone that is interrupted goes on: what was complete is not copied again, and whatever blue wrote meanwhile, green
// is blue at one point. Killed, cut off, refused, interrupted by hand, at each stage.
#include <signal.h>

#include "clone/facts.h"
#include "core/process.h"
#include "integration/clone_world.h"

using namespace bgdb;
using std::chrono::milliseconds;
using test::blocked_schema;
using test::ClonePair;
using test::wait_until;

namespace {

// Large enough to be a transaction of its own; `slow` cannot be stored on green while a test holds the lock.
// What is cut must not fit into the buffers of a connection (10 MB and more).
const std::string kLarge =
    "create table quick (id int primary key, note text, n int not null default 0);"
    "insert into quick select i, repeat('x', 1000), i from generate_series(1, 30000) i;"
    "create function public.wait_here(int) returns boolean language plpgsql immutable as $$ begin perform "
    "pg_advisory_xact_lock_shared(42); return true; end $$;"
    "create table slow (id int primary key check (public.wait_here(id)), note text, n int not null default 0);"
    "insert into slow select i, repeat('y', 900), i from generate_series(1, 28000) i;";

const std::string kWrites =
    "update quick set n = n + 1 where id % 3 = 0; delete from quick where id % 7 = 0; insert into quick values (50001, "
    "'new'); update slow set n = -n where id % 5 = 0; delete from slow where id % 11 = 0; insert into slow select i, "
    "'later' from generate_series(50001, 50100) i; update quick set id = 60000 where id = 1;";

std::string digest(const std::string& table) {
  return "select count(*) || ' ' || md5(string_agg(t::text, '|' order by t::text)) from " + table + " t";
}

// Runs the command until a row waits for the lock, kills it, and waits until its servers have noticed.
void kill_while_blocked(const ClonePair& pair, int signal_number = SIGKILL) {
  const test::TempDir folder;
  auto blocker = test::connect(pair.green);
  CHECK_OK(blocker.execute("select pg_advisory_lock(42)"));
  auto process = REQUIRE_OK(core::ChildProcess::start(pair.command(folder)));
  wait_until([&] {
    return pair.on_green("select count(*) from pg_locks where locktype = 'advisory' and objid = 42 and not granted") !=
               "0" &&
           pair.on_green("select count(*) from bgdb.fact where key like 'clone.table:%'") != "0";
  });
  process.signal(signal_number);
  process.wait(milliseconds(20000));
  CHECK_OK(blocker.execute("select pg_advisory_unlock_all()"));
  wait_until([&] {
    return pair.on_green("select count(*) from pg_stat_activity where application_name = 'bgdb clone'") == "0" &&
           pair.on_blue("select count(*) from pg_stat_activity where application_name = 'bgdb clone'") == "0";
  });
}

}  // namespace

TEST_CASE("a clone killed while rows are copied goes on without copying a finished table again") {
  ClonePair pair(kLarge);
  kill_while_blocked(pair);
  CHECK(pair.on_green("select value->>'stage' from bgdb.fact where key = 'clone'") == "schema");
  CHECK(pair.on_green("select count(*) from pg_trigger where tgname = 'bgdb_guard'") == "2");  // before the rows
  const auto file = pair.on_green("select pg_relation_filenode('quick')");
  CHECK_OK(test::connect(pair.blue).script(kWrites));
  const auto report = REQUIRE_OK(pair.clone());
  CHECK(report.continued);
  CHECK(report.tables_before == 1);
  REQUIRE(report.tables.size() == 1);
  CHECK(report.tables[0].name.name == "slow");
  CHECK(pair.on_green("select pg_relation_filenode('quick')") == file);
  for (const std::string table : {"quick", "slow"}) CHECK(pair.on_green(digest(table)) == pair.on_blue(digest(table)));
  CHECK(pair.on_green("select remote_lsn from pg_replication_origin_status, bgdb.link where external_id = origin") ==
        report.consistent_point.to_string());
  CHECK(pair.on_green("select start_lsn::text from bgdb.link where name = 'forward'") ==
        report.consistent_point.to_string());
  CHECK(pair.on_green("select count(*) from bgdb.link") == "1");
  CHECK(pair.on_blue("select count(*) from pg_publication") == "1");
  CHECK(pair.on_green("select string_agg(key, ' ' order by key) from bgdb.fact where key like 'clone.%'") ==
        "clone.created clone.sequences");
}

TEST_CASE("a continued clone: rows that moved between partitions, foreign keys across snapshots") {
  ClonePair pair(kLarge +
                 "create table parts (id int, kind int, note text, primary key (id, kind)) partition by list (kind);"
                 "create table part_one partition of parts for values in (1);"
                 "create table part_two partition of parts for values in (2);"
                 "insert into parts select i, 1 + i % 2, repeat('z', 600) from generate_series(1, 40000) i;"
                 "create table customers (id int primary key, note text);"
                 "insert into customers select i, repeat('c', 450) from generate_series(1, 25000) i;"
                 "alter table slow add column customer int references customers;"
                 "update slow set customer = id % 25000 + 1;");
  kill_while_blocked(pair);
  CHECK_OK(test::connect(pair.blue).script(
      kWrites +
      "update parts set kind = 3 - kind where id % 10 = 0; delete from parts where id % 13 = 0; insert into "
      "parts values (90000, 1, 'new'), (90001, 2, 'new'); insert into customers select i, 'late' from "
      "generate_series(30001, 30010) i; update slow set customer = 30001 where id % 100 = 0;"));
  REQUIRE_OK(pair.clone());
  for (const std::string table : {"quick", "slow", "part_one", "part_two", "customers"}) {
    CHECK(pair.on_green(digest(table)) == pair.on_blue(digest(table)));
  }
  CHECK(pair.on_green("select count(*) from pg_constraint where contype = 'f' and convalidated") == "1");
}

TEST_CASE("a table truncated after the snapshot is copied in a later one") {
  ClonePair pair(kLarge);
  pair.options.workers = 1;
  auto blocker = test::connect(pair.green);
  CHECK_OK(
      test::connect(pair.blue).script("drop table quick; create table later (id int primary key, note text);"
                                      "insert into later select i, repeat('l', 300) from generate_series(1, "
                                      "1000) i"));
  CHECK_OK(blocker.execute("select pg_advisory_lock(42)"));
  std::optional<Result<clone::CloneReport>> outcome;
  std::thread running([&] { outcome = pair.clone(); });
  wait_until([&] {
    return pair.on_green("select count(*) from pg_locks where locktype = 'advisory' and objid = 42 and not granted") !=
           "0";
  });
  CHECK_OK(
      test::connect(pair.blue).script("insert into later values (5000, 'gone'); delete from later where id < 10; "
                                      "truncate later; insert into later values (7, 'stays'); update slow set n "
                                      "= 0 where id < 100"));
  CHECK_OK(blocker.execute("select pg_advisory_unlock_all()"));
  running.join();
  REQUIRE_OK(*outcome);
  for (const std::string table : {"later", "slow"}) CHECK(pair.on_green(digest(table)) == pair.on_blue(digest(table)));
}

TEST_CASE("a clone that loses its connections to either server goes on by itself") {
  for (const bool cut_blue : {true, false}) {
    ClonePair pair(kLarge);
    auto blocker = test::connect(pair.green);
    CHECK_OK(blocker.execute("select pg_advisory_lock(42)"));
    std::optional<Result<clone::CloneReport>> outcome;
    std::thread running([&] { outcome = pair.clone(); });
    wait_until([&] {
      return pair.on_green(
                 "select count(*) from pg_locks where locktype = 'advisory' and objid = 42 and not granted") != "0" &&
             pair.on_green("select count(*) from bgdb.fact where key like 'clone.table:%'") != "0";
    });
    CHECK_OK(test::connect(pair.blue).script(kWrites));
    CHECK_OK(test::connect(cut_blue ? pair.blue : pair.green)
                 .execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bgdb "
                          "clone'"));
    CHECK_OK(blocker.execute("select pg_advisory_unlock_all()"));
    running.join();
    const auto report = REQUIRE_OK(*outcome);
    CHECK(report.tables_before == 1);
    for (const std::string table : {"quick", "slow"}) {
      CHECK(pair.on_green(digest(table)) == pair.on_blue(digest(table)));
    }
  }
}

TEST_CASE("a clone is begun anew when blue's schema changed meanwhile, or its slot is lost") {
  for (const bool schema : {true, false}) {
    ClonePair pair(kLarge);
    kill_while_blocked(pair);
    CHECK_OK(test::connect(pair.blue).script(kWrites));
    if (schema) {
      CHECK_OK(test::connect(pair.blue).script("alter table quick add column added int default 5"));
    } else {
      CHECK_OK(test::connect(pair.blue).script("select pg_drop_replication_slot('" + pair.options.slot + "')"));
    }
    const auto report = REQUIRE_OK(pair.clone());
    CHECK_FALSE(report.continued);
    CHECK(report.tables.size() == 2);
    for (const std::string table : {"quick", "slow"}) {
      CHECK(pair.on_green(digest(table)) == pair.on_blue(digest(table)));
    }
  }
}

TEST_CASE("Ctrl-C leaves what is complete and says how to go on and how to take it back") {
  ClonePair pair(kLarge);
  const std::string before = pair.green_objects();
  kill_while_blocked(pair, SIGINT);
  CHECK(pair.on_green("select count(*) from bgdb.fact where key like 'clone.table:%'") == "1");
  const test::TempDir folder;
  const auto aborted = REQUIRE_OK(core::run_process(pair.command(folder, {"--abort"})));
  CHECK(aborted.exit_status == 0);
  CHECK(pair.blue_is_clean());
  CHECK(pair.green_objects() == before);
}

TEST_CASE("clone --abort after kill -9 takes everything back") {
  ClonePair pair(kLarge);
  const std::string before = pair.green_objects();
  kill_while_blocked(pair);
  const test::TempDir folder;
  const auto aborted = REQUIRE_OK(core::run_process(pair.command(folder, {"--abort"})));
  CHECK(aborted.exit_status == 0);
  CHECK(pair.blue_is_clean());
  CHECK(pair.green_objects() == before);
}

TEST_CASE("clone killed with -9 while indexes are built: the next run goes on from the data") {
  ClonePair pair(blocked_schema("index"));
  const test::TempDir folder;
  std::string point;
  {
    auto blocker = test::connect(pair.green);
    CHECK_OK(blocker.execute("select pg_advisory_lock(42)"));
    auto process = REQUIRE_OK(core::ChildProcess::start(pair.command(folder)));
    wait_until([&] {
      return pair.on_green(
                 "select count(*) from pg_locks where locktype = 'advisory' and objid = 42 and not granted") != "0";
    });
    process.signal(SIGKILL);
    process.wait(milliseconds(5000));
    point = pair.on_green("select value->>'consistent_point' from bgdb.fact where key = 'clone'");
  }
  CHECK_OK(test::connect(pair.blue).execute("insert into quick values (8)"));  // replication brings it later
  wait_until([&] {
    return pair.on_green("select count(*) from pg_stat_activity where application_name = 'bgdb clone'") == "0";
  });
  const auto report = REQUIRE_OK(pair.clone());
  CHECK(report.continued);
  CHECK(report.consistent_point.to_string() == point);
  CHECK(pair.on_green("select count(*) from quick") == "1");
  CHECK(pair.on_green("select count(*) from pg_indexes where tablename = 'slow'") == "2");
}
