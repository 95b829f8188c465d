// Axes, release boundary, declared contracts, transactions.
#include "lint/verdict.h"

#include <algorithm>

#include "lint/lint_support.h"

namespace bgdb::lint {

namespace {
constexpr std::string_view kBefore =
    "create table t (id int primary key, a int); create type st as enum ('a', 'b'); create table e (id int primary "
    "key, s st);";
}

TEST_CASE("the axes are judged apart") {
  const auto drop = lint_sql(kBefore, "alter table t drop column a;").verdict;
  CHECK(drop.old_version == OldVersion::breaks);
  CHECK(drop.rollback == Rollback::lossy);
  CHECK(drop.replication == Replication::stops);
  CHECK(drop.phase == Phase::contract);
  const auto narrow = lint_sql(kBefore, "alter table t alter column a set not null;").verdict;
  CHECK(narrow.old_version == OldVersion::narrows);
  CHECK(narrow.rollback == Rollback::ok);
  const auto data = lint_sql(kBefore, "insert into t values (1, 2);").verdict;
  CHECK(data.phase == Phase::data);
  CHECK(lint_sql(kBefore, "comment on table t is 'x';").verdict.phase == Phase::neutral);
  CHECK(lint_sql(kBefore, "alter table t add column b int;").verdict.phase == Phase::expand);
  CHECK(lint_sql(kBefore, "drop schema s cascade;").verdict.rollback == Rollback::impossible);
}

TEST_CASE("replication follows the measured matrix") {
  const auto verdict = [](std::string_view sql) { return lint_sql(kBefore, sql).verdict.replication; };
  CHECK(verdict("alter table t add column b int;") == Replication::ok);
  CHECK(verdict("alter table t add column b int not null default 1;") == Replication::ok);
  CHECK(verdict("alter table t add column b int not null;") == Replication::stops);
  CHECK(verdict("alter table t rename column a to b;") == Replication::stops);
  CHECK(verdict("begin; alter table t rename to t2; create view t as select * from t2; commit;") == Replication::stops);
  CHECK(verdict("alter table t add check (a > 0) not valid;") == Replication::stops);
  CHECK(verdict("create unique index on t (a);") == Replication::stops);
  CHECK(verdict("alter table e add column t_id int; alter table e add foreign key (id) references t (id) not valid;") ==
        Replication::silent_damage);
  CHECK(verdict("alter table t alter column a type text;") == Replication::needs_mapping);
  CHECK(verdict("alter table t set unlogged;") == Replication::silent_damage);
  CHECK(verdict("truncate t;") == Replication::silent_damage);
}

TEST_CASE("a declared contract is contract-safe and its findings are notes") {
  const auto report = lint_sql(kBefore, "-- bgdb: phase=contract\nalter table t drop column a;");
  CHECK(report.verdict.safety == Safety::contract_safe);
  REQUIRE(has_rule(report, "drop-column"));
  for (const auto& finding : report.findings) CHECK(finding.severity == Severity::info);
}

TEST_CASE("what cannot be read is not analysed, and a breaking statement beside it still counts") {
  CHECK(lint_sql(kBefore, "alter tabel t;").verdict.safety == Safety::not_analysed);
  CHECK(lint_sql(kBefore, "alter tabel t; drop table t;").verdict.safety == Safety::rollback_breaking);
  CHECK(lint_sql(kBefore, "do $$ begin execute 'drop table ' || current_user; end $$;").verdict.safety ==
        Safety::not_analysed);
}

TEST_CASE("objects of the release may be renamed, changed and dropped") {
  for (const std::string_view sql : {
           "create table n (id int primary key, a int); alter table n rename to m; alter table m drop column a; drop "
           "table m;",
           "alter table t add column b int; alter table t rename column b to c; alter table t drop column c;",
           "create type ty as enum ('x'); alter type ty rename value 'x' to 'y'; drop type ty;",
           "create schema s; create table s.n (id int primary key); drop table s.n; drop schema s;",
           "create view v as select id from t; drop view v;",
           "create function f() returns int language sql as 'select 1'; drop function f();",
       }) {
    const auto report = lint_sql(kBefore, sql);
    INFO(sql << "\nfindings: " << rules_text(report));
    CHECK(report.verdict.safety == Safety::expand_safe);
    CHECK(report.findings.empty());
  }
}

TEST_CASE("a generated column breaks readers when it goes, and nothing is lost") {
  const auto report =
      lint_sql("create table t (id int primary key, a int, twice int generated always as (a * 2) stored);",
               "alter table t drop column twice;");
  CHECK(report.verdict.old_version == OldVersion::breaks);
  CHECK(report.verdict.rollback == Rollback::ok);
  CHECK(rules_text(report) == "drop-generated-column");
}

TEST_CASE("rows that a WITH clause changes are told once, and those of ON CONFLICT are no WITH clause") {
  const auto upsert = lint_sql(kBefore, "insert into t values (1, 2) on conflict (id) do update set a = 2;");
  CHECK(rules_text(upsert) == "overwrite-values");
  const auto moved = lint_sql(kBefore, "with x as (delete from t returning id) insert into e select id from x;");
  CHECK(rules_text(moved) == "change-in-with");
  for (const auto* sql : {"with x as (delete from t returning id) update e set s = 'a' where s is null;",
                          "with x as (insert into t values (1) returning id) delete from e where id = 5;"}) {
    const auto report = lint_sql(kBefore, sql);
    const auto& locks = report.statements.front().effects.locks;
    CHECK(std::count_if(locks.begin(), locks.end(),
                        [](const auto& lock) { return lock.mode == LockMode::row_exclusive; }) == 2);
  }
}

TEST_CASE("what cannot be told about one place is told once") {
  const auto report = lint_sql(
      "create function grant_all(name text) returns void language plpgsql as $$ begin execute 'grant select on ' "
      "|| name; execute 'grant insert on ' || name; end $$;",
      "select grant_all(rolname::text) from pg_roles where rolname like 'app%';");
  CHECK(rules_text(report) == "not-analysed");
}

TEST_CASE("a text put together at run time is judged where what is not known in it does no harm") {
  const auto verdict = [](const std::string& execute) {
    return lint_sql(
               "create table released (id int primary key, a int);",
               "do $$ declare who text; n int; begin select rolname into who from pg_roles; " + execute + " end $$;")
        .verdict.safety;
  };
  for (const std::string harmless :
       {"execute format('grant select (%I) on released to %s%s', 'a', who, case when n > 1 then ' with grant option' "
        "end);",
        "execute format('comment on column %s.%I is %L', 'public.released', who, n);",
        "execute 'comment on table released is ' || quote_literal(upper(who));",
        "execute format('alter table %s alter column a set statistics %s', 'released', n);",
        "execute format('create statistics %s on a, id from released', who);"}) {
    INFO(harmless);
    CHECK(verdict(harmless) == Safety::expand_safe);
  }
  for (const std::string harm :
       {"execute format('revoke select (%I) on released from %s', 'a', who);", "execute 'grant select on ' || who;",
        "execute format('comment on column %I.a is %L', who, n);",
        "execute format('%s on table released is null', who);",
        "execute format('alter table released alter column a set statistics 1, drop column %I', who);",
        "execute format('alter table %I alter column a set statistics 1', who);", "execute who;"}) {
    INFO(harm);
    CHECK(verdict(harm) == Safety::not_analysed);
  }
}

TEST_CASE("a trigger that is made ENABLE ALWAYS in the same transaction does no harm to replication") {
  const std::string made =
      "begin; create function f() returns trigger language plpgsql as $$ begin new.a := 1; return new; end $$; create "
      "trigger g before insert on e for each row execute function f(); ";
  CHECK(lint_sql(kBefore, made + "commit;").verdict.replication == Replication::silent_damage);
  CHECK(lint_sql(kBefore, made + "alter table e enable always trigger g; commit;").verdict.replication ==
        Replication::ok);
}

TEST_CASE("ROLLBACK takes everything back") {
  const auto report = lint_sql(kBefore,
                               "-- migrate:up transaction:false\nbegin; drop table e; create table n (id int primary "
                               "key); rollback; create index i on n (id);");
  CHECK(report.verdict.safety == Safety::expand_safe);
  CHECK(has_rule(report, "create-index"));  // n was never created, so it is somebody else's
}

TEST_CASE("an enum swap in one transaction is judged by its labels") {
  const std::string head = "begin; create type st_new as enum (";
  const std::string tail =
      "); alter table e alter column s type st_new using s::text::st_new; alter type st rename to st_old; alter type "
      "st_new rename to st; drop type "
      "st_old; commit;";
  const auto wider = lint_sql(kBefore, head + "'a', 'b', 'c'" + tail);
  INFO(rules_text(wider));
  CHECK(wider.verdict.safety == Safety::expand_safe);
  CHECK(wider.verdict.lock == LockCost::rewrite);
  CHECK(lint_sql(kBefore, head + "'a'" + tail).verdict.safety == Safety::rollback_breaking);
}

TEST_CASE("schemas are told apart") {
  const auto report =
      lint_sql("create schema s2; create table s2.a (id int primary key, n int);",
               "create schema s1; create table s1.a (id int primary key, n int); create index i on s2.a (n);");
  CHECK(has_rule(report, "create-index"));
}

TEST_CASE("a semantic version below major promises that nothing breaks") {
  const auto minor = lint_sql(kBefore, "drop table t;", built_in_rules(), "V2.1.0__x.sql");
  CHECK(has_rule(minor, "breaking-in-minor-version"));
  CHECK_FALSE(
      has_rule(lint_sql(kBefore, "drop table t;", built_in_rules(), "V2.0.0__x.sql"), "breaking-in-minor-version"));
  CHECK_FALSE(has_rule(lint_sql(kBefore, "alter table t add column b int;", built_in_rules(), "V2.1.0__x.sql"),
                       "breaking-in-minor-version"));
  CHECK_FALSE(
      has_rule(lint_sql(kBefore, "drop table t;", built_in_rules(), "V17__x.sql"), "breaking-in-minor-version"));
}

TEST_CASE("every kind of breakage, narrowing and loss that the golden files show has a sentence of its own") {
  for (const std::string_view sql :
       {"drop table t;", "alter table t drop column a;", "truncate t;", "alter type st rename value 'a' to 'z';"}) {
    const auto report = lint_sql(kBefore, sql);
    INFO(report.verdict.reason);
    CHECK(report.verdict.reason.find("breaks public") == std::string::npos);
    CHECK(report.verdict.reason.find(": ") == std::string::npos);
  }
}

TEST_CASE("a whole number fits into a decimal that has room for its digits") {
  const auto narrows = [](const std::string& from, const std::string& to) {
    const auto report = lint_sql("create table t (id " + from + ");", "alter table t alter id type " + to + ";");
    return !report.statements.at(0).effects.narrows.empty();
  };
  CHECK_FALSE(narrows("int", "numeric(12,2)"));
  CHECK(narrows("int", "numeric(11,2)"));
  CHECK_FALSE(narrows("bigint", "numeric(78,0)"));
  CHECK(narrows("bigint", "numeric(18)"));
}

}  // namespace bgdb::lint
