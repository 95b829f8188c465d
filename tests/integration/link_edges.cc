// The relay where batches, descriptions and quarantine meet: what only shows when two of them come together.
#include "derived_pair.h"
#include "link_world.h"

#include <fstream>

using namespace bgdb;
using namespace bgdb::test;

namespace {

// The most memory this process ever had, in MiB.
int64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) / 1024;
  }
  return 0;
}

}  // namespace

// The second piece of a transaction finds a row missing that the first one put into quarantine: it is undone to its
// savepoint and replayed.
TEST_CASE("link: a change of a quarantined row in a later piece of its transaction brings it, or follows it") {
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
  CHECK(world.on_green("select count(*) || ' ' || sum(v) from t") == "39 234");
  CHECK(world.on_green("select string_agg(operation || (row_data->>'id') || (row_data->>'v'), ',' order by id) from "
                       "bgdb.quarantine") == "insert5five,update5x,update6x");
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

// A large column that an update leaves alone is not in the stream: what it became in a change that waits in quarantine
// would be lost with the next one that the target takes.
TEST_CASE("link: a large value that waits in quarantine arrives with the row's next change, whoever carries it") {
  World world("create table t(id int primary key, n int, big text); alter table t alter big set storage external",
              "create table t(id int primary key, n int check (n > 0), big text)");
  world.set_up("forward", {{"public", "t"}});
  const translate::Mapping mapping{{identity_mapping("t", {"id", "n", "big"}, {"id"}, "int4 int4 text")}, {}};
  const auto alike = [&] {
    const std::string rows =
        "select coalesce(string_agg(id || ' ' || n || ' ' || md5(big), ',' order by id), '') from t";
    CHECK(world.on_green(rows) == world.on_blue(rows));
  };
  const auto waiting = [&] { return world.on_green("select count(*) from bgdb.quarantine where accepted_by is null"); };
  auto relay = link::make_relay(world.options("forward"), mapping);
  CHECK_OK(relay->start());
  CHECK_OK(
      world.blue.script("insert into t select i, i, repeat('old', 3000) from generate_series(1, 4) i;"
                        "insert into t values (5, -5, repeat('five', 3000))"));
  CHECK_OK(world.drained("forward"));
  CHECK_OK(world.blue.execute("update t set n = -n, big = repeat('new', 3000) where id < 4"));
  CHECK_OK(world.drained("forward"));
  CHECK(waiting() == "4");
  SECTION("the same process") {}
  SECTION("another process") {
    relay->stop();
    relay = link::make_relay(world.options("forward"), mapping);
    CHECK_OK(relay->start());
  }
  // Not taken yet, taken at once, deleted; and the row that never arrived.
  CHECK_OK(world.blue.execute("update t set n = n - 1 where id = 1"));
  CHECK_OK(world.drained("forward"));
  CHECK(waiting() == "5");
  CHECK_OK(world.blue.execute("update t set n = 10 + id where id in (1, 2, 5)"));
  CHECK_OK(world.blue.execute("delete from t where id = 3"));
  CHECK_OK(world.drained("forward"));
  CHECK(waiting() == "0");
  alike();
  // What is settled is not written again.
  CHECK_OK(world.blue.execute("update t set big = repeat('newer', 3000) where id < 3"));
  CHECK_OK(world.blue.execute("update t set n = n + 1"));
  CHECK_OK(world.blue.execute("insert into t values (3, 3, 'again')"));
  CHECK_OK(world.drained("forward"));
  alike();
  CHECK(relay->status().state == link::LinkState::streaming);
}

TEST_CASE("link: what waits in quarantine under a key of before is not another row's") {
  World world("create table t(id int primary key, n int, big text); alter table t alter big set storage external",
              "create table t(id int primary key check (id < 100), n int, big text)");
  world.set_up("forward", {{"public", "t"}});
  auto relay = link::make_relay(world.options("forward"),
                                {{identity_mapping("t", {"id", "n", "big"}, {"id"}, "int4 int4 text")}, {}});
  CHECK_OK(relay->start());
  CHECK_OK(world.blue.execute("insert into t values (1, 1, repeat('one', 3000)), (2, 2, repeat('two', 3000))"));
  CHECK_OK(world.blue.execute("update t set id = 101, big = repeat('moved', 3000) where id = 1"));
  CHECK_OK(world.blue.execute("update t set n = 5 where id = 101"));
  CHECK_OK(world.drained("forward"));
  // The later entry says all there is to know of the row.
  CHECK(world.on_green("select string_agg(concat_ws(' ', row_data->>'n', left(row_data->>'big', 5)), ',' order by id) "
                       "from bgdb.quarantine where accepted_by is null") == "1 moved,5 moved");
  SECTION("another row came to bear the key") {
    CHECK_OK(world.green.execute("alter table t drop constraint t_id_check"));
    CHECK_OK(world.blue.execute("update t set id = 102 where id = 101"));
    CHECK_OK(world.blue.execute("insert into t values (101, 7, repeat('other', 3000))"));
    CHECK_OK(world.blue.execute("update t set n = 8 where id = 101"));
    CHECK_OK(world.drained("forward"));
    CHECK(world.on_green("select n || left(big, 5) from t where id = 101") == "8other");
  }
  SECTION("TRUNCATE settles it") {
    CHECK_OK(world.blue.execute("truncate t"));
    CHECK_OK(world.drained("forward"));
    CHECK(world.on_green("select count(*) from bgdb.quarantine where accepted_by is null") == "0");
  }
}

// Values that nobody reads stand in the same chunks of the stream as the rows that wait to be written.
TEST_CASE("link: large columns that are not mapped do not pile up in memory") {
  World world("create table t(id int primary key, big text)", "create table t(id int primary key)");
  auto table = identity_mapping("t", {"id", "big"}, {"id"}, "int4 text");
  table.columns.pop_back();
  world.set_up("forward", {{"public", "t"}});
  CHECK_OK(world.blue.execute("insert into t select i, repeat('x', 1000000) from generate_series(1, 300) i"));
  auto options = world.options("forward");
  options.queue_bytes_max = 4 << 20;
  const int64_t before = peak_memory();
  auto relay = link::make_relay(options, {{table}, {}});
  CHECK_OK(relay->start());
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select count(*) from t") == "300");
  CHECK(peak_memory() - before < 100);
}

TEST_CASE("link: a table outside the publication, and two tables that become one, are refused") {
  const std::string ddl = "create table a(id int primary key); create table b(id int primary key)";
  World world(ddl, ddl);
  auto a = identity_mapping("a", {"id"}, {"id"}, "int4"), b = identity_mapping("b", {"id"}, {"id"}, "int4");
  std::string part;
  SECTION("came after the clone") {
    world.set_up("forward", {{"public", "a"}});
    part = "public.b is not in publication";
  }
  SECTION("merged") {
    world.set_up("forward", {{"public", "a"}, {"public", "b"}});
    b.target = a.target;
    part = "public.a and public.b both go to public.a";
  }
  auto relay = link::make_relay(world.options("forward"), {{a, b}, {}});
  const auto started = relay->start();
  REQUIRE_FALSE(started);
  CHECK(started.error().code == ErrorCode::refused);
  INFO(started.error().message);
  CHECK(started.error().message.find(part) != std::string::npos);
}

// Settings of the databases and of the role must not decide what a value means.
TEST_CASE("link: values whose text depends on settings arrive as they are") {
  const std::string ddl =
      "create schema s; create table s.things(id int); create table t(id int primary key, r regclass, m money, x xml, "
      "n text[], d date, i interval)";
  World world(ddl, ddl);
  CHECK_OK(
      world.blue.script("do $$ begin execute format('alter database %I set search_path = s, public', "
                        "current_database()); execute format('alter database %I set datestyle = german', "
                        "current_database()); end $$"));
  CHECK_OK(world.green.script(
      "do $$ begin execute format('alter database %I set array_nulls = off', current_database()); "
      "execute format('alter database %I set xmloption = document', current_database()); "
      "execute format('alter database %I set intervalstyle = sql_standard', current_database()); end $$"));
  auto table = identity_mapping("t", {"id", "r", "m", "x", "n", "d", "i"}, {"id"},
                                "int4 regclass money xml text[] date interval");
  world.set_up("forward", {{"public", "t"}});
  auto relay = link::make_relay(world.options("forward"), {{table}, {}});
  CHECK_OK(relay->start());
  CHECK_OK(
      world.blue.script("insert into t values (1, 's.things', 12.34, 'a<b/>', '{a,NULL,\"NULL\"}', '2026-02-03', "
                        "'-1 day +2 hours'), (2, null, null, null, null, null, null)"));
  CHECK_OK(world.drained("forward"));
  for (auto* side : {&world.blue, &world.green}) {
    CHECK_OK(
        side->script("set search_path = ''; set datestyle = iso; set intervalstyle = postgres; set xmloption = "
                     "content"));
  }
  const std::string sql = "select string_agg(t::text || (n[2] is null)::text, '; ' order by id) from public.t t";
  CHECK(world.on_green(sql) == world.on_blue(sql));
  CHECK(world.on_green("select count(*) from bgdb.quarantine") == "0");
}

// The stream describes each partition although its rows come as the root's.
TEST_CASE("link: a partitioned table is carried by its root, through moves between partitions and TRUNCATE") {
  const std::string ddl =
      "create table p(id int primary key, v text) partition by range (id); create table p1 partition of p for values "
      "from (0) to (100); create table p2 partition of p for values from (100) to (200)";
  World world(ddl, "create table p(id int primary key, v text)");
  world.set_up("forward", {{"public", "p"}});
  auto relay =
      link::make_relay(world.options("forward"), {{identity_mapping("p", {"id", "v"}, {"id"}, "int4 text")}, {}});
  CHECK_OK(relay->start());
  CHECK_OK(
      world.blue.script("insert into p select i, 'x' from generate_series(0, 199) i; delete from p where id = 50; "
                        "update p set v = 'y' where id = 3; update p set id = 50 where id = 150"));
  CHECK_OK(world.drained("forward"));
  const std::string digest = "select md5(string_agg(id || v, ',' order by id)) from p";
  CHECK(world.on_green(digest) == world.on_blue(digest));
  CHECK_OK(world.blue.script("truncate p; insert into p values (7, 'z')"));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select string_agg(id || v, ',') from p") == "7z");
}

// Rows of a table that inherits have keys of their own, which may be those of rows of the parent.
TEST_CASE("link: tables that inherit are tables of their own, for UPDATE, DELETE and TRUNCATE") {
  const std::string ddl =
      "create table parent(id int primary key, v text); create table child(primary key (id)) inherits (parent);"
      "insert into parent values (1, 'p1'), (2, 'p2'), (3, 'p3'); insert into child values (1, 'c1'), (2, 'c2'), (7, "
      "'c7')";
  World world(ddl, ddl);
  const std::vector<QualifiedName> tables = {{"public", "parent"}, {"public", "child"}};
  world.set_up("forward", tables);
  auto relay = link::make_relay(world.options("forward"), derived_pair(world, "", tables).forward);
  CHECK_OK(relay->start());
  const std::string rows =
      "select string_agg(tableoid::regclass || ' ' || id || v, ',' order by tableoid::regclass::text, id) from parent";
  CHECK_OK(
      world.blue.script("update only parent set v = 'P' where id = 1; delete from only parent where id = 2; "
                        "update child set v = 'C' where id = 1"));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green(rows) == "child 1C,child 2c2,child 7c7,parent 1P,parent 3p3");
  CHECK_OK(world.blue.script("truncate only parent"));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green(rows) == "child 1C,child 2c2,child 7c7");
  CHECK_OK(world.blue.script("insert into parent values (9, 'p9'); truncate parent"));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select count(*) from parent") == "0");
}

// The switch may have raised the target's sequence before a TRUNCATE that is still on its way arrives.
TEST_CASE("link: TRUNCATE ... RESTART IDENTITY leaves the target's sequence where the switch has raised it") {
  const std::string ddl = "create table notes(id serial primary key, v text)";
  World world(ddl, ddl);
  world.set_up("forward", {{"public", "notes"}});
  CHECK_OK(
      world.blue.script("insert into notes (v) values ('a'), ('b'); truncate notes restart identity; "
                        "insert into notes (v) values ('c')"));
  CHECK_OK(world.green.script("select setval('notes_id_seq', 1002)"));
  auto relay = link::make_relay(world.options("forward"), derived_pair(world, "", {{"public", "notes"}}).forward);
  CHECK_OK(relay->start());
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select string_agg(id || v, ',') from notes") == "1c");
  CHECK(world.on_green("select nextval('notes_id_seq')") == "1003");
}

TEST_CASE("link: a table to which a foreign key of the target alone refers is emptied when the source truncates it") {
  const std::string ddl = "create table cache(id int primary key, v text)";
  World world(ddl, ddl + "; create table uses(id int primary key, cache int references cache)");
  world.set_up("forward", {{"public", "cache"}});
  auto relay = link::make_relay(world.options("forward"), derived_pair(world, "", {{"public", "cache"}}).forward);
  CHECK_OK(relay->start());
  CHECK_OK(
      world.blue.script("insert into cache values (1, 'a'), (2, 'b'); begin; insert into cache values (3, 'c'); "
                        "truncate cache; insert into cache values (2, 'z'); commit"));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select string_agg(id || v, ',') from cache") == "2z");
}

TEST_CASE("link: rows for a partition that the target lacks wait until somebody makes it, a CHECK still quarantines") {
  const std::string ddl =
      "create table p(id int, at date, v int, primary key (id, at)) partition by range (at);"
      "create table p1 partition of p for values from ('2024-01-01') to ('2025-01-01')";
  const std::string next = "create table p2 partition of p for values from ('2025-01-01') to ('2026-01-01')";
  World world(ddl, ddl + "; alter table p add check (v < 100)");
  world.set_up("forward", {{"public", "p"}});
  auto relay = link::make_relay(world.options("forward"), derived_pair(world, "", {{"public", "p"}}).forward);
  CHECK_OK(relay->start());
  CHECK_OK(world.blue.script(next));
  CHECK_OK(world.blue.script("insert into p values (1, '2024-02-02', 1), (2, '2024-02-02', 500)"));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select string_agg(operation, ',') from bgdb.quarantine") == "insert");
  CHECK_OK(
      world.blue.script("insert into p select g, '2025-03-03', 1 from generate_series(1, 200) g;"
                        "update p set v = 2 where id = 7 and at > '2025-01-01'"));
  wait_until([&] { return relay->status().message.find("make that partition on the target") != std::string::npos; });
  CHECK(relay->status().state == link::LinkState::starting);
  CHECK_OK(world.green.script(next));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select count(*) || ' ' || sum(v) from p2") == "200 201");
  CHECK(world.on_green("select count(*) from bgdb.quarantine") == "1");
}

TEST_CASE("link: a row that is deleted and inserted again in one batch begins with the target's defaults again") {
  World world(kAccounts, kAccounts + "; alter table accounts add column grade text default 'new'");
  world.set_up("forward", {{"public", "accounts"}});
  auto relay = link::make_relay(world.options("forward"), accounts_mapping());
  CHECK_OK(relay->start());
  CHECK_OK(world.blue.execute("insert into accounts select i, 0, null, null from generate_series(1, 3) i"));
  CHECK_OK(world.drained("forward"));
  CHECK_OK(world.green.execute("update accounts set grade = 'gold'"));
  CHECK_OK(world.blue.script(
      "begin; delete from accounts where id < 3; insert into accounts values (1, 1, null, null), (2, 2, "
      "null, null); update accounts set balance = 5 where id = 2; commit"));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_green("select string_agg(id || grade || balance, ' ' order by id) from accounts") ==
        "1new1 2new5 3gold0");
}

// While nothing is connected, nobody holds the lock that keeps `bgdb migrate` away.
TEST_CASE("link: after a migration of the target while the link was away it stops instead of writing the old way") {
  World world(kAccounts, kAccounts);
  world.set_up("forward", {{"public", "accounts"}});
  auto relay = link::make_relay(world.options("forward"), accounts_mapping());
  CHECK_OK(relay->start());
  CHECK_OK(world.blue.execute("insert into accounts values (1, 1, 'a', null)"));
  CHECK_OK(world.drained("forward"));
  // The table changes in the moment between two connections: the apply session waits behind our lock.
  CHECK_OK(
      world.green.script("begin; alter table accounts rename column note to remark; alter table accounts add "
                         "column note text"));
  CHECK_OK(world.green.execute(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bgdb link forward'"));
  CHECK_OK(world.green.script("commit"));
  wait_until([&] { return relay->status().state == link::LinkState::failed; });
  CHECK(relay->status().message.find("bgdb sync") != std::string::npos);
  CHECK_OK(world.blue.execute("insert into accounts values (2, 1, 'b', null)"));
  CHECK(world.on_green("select count(*) from accounts") == "1");
}

TEST_CASE("link: a column that gets another type on the source stops the link before a row is written") {
  World world("create table t(id int primary key, at timestamp)", "create table t(id int primary key, at timestamp)");
  world.set_up("forward", {{"public", "t"}});
  auto relay =
      link::make_relay(world.options("forward"), {{identity_mapping("t", {"id", "at"}, {"id"}, "int4 timestamp")}, {}});
  CHECK_OK(relay->start());
  CHECK_OK(world.blue.execute("insert into t values (1, '2026-01-01')"));
  CHECK_OK(world.drained("forward"));
  CHECK_OK(world.blue.script("alter table t alter at type timestamptz; insert into t values (2, '2026-01-01')"));
  wait_until([&] { return relay->status().state == link::LinkState::failed; });
  CHECK(relay->status().message.find("public.t.at") != std::string::npos);
  CHECK(world.on_green("select count(*) from t") == "1");
}

TEST_CASE("link: long runs of inserts of every kind of text go by COPY and arrive as they are") {
  World world(kAccounts, kAccounts);
  world.set_up("forward", {{"public", "accounts"}});
  auto relay = link::make_relay(world.options("forward"), accounts_mapping());
  CHECK_OK(relay->start());
  CHECK_OK(world.blue.script(
      "insert into accounts select i, i, (array[E'a\\tb', E'\\\\N', '', null, E'x\\ny\\r', 'NULL', "
      "E'\\\\.'])[i % 7 + 1], case when i % 900 = 0 then repeat('large ', 20000) end from generate_series(1, 9000) i"));
  CHECK_OK(world.drained("forward"));
  CHECK(world.on_blue(kDigest) == world.on_green(kDigest));
  // One of them is there already: found, named, and nothing of the transaction is written.
  CHECK_OK(world.green.execute("insert into accounts values (9500, 0, 'mine', null)"));
  CHECK_OK(world.blue.execute("insert into accounts select i, i, null, null from generate_series(9001, 9999) i"));
  wait_until([&] { return relay->status().state == link::LinkState::failed; });
  INFO(relay->status().message);
  CHECK(relay->status().message.find("\"id\":\"9500\"") != std::string::npos);
  CHECK(world.on_green("select count(*) from accounts") == "9001");
}
