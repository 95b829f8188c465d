// The relay between two real servers: what the source commits is on the target, once, whatever dies.
#include "link_world.h"

#include <signal.h>
#include <sys/wait.h>

#include <atomic>

using namespace bgdb;
using namespace bgdb::test;
using namespace std::chrono_literals;

TEST_CASE("link: insert, update, delete, truncate, key change, unchanged large values") {
  World world(kAccounts, kAccounts);
  world.set_up("forward", {{"public", "accounts"}});
  auto relay = link::make_relay(world.options("forward"), accounts_mapping());
  CHECK_OK(relay->start());
  const auto same = [&] {
    CHECK_OK(world.drained("forward"));
    CHECK(world.on_blue(kDigest) == world.on_green(kDigest));
  };
  CHECK_OK(world.blue.script(
      "insert into accounts select i, 100, E'n\\\\\"{}' || i, null from generate_series(1, 3000) i;"
      "update accounts set balance = balance + id where id % 2 = 0; delete from accounts where id % 5 = 0"));
  same();
  CHECK(world.on_green("select count(*) from accounts") == "2400");
  // A value that is stored out of line is not sent again when another column changes.
  CHECK_OK(
      world.blue.execute("update accounts set big = (select string_agg(md5(i::text), '') from "
                         "generate_series(1, 2000) i) where id < 4"));
  CHECK_OK(world.blue.execute("update accounts set balance = -1 where id < 4"));
  CHECK_OK(
      world.blue.script("begin; update accounts set note = 'x' where id = 1; update accounts set big = 'small' where "
                        "id = 2; update accounts set note = null where id = 2; commit"));
  same();
  CHECK(world.on_green("select length(big) from accounts where id = 1") == "64000");
  // Keys: a shift by one meets every neighbour; then a swap through a third value.
  CHECK_OK(
      world.blue.script("update accounts set id = id + 100000; begin; update accounts set id = 0 where id = 100001; "
                        "update accounts set id = 100001 where id = 100002; update accounts set id = 100002 where id = "
                        "0; commit"));
  same();
  CHECK_OK(
      world.blue.script("begin; insert into accounts values (-1, 1, null, null); truncate accounts; insert into "
                        "accounts values (-2, 2, '', null); commit"));
  same();
  CHECK(world.on_green("select string_agg(id::text, ',') from accounts") == "-2");
  CHECK(relay->status().state == link::LinkState::streaming);
  relay->stop();
  CHECK(relay->status().state == link::LinkState::stopped);
  CHECK(world.on_green("select state from bgdb.link where name = 'forward'") == "stopped");
}

TEST_CASE("link: a renamed table, a cast, a split and a merged column, both ways without a loop") {
  World world(
      "create table people(id int primary key, full_name text not null, age int)",
      "create table persons(id bigint primary key, first_name text not null, last_name text not null, years bigint)");
  translate::TableMapping forward;
  forward.source = {"public", "people"};
  forward.target = {"public", "persons"};
  forward.source_columns = {
      {"id", "int4", "int4", false}, {"full_name", "text", "text", true}, {"age", "int4", "int4", false}};
  forward.columns = {rule("id", "id::int8", {"id"}), rule("first_name", "split_part(full_name, ' ', 1)", {"full_name"}),
                     rule("last_name", "split_part(full_name, ' ', 2)", {"full_name"}),
                     rule("years", "age::int8", {"age"})};
  forward.source_key = forward.target_key = {"id"};
  translate::TableMapping reverse;
  reverse.source = {"public", "persons"};
  reverse.target = {"public", "people"};
  reverse.source_columns = {{"id", "int8", "int8", false},
                            {"first_name", "text", "text", true},
                            {"last_name", "text", "text", true},
                            {"years", "int8", "int8", false}};
  reverse.columns = {rule("id", "id::int4", {"id"}),
                     rule("full_name", "first_name || ' ' || last_name", {"first_name", "last_name"}),
                     rule("age", "years::int4", {"years"})};
  reverse.source_key = reverse.target_key = {"id"};
  CHECK_OK(world.green.execute("alter table persons replica identity full"));
  world.set_up("forward", {{"public", "people"}});
  world.set_up("reverse", {{"public", "persons"}});
  auto there = link::make_relay(world.options("forward"), {{forward}, {}});
  auto back = link::make_relay(world.options("reverse"), {{reverse}, {}});
  CHECK_OK(there->start());
  CHECK_OK(back->start());
  CHECK_OK(world.blue.script(
      "insert into people values (1, 'Ada Lovelace', 36), (2, 'Alan Turing', 41); update people set age "
      "= 37 where id = 1"));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select first_name || '/' || last_name || '/' || years from persons where id = 1") ==
        "Ada/Lovelace/37");
  CHECK_OK(
      world.green.script("update persons set last_name = 'King' where id = 1; insert into persons values (3, 'Grace', "
                         "'Hopper', 85); delete from persons where id = 2"));
  CHECK_OK(world.drained("reverse"));
  CHECK(world.on_blue("select string_agg(id || ':' || full_name || ':' || age, ';' order by id) from people") ==
        "1:Ada King:37;3:Grace Hopper:85");
  // Nothing came back: each side applied only what the other's clients did.
  CHECK_OK(world.drained("forward"));
  CHECK_OK(world.drained("reverse"));
  wait_until([&] { return there->status().rows_applied >= 3 && back->status().rows_applied >= 3; });
  CHECK(there->status().rows_applied == 3);
  CHECK(back->status().rows_applied == 3);
  CHECK(there->status().conflicts == 0);
}

TEST_CASE("link: a transaction much larger than every bound is applied as one") {
  World world(kAccounts, kAccounts);
  world.set_up("forward", {{"public", "accounts"}});
  auto options = world.options("forward");
  options.queue_bytes_max = 256 * 1024;
  auto relay = link::make_relay(options, accounts_mapping());
  CHECK_OK(world.blue.script(
      "begin; insert into accounts select i, i, repeat('x', 100), null from generate_series(1, 100000) i; "
      "update accounts set balance = 1 where id % 3 = 0; commit"));
  std::atomic<bool> done{false}, partial{false};
  std::thread watcher([&] {
    auto session = test::connect(world.green_dsn);
    while (!done) {
      const auto rows = session.scalar("select count(*) from accounts");
      if (rows && *rows != "0" && *rows != "100000") partial = true;
    }
  });
  CHECK_OK(relay->start());
  const auto drained = world.drained("forward");
  done = true;
  watcher.join();
  CHECK_OK(drained);
  CHECK_FALSE(partial);
  CHECK(world.on_blue(kDigest) == world.on_green(kDigest));
}

TEST_CASE("link: a marker is durable, notified, and proves everything before it") {
  World world(kAccounts, kAccounts);
  world.set_up("forward", {{"public", "accounts"}});
  auto relay = link::make_relay(world.options("forward"), accounts_mapping());
  CHECK_OK(relay->start());
  auto listener = test::connect(world.green_dsn);
  CHECK_OK(listener.execute("listen bgdb_marker"));
  CHECK_OK(world.blue.execute("insert into accounts values (1, 1, null, null)"));
  const Lsn lsn = REQUIRE_OK(link::emit_marker(world.blue, "it's here"));
  CHECK_OK(link::wait_marker(world.green, "forward", "it's here", 30s));
  CHECK(world.on_green("select count(*) from accounts") == "1");
  CHECK(REQUIRE_OK(Lsn::parse(world.on_green("select source_lsn from bgdb.marker where link = 'forward'"))) <= lsn);
  const auto notification = REQUIRE_OK(listener.wait_notification(10s));
  REQUIRE(notification);
  CHECK(notification->payload == "forward it's here");
  const auto never = link::wait_marker(world.green, "forward", "never sent", 100ms);
  REQUIRE_FALSE(never);
  CHECK(never.error().code == ErrorCode::timeout);
  // The idle slot moves on although nothing is applied any more, and never past what the target has.
  CHECK_OK(world.blue.script("create table elsewhere(id int); insert into elsewhere select generate_series(1, 1000)"));
  const Lsn later = REQUIRE_OK(Lsn::parse(world.on_blue("select pg_current_wal_lsn()")));
  wait_until([&] { return relay->status().applied_lsn >= later; });
  const auto confirmed = [&] {
    return REQUIRE_OK(replication::find_slot(world.blue, world.slot("forward")))->confirmed_flush_lsn;
  };
  wait_until([&] { return confirmed() >= later; });
  CHECK(confirmed() <= REQUIRE_OK(replication::origin_progress(world.green, world.slot("forward"))));
  const auto published = REQUIRE_OK(link::read_published_status(world.green, "forward"));
  REQUIRE(published);
  CHECK(published->state_text == "streaming");
  REQUIRE(published->status.lag_ms);
  REQUIRE(published->status.lag_bytes);
  REQUIRE(published->age);
}

TEST_CASE("link: a row that the target does not have is divergence, with table and key, the slot stays") {
  World world(kAccounts, kAccounts);
  world.set_up("forward", {{"public", "accounts"}});
  auto relay = link::make_relay(world.options("forward"), accounts_mapping());
  CHECK_OK(relay->start());
  CHECK_OK(world.blue.execute("insert into accounts select i, 0, null, null from generate_series(1, 10) i"));
  CHECK_OK(world.drained("forward"));
  std::string sql, what;
  SECTION("update") {
    CHECK_OK(world.green.execute("delete from accounts where id = 7"));
    sql = "update accounts set balance = 5";
    what = "update found no row";
  }
  SECTION("delete") {
    CHECK_OK(world.green.execute("delete from accounts where id = 7"));
    sql = "delete from accounts";
    what = "delete found no row";
  }
  SECTION("insert") {
    CHECK_OK(world.green.execute("insert into accounts values (77, 1, null, null)"));
    sql = "insert into accounts select i, 0, null, null from generate_series(70, 80) i";
    what = "insert met an existing row";
  }
  const std::string before = world.on_green(kDigest);
  CHECK_OK(world.blue.execute(sql));
  const auto waited = world.drained("forward");
  REQUIRE_FALSE(waited);
  CHECK(waited.error().code == ErrorCode::divergence);
  const auto status = relay->status();
  CHECK(status.state == link::LinkState::failed);
  CHECK(status.conflicts == 1);
  INFO(status.message);
  CHECK(status.message.find("public.accounts") != std::string::npos);
  CHECK(status.message.find("\"id\":\"7") != std::string::npos);
  CHECK(status.message.find(what) != std::string::npos);
  CHECK(world.on_green(kDigest) == before);
  wait_until([&] { return world.on_green("select state from bgdb.link") == "failed"; });
  CHECK(REQUIRE_OK(replication::find_slot(world.blue, world.slot("forward"))).has_value());
  // Repaired by hand, it goes on.
  relay->stop();
  CHECK_OK(world.green.script(
      "delete from accounts where id = 77; insert into accounts values (7, 0, null, null) on conflict do nothing"));
  auto again = link::make_relay(world.options("forward"), accounts_mapping());
  CHECK_OK(again->start());
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green(kDigest) == world.on_blue(kDigest));
  CHECK(again->status().conflicts == 0);  // else the gate would hold for ever
}

TEST_CASE("link: rows that cannot be translated go to quarantine until a later change can be, the rest goes on") {
  World world("create table t(id int primary key, v text)",
              "create table t(id int primary key, v smallint check (v < 100))");
  auto table = identity_mapping("t", {"id", "v"}, {"id"}, "int4 text");
  table.columns[1].expression = "v::smallint";
  world.set_up("forward", {{"public", "t"}});
  auto relay = link::make_relay(world.options("forward"), {{table}, {}});
  CHECK_OK(relay->start());
  CHECK_OK(
      world.blue.script("insert into t values (1, '1'), (2, 'two'), (3, '3'), (4, '400'), (5, '99999999'), (6, '6')"));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select string_agg(id || '=' || v, ',' order by id) from t") == "1=1,3=3,6=6");
  CHECK(world.on_green(
            "select string_agg(row_data->>'id', ',' order by id) from bgdb.quarantine where link = 'forward' and "
            "relation = 'public.t' and operation = 'insert'") == "2,4,5");
  wait_until([&] { return relay->status().quarantined == 3; });  // counted after the commit
  CHECK_OK(world.blue.script(
      "update t set v = '7' where id in (1, 2); delete from t where id = 4; update t set v = 'x' where id = 3"));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select string_agg(id || '=' || v, ',' order by id) from t") == "1=7,2=7,3=3,6=6");
  CHECK(world.on_green("select string_agg(operation || (row_data->>'id'), ',' order by id) from bgdb.quarantine where "
                       "accepted_by is null") == "insert5,update3");
  CHECK(world.on_green(
            "select row_data->>'v' from bgdb.quarantine where operation = 'update' and row_data->>'id' = '3'") == "x");
  CHECK(relay->status().state == link::LinkState::streaming);
}

TEST_CASE("link: another server, a missing slot, a slot ahead of the target, an unknown column are refused") {
  World world(kAccounts, kAccounts);
  world.set_up("forward", {{"public", "accounts"}});
  const auto refused = [&](const std::string& part) {
    auto relay = link::make_relay(world.options("forward"), accounts_mapping());
    const auto started = relay->start();
    REQUIRE_FALSE(started);
    INFO(started.error().to_string());
    CHECK(started.error().code == ErrorCode::refused);
    CHECK(started.error().message.find(part) != std::string::npos);
  };
  SECTION("another server") {
    CHECK_OK(world.green.execute("update bgdb.link set source_system = '1'"));
    refused("another server");
  }
  SECTION("a missing slot") {
    CHECK_OK(replication::drop_slot(world.blue, world.slot("forward")));
    refused("does not exist");
  }
  SECTION("a slot created again") {
    CHECK_OK(world.blue.execute("insert into accounts values (1, 1, null, null)"));
    CHECK_OK(replication::drop_slot(world.blue, world.slot("forward")));
    CHECK_OK(world.blue.execute("select pg_create_logical_replication_slot($1, 'pgoutput')", {world.slot("forward")}));
    refused("created again");
  }
  SECTION("a source that went back in time") {
    CHECK_OK(replication::advance_origin(world.green, world.slot("forward"), Lsn{uint64_t{1} << 40}));
    refused("restored to an earlier state");
  }
  SECTION("a migration at work on the target") {
    CHECK_OK(world.green.execute("select pg_advisory_lock(hashtext('bgdb'), hashtext('apply'))"));
    refused("bgdb migrate");
  }
  SECTION("a column that came later") {
    auto relay = link::make_relay(world.options("forward"), accounts_mapping());
    CHECK_OK(relay->start());
    CHECK_OK(world.blue.script(
        "alter table accounts add column surprise int; insert into accounts(id, balance, surprise) values (1, 1, 1)"));
    wait_until([&] { return relay->status().state == link::LinkState::failed; });
    CHECK(relay->status().message.find("surprise") != std::string::npos);
  }
}

TEST_CASE("link: set-up and removal are repeatable") {
  World world(kAccounts, kAccounts);
  world.set_up("forward", {{"public", "accounts"}});
  const auto again = REQUIRE_OK(link::set_up_link({.dsn = world.blue_dsn}, world.blue, world.green,
                                                  {"forward", world.slot("forward")}, {{"public", "accounts"}}, false));
  CHECK_FALSE(again.created);
  // Died between the slot and the row: made again, with a new start.
  CHECK_OK(world.green.execute("delete from bgdb.link"));
  const auto repeated =
      REQUIRE_OK(link::set_up_link({.dsn = world.blue_dsn}, world.blue, world.green, {"forward", world.slot("forward")},
                                   {{"public", "accounts"}}, true));
  CHECK(repeated.created);
  CHECK_FALSE(repeated.snapshot_name.empty());
  CHECK(REQUIRE_OK(replication::origin_progress(world.green, world.slot("forward"))) == repeated.start_lsn);
  for (int i = 0; i < 2; ++i) {
    CHECK_OK(link::drop_link_objects(world.blue, world.green, {"forward", world.slot("forward")}));
  }
  CHECK_FALSE(REQUIRE_OK(replication::find_slot(world.blue, world.slot("forward"))));
  CHECK(world.on_blue("select count(*) from pg_publication") == "0");
}

TEST_CASE("link: finalized under its feet it stops, a slot dropped by anybody else is a failure") {
  World world(kAccounts, kAccounts);
  world.set_up("forward", {{"public", "accounts"}});
  auto relay = link::make_relay(world.options("forward"), accounts_mapping());
  CHECK_OK(relay->start());
  const auto drop = [&] {  // the relay comes back quickly: between two attempts of its own
    const std::string sql =
        "select pg_terminate_backend(active_pid, 1000) from pg_replication_slots where slot_name = $1";
    wait_until([&] {
      CHECK_OK(world.blue.execute(sql, {world.slot("forward")}));
      return world.blue.execute("select pg_drop_replication_slot($1)", {world.slot("forward")}).has_value();
    });
  };
  SECTION("finalized") {
    CHECK_OK(world.green.execute("insert into bgdb.side (role, epoch, by) values ('retired', 3, 'test')"));
    drop();
    wait_until([&] { return relay->status().state == link::LinkState::stopped; });
  }
  SECTION("dropped by hand") {
    drop();
    wait_until([&] { return relay->status().state == link::LinkState::failed; });
    CHECK(relay->status().message.find("does not exist") != std::string::npos);
  }
}
