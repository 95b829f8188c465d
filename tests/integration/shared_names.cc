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
      "alter sequence numbers rename to invoices; create sequence made; alter sequence made owner to shop;"
      "alter sequence made owned by purchases.cents;");
  release.folder.write("mapping.yml", "tables:\n  public.orders: { to: public.purchases }\n");
  release.must({"migrate", "--yes"});
  auto sync = start_sync(release);
  CHECK_OK(test::connect(release.blue)
               .script("insert into orders (customer, cents) select 1, g from "
                       "generate_series(1, 3000) g; select nextval('numbers') from generate_series(1, 50)"));
  release.gates_open({"verify"});
  release.gates_open({"gate"});
  release.must({"cutover", "--yes"});
  CHECK(on(release.green, "select nextval('invoices') > 50") == "t");
  CHECK(on(release.green, "select nextval('made') > 3000") == "t");
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

TEST_CASE("cleanup leaves another project of the same name alone, whose databases are on the same servers") {
  const Release theirs;
  theirs.must({"clone", "--yes"});
  const Release ours;
  CHECK(ours.run({"clone", "--yes"}).exit_status != 0);  // the slot's name is taken
  const std::string counted =
      "select count(*) from pg_replication_slots where slot_name = 'bgdb_least_forward' and database = "
      "current_database()";
  const std::string origins = "select count(*) from pg_replication_origin where roname = 'bgdb_least_forward'";
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
