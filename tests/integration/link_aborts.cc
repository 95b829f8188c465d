// A transaction that the target rolls back at the very end: its rows are not there, so the link may not be past it.
// From 16 on PostgreSQL moves a replication origin with such a transaction, too. On every server at hand.
#include "link_world.h"

using namespace bgdb;
using test::World;
using namespace std::chrono_literals;

namespace {

// Green on this server; false = there is none of that kind here.
bool place_green(World& world, const std::string& kind, const std::string& ddl) {
  if (kind == "default") return true;
  static std::unique_ptr<scratch::Postgres> newer;
  const auto folder = test::newer_postgres_bin_dir();
  if (folder.empty()) {
    WARN("left out: no newer PostgreSQL is here (./run setup gets it where npm is installed)");
    return false;
  }
  if (!newer) newer = REQUIRE_OK(scratch::Postgres::start(test::workspace(), {.name = "newer", .bin_dir = folder}));
  CHECK_OK(newer->create_database(world.name));
  world.green_dsn = newer->dsn(world.name);
  world.green = test::connect(world.green_dsn);
  CHECK_OK(world.green.script(ddl));
  CHECK_OK(journal::install_state(world.green));
  return true;
}

translate::Mapping mapping() {
  return {{test::identity_mapping("t", {"id", "u"}, {"id"}, "int4 int4")}, {}};
}

}  // namespace

TEST_CASE("link aborts: what a deferred constraint of the target refuses at COMMIT is neither lost nor passed over") {
  const std::string kind = GENERATE("default", "newer");
  const std::string ddl = "create table t(id int primary key, u int)";
  const std::string green_ddl =
      ddl +
      "; create function refuse() returns trigger language plpgsql as $$ begin if new.u > 1 then raise exception "
      "'not this one' using errcode = '23514'; end if; return null; end $$; create constraint trigger refusing after "
      "insert on t deferrable initially deferred for each row execute function refuse(); alter table t enable always "
      "trigger refusing";
  World world(ddl, green_ddl);
  if (!place_green(world, kind, green_ddl)) return;
  world.set_up("forward", {{"public", "t"}});
  auto relay = link::make_relay(world.options("forward"), mapping());
  CHECK_OK(relay->start());
  CHECK_OK(world.blue.execute("insert into t values (1, 1)"));
  CHECK_OK(world.drained("forward"));

  CHECK_OK(world.blue.execute("insert into t values (2, 2)"));
  test::wait_until([&] { return relay->status().state == link::LinkState::failed; });
  CHECK(relay->status().message.find("not this one") != std::string::npos);
  relay->stop();
  CHECK(world.on_green("select count(*) from t") == "1");

  // Started again it meets the same row again; once the row's cause is gone, it arrives.
  relay = link::make_relay(world.options("forward"), mapping());
  CHECK_OK(relay->start());
  test::wait_until([&] { return relay->status().state == link::LinkState::failed; });
  relay->stop();
  CHECK_OK(world.green.execute("drop trigger refusing on t"));
  relay = link::make_relay(world.options("forward"), mapping());
  CHECK_OK(relay->start());
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select string_agg(t::text, ' ' order by id) from t") == "(1,1) (2,2)");
}

TEST_CASE("link aborts: a session that ends between the last statement and COMMIT repeats its transaction") {
  const std::string kind = GENERATE("default", "newer");
  // Fires at COMMIT, behind everything the link sends: the session waits there until it is ended.
  const std::string ddl = "create table t(id int primary key, u int)";
  const std::string green_ddl =
      ddl +
      "; create function wait_here() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(4711); "
      "return null; end $$; create constraint trigger waiting after insert on t deferrable initially deferred for each "
      "row execute function wait_here(); alter table t enable always trigger waiting";
  World world(ddl, green_ddl);
  if (!place_green(world, kind, green_ddl)) return;
  world.set_up("forward", {{"public", "t"}});
  const auto relay = link::make_relay(world.options("forward"), mapping());
  CHECK_OK(relay->start());
  for (int round = 1; round <= 5; ++round) {
    auto holder = test::connect(world.green_dsn);
    CHECK_OK(holder.execute("select pg_advisory_lock(4711)"));
    CHECK_OK(world.blue.execute("insert into t values ($1, $1)", {std::to_string(round)}));
    const std::string waiting =
        "select count(*) from pg_stat_activity where application_name = 'bgdb link forward' and "
        "wait_event = 'advisory' and datname = current_database()";
    test::wait_until([&] { return world.on_green(waiting) == "1"; });
    CHECK_OK(world.green.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bgdb link forward' and "
        "datname = current_database()"));
    test::wait_until([&] { return world.on_green(waiting) == "0"; });
    CHECK_OK(holder.execute("select pg_advisory_unlock(4711)"));
    CHECK_OK(world.drained("forward"));
    CHECK(world.on_green("select count(*) from t") == std::to_string(round));
  }
}

TEST_CASE("link aborts: a table whose rules do not let statements be counted on the server is written all the same") {
  const std::string ddl = "create table t(id int primary key, u int)";
  World world(ddl, ddl +
                       "; create table told(id int); create rule telling as on insert to t do also insert into told "
                       "values (new.id); alter table t enable always rule telling");
  world.set_up("forward", {{"public", "t"}});
  const auto relay = link::make_relay(world.options("forward"), mapping());
  CHECK_OK(relay->start());
  for (int i = 1; i <= 3; ++i) {
    CHECK_OK(world.blue.execute("insert into t values ($1, 0)", {std::to_string(i)}));
    CHECK_OK(world.drained("forward"));
  }
  CHECK(world.on_green("select count(*) from t") == "3");
  CHECK(relay->status().conflicts == 0);
}

// Roles get new passwords in the middle of a release. Who was let in before waits until it is right again.
TEST_CASE("link aborts: a link that is not let in any more goes on when it is, and says meanwhile why not") {
  const std::string ddl = "create table t(id int primary key, u int)";
  World world(ddl, ddl);
  world.set_up("forward", {{"public", "t"}});
  CHECK_OK(world.blue.execute("create role carrier superuser login"));
  auto options = world.options("forward");
  const std::string user = "user=postgres";
  options.source_dsn.replace(options.source_dsn.find(user), user.size(), "user=carrier");
  const auto relay = link::make_relay(options, mapping());
  CHECK_OK(relay->start());
  CHECK_OK(
      world.blue.script("alter role carrier rename to another; insert into t values (1, 1);"
                        "select pg_terminate_backend(active_pid) from pg_replication_slots"));
  test::wait_until([&] { return relay->status().message.find("\"carrier\" does not exist") != std::string::npos; });
  CHECK(relay->status().state == link::LinkState::starting);
  CHECK(relay->status().message.find("start `bgdb sync` again") != std::string::npos);
  CHECK_OK(world.blue.execute("alter role another rename to carrier"));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select count(*) from t") == "1");
  relay->stop();
  CHECK_OK(world.blue.execute("drop role carrier"));
}
