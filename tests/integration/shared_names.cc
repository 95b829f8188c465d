// Names that two things share: sequences that are not the same by name on both sides, and two projects of one name
// whose databases live on the same servers.
#include "release_world.h"

using namespace bgdb;
using namespace std::chrono_literals;
using test::Release;

namespace {

core::ChildProcess start_sync(const Release& release) {
  auto options = release.command({"sync"});
  options.timeout = {};
  options.output_file = (release.folder.path() / "sync.log").string();
  options.die_with_parent = true;
  return REQUIRE_OK(core::ChildProcess::start(options));
}

std::string on(const std::string& dsn, const std::string& sql) {
  return REQUIRE_OK(test::connect(dsn).scalar(sql));
}

}  // namespace

TEST_CASE("the switch says which materialized views nobody refreshed") {
  const Release release;
  CHECK_OK(test::connect(Release::as("shop", release.blue))
               .script("create materialized view totals as select sum(cents) from orders;"
                       "create materialized view empty as select 1 with no data"));
  release.must({"clone", "--yes"});
  auto sync = start_sync(release);
  release.gates_open({"gate"});
  const auto switched = release.run({"cutover", "--yes"});
  INFO(switched.stdout_text << switched.stderr_text);
  CHECK(switched.exit_status == 0);
  CHECK((switched.stdout_text + switched.stderr_text).find("replication does none: public.totals\n") !=
        std::string::npos);
  release.must({"finalize", "--yes"});
  CHECK(sync.wait(20s));
}

TEST_CASE("a sequence that a migration renamed or made gives no value again, there and back") {
  const Release release;
  CHECK_OK(test::connect(Release::as("shop", release.blue)).script("create sequence numbers"));  // fills no column
  release.must({"clone", "--yes"});
  release.folder.write(
      "migrations/V1__rename.sql",
      "alter table orders rename to purchases; alter sequence orders_id_seq rename to purchases_id_seq;"
      "alter sequence numbers rename to invoices; create sequence numbers; create sequence made; alter sequence made "
      "owner to shop;"
      "alter sequence made owned by purchases.cents;");
  release.folder.write("mapping.yml", "tables:\n  public.orders: { to: public.purchases }\n");
  release.must({"migrate", "--yes"});
  auto sync = start_sync(release);
  CHECK_OK(test::connect(release.blue)
               .script("insert into orders (customer, cents) select 1, g from "
                       "generate_series(1, 3000) g; select nextval('numbers') from generate_series(1, 50)"));
  release.gates_open({"verify"});
  release.gates_open({"gate"});
  // Killed before and behind the leading of sequences, and behind the point of no return; blue draws on in between.
  for (const char* point : {"intent:after", "sequences:before", "sequences:after", "commit:after"}) {
    INFO(point);
    auto killed = release.command({"cutover", "--yes"});
    killed.environment["BGDB_CRASH_AT"] = point;
    CHECK(REQUIRE_OK(core::run_process(killed)).exit_status == 128 + SIGKILL);
    if (point == std::string("commit:after")) break;
    CHECK_OK(test::connect(release.blue)
                 .script("insert into orders (customer, cents) select 1, 10000 + g from generate_series(1, 900) g;"
                         "select nextval('numbers') from generate_series(1, 900)"));
    release.gates_open({"gate"});
  }
  release.must({"cutover", "--resume"});
  CHECK(on(release.green, "select nextval('invoices') > 2750") == "t");
  CHECK(on(release.green, "select nextval('made') > 10900") == "t");
  const std::string ahead = "select nextval('purchases_id_seq') > (select max(id) from purchases)";
  CHECK(on(release.green, ahead) == "t");
  // Far enough for values that blue gave and nobody wrote, and no further for every switch.
  CHECK(on(release.green, "select nextval('purchases_id_seq') < (select max(id) + 1500 from purchases)") == "t");
  CHECK_OK(test::connect(release.green)
               .script("insert into purchases (customer, cents) select 1, g from "
                       "generate_series(1, 4000) g"));
  release.gates_open({"verify"});
  release.gates_open({"gate", "--rollback"});
  release.must({"rollback", "--yes"});
  CHECK_OK(test::connect(release.blue).script("insert into orders (customer, cents) values (1, 1)"));
  CHECK(on(release.blue, "select nextval('numbers') > 1000") == "t");
  release.must({"finalize", "--yes"});
  CHECK(sync.wait(20s));
}

TEST_CASE("a sequence of green's alone whose column takes long to read ends the switch before anybody is paused") {
  const Release release;
  release.must({"clone", "--yes"});
  release.folder.write("migrations/V1__heavy.sql",
                       "create table heavy as select g as id from generate_series(1, 3000000) g;"
                       "create sequence numbers; alter sequence numbers owned by heavy.id;");
  release.must({"migrate", "--yes"});
  auto sync = start_sync(release);
  release.gates_open({"gate"});
  const std::string config = test::read_file(release.folder.path() / "bgdb.yml");
  release.folder.write("bgdb.yml", config + "switch: { pause_max: 60ms }\n");
  const auto refused = release.run({"cutover", "--yes"});
  INFO(refused.stderr_text);
  CHECK(refused.exit_status == 3);
  CHECK(refused.stderr_text.find("create an index over each column") != std::string::npos);
  CHECK(refused.stderr_text.find("pause  ") == std::string::npos);
  release.folder.write("bgdb.yml", config);
  CHECK_OK(test::connect(release.green).execute("create index on heavy (id)"));
  sync.signal(SIGTERM);
  CHECK(sync.wait(20s));
  sync = start_sync(release);
  release.gates_open({"gate"});
  release.must({"cutover", "--yes"});
  CHECK(on(release.green, "select nextval('numbers') > 3000000") == "t");
  release.must({"finalize", "--yes"});
  CHECK(sync.wait(20s));
}

TEST_CASE("cleanup leaves another project of the same name alone, whose databases are on the same servers") {
  const Release theirs;
  theirs.must({"clone", "--yes"});
  const Release ours;
  CHECK(ours.run({"clone", "--yes"}).exit_status != 0);  // the slot's name is taken
  const std::string counted =
      "select count(*) from pg_replication_slots where slot_name = 'bgdb_least_forward' and database = "
      "current_database()";
  const std::string origins =
      "select count(*) from pg_replication_origin, pg_database d where datname = current_database() and roname = "
      "'bgdb_least_forward_' || d.oid";
  CHECK(on(theirs.blue, counted) == "1");
  CHECK(on(theirs.green, origins) == "1");
  ours.must({"cleanup", "--yes"});
  CHECK(on(theirs.blue, counted) == "1");
  CHECK(on(theirs.green, origins) == "1");
  auto sync = start_sync(theirs);
  theirs.gates_open({"gate"});
  sync.signal(SIGTERM);
  sync.wait(20s);
  theirs.must({"cleanup", "--yes"});
  CHECK(on(theirs.blue, counted) == "0");
  CHECK(on(theirs.green, origins) == "0");
}

// Two blue servers and one green: until the way back begins nothing says that the names are the same.
TEST_CASE("two projects of one name whose green databases are on one server do not harm each other") {
  const Release theirs(test::fresh_database("blue"), test::fresh_database("green"));
  const Release ours(test::fresh_database("other"), test::fresh_database("green"));
  for (const auto* release : {&theirs, &ours}) release->must({"clone", "--yes"});
  auto sync = start_sync(theirs);
  CHECK_OK(test::connect(theirs.blue).script("insert into orders (customer, cents) values (1, 1)"));
  test::check_equal(theirs);
  const auto refused = ours.run({"sync"});
  CHECK(refused.exit_status != 0);
  INFO(refused.stderr_text);
  CHECK(refused.stderr_text.find("Choose another `name`") != std::string::npos);
  CHECK(ours.run({"doctor"}).stdout_text.find("slot bgdb_least_reverse on green's server is of database") !=
        std::string::npos);
  ours.must({"cleanup", "--yes"});
  CHECK_OK(test::connect(theirs.blue).script("insert into orders (customer, cents) values (1, 2)"));
  test::check_equal(theirs);
  theirs.gates_open({"gate"});
  sync.signal(SIGTERM);
  sync.wait(20s);
  auto again = start_sync(theirs);
  CHECK_OK(test::connect(theirs.blue).script("insert into orders (customer, cents) values (1, 3)"));
  test::check_equal(theirs);
  again.signal(SIGTERM);
  again.wait(20s);
  theirs.must({"cleanup", "--yes"});
}

// As a clone leaves it that dies between the origin and what it records.
TEST_CASE("an origin of which nothing was recorded is taken away by clone --abort and by cleanup") {
  const Release release;
  release.must({"clone", "--yes"});
  const std::string count =
      "select count(*) from pg_replication_origin, pg_database d where datname = current_database() "
      "and roname like 'bgdb\\_least\\_%\\_' || d.oid";
  const std::string bare = "delete from bgdb.progress; delete from bgdb.link";
  CHECK_OK(test::connect(release.green).script(bare));
  CHECK(on(release.green, count) == "1");
  release.must({"clone", "--abort", "--complete", "--yes"});
  CHECK(on(release.green, count) == "0");
  release.must({"clone", "--yes"});
  CHECK_OK(test::connect(release.green).script(bare));
  release.must({"cleanup", "--yes"});
  CHECK(on(release.green, count) == "0");
}
