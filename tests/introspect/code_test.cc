// Code that migrations run: what a server makes of DO blocks and calls, and what the replay makes of them.
#include "support/replay_world.h"

using namespace bgdb;

namespace {

void agrees(const std::string& sql) {
  INFO(sql);
  test::ReplayWorld world;
  world.run_all(sql);
  CHECK(test::lines_of(world.differences()) == "");
}

}  // namespace

TEST_CASE("guards that ask the catalogs are decided by the replay") {
  agrees(R"(
    create type mood as enum ('a');
    create table t (id int primary key, old text);
    do $$ begin
      if not exists (select 1 from pg_type where typname = 'mood') then create type mood as enum ('b'); end if;
      if exists (select 1 from information_schema.columns where table_name = 't' and column_name = 'old') then
        alter table t rename column old to fresh;
      else
        alter table t add column other text;
      end if;
      if not exists (select from information_schema.tables where table_schema = 'public' and table_name = 'u') then
        create table u (id int);
        create index on u (id);
      elsif to_regclass('public.t') is not null then
        drop table t;
      end if;
      if to_regclass('nowhere') is null and not exists (select 1 from pg_constraint where conname = 'k') then
        alter table t add constraint k check (id > 0);
      end if;
      if (select count(*) from pg_indexes where indexname = 'u_id_idx') = 0 then drop table u; end if;
    end $$;
  )");
}

TEST_CASE("an exception handler undoes its block and runs") {
  agrees(R"(
    create table t (id int, a int);
    do $$ begin
      create table made_and_undone (id int);
      alter table t add column a int;
      create table never (id int);
    exception when duplicate_column then
      create table handled (id int);
    end $$;
    do $$ begin
      begin
        create table t (id int);
      exception when others then null;
      end;
      create table after_it (id int);
    exception when duplicate_table then
      create table not_handled (id int);
    end $$;
  )");
}

TEST_CASE("EXECUTE of texts that can be told is replayed") {
  agrees(R"(
    create table a (id int); create table b (id int);
    do $$
    declare
      name text;
      suffix constant text := '_log';
      names text[] := array['a', 'b'];
      command text;
    begin
      foreach name in array array['a', 'b'] loop
        execute format('alter table %I add column created_at timestamptz', name);
        execute 'create table ' || quote_ident(name || suffix) || ' (id int)';
      end loop;
      for name in select unnest(names) loop
        execute format('create index %2$I on %1$I (id)', name, name || '_index');
      end loop;
      command := 'create table by_variable (id int)';
      execute command;
    end $$;
  )");
}

TEST_CASE("functions and procedures that a migration calls are followed") {
  agrees(R"(
    create table a (id int); create table b (id int);
    create function add_stamp(target text) returns void language plpgsql as $$
      begin execute format('alter table %I add column stamp timestamptz', target); end $$;
    select add_stamp('a');
    create procedure stamp_all() language plpgsql as $$ begin perform add_stamp('b'); create table c (id int); end $$;
    call stamp_all();
    create function only_defined() returns void language sql as 'drop table a';
    create function in_sql() returns void language sql as 'create table d (id int)';
    select in_sql();
    do $$ begin perform in_sql(); exception when duplicate_table then null; end $$;
    drop function add_stamp(text);
  )");
}
