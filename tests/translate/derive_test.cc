#include "support/check.h"
#include "translate/sides.h"

using namespace bgdb;
using namespace bgdb::translate;
using test::rule;
using test::Sides;

namespace {

// The refusal's text; fails the test when nothing is refused.
std::string refusal(const Sides& sides) {
  const auto pair = sides.derive();
  if (pair) FAIL("not refused");
  CHECK(pair.error().code == ErrorCode::refused);
  return pair.error().message;
}

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

constexpr const char* kBase = "create table t (id int primary key, a text, n int not null default 0)";

}  // namespace

TEST_CASE("equal schemas: every column is the identity, both ways") {
  const auto pair = REQUIRE_OK(Sides(kBase, "").derive());
  REQUIRE(pair.forward.tables.size() == 1);
  CHECK(pair.forward.tables[0].source_key == std::vector<std::string>{"id"});
  CHECK(pair.forward.tables[0].target_key == std::vector<std::string>{"id"});
  for (const auto& column : pair.reverse.tables[0].columns) CHECK(column.column_class == ColumnClass::identity);
}

TEST_CASE("a renamed column is followed, also through several renames and a swap of names") {
  const auto pair =
      REQUIRE_OK(Sides("create table t (id int primary key, a text, b text)",
                       "alter table t rename a to x; alter table t rename b to a; alter table t rename x to b")
                     .derive());
  CHECK(rule(pair.forward.tables[0], "b").expression == "a");
  CHECK(rule(pair.forward.tables[0], "a").expression == "b");
  CHECK(rule(pair.reverse.tables[0], "a").expression == "b");
}

TEST_CASE("a renamed and moved table is followed, its key with it") {
  const auto pair =
      REQUIRE_OK(Sides(kBase,
                       "create schema s; alter table t rename to \"New T\"; alter table \"New T\" set schema s; "
                       "alter table s.\"New T\" rename id to \"Key\"")
                     .derive());
  const auto& forward = pair.forward.tables[0];
  CHECK(forward.target == QualifiedName{"s", "New T"});
  CHECK(forward.target_key == std::vector<std::string>{"Key"});
  CHECK(pair.reverse.tables[0].source == QualifiedName{"s", "New T"});
  CHECK(pair.reverse.tables[0].target == QualifiedName{"public", "t"});
}

TEST_CASE("a table of the same name made anew is not taken for the old one without a word") {
  CHECK(says(refusal(Sides(kBase, "alter table t rename to t_old; create table t (id int primary key, a text, n int)")),
             "renamed to public.t_old and created anew"));
}

TEST_CASE("an added column takes its default, NOT NULL without one is refused with the key to write") {
  const auto pair =
      REQUIRE_OK(Sides(kBase, "alter table t add created timestamptz default now(), add note text").derive());
  CHECK(rule(pair.forward.tables[0], "created").column_class == ColumnClass::default_value);
  CHECK(pair.reverse.tables[0].unmapped_source == std::vector<std::string>{"created", "note"});
  const std::string said = refusal(Sides(kBase, "alter table t add must text not null"));
  CHECK(says(said, "green column public.t.must is NOT NULL"));
  CHECK(says(said, "tables.public.t.forward: { must:"));
}

TEST_CASE("a dropped column keeps blue's values, new rows need a default when it is NOT NULL") {
  const auto pair = REQUIRE_OK(Sides(kBase, "alter table t drop a").derive());
  CHECK(pair.forward.tables[0].unmapped_source == std::vector<std::string>{"a"});
  CHECK(rule(pair.reverse.tables[0], "a").column_class == ColumnClass::default_value);
  CHECK(says(refusal(Sides("create table t (id int primary key, a text not null)", "alter table t drop a")),
             "blue column public.t.a is NOT NULL"));
}

TEST_CASE("dropped and added again under the same name is a new column, never the old one") {
  const auto pair = REQUIRE_OK(Sides(kBase, "alter table t drop a; alter table t add a text").derive());
  CHECK(rule(pair.forward.tables[0], "a").column_class == ColumnClass::default_value);
  CHECK(says(
      refusal(Sides(kBase,
                    "alter table t add b text; update t set b = a; alter table t drop a; alter table t rename b to a")),
      "was filled by the migration"));
}

TEST_CASE("a column that vanished without a statement is refused, not dropped") {
  Sides sides(kBase, "alter table t drop a");
  sides.migration.clear();
  CHECK(says(refusal(sides), "blue column public.t.a has no counterpart"));
}

TEST_CASE("a migration that has not run on green is told as such") {
  Sides sides(kBase, "alter table t rename a to b");
  sides.green = sides.blue;
  CHECK(says(refusal(sides), "green does not have the new schema yet"));
}

TEST_CASE("int to bigint: nothing to accept, too large numbers go to quarantine on the way back") {
  const auto pair = REQUIRE_OK(Sides(kBase, "alter table t alter id type bigint, alter n type bigint").derive());
  CHECK(rule(pair.forward.tables[0], "n").column_class == ColumnClass::cast);
  CHECK_FALSE(rule(pair.reverse.tables[0], "n").lossy);
  CHECK(says(rule(pair.reverse.tables[0], "n").reason, "quarantine"));
}

TEST_CASE("what changes values on the way forward needs a written acceptance, and takes it") {
  const std::string ddl = "create table t (id int primary key, v numeric(12,4), f double precision)";
  const std::string migration = "alter table t alter v type numeric(12,2)";
  CHECK(says(refusal(Sides(ddl, migration)), "lossy: { v:"));
  const auto pair =
      REQUIRE_OK(Sides(ddl, migration, "tables: { public.t: { lossy: { v: cents are enough } } }").derive());
  CHECK(rule(pair.forward.tables[0], "v").lossy);
  CHECK(says(rule(pair.forward.tables[0], "v").reason, "cents are enough"));
}

TEST_CASE("the way back never changes a value: what does not fit raises an error") {
  const auto pair = REQUIRE_OK(Sides(kBase, "alter table t alter n type numeric(12,2)").derive());
  const auto& back = rule(pair.reverse.tables[0], "n");
  CHECK_FALSE(back.lossy);
  CHECK(says(back.expression, "is not distinct from"));
}

TEST_CASE("USING that computes leads forward, the way back must be written") {
  const std::string migration = "alter table t alter n type numeric(12,2) using n / 100.0";
  CHECK(says(refusal(Sides(kBase, migration)), "public.t.n: the migration computes n with USING"));
  const auto pair =
      REQUIRE_OK(Sides(kBase, migration, "tables: { public.t: { reverse: { n: \"n * 100\" } } }").derive());
  CHECK(says(rule(pair.forward.tables[0], "n").expression, "100.0"));
  REQUIRE_OK(Sides(kBase, "alter table t alter a type int using a::int").derive());  // only a cast
}

TEST_CASE("USING over renamed columns still names blue's columns") {
  const auto pair =
      REQUIRE_OK(Sides(kBase, "alter table t rename n to m; alter table t alter m type bigint using m + 1",
                       "tables: { public.t: { reverse: { n: \"m - 1\" } } }")
                     .derive());
  CHECK(rule(pair.forward.tables[0], "m").reads == std::vector<std::string>{"n"});
  CHECK(says(rule(pair.forward.tables[0], "m").expression, "n as m"));
}

TEST_CASE("timestamp to timestamptz depends on the time zone and is refused with a cure") {
  const std::string said =
      refusal(Sides("create table t (id int primary key, at timestamp)", "alter table t alter at type timestamptz"));
  CHECK(says(said, "AT TIME ZONE"));
  CHECK(says(said, "tables.public.t.forward"));
  CHECK(says(said, "tables.public.t.reverse"));
}

TEST_CASE(
    "enum: added labels only hold back rows that use them, removed ones are refused, renamed ones are translated") {
  const std::string ddl = "create type mood as enum ('sad', 'ok'); create table t (id int primary key, m mood)";
  const auto added = REQUIRE_OK(Sides(ddl, "alter type mood add value 'happy'").derive());
  CHECK(rule(added.forward.tables[0], "m").column_class == ColumnClass::identity);
  CHECK(says(rule(added.reverse.tables[0], "m").reason, "happy"));
  const auto renamed = REQUIRE_OK(Sides(ddl, "alter type mood rename value 'sad' to 'blue'").derive());
  CHECK(says(rule(renamed.forward.tables[0], "m").expression, "when 'sad' then 'blue'"));
  CHECK(says(rule(renamed.reverse.tables[0], "m").expression, "when 'blue' then 'sad'"));
  CHECK(renamed.forward.tables[0].source_columns[1].apply_type_sql == "text");
}

TEST_CASE("enum: renamed labels that nothing can translate are refused ahead, with the key to write") {
  const std::string ddl =
      "create type mood as enum ('sad', 'ok'); create type spell as (n int, m mood[]); create domain long as spell; "
      "create table t (id int primary key, s long[])";
  const std::string rename = "alter type mood rename value 'sad' to 'blue'";
  const auto said = refusal(Sides(ddl, rename));
  CHECK(says(said, "s: labels of the enum public.mood were renamed inside a composite type"));
  CHECK(says(said, "tables.public.t.forward: { s:"));
  const auto written =
      REQUIRE_OK(Sides(ddl, rename,
                       "tables: { public.t: { forward: { s: \"replace(s::text, 'sad', 'blue')\" }, reverse: { s: "
                       "\"replace(s::text, 'blue', 'sad')\" } } }")
                     .derive());
  CHECK(written.forward.tables[0].source_columns[1].apply_type_sql == "text");
  CHECK(
      says(refusal(Sides("create type mood as enum ('a', 'b'); create table t (id int primary key, m mood[])",
                         "alter type mood rename value 'a' to 'x'; alter type mood rename value 'b' to 'a'; alter type "
                         "mood rename value 'x' to 'b'")),
           "took each other's names, inside an array"));
}

TEST_CASE("split and merged columns by mapping.yml, half of it is refused") {
  const std::string ddl = "create table t (id int primary key, name varchar(5) not null)";
  const std::string migration = "alter table t add first varchar(5), add last varchar(5); alter table t drop name";
  const std::string forward =
      "tables:\n  public.t:\n    forward: { first: \"split_part(name, ' ', 1)\", last: \"split_part(name, ' ', 2)\" "
      "}\n";
  const auto pair =
      REQUIRE_OK(Sides(ddl, migration, forward + "    reverse: { name: \"first || ' ' || last\" }\n").derive());
  CHECK(rule(pair.forward.tables[0], "first").reads == std::vector<std::string>{"name"});
  CHECK(rule(pair.reverse.tables[0], "name").reads == std::vector<std::string>{"first", "last"});
  CHECK(says(refusal(Sides(ddl, migration, forward)), "nothing brings it back"));
  CHECK(says(refusal(Sides(ddl, migration, "tables: { public.t: { reverse: { name: \"first || ' ' || last\" } } }")),
             "is read by the way back but gets no value"));
}

TEST_CASE("a rule over several large columns wants REPLICA IDENTITY FULL on the side it reads") {
  const std::string ddl = "create table t (id int primary key, name text)";
  const std::string migration = "alter table t add first text, add last text; alter table t drop name";
  const std::string yaml =
      "tables: { public.t: { forward: { first: \"split_part(name, ' ', 1)\", last: \"split_part(name, ' ', 2)\" }, "
      "reverse: { name: \"concat_ws(' ', first, last)\" } } }";
  CHECK(says(refusal(Sides(ddl, migration, yaml)), "on green: alter table public.t replica identity full"));
  REQUIRE_OK(Sides(ddl, migration + "; alter table t replica identity full", yaml).derive());
}

TEST_CASE("a forward rule over an existing column needs a rule back, too") {
  const std::string yaml = "tables: { public.t: { forward: { a: \"lower(a)\" } } }";
  CHECK(says(refusal(Sides(kBase, "", yaml)), "public.t.a"));
  REQUIRE_OK(Sides(kBase, "", "tables: { public.t: { forward: { a: \"lower(a)\" }, reverse: { a: a } } }").derive());
}

TEST_CASE("values that the migration rewrote are not silently brought back to the old form") {
  CHECK(says(refusal(Sides(kBase, "update t set a = lower(a)")), "the migration changes its values"));
  REQUIRE_OK(Sides(kBase, "update t set a = lower(a)", "tables: { public.t: { lossy: { a: case does not matter } } }")
                 .derive());
}

TEST_CASE("tables without a key, views as targets, unknown names in mapping.yml: all told in one refusal") {
  Sides sides("create table keyless (a int); create table t (id int primary key, a text)",
              "alter table t rename to t_base; create view t_view as select * from t_base",
              "tables: { public.tt: { forward: { a: a } }, public.t: { to: public.t_view } }");
  const std::string said = refusal(sides);
  CHECK(says(said, "public.keyless has no key"));
  CHECK(says(said, "public.t_view is no table"));
  CHECK(says(said, "did you mean public.t?"));
  CHECK(says(said, "3 problems") + says(said, "4 problems") > 0);
}

TEST_CASE("a misspelt column in mapping.yml names its neighbour") {
  CHECK(says(refusal(Sides(kBase, "alter table t add email text", "tables: { public.t: { forward: { emial: a } } }")),
             "did you mean \"email\""));
  CHECK(says(refusal(Sides(kBase, "alter table t add b int", "tables: { public.t: { forward: { b: \"idd + 1\" } } }")),
             "did you mean \"id\""));
}

TEST_CASE("generated columns are computed by their own side, identity columns travel") {
  const auto pair = REQUIRE_OK(Sides("create table t (id int generated always as identity primary key, n int, d int "
                                     "generated always as (n * 2) stored)",
                                     "alter table t alter id type bigint")
                                   .derive());
  CHECK(pair.forward.tables[0].columns.size() == 2);
  CHECK(pair.forward.tables[0].source_columns.size() == 2);
  CHECK(rule(pair.forward.tables[0], "id").identity_always);
}

TEST_CASE("rows that a migration adds or removes are noted with its statement") {
  const auto pair = REQUIRE_OK(Sides("create table t (id int primary key, v text); create table u (id int primary key)",
                                     "insert into t values (1, 'seed'); create table made (id int); "
                                     "insert into made values (1); select * from u")
                                   .derive());
  REQUIRE(pair.notes.size() == 1);
  CHECK(says(pair.notes[0], "public.t: the migration adds or removes rows (\"insert into t values (1, 'seed')\")"));
}

TEST_CASE("a trigger that the migration makes is noted: it is silent for replicated rows") {
  const std::string ddl =
      "create function f() returns trigger language plpgsql as 'begin return new; end';"
      "create table t (id int primary key, v text)";
  const auto pair =
      REQUIRE_OK(Sides(ddl, "create trigger fill before insert on t for each row execute function f()").derive());
  REQUIRE(pair.notes.size() == 1);
  CHECK(says(pair.notes[0], "public.t: trigger fill of the migration does not fire"));
}

TEST_CASE("a dropped table is not replicated, and says so") {
  const auto pair = REQUIRE_OK(Sides(std::string(kBase) + "; create table u (id int primary key)",
                                     "drop table u; create table w (id int primary key)")
                                   .derive());
  CHECK(pair.forward.source_only == std::vector<QualifiedName>{{"public", "u"}});
  CHECK(pair.reverse.source_only == std::vector<QualifiedName>{{"public", "w"}});
}

TEST_CASE("to_text and to_json show every column and why") {
  const auto pair = REQUIRE_OK(Sides(kBase, "alter table t rename a to b; alter table t alter n type bigint").derive());
  const std::string text = to_text(pair);
  CHECK(says(text, "public.t -> public.t   key (id)"));
  CHECK(says(text, "renamed"));
  CHECK(says(text, "int4 -> int8") + says(text, "int -> bigint") + says(text, "integer -> bigint") > 0);
  CHECK(says(to_json(pair), "\"class\": \"cast\""));
}

TEST_CASE("two tables of blue that would become one table of green are refused") {
  const Sides sides("create table a (id int primary key); create table b (id int primary key)", "",
                    "tables:\n  b: { to: a }\n");
  CHECK(says(refusal(sides), "public.a and public.b both go to green's public.a"));
}
