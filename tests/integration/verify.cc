// Row-level comparison of two real databases: what differs is found with its key and columns, what is merely written
// otherwise is not, rows on their way are not, and an interrupted run goes on where it was.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "core/interrupt.h"
#include "core/process.h"
#include "gate/standard.h"
#include "integration/link_world.h"
#include "introspect/introspect.h"
#include "support/files.h"
#include "translate/apply_sql.h"
#include "verify/constraints.h"
#include "verify/verify.h"

using namespace bgdb;
using verify::DifferenceKind;
using verify::TableState;

namespace {

using namespace std::chrono_literals;

// The mapping of two databases without a migration between them, or with one.
std::vector<translate::TableMapping> mapping_of(test::World& world, const std::string& migration = {},
                                                const std::string& yaml = {}) {
  const auto blue = REQUIRE_OK(introspect::read_catalog(world.blue, {.sizes = false}));
  const auto green = REQUIRE_OK(introspect::read_catalog(world.green, {.sizes = false}));
  translate::DeriveInput input;
  input.blue = &blue;
  input.green = &green;
  if (!migration.empty()) input.migration = parse::parse_sql(migration).statements;
  if (!yaml.empty()) input.overrides = REQUIRE_OK(translate::parse_overrides(yaml, "mapping.yml"));
  for (const auto& [name, relation] : blue.relations) {
    if (name.schema != "bgdb" && relation.kind == schema::RelationKind::table) input.tables.push_back(name);
  }
  return REQUIRE_OK(translate::derive(input)).forward.tables;
}

verify::Options options_of(const test::World& world, std::vector<translate::TableMapping> tables) {
  verify::Options options;
  options.name = "forward";
  options.source_dsn = world.blue_dsn;
  options.target_dsn = world.green_dsn;
  options.tables = std::move(tables);
  return options;
}

verify::Report compare(const verify::Options& options) {
  return REQUIRE_OK(verify::run(options, core::silent_progress()));
}

std::string describe(const verify::Difference& difference) {
  std::vector<std::string> columns;
  for (const auto& column : difference.columns) columns.push_back(column.column);
  return fmt::format("{} {} {}", fmt::join(difference.key, "/"), verify::to_string(difference.kind),
                     fmt::join(columns, ","));
}

std::vector<std::string> described(const verify::TableReport& report) {
  std::vector<std::string> texts;
  for (const auto& difference : report.differences) texts.push_back(describe(difference));
  std::sort(texts.begin(), texts.end());
  return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("verify finds one column of one row among a million, a missing row, an extra row and swapped values") {
  test::World world("create table t (id int primary key, a int, b text)",
                    "create table t (id int primary key, a int, b text)");
  const std::string fill = "insert into t select i, i % 97, 'row ' || i from generate_series(1, 1000000) i; analyze t";
  CHECK_OK(world.blue.script(fill));
  CHECK_OK(world.green.script(fill));
  auto options = options_of(world, mapping_of(world));
  auto report = compare(options);
  CHECK(report.state() == TableState::equal);
  CHECK(report.rows == 1'000'000);
  CHECK(report.chunks == 21);  // the last one is what lies behind the source's last key
  REQUIRE(report.tables.size() == 1);
  CHECK(report.tables[0].method == "ranges");

  CHECK_OK(world.green.script(
      "update t set a = a + 1 where id = 777777; delete from t where id = 1; insert into t values (1000001, 5, 'more');"
      "update t set b = 'row 51' where id = 50; update t set b = 'row 50' where id = 51"));
  report = compare(options);
  CHECK(report.state() == TableState::different);
  CHECK(described(report.tables[0]) ==
        Texts{"1 missing ", "1000001 extra ", "50 different b", "51 different b", "777777 different a"});
  for (const auto& difference : report.tables[0].differences) {
    if (difference.key == Texts{"777777"}) {
      REQUIRE(difference.columns.size() == 1);
      CHECK(std::stoi(*difference.columns[0].target) == std::stoi(*difference.columns[0].source) + 1);
    }
  }
}

TEST_CASE("verify tells values that differ from values that are written otherwise") {
  const std::string ddl =
      "create type mood as enum ('sad', 'ok'); create table t (id int primary key, at timestamptz, f float8, n "
      "numeric, "
      "s text, c char(6), j json, jb jsonb, i interval, m mood, ms mood[], x xml, b bytea, arr int[])";
  // Another enum before it: the labels have other OIDs.
  test::World world(ddl, "create type other as enum ('a', 'b', 'c'); " + ddl);
  const std::string row =
      "insert into t values ({}, '2024-05-01 12:00+02', {}, {}, {}, 'ab', {}, {}, {}, 'ok', '{{sad,NULL}}', '<a/>', "
      "'\\x00ff', '{{1,NULL,3}}')";
  const auto put = [&](pg::Session& side, int id, const char* f, const char* n, const char* s, const char* j,
                       const char* jb,
                       const char* i) { CHECK_OK(side.script(fmt::format(fmt::runtime(row), id, f, n, s, j, jb, i))); };
  const auto same = [&](pg::Session& side, int id) { put(side, id, "0", "1", "'x'", "'{}'", "'{}'", "'1 day'"); };
  for (auto* side : {&world.blue, &world.green}) same(*side, 1);
  // Equal values.
  CHECK_OK(world.blue.script("set timezone to 'Asia/Tokyo'; set intervalstyle to 'iso_8601'"));
  put(world.blue, 2, "'NaN'", "1.0", "'x'", "'{}'", R"('{"a": 1, "b": 2}')", "'1 day'");
  put(world.green, 2, "'NaN'", "1.00", "'x'", "'{}'", R"('{"b":2,"a":1}')", "'1 day'");
  // Values that differ.
  put(world.blue, 3, "0", "1", "'x'", "'{}'", "'{}'", "'1 day'");
  put(world.green, 3, "'-0'", "1", "'x'", "'{}'", "'{}'", "'1 day'");
  put(world.blue, 4, "0", "1", "'x'", "'{}'", "'{}'", "'1 day'");
  put(world.green, 4, "0", "1", "'x '", "'{}'", "'{}'", "'1 day'");
  put(world.blue, 5, "0", "1", "'x'", R"('{"a":1,"b":2}')", "'{}'", "'1 day'");
  put(world.green, 5, "0", "1", "'x'", R"('{"b":2,"a":1}')", "'{}'", "'1 day'");
  put(world.blue, 6, "0", "1", "'x'", "'{}'", "'{}'", "'30 days'");
  put(world.green, 6, "0", "1", "'x'", "'{}'", "'{}'", "'1 month'");
  put(world.blue, 7, "0", "1", "null", "'{}'", "'{}'", "'1 day'");
  put(world.green, 7, "0", "1", "''", "'{}'", "'{}'", "'1 day'");
  put(world.blue, 8, "0", "'NaN'", "'x'", "'{}'", "'{}'", "'1 day'");
  put(world.green, 8, "0", "0", "'x'", "'{}'", "'{}'", "'1 day'");
  for (auto* side : {&world.blue, &world.green}) same(*side, 9);
  CHECK_OK(world.green.script(
      "update t set m = 'sad', arr = '{1,3,NULL}', at = at + interval '1 microsecond' where id = 9"));

  const auto report = compare(options_of(world, mapping_of(world)));
  CHECK(described(report.tables.at(0)) == Texts{"3 different f", "4 different s", "5 different j", "6 different i",
                                                "7 different s", "8 different n", "9 different at,m,arr"});
}

TEST_CASE("verify walks every kind of key and compares through the translation") {
  const std::string blue =
      "create type kind as enum ('a', 'b');"
      "create table pairs (a int, b text, v int, primary key (a, b));"
      "create table texts (id text primary key, v int);"
      "create table labels (id kind primary key, v int);"
      "create table wide (id int primary key, old_name text, price int);"
      "create table \"Odd \"\"Name\" (\"The Key\" uuid primary key, \"v v\" int)";
  const std::string migration =
      "alter table wide rename to broad; alter table broad alter column id type bigint;"
      "alter table broad rename column old_name to new_name; alter table broad add column extra int default 7;"
      "alter table labels alter column id type text";
  test::World world(blue, blue + ";" + migration);
  const std::string fill =
      "insert into pairs select i / 10, 'k' || i % 10, i from generate_series(0, 4999) i;"
      "insert into texts select md5(i::text), i from generate_series(1, 3000) i;"
      "insert into labels values ('a', 1), ('b', 2);"
      "insert into \"Odd \"\"Name\" select md5(i::text)::uuid, i from generate_series(1, 3000) i;";
  CHECK_OK(world.blue.script(fill + "insert into wide select i, 'n' || i, i from generate_series(1, 3000) i"));
  CHECK_OK(world.green.script(fill + "insert into broad select i, 'n' || i, i from generate_series(1, 3000) i"));
  auto options = options_of(world, mapping_of(world, migration));
  options.chunk_rows = 700;
  auto report = compare(options);
  CHECK(report.state() == TableState::equal);
  CHECK(report.rows == 5000 + 3000 + 2 + 3000 + 3000);
  std::map<std::string, std::string> methods;
  for (const auto& table : report.tables) methods[table.source.name] = table.method;
  CHECK(methods["pairs"] == "ranges");
  CHECK(methods["texts"] == "ranges");
  CHECK(methods["wide"] == "ranges");
  CHECK(methods["labels"] == "buckets");

  CHECK_OK(world.green.script(
      "update pairs set v = -1 where a = 123 and b = 'k4'; update texts set v = 0 where id = md5('17');"
      "update labels set v = 3 where id = 'b'; update broad set new_name = 'other' where id = 2999;"
      "insert into broad values (5000000000, 'beyond int', 1);"
      "delete from \"Odd \"\"Name\" where \"The Key\" = md5('2500')::uuid"));
  report = compare(options);
  std::map<std::string, Texts> found;
  for (const auto& table : report.tables) found[table.source.name] = described(table);
  CHECK(found["pairs"] == Texts{"123/k4 different v"});
  CHECK(found["texts"] == Texts{REQUIRE_OK(world.blue.scalar("select md5('17')")) + " different v"});
  CHECK(found["labels"] == Texts{"b different v"});
  CHECK(found["wide"] == Texts{"2999 different new_name", "5000000000 extra "});
  CHECK(found["Odd \"Name"] == Texts{REQUIRE_OK(world.blue.scalar("select md5('2500')::uuid")) + " missing "});
}

TEST_CASE("verify stops telling rows of a table when there are too many, and says so") {
  test::World world("create table t (id int primary key, v int)", "create table t (id int primary key, v int)");
  CHECK_OK(world.blue.script("insert into t select i, i from generate_series(1, 5000) i"));
  CHECK_OK(world.green.script("insert into t select i, -i from generate_series(1, 5000) i"));
  auto options = options_of(world, mapping_of(world));
  options.differences_max = 10;
  const auto report = compare(options);
  CHECK(report.tables.at(0).differences.size() == 10);
  CHECK(report.tables.at(0).more);
  CHECK(report.state() == TableState::different);
}

TEST_CASE("verify under load reports no row that is merely on its way, and finds the planted one") {
  test::World world(test::kAccounts, test::kAccounts);
  const std::string fill =
      "insert into accounts select i, 1000, 'n' || i, repeat('x', 50) from generate_series(1, 20000) i";
  CHECK_OK(world.blue.script(fill));
  CHECK_OK(world.green.script(fill));
  world.set_up("forward", {{"public", "accounts"}});
  auto link = link::make_relay(world.options("forward"), test::accounts_mapping());
  CHECK_OK(link->start());
  // A hot row, random rows, inserts and deletes.
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int w = 0; w < 2; ++w) {
    writers.emplace_back([&, w] {
      auto session = test::connect(world.blue_dsn);
      for (int i = 0; !stop; ++i) {
        (void)session.script(
            fmt::format("update accounts set balance = balance + 1 where id in (7, {}); insert into accounts values "
                        "({}, 1, 'new', '');"
                        "delete from accounts where id = {}",
                        1 + (i * 7919 + w) % 20000, 100000 + 2 * i + w, 100000 + 2 * i + w - 40));
        std::this_thread::sleep_for(2ms);
      }
    });
  }
  auto options = options_of(world, test::accounts_mapping().tables);
  options.chunk_rows = 3000;
  options.settle = [&]() -> Result<void> {
    static std::atomic<int> number{0};
    auto source = BGDB_TRY(pg::Session::open({.dsn = world.blue_dsn}));
    auto target = BGDB_TRY(pg::Session::open({.dsn = world.green_dsn}));
    const auto id = fmt::format("v{}", ++number);
    BGDB_TRY(link::emit_marker(source, id));
    return link::wait_marker(target, "forward", id, 30s);
  };
  int unsettled = 0;
  for (int round = 0; round < 3; ++round) {
    const auto report = compare(options);
    INFO(fmt::format("{}", fmt::join(described(report.tables.at(0)), "; ")));
    CHECK(report.tables.at(0).differences.empty());
    unsettled += static_cast<int>(report.tables.at(0).unsettled);
  }
  CHECK(unsettled <= 6);  // the hot row may change at every look
  // Replication does not look at a row that nobody writes: only a comparison finds this one.
  CHECK_OK(
      world.green.script("set session_replication_role = replica; update accounts set note = 'lost' where id = 20000"));
  CHECK_OK(world.blue.script("select 1"));
  stop = true;
  for (auto& writer : writers) writer.join();
  const auto report = compare(options);
  CHECK(described(report.tables.at(0)) == Texts{"20000 different note"});
  link->stop();
}

TEST_CASE("an interrupted verify goes on where it was, and keeps what it found") {
  test::World world("create table t (id int primary key, v int)", "create table t (id int primary key, v int)");
  const std::string fill = "insert into t select i, i from generate_series(1, 20000) i; analyze t";
  CHECK_OK(world.blue.script(fill));
  CHECK_OK(world.green.script(fill + "; update t set v = 0 where id in (3, 19999)"));
  auto options = options_of(world, mapping_of(world));
  options.chunk_rows = 1000;
  options.jobs = 3;
  for (int stop_after : {1, 5, 12}) {
    std::atomic<int> calls{0};
    options.resume = false;
    options.overloaded = [&] {
      if (++calls == stop_after) core::request_interrupt();
      return false;
    };
    const auto first = verify::run(options, core::silent_progress());
    core::clear_interrupt();
    REQUIRE_FALSE(first);
    CHECK(first.error().code == ErrorCode::interrupted);
    options.overloaded = {};
    options.resume = true;
    const auto second = compare(options);
    CHECK(second.rows == 20'000);
    CHECK(second.chunks == 21);
    CHECK(described(second.tables.at(0)) == Texts{"19999 different v", "3 different v"});
    const auto third = compare(options);  // nothing is left to do; what was found stays
    CHECK(third.continued);
    CHECK(described(third.tables.at(0)) == Texts{"19999 different v", "3 different v"});
  }
}

TEST_CASE("a sample compares its share of the chunks, and says how many it left out") {
  test::World world("create table t (id int primary key, v int)", "create table t (id int primary key, v int)");
  const std::string fill = "insert into t select i, i from generate_series(1, 20000) i; analyze t";
  CHECK_OK(world.blue.script(fill));
  CHECK_OK(world.green.script(fill));
  auto options = options_of(world, mapping_of(world));
  options.chunk_rows = 200;
  options.sample = 0.3;
  const auto report = compare(options);
  const auto& table = report.tables.at(0);
  CHECK(table.chunks + table.chunks_left_out >= 100);
  CHECK(table.chunks > 10);
  CHECK(table.chunks < 60);
  CHECK(table.rows <= table.chunks * 200);
}

TEST_CASE("bgdb verify tells differences as a table and as JSON, and refuses to guess without a link") {
  test::World world("create table t (id int primary key, v text)", "create table t (id int primary key, v text)");
  CHECK_OK(world.blue.script("insert into t values (1, 'a'), (2, 'secret'), (3, 'c')"));
  CHECK_OK(world.green.script("insert into t values (1, 'a'), (2, 'B'), (4, 'd')"));
  test::TempDir folder;
  const auto config = folder.write(
      "bgdb.yml",
      fmt::format("name: v\nblue: {{ dsn: \"{}\" }}\ngreen: {{ dsn: \"{}\" }}\n", world.blue_dsn, world.green_dsn));
  const auto bgdb = [&](std::vector<std::string> arguments) {
    std::vector<std::string> argv = {BGDB_BINARY, "--config", config, "verify"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return REQUIRE_OK(core::run_process({.argv = argv}));
  };
  auto result = bgdb({});
  CHECK(result.exit_status == 3);
  CHECK(result.stderr_text.find("--at-rest") != std::string::npos);
  result = bgdb({"--at-rest"});
  CHECK(result.exit_status == 1);
  CHECK(result.stdout_text.find("public.t: id=2 differs in v") != std::string::npos);
  CHECK(result.stdout_text.find("public.t: id=3 is not on green") != std::string::npos);
  CHECK(result.stdout_text.find("public.t: id=4 is only on green") != std::string::npos);
  CHECK(result.stdout_text.find("secret") == std::string::npos);
  CHECK(bgdb({"--at-rest", "--values"}).stdout_text.find("v: blue 'secret', green 'B'") != std::string::npos);
  CHECK(bgdb({"--at-rest", "--table", "public.tt"}).stderr_text.find("did you mean public.t?") != std::string::npos);
  CHECK(bgdb({"--at-rest", "--sample", "200%"}).exit_status == 2);
  CHECK(REQUIRE_OK(world.green.scalar("select value ->> 'state' from bgdb.fact where key = 'verify'")) == "different");
  CHECK_OK(world.green.script("truncate t; insert into t values (1, 'a'), (2, 'secret'), (3, 'c')"));
  CHECK(bgdb({"--at-rest"}).exit_status == 0);
  CHECK(REQUIRE_OK(world.green.scalar("select value ->> 'state' from bgdb.fact where key = 'verify'")) == "equal");
}

TEST_CASE("verify finds rows that replication brought behind a foreign key's back, and leaves it for the gate") {
  const std::string tables =
      "create table \"C a\" (a int, b int, primary key (a, b)); create table o (id int primary key, a int, b int)";
  // The key is of the new schema alone, so blue's rows were never held to it.
  test::World world(tables,
                    tables + "; alter table o add constraint \"o F\" foreign key (b, a) references \"C a\" (b, a)");
  for (auto* side : {&world.blue, &world.green}) {
    CHECK_OK(
        side->script("set session_replication_role = replica; insert into \"C a\" values (1, 1), (2, 2);"
                     "insert into o values (1, 1, 1), (2, null, 7), (3, 2, 1), (4, 5, 5); "
                     "set session_replication_role = origin"));
  }
  test::TempDir folder;
  const auto config = folder.write(
      "bgdb.yml",
      fmt::format("name: v\nblue: {{ dsn: \"{}\" }}\ngreen: {{ dsn: \"{}\" }}\n", world.blue_dsn, world.green_dsn));
  const auto bgdb = [&](std::vector<std::string> arguments) {
    std::vector<std::string> argv = {BGDB_BINARY, "--config", config, "verify", "--at-rest"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return REQUIRE_OK(core::run_process({.argv = argv}));
  };
  CHECK_OK(world.green.execute("create publication p for table o, \"C a\""));
  const auto gate = gate::make_constraints_gate({"green", world.green_dsn}, "p");
  auto decision = gate->evaluate(5s);
  CHECK_FALSE(decision.pass);
  CHECK(decision.reason.find("public.o.\"o F\" was not checked") != std::string::npos);

  auto result = bgdb({});
  CHECK(result.exit_status == 1);
  INFO(result.stdout_text);
  CHECK(result.stdout_text.find("2 rows of public.o refer to no row of public.\"C a\"\n") != std::string::npos);
  CHECK(result.stdout_text.find("equal blue -> green") != std::string::npos);
  CHECK(bgdb({"--values"}).stdout_text.find("for example (1,2)") != std::string::npos);
  decision = gate->evaluate(5s);
  CHECK_FALSE(decision.pass);
  CHECK(decision.reason.find("public.o.\"o F\": 2 rows of public.o refer to no row of public.\"C a\"") !=
        std::string::npos);

  for (auto* side : {&world.blue, &world.green}) CHECK_OK(side->script("delete from o where id in (3, 4)"));
  CHECK(bgdb({}).exit_status == 0);
  CHECK(gate->evaluate(5s).pass);
  // Blue does not keep it: rows that came since the look may break it, as those above did.
  CHECK_OK(world.green.execute("update bgdb.fact set at = at - interval '2 hours' where key = 'constraints'"));
  decision = gate->evaluate(5s);
  CHECK_FALSE(decision.pass);
  CHECK(decision.reason.find("public.o.\"o F\" is kept by green alone") != std::string::npos);
  CHECK_OK(
      world.green.execute("insert into bgdb.fact (key, value) select 'constraints.of_blue', jsonb_agg(oid::text) "
                          "from pg_constraint where conname = 'o F'"));
  CHECK(gate->evaluate(5s).pass);
}

TEST_CASE("verify finds rows that a deferrable unique or exclusion constraint of the new schema forbids") {
  const std::string tables = "create table u (id int primary key, a int, \"B\" text, gone boolean not null)";
  test::World world(
      tables, tables +
                  ";alter table u add constraint pair unique (a, \"B\") deferrable;"
                  "alter table u add constraint nulls unique nulls not distinct (\"B\") deferrable initially deferred;"
                  "alter table u add constraint spans exclude using gist (int4range(a, a + 10) with &&) "
                  "where (not gone) deferrable;"
                  "alter table u add constraint kept exclude using btree (id with =)");
  const auto broken = [&](const std::string& rows) {
    CHECK_OK(world.green.script("set session_replication_role = replica; truncate u; insert into u values " + rows +
                                "; set session_replication_role = origin"));
    std::string text;
    for (const auto& one :
         REQUIRE_OK(verify::check_constraints(world.green_dsn, {{"public", "u"}}, 2, core::silent_progress()))) {
      CHECK(one.name != "public.u.kept");  // kept by its index, also when rows are applied
      if (one.rows > 0) text += one.name + ": " + one.what_is_broken() + " " + one.example + "; ";
    }
    return text;
  };
  CHECK(broken("(1, 1, 'a', false), (2, 20, 'b', false), (3, 2, 'c', true), (4, null, null, true)").empty());
  CHECK(broken("(1, 1, 'a', true), (2, 1, 'a', true), (3, 40, 'b', false)") ==
        "public.u.nulls: 1 pair of rows of public.u must not be there together (a); "
        "public.u.pair: 1 pair of rows of public.u must not be there together (1,a); ");
  CHECK(broken("(1, 1, null, true), (2, 1, null, true)") ==
        "public.u.nulls: 1 pair of rows of public.u must not be there together (); ");
  CHECK(broken("(1, 1, 'a', false), (2, 5, 'b', false), (3, 12, 'c', false), (4, 12, 'd', true)") ==
        "public.u.spans: 2 pairs of rows of public.u must not be there together (\"[1,11)\"); ");

  // The gate asks for this look, and for its result.
  CHECK_OK(world.green.execute("create publication p for table u"));
  const auto gate = gate::make_constraints_gate({"green", world.green_dsn}, "p");
  CHECK(gate->evaluate(5s).reason.find("public.u.nulls was not checked") != std::string::npos);
}
