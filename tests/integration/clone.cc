// bgdb clone on two real servers: consistency under load, guards, kill -9 at two places, Ctrl-C, and every refusal.
#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "clone/clone.h"
#include "core/process.h"
#include "integration/clone_world.h"
#include "replication/objects.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;
using std::chrono::milliseconds;
using test::ClonePair;
using test::wait_until;

namespace {

constexpr int kAccounts = 200;

const char* const kShop = R"sql(
create type mood as enum ('fine', 'it''s "bad"');
create type address as (street text, zip int);
create domain positive as int check (value > 0);
create table accounts (id bigint generated always as identity primary key, owner text not null, balance bigint not null);
create table ledger (id bigserial primary key, debit bigint not null references accounts, credit bigint not null references accounts,
                     amount bigint not null, doubled bigint generated always as (amount * 2) stored);
create table "Odd ""Table" ("The Key" int primary key, m mood, a address[], p positive, b bytea, n numeric, j jsonb, t text);
create table parts (id int, day date, primary key (id, day)) partition by range (day);
create table parts_old partition of parts for values from ('2000-01-01') to ('2020-01-01');
create table parts_new partition of parts default;
create schema private; create table private.notes (id int primary key, t text); insert into private.notes values (1, 'stays');
create sequence free_numbers; select setval('free_numbers', 4711, false);
create view rich as select * from accounts where balance > 100;
create index on ledger (amount);
insert into accounts (owner, balance) select 'owner ' || i, 1000 from generate_series(1, 200) i;
insert into "Odd ""Table" values (1, 'it''s "bad"', array[row('a,"b\c', 1), row(null, 2)]::address[], 5, '\x00ff5c', 'NaN', '{"k": "\\"}', E'tab\t line\n back\\'),
                                 (2, null, null, null, null, 1e-30, null, '\N');
insert into parts select i, '2019-12-30'::date + i from generate_series(1, 50) i;
)sql";

// Moves money on blue, each transfer with its ledger row, until stopped.
class Load {
 public:
  explicit Load(const std::string& dsn, int clients = 3) {
    for (int i = 0; i < clients; ++i) {
      threads_.emplace_back([this, dsn, i] {
        auto session = pg::Session::open({.dsn = dsn});
        for (unsigned n = static_cast<unsigned>(i) * 7919 + 1; session && !stop_; n = n * 1103515245 + 12345) {
          const auto debit = std::to_string(n / 7 % kAccounts + 1), credit = std::to_string(n / 1301 % kAccounts + 1);
          const auto done = session->script(
              "begin; set local lock_timeout = '1s'; update accounts set balance = balance - 3 where id = " + debit +
              "; update accounts set balance = balance + 3 where id = " + credit +
              "; insert into ledger (debit, credit, amount) values (" + debit + ", " + credit + ", 3); commit");
          if (done) {
            ++transfers;
          } else {
            (void)session->script("rollback");
          }
        }
      });
    }
  }
  ~Load() {
    stop_ = true;
    for (auto& thread : threads_) thread.join();
  }
  std::atomic<int64_t> transfers{0};

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("clone under load: one instant of blue, nothing torn") {
  ClonePair pair(kShop);
  clone::CloneReport report;
  {
    Load load(pair.blue);
    wait_until([&] { return load.transfers > 20; });
    report = REQUIRE_OK(pair.clone());
    const auto at_end = load.transfers.load();
    wait_until([&] { return load.transfers > at_end + 20; });  // blue serves on
  }
  CHECK(pair.on_green("select sum(balance) from accounts") == std::to_string(kAccounts * 1000));
  CHECK(pair.on_green(
            "select count(*) from accounts a where balance <> 1000 + coalesce((select sum(amount) from ledger where "
            "credit = a.id), 0) - coalesce((select sum(amount) from ledger where debit = a.id), 0)") == "0");
  CHECK(std::stoll(pair.on_green("select count(*) from ledger")) <
        std::stoll(pair.on_blue("select count(*) from ledger")));
  const std::string odd = "select md5(string_agg(o::text, '|' order by \"The Key\")) from \"Odd \"\"Table\" o";
  CHECK(pair.on_green(odd) == pair.on_blue(odd));
  CHECK(pair.on_green("select count(*) from parts_old") == pair.on_blue("select count(*) from parts_old"));
  CHECK(pair.on_green("select count(*) from parts") == "50");
  CHECK(report.consistent_point.valid());
  CHECK(report.guarded == 6);
}

TEST_CASE("clone: schema, indexes, sequences, statistics, origin and roles are in place") {
  ClonePair pair(kShop);
  const auto report = REQUIRE_OK(pair.clone());
  CHECK(report.left_out == std::vector<QualifiedName>{{"private", "notes"}});
  CHECK(pair.on_green("select count(*) from private.notes") == "0");
  const std::string indexes =
      "select md5(string_agg(indexdef, '|' order by indexname)) from pg_indexes where schemaname = 'public'";
  CHECK(pair.on_green(indexes) == pair.on_blue(indexes));
  CHECK(pair.on_green("select count(*) from pg_constraint where contype = 'f' and convalidated") == "2");
  CHECK(pair.on_green("select last_value || ' ' || is_called from free_numbers") == "4711 false");
  CHECK(pair.on_green("select last_value || ' ' || is_called from accounts_id_seq") == "200 true");
  CHECK(pair.on_green("select count(*) > 0 from pg_stats where tablename = 'accounts'") == "t");
  CHECK(pair.on_green("select remote_lsn from pg_replication_origin_status, bgdb.link where external_id = origin") ==
        report.consistent_point.to_string());
  CHECK(pair.on_green("select role || ' ' || epoch from bgdb.side") == "standby 0");
  CHECK(pair.on_blue("select role || ' ' || epoch from bgdb.side") == "active 1");
  CHECK(pair.on_green("select start_lsn || ' ' || state from bgdb.link where name = 'forward'") ==
        report.consistent_point.to_string() + " created");
  CHECK(pair.on_blue("select count(*) from pg_publication_tables where tablename in ('parts', 'accounts', 'ledger', "
                     "'Odd \"Table')") == "4");
  const auto again = REQUIRE_OK(pair.clone());
  CHECK(again.already_done);
}

TEST_CASE("clone: no client writes on green, not even into a partition by name, replication may") {
  ClonePair pair(kShop);
  REQUIRE_OK(pair.clone());
  auto green = test::connect(pair.green);
  for (const std::string sql :
       {"insert into parts values (99, '2001-01-01')", "insert into parts_old values (99, '2001-01-01')",
        "truncate ledger", "delete from \"Odd \"\"Table\"", "update accounts set balance = 0"}) {
    const auto refused = green.execute(sql);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().sqlstate == "25006");
  }
  CHECK_OK(green.script("set session_replication_role = replica; insert into parts values (99, '2001-01-01')"));
}

TEST_CASE("clone that fails in the middle is taken back, what was on green before stays") {
  ClonePair pair(kShop);
  CHECK_OK(test::connect(pair.green).script("create type mood as enum ('mine')"));
  const std::string before = pair.green_objects();
  const auto failed = pair.clone();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.find("mood") != std::string::npos);
  CHECK(failed.error().message.find("taken back") != std::string::npos);
  CHECK(pair.blue_is_clean());
  CHECK(pair.green_objects() == before);
}

TEST_CASE("a complete clone is taken back only when told, a table made of it too") {
  ClonePair pair(kShop);
  const std::string before = pair.green_objects();
  REQUIRE_OK(pair.clone());
  const auto refused = clone::abort_clone(pair.options, false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().exit_status() == 3);
  CHECK(pair.on_green("select count(*) from accounts") == "200");
  REQUIRE_OK(clone::abort_clone(pair.options, true));
  CHECK(pair.blue_is_clean());
  CHECK(pair.green_objects() == before);
  CHECK_OK(test::connect(pair.green).execute("update bgdb.side set role = 'active'"));
}

TEST_CASE("clone refuses, tells every problem with its cure, and changes nothing") {
  ClonePair pair(
      "create table keyless (a int); create unlogged table fast (id int primary key); create table fine (id int "
      "primary key);"
      "create schema other; create table other.base (id int primary key); create table refers (id int primary key, b "
      "int references other.base)");
  CHECK_OK(test::connect(pair.green).script("create table fine (id int)"));
  const auto refused = pair.clone();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().exit_status() == 3);
  const std::string& said = refused.error().message;
  CHECK(said.find("public.keyless has no key") != std::string::npos);
  CHECK(said.find("alter table public.keyless add primary key") != std::string::npos);
  CHECK(said.find("public.fast is unlogged") != std::string::npos);
  CHECK(said.find("green is not empty") != std::string::npos);
  CHECK(said.find("public.refers refers to other.base") != std::string::npos);
  CHECK(pair.blue_is_clean());
  CHECK(pair.on_blue("select to_regnamespace('bgdb') is null") == "t");
  CHECK(pair.on_green("select to_regnamespace('bgdb') is null") == "t");
}

TEST_CASE("clone refuses a server without wal_level = logical, and a green that is blue") {
  auto plain = REQUIRE_OK(
      scratch::Postgres::start(test::workspace(), {.name = "replica_level", .settings = {{"wal_level", "replica"}}}));
  ClonePair pair(kShop);
  pair.options.green_dsn = plain->dsn();
  const auto level = pair.clone();
  REQUIRE_FALSE(level);
  CHECK(level.error().exit_status() == 3);
  CHECK(level.error().message.find("green has wal_level = replica") != std::string::npos);
  CHECK(level.error().message.find("alter system set wal_level = 'logical'") != std::string::npos);
  pair.options.green_dsn = pair.blue;
  const auto same = pair.clone();
  REQUIRE_FALSE(same);
  CHECK(same.error().message.find("the operator") + same.error().message.find("same database") != std::string::npos);
  CHECK(pair.blue_is_clean());
}

TEST_CASE("clone that cannot connect says to which side, without the password, exit 2") {
  ClonePair pair(kShop);
  const std::string good = pair.options.green_dsn;
  pair.options.green_dsn = "host=127.0.0.1 port=1 dbname=none user=postgres";
  const auto unreachable = pair.clone();
  REQUIRE_FALSE(unreachable);
  CHECK(unreachable.error().exit_status() == 2);
  CHECK(unreachable.error().message.find("green") != std::string::npos);

  const std::string hba = test::server("green").data_dir() + "/pg_hba.conf";
  const std::string before = test::read_file(hba);
  std::ofstream(hba) << "host all locked_in 127.0.0.1/32 scram-sha-256\n" << before;
  auto green = test::connect(good);
  CHECK_OK(green.script("create role locked_in login password 'right'; select pg_reload_conf()"));
  pair.options.green_dsn =
      good.substr(0, good.find("user=")) + "user=locked_in password=secret_wrong " + good.substr(good.find("dbname="));
  wait_until([&] { return !pg::Session::open({.dsn = pair.options.green_dsn}); });
  const auto wrong = pair.clone();
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().exit_status() == 2);
  CHECK(wrong.error().to_string().find("secret_wrong") == std::string::npos);
  CHECK(pair.blue_is_clean());
}

TEST_CASE("two clones at once: the second is refused") {
  ClonePair pair(kShop);
  auto other = test::connect(pair.blue);
  CHECK_OK(other.execute("select pg_advisory_lock(hashtext('bgdb'), hashtext('operator'))"));
  const auto refused = pair.clone();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().exit_status() == 3);
}

TEST_CASE("clone by a role without superuser, told what it lacks, then given it") {
  ClonePair pair(
      "create role clone_tester login replication; grant create on database " +
      std::string("postgres to clone_tester; create table t (id int primary key); insert into t values (1)"));
  CHECK_OK(test::connect(pair.green).script("create role clone_tester login replication"));
  const auto as_role = [](std::string dsn) { return dsn.replace(dsn.find("user=postgres"), 13, "user=clone_tester"); };
  auto limited = pair.options;
  limited.blue_dsn = as_role(pair.blue);
  limited.green_dsn = as_role(pair.green);
  const auto refused = clone::run_clone(limited, core::silent_progress());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().exit_status() == 3);
  CHECK(refused.error().message.find("grant create on database") != std::string::npos);
  CHECK(refused.error().message.find("grant set on parameter session_replication_role") != std::string::npos);
  const auto database = [](const std::string& dsn) { return dsn.substr(dsn.rfind('=') + 1); };
  CHECK_OK(test::connect(pair.blue).script("alter table t owner to clone_tester; grant create on database " +
                                           database(pair.blue) + " to clone_tester"));
  CHECK_OK(test::connect(pair.green)
               .script("grant create on database " + database(pair.green) +
                       " to clone_tester; grant create on schema public to clone_tester; "
                       "grant set on parameter session_replication_role to clone_tester; "
                       "grant execute on function pg_replication_origin_create(text), pg_replication_origin_oid(text), "
                       "pg_replication_origin_drop(text), "
                       "pg_replication_origin_advance(text, pg_lsn), pg_replication_origin_progress(text, boolean) to "
                       "clone_tester"));
  const auto report = REQUIRE_OK(clone::run_clone(limited, core::silent_progress()));
  CHECK(report.rows == 1);
}

TEST_CASE("a complete clone whose slot is gone is not called fine") {
  ClonePair pair("create table t (id int primary key)");
  REQUIRE_OK(pair.clone());
  CHECK_OK(test::connect(pair.blue).execute("select pg_drop_replication_slot('" + pair.options.slot + "')"));
  const auto refused = pair.clone();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().exit_status() == 3);
  CHECK(refused.error().hint.find("--abort --complete") != std::string::npos);
}

TEST_CASE("clone refuses large objects unless they are to be left behind, and keeps a journal") {
  ClonePair pair("create table t (id int primary key); select lo_create(0);");
  const auto refused = pair.clone();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().exit_status() == 3);
  CHECK(refused.error().message.find("1 large objects") != std::string::npos);
  pair.options.without_large_objects = true;
  REQUIRE_OK(pair.clone());
  CHECK(pair.on_blue("select string_agg(step, ' ' order by seq) from bgdb.journal where command = 'clone'") ==
        "begin done");
}

TEST_CASE(
    "clone carries comments, grants, identity, statistics, matviews and policies, whatever time-outs its role has") {
  ClonePair pair(
      "create role clone_reader; create role clone_policy;"
      "create table t (id int generated by default as identity (start 5 increment 3) primary key, a int, b int);"
      "insert into t (a, b) select i % 3, i % 3 from generate_series(1, 300) i;"
      "comment on table t is 'it''s t'; comment on column t.a is 'a'; grant select (a) on t to clone_reader;"
      "create statistics t_ab (dependencies) on a, b from t; create index t_b on t (b); comment on index t_b is 'b';"
      "create materialized view sums as select a, count(*) as n from t group by a; create unique index on sums (a);"
      "alter table t enable row level security; create policy p on t to clone_policy using (a = 1);"
      "create table u (id int not null, t int references t deferrable initially deferred, v int); create unique index "
      "u_id on u (id); alter table u replica identity using index u_id; insert into u select i, 5 + 3 * (i % 100) from "
      "generate_series(1, 50) i; create rule r as on delete to u where old.id = 0 do instead nothing;");
  CHECK_OK(test::connect(pair.green).script("create role clone_reader"));
  const auto refused = pair.clone();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("no role clone_policy") != std::string::npos);
  CHECK_OK(test::connect(pair.green).script("create role clone_policy"));
  const std::string timeouts =
      "alter role postgres set statement_timeout = '50ms'; alter role postgres set "
      "idle_in_transaction_session_timeout = '50ms'; alter role postgres set idle_session_timeout = '50ms'";
  CHECK_OK(test::connect(pair.blue).script(timeouts));
  CHECK_OK(test::connect(pair.green).script(timeouts));
  const auto report = pair.clone();
  for (const auto& dsn : {pair.blue, pair.green}) {
    CHECK_OK(REQUIRE_OK(pg::Session::open({.dsn = dsn, .settings = {{"statement_timeout", "0"}}}))
                 .script("alter role postgres reset all"));
  }
  REQUIRE_OK(report);
  for (const std::string sql :
       {"select obj_description('t'::regclass) || col_description('t'::regclass, 2) || "
        "obj_description('t_b'::regclass)",
        "select attacl::text from pg_attribute where attrelid = 't'::regclass and attname = 'a'",
        "select stxname || stxkeys::text from pg_statistic_ext",
        "select md5(string_agg(s::text, '|' order by a)) from sums s",
        "select string_agg(polname || polroles::regrole[]::text, ',') from pg_policy", "select nextval('t_id_seq')",
        "select relreplident from pg_class where oid = 'u'::regclass",
        "select string_agg(conname || condeferred || convalidated, ',' order by conname) from pg_constraint where "
        "contype = 'f'",
        "select count(*) from pg_rules where tablename = 'u'"}) {
    INFO(sql);
    CHECK(pair.on_green(sql) == pair.on_blue(sql));
  }
}

TEST_CASE("clone: a foreign key that blue's own rows break is told and stays NOT VALID on green") {
  ClonePair pair(
      "create table a (id int primary key); create table b (id int primary key, a int references a); insert into a "
      "values (1); insert into b values (1, 1); set session_replication_role = replica; insert into b values (2, 99)");
  const auto report = REQUIRE_OK(pair.clone());
  REQUIRE(report.broken.size() == 1);
  CHECK(report.broken[0].find("b_a_fkey") != std::string::npos);
  CHECK(pair.on_green("select convalidated from pg_constraint where conname = 'b_a_fkey'") == "f");
}

TEST_CASE("clone: tables in parts, and at a bounded rate, are whole") {
  ClonePair pair(
      "create table big (id int primary key, note text); insert into big select i, repeat('b', 200) from "
      "generate_series(1, 40000) i; delete from big where id % 4 = 0; create table \"from\" (\"order\" int primary "
      "key); insert into \"from\" select generate_series(1, 10)");
  pair.options.split_bytes = 1 << 20;
  pair.options.bytes_per_second = 20 << 20;
  const auto report = REQUIRE_OK(pair.clone());
  CHECK(report.rows == 30010);
  const std::string digest = "select count(*) || md5(string_agg(b::text, '|' order by id)) from big b";
  CHECK(pair.on_green(digest) == pair.on_blue(digest));
}

TEST_CASE("clone: a green without room for the copy is refused before anything is there") {
  ClonePair pair(
      "create table big (id int primary key); insert into big values (1); create table small (id int primary key)");
  CHECK_OK(test::connect(pair.blue).execute("checkpoint"));
  // Segments without blocks: blue's table is as large as what green's disk has left, and takes nothing of it.
  const std::string heap =
      pair.on_blue("select current_setting('data_directory') || '/' || pg_relation_filepath('big')");
  const auto left = std::filesystem::space(pair.on_green("show data_directory")).available;
  constexpr uint64_t kSegment = 1ULL << 30;
  std::filesystem::resize_file(heap, kSegment);
  std::vector<std::string> segments;
  for (uint64_t size = 0; size < left; size += kSegment) {
    segments.push_back(fmt::format("{}.{}", heap, segments.size() + 1));
    std::ofstream(segments.back()).close();
    std::filesystem::resize_file(segments.back(), kSegment);
  }
  const auto refused = pair.clone();
  for (const auto& segment : segments) std::filesystem::remove(segment);
  REQUIRE_FALSE(refused.has_value());
  INFO(refused.error().message);
  CHECK(refused.error().code == ErrorCode::refused);
  CHECK(refused.error().message.find("green's disk has") != std::string::npos);
  CHECK(refused.error().message.find("tables.exclude") != std::string::npos);
  CHECK(pair.blue_is_clean());
  CHECK(pair.green_objects() == "0");
}

TEST_CASE("clone --translated: rows go through the mapping into green's own schema, and a continued one is whole") {
  ClonePair pair(
      "create table people (id int primary key, name text not null, born date); create table same (id int "
      "primary key, note text); create table parts (id int, day int, note text, primary key (id, day)) partition by "
      "range "
      "(day); create table parts_1 partition of parts for values from (0) to (10); create table parts_2 partition of "
      "parts "
      "for values from (10) to (20); insert into people select i, 'a' || i || ' b', '2000-01-01'::date + i from "
      "generate_series(1, 5000) i; insert into same select i, E'tab\\t\\\\N ' || i from generate_series(1, 100) i; "
      "insert into "
      "same values (101, null); insert into parts select i, i % 20, 'p' from generate_series(1, 1000) i");
  CHECK_OK(
      test::connect(pair.green)
          .script("create table people (id bigint primary key, first text not null, last text not null, born text, "
                  "added int default 7); alter table people replica identity full; create table same (id int primary "
                  "key, note text); create table parts (id int, "
                  "day int, note varchar(10), primary key (id, day)); create table refers (id int primary key, who "
                  "bigint references people)"));
  test::TempDir folder;
  folder.write(
      "mapping.yml",
      "tables:\n  public.people:\n    forward:\n      first: \"split_part(name, ' ', 1)\"\n      last: "
      "\"split_part(name, ' ', 2)\"\n    reverse:\n      name: \"first || ' ' || last\"\n    lossy:\n      first: "
      "\"one blank\"\n      last: \"one blank\"\n      name: \"one blank\"\n      "
      "born: "
      "\"dates all\"\n");
  auto plain = REQUIRE_OK(core::run_process(pair.command(folder)));
  CHECK(plain.exit_status == 3);
  CHECK(plain.stderr_text.find("bgdb clone --translated") != std::string::npos);
  // Written to: not ours to fill.
  CHECK_OK(test::connect(pair.green).script("insert into parts values (1, 1, 'x')"));
  auto refused = REQUIRE_OK(core::run_process(pair.command(folder, {"--translated"})));
  CHECK(refused.exit_status == 3);
  CHECK(refused.stderr_text.find("public.parts holds rows") != std::string::npos);
  CHECK(pair.blue_is_clean());
  CHECK_OK(test::connect(pair.green).script("truncate parts"));

  const auto done = REQUIRE_OK(core::run_process(pair.command(folder, {"--translated"})));
  INFO(done.stdout_text << done.stderr_text);
  REQUIRE(done.exit_status == 0);
  CHECK(pair.on_green("select count(*) || ' ' || min(first) || ' ' || max(last) || ' ' || max(born) || ' ' || "
                      "max(added) from people") == "5000 a1 b 2013-09-09 7");
  CHECK(pair.on_green("select md5(string_agg(s::text, '|' order by id)) from same s") ==
        pair.on_blue("select md5(string_agg(s::text, '|' order by id)) from same s"));
  CHECK(pair.on_green("select count(*) from parts") == "1000");
  CHECK_FALSE(test::connect(pair.green).execute("insert into parts values (1, 1, 'x')").has_value());  // guarded
  CHECK(pair.on_green("select count(*) from bgdb.fact where key = 'constraints'") == "0");  // verify has to look

  const auto aborted = REQUIRE_OK(core::run_process(pair.command(folder, {"--abort", "--complete"})));
  INFO(aborted.stdout_text << aborted.stderr_text);
  CHECK(aborted.exit_status == 0);
  CHECK(pair.blue_is_clean());
  CHECK(pair.on_green("select (select count(*) from people) + (select count(*) from parts)") == "0");
  CHECK_OK(test::connect(pair.green).execute("insert into parts values (1, 1, 'x')"));
}
