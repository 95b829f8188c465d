// Backfills on a real server: every shape of table, beside writers, interrupted, held up and paused.
#include "migrate/backfill.h"

#include <fmt/format.h>

#include <thread>

#include "core/interrupt.h"
#include "journal/state.h"
#include "migrate/migrate_case.h"
#include "pg/replication_stream.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

struct Fill {
  std::string dsn = test::fresh_database();
  pg::Session session = test::connect(dsn);
  migrate::BackfillOptions options;

  explicit Fill(const std::string& setup) {
    CHECK_OK(session.script(setup));
    options.dsn = dsn;
    options.work = {"public.t", "neu = old", "neu is distinct from old", "", true};
    options.lock_timeout = 100ms;
    options.retry = {4, 10ms, 50ms, 10s};
  }
  Result<migrate::BatchReport> run() { return migrate::run_backfill(options, core::silent_progress()); }
  std::string scalar(const std::string& sql) { return REQUIRE_OK(session.scalar(sql)); }
  std::string left() { return scalar("select count(*) from " + options.work.table + " where " + options.work.where); }
};

constexpr const char* kKeyed =
    "create table t (id int primary key, old int, neu int); insert into t select i, i from generate_series(1, 3000) i";

const char* const kSyncTrigger =
    "create function sync() returns trigger language plpgsql as $$ begin new.neu := new.old; return new; end $$;"
    "create trigger zz_sync before insert or update on t for each row execute function sync()";

}  // namespace

TEST_CASE("a backfill fills every row, whatever the table is like") {
  std::string setup;
  std::string table = "public.t";
  SECTION("a primary key") {
    setup = kKeyed;
  }
  SECTION("no row") {
    setup = "create table t (id int primary key, old int, neu int)";
  }
  SECTION("a composite key of other types") {
    setup =
        "create table t (a text, b timestamptz, c numeric, old int, neu int, primary key (b, a, c));"
        "insert into t select 'x' || i % 7, now() + i % 50 * interval '1.5 s', i / 3.0, i from generate_series(1, "
        "3000) i";
  }
  SECTION("no key") {
    setup = "create table t (old int, neu int); insert into t select i % 10 from generate_series(1, 3000) i";
  }
  SECTION("quoted names, and a key of its own collation") {
    setup =
        "create schema \"My Schema\"; create table \"My Schema\".\"T a\"\"b\" (\"Key\" text collate \"C\" primary key, "
        "old int, "
        "neu int); insert into \"My Schema\".\"T a\"\"b\" select md5(i::text), i from generate_series(1, 3000) i";
    table = "\"My Schema\".\"T a\"\"b\"";
  }
  SECTION("partitions, with a key and rows in a default partition") {
    setup =
        "create table t (id int, kind text, old int, neu int, primary key (id, kind)) partition by list (kind);"
        "create table t_a partition of t for values in ('a') partition by range (id);"
        "create table t_a1 partition of t_a for values from (0) to (1000);"
        "create table t_a2 partition of t_a default; create table t_rest partition of t default;"
        "insert into t select i, chr(97 + i % 3), i from generate_series(1, 3000) i";
  }
  SECTION("partitions without a key") {
    setup =
        "create table t (id int, old int, neu int) partition by hash (id);"
        "create table t_0 partition of t for values with (modulus 2, remainder 0);"
        "create table t_1 partition of t for values with (modulus 2, remainder 1);"
        "insert into t select i, i from generate_series(1, 3000) i";
  }
  SECTION("inherited tables") {
    setup =
        "create table t (id int primary key, old int, neu int); create table child () inherits (t);"
        "insert into t select i, i from generate_series(1, 1500) i; insert into child select i, i from "
        "generate_series(1, 1500) i";
  }
  SECTION("a condition that names the table") {
    setup =
        "create table t (id int, old int, neu int) partition by range (id);"
        "create table t_0 partition of t default; insert into t select i, i from generate_series(1, 3000) i";
  }
  Fill fill(setup);
  fill.options.work.table = table;
  if (table == "public.t") fill.options.work.where = "t.neu is distinct from t.old";
  const auto rows = fill.left();
  const auto report = REQUIRE_OK(fill.run());
  CHECK(std::to_string(report.rows) == rows);
  CHECK(fill.left() == "0");
  CHECK(fill.scalar("select count(*) from bgdb.fact") == "0");
  CHECK(REQUIRE_OK(fill.run()).rows == 0);
}

TEST_CASE("a backfill runs beside writers and ends although rows keep coming") {
  Fill fill(std::string(kKeyed) + ";" + kSyncTrigger);
  CHECK_OK(fill.session.script(
      "alter table t disable trigger zz_sync; insert into t select i, i from generate_series(10000, 40000) i;"
      "alter table t enable always trigger zz_sync"));
  fill.options.work.trigger = "zz_sync";
  fill.options.pace.batch_time = 10ms;
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  std::vector<std::thread> writers;
  for (int w = 0; w < 3; ++w) {
    writers.emplace_back([&, w] {
      auto session = test::connect(fill.dsn);
      for (int i = 0; !stop; ++i) {
        const auto key = 1'000'000 + i * 3 + w;
        if (!session.script(fmt::format("insert into t values ({0}, {0})", key))) ++failed;
        if (!session.script(fmt::format("update t set old = old + 1 where id between {0} and {0} + 3", i * 7 % 40000)))
          ++failed;
        if (!session.script(fmt::format("delete from t where id = {}", 10000 + i * 11 % 30000))) ++failed;
      }
    });
  }
  const auto report = fill.run();
  stop = true;
  for (auto& writer : writers) writer.join();
  REQUIRE_OK(report);
  CHECK(failed == 0);
  CHECK(fill.left() == "0");
  CHECK(fill.scalar("select count(*) from t where neu is distinct from old") == "0");
}

TEST_CASE("a backfill refuses to run without its sync trigger") {
  Fill fill(kKeyed);
  fill.options.work.trigger = "zz_sync";
  const auto missing = fill.run();
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::refused);
  CHECK(missing.error().message.find("zz_sync") != std::string::npos);
  CHECK_OK(fill.session.script(kSyncTrigger));
  CHECK_OK(fill.session.script("alter table t disable trigger zz_sync"));
  const auto disabled = fill.run();
  REQUIRE_FALSE(disabled);
  CHECK(disabled.error().hint.find("enable always trigger") != std::string::npos);
  CHECK_OK(fill.session.script("alter table t enable always trigger zz_sync"));
  REQUIRE_OK(fill.run());
}

TEST_CASE("rows that a transaction holds are waited for, and the holder is named") {
  Fill fill(kKeyed);
  auto holder = test::connect(fill.dsn);
  CHECK_OK(holder.script("set application_name = 'long-report'"));
  CHECK_OK(holder.begin());
  CHECK_OK(holder.script("select * from t where id = 77 for update"));
  const auto blocked = fill.run();
  REQUIRE_FALSE(blocked);
  CHECK(blocked.error().code == ErrorCode::lock_timeout);
  CHECK(blocked.error().message.find("long-report") != std::string::npos);
  CHECK(fill.left() == "1");  // all others are filled
  CHECK_OK(holder.rollback());
  const auto report = REQUIRE_OK(fill.run());
  CHECK(report.continued);
  CHECK(fill.left() == "0");
}

TEST_CASE("rows that stay unfilled end the backfill with the query that shows them") {
  Fill fill("create table t (id int primary key, old int, neu int); insert into t values (1, 1), (2, null)");
  fill.options.work.where = "neu is null";
  const auto stuck = fill.run();
  REQUIRE_FALSE(stuck);
  CHECK(stuck.error().code == ErrorCode::refused);
  CHECK(stuck.error().hint.find("neu is null") != std::string::npos);
  fill.options.work.all = false;
  CHECK(REQUIRE_OK(fill.run()).more_came);
}

TEST_CASE("an error names the rows of its batch") {
  Fill fill(
      "create table t (id int primary key, old text, neu int); insert into t select i, case when i = 400 then 'x' else "
      "i::text end from generate_series(1, 900) i");
  fill.options.work = {"public.t", "neu = old::int", "neu is null", "", true};
  const auto failed = fill.run();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().sqlstate == "22P02");
  CHECK(failed.error().message.find("public.t, rows from (1)") != std::string::npos);
}

TEST_CASE("a backfill that stopped goes on where it was") {
  Fill fill(kKeyed);
  fill.options.pace.rows_per_second_max = 2000;
  std::thread interrupt([&] {
    auto session = test::connect(fill.dsn);
    for (int i = 0; i < 2000; ++i) {
      const auto batches = session.scalar("select value ->> 'batches' from bgdb.fact where value ? 'work'");
      if (batches && std::stoi(*batches) >= 2) break;
      std::this_thread::sleep_for(5ms);
    }
    core::request_interrupt();
  });
  const auto stopped = fill.run();
  interrupt.join();
  core::clear_interrupt();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == ErrorCode::interrupted);
  const auto status = REQUIRE_OK(migrate::read_backfills(fill.dsn));
  REQUIRE(status.backfills.size() == 1);
  CHECK(status.backfills[0].table == "public.t");
  CHECK(status.backfills[0].rows > 0);
  CHECK(status.backfills[0].rows < 3000);
  fill.options.pace.rows_per_second_max = 0;
  const auto report = REQUIRE_OK(fill.run());
  CHECK(report.continued);
  CHECK(report.rows == 3000);  // what the first run did counts
  CHECK(fill.left() == "0");
}

TEST_CASE("a paused backfill rests until it is resumed") {
  Fill fill(kKeyed);
  CHECK(REQUIRE_OK(migrate::pause_backfills(fill.dsn, true)));
  CHECK_FALSE(REQUIRE_OK(migrate::pause_backfills(fill.dsn, true)));
  Result<migrate::BatchReport> report = fail(ErrorCode::internal, "not run");
  std::thread running([&] { report = fill.run(); });
  for (int i = 0; i < 2000; ++i) {
    if (fill.session.scalar("select 1 from bgdb.fact where value ? 'work'")) break;
    std::this_thread::sleep_for(5ms);
  }
  std::this_thread::sleep_for(100ms);
  CHECK(fill.left() != "0");
  CHECK(REQUIRE_OK(migrate::pause_backfills(fill.dsn, false)));
  running.join();
  REQUIRE_OK(report);
  CHECK(report->rested > 0ms);
  CHECK(fill.left() == "0");
}

TEST_CASE("a backfill stops when replication stays behind, and says who") {
  Fill fill(kKeyed);
  const auto slot = "slot" + std::to_string(fill.session.server_pid());
  CHECK_OK(fill.session.script("create publication nothing"));
  CHECK_OK(fill.session.script("select pg_create_logical_replication_slot('" + slot + "', 'pgoutput')"));
  // A reader that confirms nothing.
  std::optional<pg::ReplicationStream> reader = REQUIRE_OK(pg::ReplicationStream::open({.dsn = fill.dsn}));
  CHECK_OK(reader->start(slot, {}, {{"proto_version", "1"}, {"publication_names", "nothing"}}));
  fill.options.pace.lag_bytes_max = 1;
  fill.options.pace.wait_max = 300ms;
  const auto stopped = fill.run();
  reader.reset();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == ErrorCode::timeout);
  CHECK(stopped.error().message.find(slot) != std::string::npos);
  for (int i = 0;
       i < 400 && fill.scalar("select active from pg_replication_slots where slot_name = '" + slot + "'") == "t"; ++i)
    std::this_thread::sleep_for(10ms);
  CHECK_OK(fill.session.script("select pg_drop_replication_slot('" + slot + "')"));
  REQUIRE_OK(fill.run());
}

TEST_CASE("a backfill of a standby, of a view and of nothing is refused") {
  Fill fill(kKeyed);
  CHECK_OK(fill.session.script("create view v as select * from t"));
  fill.options.work.table = "public.v";
  CHECK(fill.run().error().code == ErrorCode::refused);
  fill.options.work.table = "public.nothing";
  CHECK(fill.run().error().code == ErrorCode::not_found);
  fill.options.work.table = "public.t";
  CHECK_OK(fill.session.script("insert into bgdb.side (role, epoch, by) values ('standby', 0, 'test')"));
  CHECK(fill.run().error().code == ErrorCode::refused);
}

TEST_CASE("the owner of the table needs no other right than to create bgdb's schema") {
  Fill fill(kKeyed);
  CHECK_OK(fill.session.script(
      "do $$ begin create role filler login; exception when duplicate_object then null; end $$; alter table t owner to "
      "filler;"
      "do $$ begin execute format('grant create on database %I to filler', current_database()); end $$"));
  fill.options.dsn = fill.dsn + " user=filler";
  CHECK(REQUIRE_OK(fill.run()).rows == 3000);
}

// --- as files ---

namespace {

struct Files : test::MigrateCase {
  // As bgdb rewrite writes it; the block itself would fail.
  static std::string block(const std::string& table) {
    return "DO $bgdb$\n-- bgdb: batches {\"table\": \"" + table +
           "\", \"set\": \"neu = old\", \"where\": \"neu is null\", \"reach\": \"all\", \"trigger\": \"\"}\n"
           "BEGIN RAISE EXCEPTION 'the block ran'; END\n$bgdb$;\n";
  }
};

}  // namespace

TEST_CASE("migrate drives the batches of a backfill file itself, several tables side by side") {
  Files files;
  CHECK_OK(files.session.script(
      "create schema s; create table s.a (id int primary key, old int, neu int); create table s.b (old int, neu int);"
      "insert into s.a select i, i from generate_series(1, 2000) i; insert into s.b select i from generate_series(1, "
      "2000) i"));
  files.dir.write("001_fill.sql", "-- no-transaction\n-- bgdb: phase=backfill\nset search_path = s;\n" +
                                      Files::block("a") + Files::block("b") +
                                      "create index concurrently a_neu on a (neu);\n");
  files.options.phase = "backfill";
  files.options.jobs = GENERATE(1, 2);
  const auto report = REQUIRE_OK(files.run());
  REQUIRE(report.files[0].batches.size() == 2);
  CHECK(report.files[0].batches[0].rows == 2000);
  CHECK(files.scalar("select count(*) from s.a where neu is null") == "0");
  CHECK(files.scalar("select count(*) from s.b where neu is null") == "0");
  CHECK(files.scalar("select to_regclass('s.a_neu') is not null") == "t");
  CHECK(files.scalar("select count(*) from bgdb.fact") == "0");
  CHECK(files.scalar("select phase from bgdb.schema_versions") == "backfill");
}

TEST_CASE("a backfill alone in its file, and one in a framework's transaction, are driven in batches too") {
  Files files;
  CHECK_OK(files.session.script("create table a (id int primary key, old int, neu int); insert into a values (1, 1)"));
  files.dir.write("V1__a.sql", Files::block("public.a"));
  files.dir.write("V2__b.sql", "insert into a values (2, 2);\n" + Files::block("public.a"));
  const auto report = REQUIRE_OK(files.run());
  CHECK(report.ran == 2);
  CHECK(files.scalar("select count(*) from a where neu is null") == "0");
}

TEST_CASE("a header that cannot be read is an error, no reason to guess") {
  Files files;
  files.dir.write("V1__a.sql", "DO $$\n-- bgdb: batches {\"table\": 1}\nBEGIN END $$;");
  const auto failed = files.run();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::input);
}

TEST_CASE("blocks and procedures that commit by themselves run outside a transaction, once") {
  Files files;
  CHECK_OK(files.session.script("create table a (i int)"));
  files.dir.write(
      "001_a.sql",
      "-- no-transaction\ndo $$ begin for i in 1..3 loop insert into a values (i); commit; end loop; end $$;");
  files.dir.write("002_b.sql",
                  "-- no-transaction\ncreate procedure p() language plpgsql as $$ begin insert into a values (4); "
                  "commit; end $$;\ncall p();");
  const auto report = files.run();
  REQUIRE_OK(report);
  CHECK(files.scalar("select count(*) from a") == "4");
}

TEST_CASE("a backfill file waits for expand, its table filled before a death is not filled again") {
  Files files;
  CHECK_OK(files.session.script(
      "create table a (id int primary key, old int, neu int); create table b (id int primary key, old int, neu int);"
      "insert into a select i, i from generate_series(1, 500) i; insert into b select i, null from generate_series(1, "
      "500) i"));
  files.dir.write("V1__expand.sql", "-- bgdb: phase=expand\ncreate table c (id int);");
  files.dir.write("V2__fill.sql", "-- bgdb: phase=backfill\n" + Files::block("a") + Files::block("b"));
  files.options.phase = "backfill";
  const auto early = files.run();
  REQUIRE_FALSE(early);
  CHECK(early.error().code == ErrorCode::refused);
  CHECK(early.error().message.find("V1__expand.sql") != std::string::npos);
  files.options.phase.clear();
  REQUIRE_FALSE(files.run());  // b cannot be filled
  CHECK(files.scalar("select count(*) from a where neu is null") == "0");
  CHECK_OK(files.session.script("update b set old = 1"));
  const auto report = REQUIRE_OK(files.run());
  REQUIRE(report.files[1].batches.size() == 2);
  CHECK(report.files[1].batches[0].passes == 0);  // looked at once, not walked
  CHECK(report.files[1].batches[0].rows == 500);
  CHECK(report.files[1].batches[1].rows == 500);
}
