// What the replay says about objects it does not know, and its transactions. That its model is right is tested against
// a real server in tests/introspect/replay_test.cc.
#include <random>

#include "parse/parser.h"
#include "schema/apply.h"
#include "schema/names.h"
#include "support/check.h"

using namespace bgdb;
using namespace bgdb::schema;

namespace {

std::vector<std::string> unknown_of(const std::string& script) {
  Replay replay;
  std::vector<std::string> names;
  for (const auto& statement : parse::parse_sql(script).statements) {
    for (const auto& name : replay.apply(statement).unknown) names.push_back(name.display());
  }
  return names;
}

Catalog after(const std::string& script, bool commit = true) {
  Replay replay;
  for (const auto& statement : parse::parse_sql(script).statements) replay.apply(statement);
  replay.end_of_file(commit);
  return replay.catalog();
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("unknown objects are told, never errors") {
  CHECK(unknown_of("alter table nowhere add x int") == Names{"nowhere"});
  CHECK(unknown_of("alter table if exists nowhere add x int").empty());
  CHECK(unknown_of("create table t (x int references elsewhere (id))") == Names{"elsewhere"});
  CHECK(unknown_of("create index i on s.t (x)") == Names{"s.t"});
  CHECK(unknown_of("drop table a, b cascade") == Names{"a", "b"});
  CHECK(unknown_of("drop table if exists a").empty());
  CHECK(unknown_of("select * from pg_class, information_schema.tables").empty());
  CHECK(unknown_of("insert into a select * from b") == Names{"b", "a"});
  CHECK(unknown_of("create table t (x int); alter table t drop column y") == Names{"t.y"});
  CHECK(unknown_of("create table t (x int); alter table t rename z to y") == Names{"t.z"});
  CHECK(unknown_of("alter type mood add value 'x'") == Names{"mood"});
  CHECK(unknown_of("create table t (x int); alter table t drop constraint c") == Names{"t.c"});
}

TEST_CASE("columns of a table made by a query are known when the query tells them") {
  const auto told = after("create table t as select 1 as x; alter table t add y int; alter table t drop column x");
  CHECK(told.relation({"", "t"})->columns_known);
  CHECK(told.relation({"", "t"})->columns.size() == 1);
  const auto open = after("create table t as select * from elsewhere; alter table t add y int");
  CHECK_FALSE(open.relation({"", "t"})->columns_known);
  CHECK(open.relation({"", "t"})->column("y") != nullptr);
}

TEST_CASE("created and dropped relations are told, also those that CASCADE takes") {
  Replay replay;
  ApplyResult last;
  for (const auto& statement :
       parse::parse_sql("create table a (x int); create view v as select x from a; drop table a cascade").statements) {
    last = replay.apply(statement);
  }
  REQUIRE(last.dropped.size() == 2);
  CHECK(last.dropped[0].display() == "public.a");
  CHECK(last.dropped[1].display() == "public.v");
}

TEST_CASE("the end of a file ends its transaction, its search_path and its temporary tables") {
  const std::string script =
      "create schema s; set search_path = s; begin; create table t (x int); create temp table tt (x int);";
  CHECK(after(script).relations.size() == 1);
  CHECK(after(script).search_path == Names{"public"});
  CHECK(after(script, false).relations.empty());
}

TEST_CASE("a rollback that undoes nothing costs no copy and changes nothing") {
  const auto catalog =
      after("create table t (x int); begin; insert into t values (1); rollback; begin; commit; rollback;");
  CHECK(catalog.relations.size() == 1);
}

TEST_CASE("references follow a rename") {
  const auto catalog = after(
      "create table a (id int primary key); create table b (a_id int references a); create view v as select id from a;"
      "alter table a rename to c; alter table c rename id to key;");
  CHECK(catalog.referencing({"", "c"}).size() == 1);
  CHECK(catalog.relation({"", "b"})->constraints[0].referenced_columns == Names{"key"});
  CHECK(catalog.views_on({"", "c"}, "key").size() == 1);
  CHECK(catalog.views_on({"", "c"}, "other").empty());
  CHECK(catalog.index({"", "a_pkey"}).relation == catalog.relation({"", "c"}));
}

TEST_CASE("identity columns are the primary key or the replica identity index") {
  const auto base = std::string("create table t (id int primary key, code text not null unique);");
  CHECK(after(base).relation({"", "t"})->identity_columns() == Names{"id"});
  CHECK(after(base + "alter table t replica identity using index t_code_key").relation({"", "t"})->identity_columns() ==
        Names{"code"});
  CHECK(after(base + "alter table t replica identity full").relation({"", "t"})->identity_columns().empty());
  CHECK(after(base + "alter table t drop constraint t_pkey").relation({"", "t"})->identity_columns().empty());
}

TEST_CASE("a difference is one line that names the object") {
  const auto left = after("create table t (id int primary key, a text, gone int); create type e as enum ('x')");
  const auto right =
      after("create table t (id bigint primary key, a text not null, extra int, check (id > 0)); create table u ()");
  DiffOptions options;
  options.column_order = true;
  const auto lines = diff(left, right, options);
  CHECK(lines == Names{"column public.t.id: type int4 / int8", "column public.t.a: not null false / true",
                       "column public.t.gone: only left", "column public.t.extra: only right",
                       "table public.t: column order differs", "constraint public.t t_id_check: only right",
                       "relation public.u: only right", "enum public.e: only left"});
  CHECK(diff(left, left, options).empty());
}

TEST_CASE("constraint names count only when asked") {
  const auto left = after(
      "create table t (id int constraint a primary key, x int constraint b check (x > 0)); create index i on t (x)");
  const auto right = after(
      "create table t (id int constraint c primary key, x int constraint d check (x > 0)); create index j on t (x)");
  CHECK_FALSE(diff(left, right).empty());
  DiffOptions options;
  options.constraint_names = false;
  CHECK(diff(left, right, options).empty());
  const auto other = after(
      "create table t (id int constraint c primary key, x int constraint d check (x > 1)); create index j on t (x)");
  CHECK_FALSE(diff(left, other, options).empty());
}

TEST_CASE("default names fit into 63 bytes and end between characters") {
  CHECK(make_object_name("t", "col", "key") == "t_col_key");
  CHECK(make_object_name("t", "", "pkey") == "t_pkey");
  CHECK(make_object_name(std::string(80, 'a'), "", "pkey") == std::string(58, 'a') + "_pkey");
  std::string umlauts;
  for (int i = 0; i < 40; ++i) umlauts += "ä";
  CHECK(make_object_name(umlauts, "", "pkey").size() <= 63);
  CHECK(make_object_name(umlauts, "", "pkey").find("\xc3_") == std::string::npos);
}

TEST_CASE("a long history stays cheap: thousands of statements in small transactions") {
  std::string script;
  for (int i = 0; i < 300; ++i) {
    script += "create table t" + std::to_string(i) + " (id serial primary key, a int unique);";
  }
  for (int i = 0; i < 3000; ++i) script += "begin; insert into t1 values (1); commit; comment on table t2 is 'x';";
  CHECK(after(script).relations.size() == 300);
}

TEST_CASE("what mentions a relation, an index or a constraint is found as a walk over the catalog finds it") {
  std::mt19937 random(11);
  Replay replay;
  const auto name = [&](const char* prefix, unsigned count) { return prefix + std::to_string(random() % count); };
  for (int step = 0; step < 4'000; ++step) {
    const auto t = name("t", 30), u = name("t", 30), i = name("i", 40), c = name("c", 20);
    const std::vector<std::string> statements = {
        "create table " + t + " (id int primary key, c0 int unique)",
        "create table if not exists " + t + " (id int primary key) partition by range (id)",
        "create table " + t + " partition of " + u + " default",
        "create index " + i + " on " + t + " (id)",
        "create index on " + t + " (id)",
        "alter table " + t + " add constraint " + c + " foreign key (id) references " + u + " (id)",
        "alter table " + t + " add check (id > 0)",
        "alter table " + t + " inherit " + u,
        "alter table " + t + " no inherit " + u,
        "alter table " + t + " rename to " + u,
        "alter index " + i + " rename to " + name("i", 40),
        "alter table " + t + " drop constraint if exists " + c,
        "drop index if exists " + i,
        "drop table if exists " + t + (step % 3 == 0 ? " cascade" : ""),
        "create or replace view " + name("v", 10) + " as select id from " + t,
        "drop view if exists " + name("v", 10) + " cascade",
        "begin",
        "rollback",
        "commit",
        "alter table " + t + " set schema other",
        "alter table other." + t + " set schema public"};
    const auto parsed = parse::parse_sql(statements[random() % statements.size()]);
    REQUIRE(parsed.statements.size() == 1);
    INFO(parsed.statements[0].text);
    replay.apply(parsed.statements[0]);
    if (step % 10 == 0) replay.end_of_file(step % 20 == 0);
    const auto& catalog = replay.catalog();
    std::vector<const Relation*> referencing;
    std::vector<QualifiedName> parents;
    const Index* index = nullptr;
    for (const auto& [key, relation] : catalog.relations) {
      const auto& constraints = relation.constraints;
      const bool refers = std::any_of(constraints.begin(), constraints.end(), [&](const Constraint& one) {
        return one.kind == ConstraintKind::foreign_key && one.referenced == QualifiedName{"public", u};
      });
      if (refers) referencing.push_back(&relation);
      const QualifiedName parent{"public", u};
      const auto& inherits = relation.inherits;
      if (relation.partition_of == parent || std::find(inherits.begin(), inherits.end(), parent) != inherits.end())
        parents.push_back(key);
      for (const auto& one : relation.indexes) {
        if (index == nullptr && key.schema == "public" && one.name == i) index = &one;
      }
    }
    REQUIRE(catalog.referencing({"public", u}) == referencing);
    REQUIRE(catalog.mentioning(MentionKind::parent, {"public", u}) == parents);
    REQUIRE(catalog.index({"public", i}).index == index);
  }
}
