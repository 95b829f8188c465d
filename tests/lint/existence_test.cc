// What does not exist, or exists already, is told only where it is certain.
#include "lint/lint_support.h"

namespace bgdb::lint {

namespace {

constexpr const char* kSchema = R"(
create type mood as enum ('a', 'b');
create sequence counter;
create table p (id int primary key, code text);
create table t (id int primary key, a int, b text, constraint t_a check (a > 0));
create index t_a_idx on t (a);
create view v as select id, a from t;
create function f(a int) returns int language sql as 'select 1';
create function tf() returns trigger language plpgsql as 'begin return new; end';
create trigger tg before update on t for each row execute function tf();
create policy own on t using (true);
)";

// Kinds of failures, as a live server's schema (complete) or a replay of files tells them.
std::string failures(const std::string& sql, bool complete) {
  auto catalog = catalog_of(kSchema);
  catalog.complete = complete;
  Linter linter(built_in_rules(), Options{}, {});
  const auto report = linter.lint_text("migration.sql", sql + ";", catalog);
  std::string out;
  for (const auto& statement : report.statements) {
    for (const auto& effect : statement.effects.fails)
      out += (out.empty() ? "" : " ") + effect.kind + ":" + effect.object;
  }
  return out;
}

}  // namespace

TEST_CASE("in a schema that is known as a whole, what is missing or there already makes a statement fail") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"alter table nosuch add column x int", "does-not-exist:public.nosuch"},
      {"alter table t add column a int", "already-exists:public.t.a"},
      {"alter table t drop column nosuch", "does-not-exist:public.t.nosuch"},
      {"alter table t rename column nosuch to x", "does-not-exist:public.t.nosuch"},
      {"alter table t rename column a to b", "already-exists:public.t.b"},
      {"alter table t alter column nosuch set not null", "does-not-exist:public.t.nosuch"},
      {"alter table t rename to p", "already-exists:public.p"},
      {"create table t (x int)", "already-exists:public.t"},
      {"create view v as select 1", "already-exists:public.v"},
      {"create index t_a_idx on t (b)", "already-exists:public.t_a_idx"},
      {"create index on t (nosuch)", "does-not-exist:public.t.nosuch"},
      {"create sequence counter", "already-exists:public.counter"},
      {"create type mood as enum ('x')", "already-exists:public.mood"},
      {"alter type mood add value 'a'", "already-exists:a"},
      {"alter type mood rename value 'x' to 'y'", "does-not-exist:x"},
      {"create function f(x int) returns int language sql as 'select 2'", "already-exists:public.f"},
      {"create trigger tg before update on t for each row execute function tf()", "already-exists:public.t.tg"},
      {"create policy own on t using (true)", "already-exists:public.t.own"},
      {"alter table t add constraint t_a check (a > 1)", "already-exists:public.t.t_a"},
      {"alter table t add primary key (a)", "already-exists:public.t.primary key"},
      {"alter table t drop constraint nosuch", "does-not-exist:public.t.nosuch"},
      {"alter table t validate constraint nosuch", "does-not-exist:public.t.nosuch"},
      {"drop trigger nosuch on t", "does-not-exist:public.t.nosuch"},
      {"drop table nosuch", "does-not-exist:public.nosuch"},
      {"drop table v", "wrong-kind:public.v"},
      {"drop view p", "wrong-kind:public.p"},
      {"drop type nosuch", "does-not-exist:public.nosuch"},
      {"drop schema nosuch", "does-not-exist:nosuch"},
      {"insert into nosuch values (1)", "does-not-exist:public.nosuch"},
      {"update t set nosuch = 1", "does-not-exist:public.t.nosuch"},
      {"truncate nosuch", "does-not-exist:public.nosuch"},
      {"create schema public", "already-exists:public"},
      {"alter table t add foreign key (a) references nosuch", "does-not-exist:public.nosuch"},
      {"alter table t add foreign key (b) references p (code)", "no-key-to-reference:public.p (code)"},
      {"grant select on nosuch to x", "does-not-exist:public.nosuch"},
      {"comment on column t.nosuch is 'x'", "does-not-exist:public.t.nosuch"},
  };
  for (const auto& [sql, expected] : cases) {
    INFO(sql);
    CHECK(failures(sql, true).find(expected) != std::string::npos);
    CHECK(failures(sql, false).find("exist") == std::string::npos);
  }
}

TEST_CASE("what exists, and what IF EXISTS asks for, does not fail") {
  for (const auto* sql : {"alter table t drop column if exists nosuch",
                          "alter table t add column if not exists a int",
                          "alter table if exists nosuch add column x int",
                          "create table if not exists t (id int)",
                          "drop table if exists nosuch",
                          "create or replace view v as select id, a from t",
                          "alter table t_a_idx rename to x",
                          "alter index t_a_idx rename to x",
                          "alter table counter rename to c",
                          "select * from nosuch",
                          "create or replace function f(a int) returns int language sql as 'select 2'",
                          "alter table t drop constraint t_a",
                          "alter table t drop column b, add column b int",
                          "alter table t add column x int, add constraint x_pos check (x > 0)",
                          "alter table t drop constraint t_a, add constraint t_a check (a > 1)",
                          "create temp table t (x int)",
                          "alter table t drop constraint t_pkey, add primary key (a)",
                          "update t set a = 1 where ctid is null",
                          "create function f(a text) returns int language sql as 'select 2'",
                          "alter table t add foreign key (a) references p",
                          "create extension if not exists hstore",
                          "delete from pg_depend where false",
                          "comment on column t.a is 'x'",
                          "do $$ begin create table t (x int); exception when duplicate_table then null; end $$"}) {
    INFO(sql);
    CHECK(failures(sql, true) == "");
  }
}

TEST_CASE("a file that contradicts itself fails, whatever was there before it") {
  CHECK(failures("drop table p; alter table p add column x int", false) == "does-not-exist:public.p");
  CHECK(failures("create table x (id int); create table x (id int)", false) == "already-exists:public.x");
  CHECK(failures("alter table t drop column b; update t set b = 1", false) == "does-not-exist:public.t.b");
  CHECK(failures("alter table t add column x int; alter table t add column x int", false) ==
        "already-exists:public.t.x");
  CHECK(failures("create table x (id int); alter table x drop column nosuch", false) ==
        "does-not-exist:public.x.nosuch");
  CHECK(failures("drop table t cascade; create table t (id int)", false) == "");
  CHECK(failures("begin; drop table p; rollback; alter table p add column x int", false) == "");
}

TEST_CASE("another search_path does not make what the release began with go away") {
  CHECK(failures("set search_path = shop; drop index t_a_idx", false).empty());
  CHECK(failures("create schema shop; set search_path = shop, public; alter table t add column x int", false).empty());
  CHECK(failures("set search_path = shop, public; drop table p; alter table p add column x int", false) ==
        "does-not-exist:public.p");
}

TEST_CASE("behind SQL that cannot be read nothing is certain to be missing or there") {
  const std::string made = "create table n (id int); ", asked = "comment on column n.x is 'y'";
  CHECK(failures(made + asked, false) == "does-not-exist:public.n.x");
  CHECK(failures(made + "do $$ begin execute 'alter table n add ' || current_user || ' int'; end $$; " + asked, false)
            .empty());
  CHECK(failures("do $$ begin execute 'drop view ' || current_user; end $$; create view v as select 1", true).empty());
}

TEST_CASE("behind SQL that cannot be read nothing is certain to stand in the way") {
  const std::string unread = "do $$ begin execute 'drop trigger tg on ' || current_user; end $$; ";
  for (const auto* sql : {"drop function tf()", "drop table t", "alter table t drop column a"}) {
    CHECK(failures(sql, false) == "other-objects-depend:" + std::string(sql[5] == 'f' ? "public.t.tg" : "public.v"));
    CHECK(failures(unread + sql, false).empty());
  }
}

TEST_CASE("what OR REPLACE cannot change is named") {
  CHECK(failures("create or replace function f(b int) returns int language sql as 'select 1'", true) ==
        "argument-renamed:a of public.f(int4)");
  CHECK(failures("create or replace function f(a int) returns text language sql as 'select 1'", true) ==
        "return-type-changed:public.f(int4)");
}

}  // namespace bgdb::lint
