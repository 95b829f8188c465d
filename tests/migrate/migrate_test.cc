// Migrations on a real server: what is applied, what is refused, and what the next run does after a death in between.
#include "migrate/migrate.h"

#include <fmt/format.h>

#include <thread>

#include "journal/state.h"
#include "migrate/migrate_case.h"

using namespace bgdb;
using namespace std::chrono_literals;
using Case = test::MigrateCase;
using test::connect;

namespace {

std::string states(const migrate::MigrateReport& report) {
  std::string text;
  for (const auto& file : report.files) text += fmt::format("{}={} ", file.version, migrate::to_string(file.state));
  return text;
}

}  // namespace

TEST_CASE("pending files run in order and are recorded once") {
  Case c;
  c.dir.write("V1__a.sql", "create table a (id int primary key);");
  c.dir.write("V1.10__c.sql", "alter table b add y int;");
  c.dir.write("V1.9__b.sql", "create table b (id int); insert into b values (1);");
  const auto report = REQUIRE_OK(c.run());
  CHECK(report.ran == 3);
  CHECK(c.applied() == "V1__a.sql V1.9__b.sql V1.10__c.sql");
  CHECK(c.scalar("select version || ' ' || phase from bgdb.schema_versions where file = 'V1.10__c.sql'") == "1.10 all");
  const auto again = REQUIRE_OK(c.run());
  CHECK(again.ran == 0);
  CHECK(states(again) == "1=applied 1.9=applied 1.10=applied ");
  CHECK(c.scalar("select count(*) from b") == "1");
}

TEST_CASE("files at or below the baseline count as applied") {
  Case c;
  CHECK_OK(c.session.script("create table a (id int)"));
  c.dir.write("V1__a.sql", "create table a (id int);");
  c.dir.write("V2__b.sql", "create table b (id int);");
  const auto refused = c.run();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().hint.find("migrations.baseline") != std::string::npos);
  c.options.baseline = "V1";
  CHECK(states(REQUIRE_OK(c.run())) == "1=baseline 2=ran ");
  CHECK(c.applied() == "V2__b.sql");
}

TEST_CASE("a dry run changes nothing, not even bgdb's own schema") {
  Case c;
  c.dir.write("V1__a.sql", "create table a (id int);");
  c.options.dry_run = true;
  const auto report = REQUIRE_OK(c.run());
  CHECK(report.pending == 1);
  CHECK_FALSE(c.exists("a"));
  CHECK_FALSE(c.exists("bgdb.side"));
}

TEST_CASE("a failing file leaves nothing behind and names file and line") {
  Case c;
  c.dir.write("V1__a.sql", "create table a (id int);");
  c.dir.write("V2__b.sql", "create table b (id int);\n\ninsert into nowhere values (1);");
  c.dir.write("V3__c.sql", "create table c (id int);");
  const auto report = c.run();
  REQUIRE_FALSE(report);
  CHECK(report.error().message.find("V2__b.sql:3") != std::string::npos);
  CHECK(report.error().sqlstate == "42P01");
  CHECK(c.applied() == "V1__a.sql");
  CHECK_FALSE(c.exists("b"));
  CHECK_FALSE(c.exists("c"));
}

TEST_CASE("an applied file that changed is refused, other line ends are no change") {
  Case c;
  c.dir.write("V1__a.sql", "create table a (\nid int);");
  REQUIRE_OK(c.run());
  c.dir.write("V1__a.sql", "create table a (\r\nid int);");
  REQUIRE_OK(c.run());
  c.dir.write("V1__a.sql", "create table a (id bigint);");
  const auto changed = c.run();
  REQUIRE_FALSE(changed);
  CHECK(changed.error().code == ErrorCode::refused);
  CHECK(changed.error().message.find("V1__a.sql") != std::string::npos);
  const auto then = c.scalar("select checksum from bgdb.schema_versions");
  CHECK(changed.error().message.find(then + " then") != std::string::npos);
  CHECK(changed.error().message.rfind("fnv1a:") > changed.error().message.find(then));  // and the one of now
}

TEST_CASE("a repeatable file runs again when it changed") {
  Case c;
  c.dir.write("R__v.sql", "create or replace view v as select 1 as a;");
  CHECK(REQUIRE_OK(c.run()).ran == 1);
  CHECK(REQUIRE_OK(c.run()).ran == 0);
  c.dir.write("R__v.sql", "create or replace view v as select 2 as a;");
  CHECK(REQUIRE_OK(c.run()).ran == 1);
  CHECK(c.scalar("select a from v") == "2");
  CHECK(c.scalar("select count(*) from bgdb.schema_versions") == "1");
}

TEST_CASE("phases run on their own, contract waits for what comes before it") {
  Case c;
  c.dir.write("V1__a.sql", "create table a (id int, old int);");
  c.dir.write("V2__b.sql", "-- bgdb: phase=expand\nalter table a add neu int;");
  c.dir.write("V3__b.sql", "-- bgdb: phase=backfill\nupdate a set neu = old;");
  c.dir.write("V4__b.sql", "-- bgdb: phase=contract\nalter table a drop old;");
  c.options.phase = "contract";
  const auto early = c.run();
  REQUIRE_FALSE(early);
  CHECK(early.error().code == ErrorCode::refused);
  c.options.phase = "expand";
  CHECK(states(REQUIRE_OK(c.run())) == "1=ran 2=ran 3=left out 4=left out ");
  c.options.phase = "backfill";
  CHECK(states(REQUIRE_OK(c.run())) == "1=applied 2=applied 3=ran 4=left out ");
  c.options.phase = "contract";
  CHECK(states(REQUIRE_OK(c.run())) == "1=applied 2=applied 3=applied 4=ran ");
  CHECK(c.scalar("select string_agg(phase, ' ' order by at) from bgdb.schema_versions") ==
        "all expand backfill contract");
}

TEST_CASE("migrate --to stops behind that version") {
  Case c;
  c.dir.write("V1__a.sql", "create table a (id int);");
  c.dir.write("V2__b.sql", "create table b (id int);");
  c.options.to = "V1";
  CHECK(states(REQUIRE_OK(c.run())) == "1=ran 2=left out ");
}

TEST_CASE("a lock that is not granted in time is retried, then the holder is named") {
  Case c;
  CHECK_OK(c.session.script("create table busy (id int)"));
  c.dir.write("V1__a.sql", "create table other (id int); alter table busy add x int;");
  auto holder = connect(c.dsn + "");
  CHECK_OK(holder.script("set application_name = 'long-report'"));
  CHECK_OK(holder.begin());
  CHECK_OK(holder.script("lock table busy in access share mode"));
  c.options.lock_timeout = 300ms;
  const auto blocked = c.run();
  REQUIRE_FALSE(blocked);
  CHECK(blocked.error().code == ErrorCode::lock_timeout);
  CHECK(blocked.error().message.find(fmt::format("pid {}", holder.server_pid())) != std::string::npos);
  CHECK(blocked.error().message.find("long-report") != std::string::npos);
  CHECK_FALSE(c.exists("other"));

  c.options.retry.attempts_max = 1000;
  std::thread release([&] {
    std::this_thread::sleep_for(700ms);
    (void)holder.rollback().has_value();
  });
  const auto report = c.run();
  release.join();
  CHECK(REQUIRE_OK(report).files[0].retries >= 1);
  CHECK(c.exists("other"));
}

TEST_CASE("files outside a transaction run statement by statement") {
  Case c;
  c.dir.write(
      "001_a.sql",
      "create table a (id int, b int);\ncreate index concurrently a_id on a (id);\ninsert into a values (1, 1);");
  const auto report = REQUIRE_OK(c.run());
  CHECK_FALSE(report.files[0].in_transaction);
  CHECK(c.scalar("select indisvalid from pg_index where indexrelid = 'a_id'::regclass") == "t");
  CHECK(c.scalar("select count(*) from bgdb.fact") == "0");
  CHECK(c.applied() == "001_a.sql");
}

TEST_CASE("a run that stopped inside a file is continued behind the last statement that is done") {
  Case c;
  c.dir.write("001_a.sql",
              "set search_path = s;\ncreate table public.a (id int);\ninsert into public.a values (1);\n"
              "create unique index concurrently a_id on public.a (id);\ncreate table b (id int);");
  const auto failed = c.run();  // schema s does not exist: the last statement fails
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.find("001_a.sql:5") != std::string::npos);
  CHECK(c.applied().empty());
  CHECK_OK(c.session.script("create schema s"));
  const auto report = REQUIRE_OK(c.run());
  CHECK(report.files[0].continued);
  CHECK(c.scalar("select count(*) from a") == "1");  // not inserted twice
  CHECK(c.exists("s.b"));                            // the setting of the session that died was set again
  CHECK(c.scalar("select count(*) from bgdb.fact") == "0");
}

TEST_CASE("a file that changed while it was half applied is refused") {
  Case c;
  c.dir.write("001_a.sql", "create table a (id int);\nvacuum a;\ncreate table s.b (id int);");
  REQUIRE_FALSE(c.run());
  c.dir.write("001_a.sql", "create table a (id bigint);\nvacuum a;\ncreate table b (id int);");
  const auto changed = c.run();
  REQUIRE_FALSE(changed);
  CHECK(changed.error().code == ErrorCode::refused);
}

TEST_CASE("an invalid index that a failed build left is dropped and built again") {
  Case c;
  CHECK_OK(c.session.script("create table a (id int); insert into a values (1), (1)"));
  c.dir.write("001_a.sql", "create unique index concurrently if not exists a_id on a (id);");
  const auto failed = c.run();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().sqlstate == "23505");
  CHECK_FALSE(c.exists("a_id"));  // nothing invalid stays behind
  // Somebody else's failed attempt:
  REQUIRE_FALSE(c.session.script("create unique index concurrently a_id on a (id)"));
  CHECK(c.exists("a_id"));
  CHECK_OK(c.session.script("delete from a where ctid = (select max(ctid) from a)"));
  const auto report = REQUIRE_OK(c.run());
  CHECK(report.files[0].indexes_repaired == 1);
  CHECK(c.scalar("select indisvalid from pg_index where indexrelid = 'a_id'::regclass") == "t");
}

TEST_CASE("a death during CREATE INDEX CONCURRENTLY is settled by looking at the index") {
  Case c;
  CHECK_OK(c.session.script("create table a (id int)"));
  CHECK_OK(journal::install_state(c.session));
  const std::string text = "create index concurrently a_id on a (id);\ncreate index concurrently a_id2 on a (id);";
  c.dir.write("001_a.sql", text);
  const auto die_in_first =
      "insert into bgdb.fact (key, value) values ('migrate:001_a.sql', '{\"done\": 0, \"running\": 0}')";
  SECTION("it was built, the record was not written") {
    CHECK_OK(c.session.script(die_in_first));
    CHECK_OK(c.session.script("create index a_id on a (id)"));
    const auto before = c.scalar("select 'a_id'::regclass::oid");
    CHECK(REQUIRE_OK(c.run()).files[0].continued);
    CHECK(c.scalar("select 'a_id'::regclass::oid") == before);
  }
  SECTION("it had not begun") {
    CHECK_OK(c.session.script(die_in_first));
    REQUIRE_OK(c.run());
  }
  SECTION("it was left invalid") {
    CHECK_OK(c.session.script(die_in_first));
    CHECK_OK(c.session.script(
        "create index a_id on a (id); update pg_index set indisvalid = false where indexrelid = 'a_id'::regclass"));
    CHECK(REQUIRE_OK(c.run()).files[0].indexes_repaired == 1);
  }
  CHECK(c.scalar("select bool_and(indisvalid) and count(*) = 2 from pg_index where indrelid = 'a'::regclass") == "t");
}

TEST_CASE("a statement whose outcome cannot be known is asked about") {
  Case c;
  CHECK_OK(c.session.script(
      "create table p (id int) partition by list (id); create table p1 partition of p for values in (1)"));
  CHECK_OK(journal::install_state(c.session));
  c.dir.write("001_a.sql", "alter table p detach partition p1 concurrently;");
  CHECK_OK(c.session.script("alter table p detach partition p1"));
  CHECK_OK(c.session.script(
      "insert into bgdb.fact (key, value) values ('migrate:001_a.sql', '{\"done\": 0, \"running\": 0}')"));
  const auto asked = c.run();
  REQUIRE_FALSE(asked);
  CHECK(asked.error().code == ErrorCode::refused);
  CHECK(asked.error().hint.find("--unfinished") != std::string::npos);
  c.options.unfinished = migrate::Unfinished::done;
  REQUIRE_OK(c.run());
  CHECK(c.applied() == "001_a.sql");
}

TEST_CASE("a file's own transactions commit or undo as a whole") {
  Case c;
  c.dir.write(
      "001_a.sql",
      "begin;\ncreate table a (id int);\ninsert into a values (1);\ncommit;\n"
      "begin isolation level serializable;\ncreate table undone (id int);\nrollback;\ninsert into a values (2);");
  REQUIRE_OK(c.run());
  CHECK(c.scalar("select count(*) from a") == "2");
  CHECK_FALSE(c.exists("undone"));
  c.dir.write("002_b.sql", "begin;\ncreate table b (id int);");
  const auto open = c.run();
  REQUIRE_FALSE(open);
  CHECK(open.error().code == ErrorCode::input);
  CHECK_FALSE(c.exists("b"));
}

TEST_CASE("settings of one file do not reach the next") {
  Case c;
  CHECK_OK(c.session.script("create schema s"));
  c.dir.write("V1__a.sql", "set search_path = s; create table a (id int);");
  c.dir.write("V2__b.sql", "create table b (id int);");
  REQUIRE_OK(c.run());
  CHECK(c.exists("s.a"));
  CHECK(c.exists("public.b"));
}

TEST_CASE("on a standby the guard lets the run through, new tables are guarded, and the pass ends with the run") {
  Case c;
  CHECK_OK(journal::install_state(c.session));
  CHECK_OK(
      c.session.script("create table a (id int);"
                       "insert into bgdb.side (role, epoch, by) values ('standby', 0, 'test');"
                       "create trigger bgdb_guard before insert or update or delete or truncate on a for each "
                       "statement execute function bgdb.refuse_write()"));
  c.dir.write("V1__a.sql",
              "insert into a values (1); create table b (id int); create table p (id int) partition by list (id);"
              "create table p1 partition of p for values in (1); insert into p values (1);");
  c.dir.write("V3__c.sql", "create table outside (id int);\nvacuum outside;\ninsert into outside values (1);");
  c.dir.write("V3__c.sql.conf", "executeInTransaction=false\n");
  c.options.to = "V3";
  const auto report = REQUIRE_OK(c.run());
  CHECK(report.files.front().tables_guarded == 3);
  CHECK(c.scalar("select count(*) from pg_trigger where tgname = 'bgdb_guard' and tgrelid in ('b'::regclass, "
                 "'p'::regclass, 'p1'::regclass, 'outside'::regclass)") == "4");
  CHECK(c.scalar("select count(*) from outside") == "1");
  CHECK(c.scalar("select writer_pid is null from bgdb.side") == "t");
  for (const auto* table : {"a", "b", "p", "p1", "outside"}) {
    const auto written = c.session.script(fmt::format("insert into {} values (1)", table));
    REQUIRE_FALSE(written);
    CHECK(written.error().sqlstate == "25006");
  }
}

TEST_CASE("on an active side no table gets a guard") {
  Case c;
  CHECK_OK(journal::install_state(c.session));
  CHECK_OK(c.session.script("insert into bgdb.side (role, epoch, by) values ('active', 1, 'test')"));
  c.dir.write("V1__a.sql", "create table a (id int)");
  CHECK(REQUIRE_OK(c.run()).files[0].tables_guarded == 0);
  CHECK_OK(c.session.script("insert into a values (1)"));
}

TEST_CASE("a retired side and a second operator are refused") {
  Case c;
  CHECK_OK(journal::install_state(c.session));
  c.dir.write("V1__a.sql", "create table a (id int)");
  CHECK_OK(c.session.script("select pg_advisory_lock(hashtext('bgdb'), hashtext('operator'))"));
  const auto second = c.run();
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::refused);
  CHECK_OK(c.session.script(
      "select pg_advisory_unlock_all(); insert into bgdb.side (role, epoch, by) values ('retired', 2, 'test')"));
  const auto retired = c.run();
  REQUIRE_FALSE(retired);
  CHECK(retired.error().code == ErrorCode::refused);
}

TEST_CASE("what bgdb cannot run is said before anything ran") {
  Case c;
  c.dir.write("V1__a.sql", "create table a (id int);");
  c.dir.write("V2__b.sql", "create table b (id int);\n\\echo hello\n");
  const auto psql = c.run();
  REQUIRE_FALSE(psql);
  CHECK(psql.error().code == ErrorCode::unsupported);
  CHECK(psql.error().message.find("V2__b.sql:2") != std::string::npos);
  CHECK_FALSE(c.exists("a"));
  c.dir.write("V2__b.sql", "create table ${name} (id int);");
  CHECK(c.run().error().code == ErrorCode::unsupported);
}

TEST_CASE("down sections never run") {
  Case c;
  c.dir.write("001_a.sql", "-- +goose Up\ncreate table a (id int);\n-- +goose Down\ndrop table a;\n");
  c.dir.write("002_b.sql", "-- +goose Down\ndrop table b;\n-- +goose Up\ncreate table b (id int);\n");
  CHECK(REQUIRE_OK(c.run()).ran == 2);
  CHECK(c.exists("a"));
  CHECK(c.exists("b"));
}

TEST_CASE("a statement that an earlier run left on the server keeps the next run out") {
  Case c;
  c.dir.write("V1__a.sql", "create table a (id int)");
  auto survivor = connect(c.dsn);
  CHECK_OK(survivor.script("select pg_advisory_lock_shared(hashtext('bgdb'), hashtext('migrate'))"));
  const auto refused = c.run();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::refused);
  CHECK(refused.error().message.find(fmt::format("pid {}", survivor.server_pid())) != std::string::npos);
  CHECK_OK(survivor.script("select pg_advisory_unlock_all()"));
  CHECK(REQUIRE_OK(c.run()).ran == 1);
}

TEST_CASE("a statement that refuses the file's transaction says how to switch it off") {
  Case c;
  c.dir.write("001_a.sql", "-- +goose Up\ncreate table a (id int);\ncreate index concurrently i on a (id);\n");
  const auto failed = c.run();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().sqlstate == "25001");
  CHECK(failed.error().hint.find("goose") != std::string::npos);
  CHECK_FALSE(c.exists("a"));
}
