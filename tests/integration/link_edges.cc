// The relay where batches, descriptions and quarantine meet: what only shows when two of them come together.
#include "link_world.h"

using namespace bgdb;
using namespace bgdb::test;

// The second piece of a transaction finds a row missing that the first one put into quarantine: it is undone to its
// savepoint and replayed.
TEST_CASE("link: a change of a quarantined row in a later piece of its transaction follows it into quarantine") {
  World world("create table t(id int primary key, v text)", "create table t(id int primary key, v smallint)");
  auto table = identity_mapping("t", {"id", "v"}, {"id"}, "int4 text");
  table.columns[1].expression = "v::smallint";
  world.set_up("forward", {{"public", "t"}});
  auto options = world.options("forward");
  options.batch_rows_max = 10;
  auto relay = link::make_relay(options, {{table}, {}});
  CHECK_OK(relay->start());
  CHECK_OK(world.blue.script(
      "begin; insert into t select i, case i when 5 then 'five' else '5' end from generate_series(1, 40) i; "
      "update t set v = '6'; update t set v = 'x' where id in (5, 6); delete from t where id = 7; commit"));
  CHECK_OK(world.drained("forward"));
  CHECK(relay->status().state == link::LinkState::streaming);
  CHECK(world.on_green("select count(*) || ' ' || sum(v) from t") == "38 228");
  CHECK(world.on_green("select string_agg(operation || (row_data->>'id') || (row_data->>'v'), ',' order by id) from "
                       "bgdb.quarantine") == "insert5five,update56,update5x,update6x");
}

// A column dropped and added again stands elsewhere in the rows: statements prepared before must not be used again.
TEST_CASE("link: columns whose order changes on the source still reach their own columns") {
  const std::string ddl = "create table t(id int primary key, a text, b text)";
  World world(ddl, ddl);
  world.set_up("forward", {{"public", "t"}});
  auto relay = link::make_relay(world.options("forward"),
                                {{identity_mapping("t", {"id", "a", "b"}, {"id"}, "int4 text text")}, {}});
  CHECK_OK(relay->start());
  CHECK_OK(world.blue.script("insert into t values (1, 'a1', 'b1'); update t set a = 'a2'"));
  CHECK_OK(world.drained("forward"));
  CHECK_OK(world.blue.script("alter table t drop column a, add column a text; update t set a = 'a2'"));
  CHECK_OK(world.blue.execute("insert into t(id, a, b) values (2, 'a3', 'b3')"));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select string_agg(id || a || b, ',' order by id) from t") == "1a2b1,2a3b3");
}

// The target still holds the row under its old key; nobody may call that settled.
TEST_CASE("link: deleting a row whose key change is in quarantine does not settle the quarantine") {
  World world("create table t(id int primary key, v text)",
              "create table t(id int primary key check (id < 100), v text)");
  world.set_up("forward", {{"public", "t"}});
  auto relay =
      link::make_relay(world.options("forward"), {{identity_mapping("t", {"id", "v"}, {"id"}, "int4 text")}, {}});
  CHECK_OK(relay->start());
  CHECK_OK(world.blue.script("insert into t values (1, 'one'); update t set id = 101; delete from t where id = 101"));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select string_agg(id::text, ',') from t") == "1");
  CHECK(
      world.on_green("select string_agg(operation, ',' order by id) from bgdb.quarantine where accepted_by is null") ==
      "update,delete");
}
