// The apply statements on a real server: every row of one side goes through the mapping to the other, is changed,
// deleted, and both sides are compared through the translation.
#include "pg/session.h"
#include "support/check.h"
#include "support/servers.h"
#include "translate/apply_sql.h"
#include "translate/compare_sql.h"
#include "translate/sides.h"

using namespace bgdb;
using namespace bgdb::translate;

namespace {

// Both databases with their schemas, and the mapping between them.
struct Live {
  test::Sides sides;
  MappingPair pair;
  pg::Session blue, green;

  Live(const std::string& ddl, const std::string& migration, const std::string& yaml = {})
      : sides(ddl, migration, yaml),
        pair(REQUIRE_OK(sides.derive())),
        blue(test::connect(test::fresh_database())),
        green(test::connect(test::fresh_database())) {
    CHECK_OK(blue.script(ddl));
    CHECK_OK(green.script(ddl));
    CHECK_OK(green.script(migration));
  }
};

std::vector<std::string> sent_columns(const TableMapping& table) {
  std::vector<std::string> names;
  for (const auto& column : table.source_columns) names.push_back(column.name);
  return names;
}

// Text arrays of the source's columns, as the link would send them.
std::vector<pg::Value> arrays(pg::Session& source, const TableMapping& table, const std::vector<std::string>& columns) {
  std::string list;
  for (const auto& name : columns) list += (list.empty() ? "" : ", ") + quote_ident(name) + "::text";
  const auto rows = REQUIRE_OK(source.query("select " + list + " from " + table.source.sql() + " order by " +
                                            quote_ident(table.source_key.at(0))));
  std::vector<pg::Value> result;
  for (size_t c = 0; c < columns.size(); ++c) {
    std::vector<pg::Value> values;
    for (const auto& row : rows.values) values.push_back(row[c]);
    result.emplace_back(pg::to_array_literal(values));
  }
  return result;
}

Result<int64_t> insert_all(pg::Session& source, pg::Session& target, const TableMapping& table) {
  const auto columns = sent_columns(table);
  return BGDB_TRY(target.query(insert_sql(table, columns), arrays(source, table, columns))).affected;
}

Result<int64_t> update_all(pg::Session& source, pg::Session& target, const TableMapping& table,
                           const std::vector<std::string>& columns) {
  auto parameters = arrays(source, table, table.source_key);
  for (auto& array : arrays(source, table, columns)) parameters.push_back(array);
  return BGDB_TRY(target.query(update_sql(table, columns), parameters)).affected;
}

std::string digest(pg::Session& session, const std::string& sql) {
  const auto rows = REQUIRE_OK(session.query(sql));
  return rows.text(0, "rows") + ":" + rows.text(0, "digest");
}

void check_equal(pg::Session& source, pg::Session& target, const TableMapping& table) {
  const auto comparison = REQUIRE_OK(TableComparison::of(table));
  const std::string translated = comparison.digest(CompareSide::source, {});
  INFO(translated);
  CHECK(digest(source, translated) == digest(target, comparison.digest(CompareSide::target, {})));
}

constexpr const char* kKinds = R"sql(
create type mood as enum ('sad', 'it''s "ok"'); create type address as (street text, zip int);
create domain positive as int check (value > 0); create schema other;
create table "The Table" ("Id" int generated always as identity primary key, name text not null, "Na""me" varchar(20), n int,
  v numeric, d double precision, m mood, ms mood[], a address, aa address[], p positive, b bytea, j jsonb, u uuid, at timestamptz,
  t2 timestamp(3), i interval, arr int[], arr2 text[][], flag boolean, gen int generated always as (n * 2) stored, ch char(4), dt date))sql";
constexpr const char* kRows = R"sql(
insert into "The Table" (name, "Na""me", n, v, d, m, ms, a, aa, p, b, j, u, at, t2, i, arr, arr2, flag, ch, dt) values
  ('Ann Lee', E'tab\t"q" \\ {x,y}', 1073741823, 'NaN', 'Infinity', 'it''s "ok"', '{sad,"it''s \"ok\""}', row('a,"b\c', 1),
   array[row(null, 2), row('', null)]::address[], 5, '\x00ff5c27', '{"k": ["\\", null]}', '00000000-0000-0000-0000-000000000001',
   '2024-02-29 23:59:59.999999+05:45', '4713-01-01 BC', '-1 mon 3 days -04:05:06.789', '{1,NULL,-3}', '{{a,"b c"},{NULL,"NULL"}}', true, 'ab', 'infinity'),
  ('Null', null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null),
  ('', '', -1073741824, 1e-300, 5e-324, 'sad', '{}', row(null, null), '{}', 1, '', 'null', null, '-infinity', null, '178000000 years', '{}', '{}', false, '', '0001-01-01'))sql";

}  // namespace

TEST_CASE("rows of every kind reach renamed, moved and retyped columns, are updated and deleted") {
  Live live(
      kKinds,
      R"sql(alter table "The Table" rename to "New"; alter table "New" set schema other; alter table other."New" rename "Id" to id;
    alter table other."New" alter id type bigint; alter table other."New" rename m to feeling; alter type mood add value 'new';
    alter table other."New" alter dt type timestamp, alter flag type text, add added text default 'x', alter p type bigint, drop i)sql");
  const auto& forward = live.pair.forward.tables[0];
  CHECK_OK(live.blue.script(kRows));
  CHECK(REQUIRE_OK(insert_all(live.blue, live.green, forward)) == 3);
  check_equal(live.blue, live.green, forward);
  CHECK(REQUIRE_OK(live.green.scalar(
            "select count(*) from other.\"New\" where added = 'x' and (gen = n * 2 or n is null)")) == "3");

  CHECK_OK(live.blue.script("update \"The Table\" set name = name || '!', n = 7, ms = '{sad}', arr = arr || 9"));
  CHECK(REQUIRE_OK(update_all(live.blue, live.green, forward, sent_columns(forward))) == 3);
  check_equal(live.blue, live.green, forward);

  // and back into an empty blue
  const auto& reverse = live.pair.reverse.tables[0];
  CHECK_OK(live.blue.script("truncate \"The Table\""));
  CHECK(REQUIRE_OK(insert_all(live.green, live.blue, reverse)) == 3);
  check_equal(live.green, live.blue, reverse);
  check_equal(live.blue, live.green, forward);

  CHECK(REQUIRE_OK(live.green.query(delete_sql(forward), {"{1,3,99}"})).affected == 2);
  CHECK(REQUIRE_OK(live.green.scalar("select string_agg(id::text, ',') from other.\"New\"")) == "2");
}

TEST_CASE("an unchanged large value keeps the target's, a missing row is seen in the count") {
  Live live("create table t (id int primary key, big text, n int)",
            "alter table t rename big to large; alter table t add upper text",
            "tables: { public.t: { forward: { upper: \"upper(big)\" } } }");
  const auto& forward = live.pair.forward.tables[0];
  CHECK_OK(live.blue.script("insert into t values (1, 'large value', 1), (2, 'other', 2)"));
  REQUIRE_OK(insert_all(live.blue, live.green, forward));
  CHECK_OK(live.blue.script("update t set n = n + 10; insert into t values (3, 'not on green', 3)"));
  CHECK(REQUIRE_OK(update_all(live.blue, live.green, forward, {"id", "n"})) == 2);
  CHECK(
      REQUIRE_OK(live.green.scalar("select string_agg(large || ' ' || upper || ' ' || n, '; ' order by id) from t")) ==
      "large value LARGE VALUE 11; other OTHER 12");
}

TEST_CASE("a key change is addressed by the old key, a GENERATED ALWAYS key cannot change and is not found") {
  Live live(
      "create table t (id int primary key, a text); create table g (id int generated always as identity primary key, a "
      "text)",
      "");
  CHECK_OK(live.green.script("insert into t values (1, 'x'); insert into g (a) values ('x')"));
  const auto& t = *live.pair.forward.table({"public", "t"});
  const auto& g = *live.pair.forward.table({"public", "g"});
  CHECK(REQUIRE_OK(live.green.query(update_sql(t, {"id", "a"}), {"{1}", "{5}", "{y}"})).affected == 1);
  CHECK(REQUIRE_OK(live.green.scalar("select id || a from t")) == "5y");
  CHECK(REQUIRE_OK(live.green.query(update_sql(g, {"id", "a"}), {"{1}", "{1}", "{y}"})).affected == 1);
  CHECK(REQUIRE_OK(live.green.query(update_sql(g, {"id", "a"}), {"{1}", "{2}", "{z}"})).affected == 0);
  CHECK(REQUIRE_OK(live.green.scalar("select id || a from g")) == "1y");
}

TEST_CASE("split and merge: forward splits, reverse merges, rows written on either side agree") {
  Live live("create table c (id int primary key, name text not null)",
            "alter table c add first_name text, add last_name text; alter table c drop name; alter table c replica "
            "identity full",
            "tables: { public.c: { forward: { first_name: \"split_part(name, ' ', 1)\", last_name: \"substr(name, "
            "strpos(name, ' ') + 1)\" }, "
            "reverse: { name: \"first_name || ' ' || last_name\" } } }");
  const auto& forward = live.pair.forward.tables[0];
  const auto& reverse = live.pair.reverse.tables[0];
  CHECK_OK(live.blue.script("insert into c values (1, 'Ann Lee'), (2, 'Jo van der Berg')"));
  CHECK(REQUIRE_OK(insert_all(live.blue, live.green, forward)) == 2);
  check_equal(live.blue, live.green, forward);
  CHECK_OK(live.green.script("update c set first_name = 'Joe' where id = 2"));
  CHECK(REQUIRE_OK(update_all(live.green, live.blue, reverse, sent_columns(reverse))) == 2);
  CHECK(REQUIRE_OK(live.blue.scalar("select name from c where id = 2")) == "Joe van der Berg");
  check_equal(live.green, live.blue, reverse);
}

TEST_CASE("on the way back a value that would change raises an error that says which, one that fits arrives") {
  Live live("create table t (id int primary key, cents int, code text, m float4, s varchar(3))",
            "alter table t alter cents type numeric(14,2), alter m type float8, alter s type text");
  const auto& reverse = live.pair.reverse.tables[0];
  CHECK_OK(live.green.script("insert into t values (1, 12, 'a', 0.5, 'abc')"));
  CHECK(REQUIRE_OK(insert_all(live.green, live.blue, reverse)) == 1);
  for (const std::string bad : {"cents = 12.34", "cents = 99999999999", "m = 0.1", "s = 'abcd'"}) {
    CHECK_OK(live.green.script("update t set cents = 12, m = 0.5, s = 'abc'; update t set " + bad));
    const auto refused = update_all(live.green, live.blue, reverse, sent_columns(reverse));
    INFO(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().sqlstate.substr(0, 2) == "22");
  }
  CHECK(REQUIRE_OK(live.blue.scalar("select cents || ' ' || m || ' ' || s from t")) == "12 0.5 abc");
}

TEST_CASE("renamed enum labels, text to enum, USING expressions: both ways on the server") {
  Live live(
      "create type mood as enum ('sad', 'ok'); create table t (id int primary key, m mood not null, s text not null, "
      "cents int not null)",
      "create type state as enum ('open', 'closed'); alter type mood rename value 'sad' to 'blue'; "
      "alter table t alter s type state using s::state; alter table t alter cents type numeric(12,2) using cents / "
      "100.0",
      "tables: { public.t: { reverse: { cents: \"(cents * 100)::int\" } } }");
  const auto& forward = live.pair.forward.tables[0];
  const auto& reverse = live.pair.reverse.tables[0];
  CHECK_OK(live.blue.script("insert into t values (1, 'sad', 'open', 1234), (2, 'ok', 'closed', -1)"));
  CHECK(REQUIRE_OK(insert_all(live.blue, live.green, forward)) == 2);
  CHECK(REQUIRE_OK(live.green.scalar("select string_agg(m || ' ' || s || ' ' || cents, ',' order by id) from t")) ==
        "blue open 12.34,ok closed -0.01");
  check_equal(live.blue, live.green, forward);
  CHECK_OK(live.blue.script("truncate t"));
  CHECK(REQUIRE_OK(insert_all(live.green, live.blue, reverse)) == 2);
  CHECK(REQUIRE_OK(live.blue.scalar("select string_agg(m || ' ' || s || ' ' || cents, ',' order by id) from t")) ==
        "sad open 1234,ok closed -1");
}

TEST_CASE("renamed enum labels inside arrays and behind domains: both ways on the server") {
  Live live(
      "create type mood as enum ('a', 'b', 'c', 'it''s \"d\"'); create domain feeling as mood; create domain feelings "
      "as "
      "mood[]; create table t (id int primary key, m mood[], f feeling, fs feelings, fa feeling[])",
      "alter type mood rename value 'c' to 'd'; alter type mood rename value 'b' to 'c'; alter type mood rename value "
      "'it''s \"d\"' to 'e, \"f\"'; alter type mood add value 'new'");
  const auto& forward = live.pair.forward.tables[0];
  const auto& reverse = live.pair.reverse.tables[0];
  CHECK_OK(live.blue.script(
      R"(insert into t values (1, '{a,b,NULL,c,b}', 'c', '{c,"it''s \"d\""}', '{b}'), (2, '{}', null, '{{a,b},{c,NULL}}', '[0:1]={a,c}'),
         (3, null, 'a', null, '{}'))"));
  const std::string rows = "select string_agg(t::text, ' ' order by id) from t";
  const std::string before = REQUIRE_OK(live.blue.scalar(rows));
  CHECK(REQUIRE_OK(insert_all(live.blue, live.green, forward)) == 3);
  CHECK(REQUIRE_OK(live.green.scalar("select concat_ws(' ', m, f, fs, fa) from t where id = 1")) ==
        R"({a,c,NULL,d,c} d {d,"e, \"f\""} {c})");
  CHECK(REQUIRE_OK(live.green.scalar("select concat_ws(' ', m, fs, fa) from t where id = 2")) ==
        "{} {{a,c},{d,NULL}} [0:1]={a,d}");
  check_equal(live.blue, live.green, forward);
  CHECK(REQUIRE_OK(update_all(live.blue, live.green, forward, sent_columns(forward))) == 3);
  CHECK_OK(live.blue.script("truncate t"));
  CHECK(REQUIRE_OK(insert_all(live.green, live.blue, reverse)) == 3);
  CHECK(REQUIRE_OK(live.blue.scalar(rows)) == before);
}

// What blue cannot read is refused by it, not everything of that type.
TEST_CASE("a label that was added inside a composite holds back its rows alone") {
  Live live(
      "create type mood as enum ('sad'); create type spell as (m mood, since date); create table t (id int primary "
      "key, "
      "s spell, l spell[])",
      "alter type mood add value 'new'");
  CHECK_OK(live.green.script("insert into t values (1, '(sad,2024-01-01)', '{\"(sad,)\"}')"));
  const auto& reverse = live.pair.reverse.tables[0];
  CHECK(REQUIRE_OK(insert_all(live.green, live.blue, reverse)) == 1);
  CHECK(REQUIRE_OK(live.blue.scalar("select s || ' ' || l::text from t")) == "(sad,2024-01-01) {\"(sad,)\"}");
  CHECK_OK(live.green.script("truncate t; insert into t values (2, '(new,)', '{}')"));
  CHECK_FALSE(insert_all(live.green, live.blue, reverse));
}

TEST_CASE("300 columns and 63-byte names fit one statement") {
  std::string ddl = "create table t (id int primary key";
  for (int i = 0; i < 300; ++i)
    ddl += ", \"" + std::string(60, 'c') + std::to_string(100 + i) + "\" int default " + std::to_string(i);
  Live live(ddl + ")", "");
  CHECK_OK(live.blue.script("insert into t values (1), (2)"));
  CHECK(REQUIRE_OK(insert_all(live.blue, live.green, live.pair.forward.tables[0])) == 2);
  check_equal(live.blue, live.green, live.pair.forward.tables[0]);
}

TEST_CASE("updates reach the key's index when other joins are off, whatever the key's type change") {
  Live live("create table t (id int primary key, n int)", "alter table t alter id type bigint");
  CHECK_OK(live.green.script(
      "insert into t select i, 0 from generate_series(1, 20000) i; analyze t; set enable_hashjoin = off; "
      "set enable_mergejoin = off; set plan_cache_mode = force_generic_plan; prepare u as " +
      update_sql(live.pair.forward.tables[0], {"id", "n"})));
  const auto plan = REQUIRE_OK(live.green.script("explain execute u('{1}', '{1}', '{5}')"));
  std::string text;
  for (const auto& row : plan.values) text += *row[0] + "\n";
  INFO(text);
  CHECK(text.find("Index Scan") != std::string::npos);
  CHECK(text.find("Seq Scan") == std::string::npos);
}
