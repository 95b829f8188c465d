// A clone under load, hit at random moments: bgdb killed with -9, its connections ended on either side, either server
// crashed. Whatever happened, the clone that comes to its end is blue: every table equal after a drain, no orphan, the
// sum of all balances constant. BGDB_CRASH_POINTS=50 hits more often, BGDB_SEED gives another history.
#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <random>

#include "integration/clone_world.h"
#include "introspect/introspect.h"
#include "link/link.h"
#include "translate/mapping.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

constexpr int kAccounts = 2000;
constexpr int kSmallTables = 40;

unsigned number_from(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::atoi(text));
}

std::string shop() {
  std::string sql =
      "create table accounts (id int primary key, balance bigint not null, note text);"
      "insert into accounts select i, 1000, repeat('n', 3000) from generate_series(1, 2000) i;"
      "create table ledger (id bigserial primary key, account int not null references accounts, amount bigint, note "
      "text); create index on ledger (account);"
      "insert into ledger (account, amount, note) select 1 + i % 2000, 0, repeat('l', 80) from generate_series(1, "
      "120000) i;"
      "create table parts (id int, kind int, n int, note text, primary key (id, kind)) partition by list (kind);"
      "create table part_a partition of parts for values in (0); create table part_b partition of parts for values in "
      "(1);"
      "insert into parts select i, i % 2, 0, repeat('p', 300) from generate_series(1, 60000) i;"
      "create table still (id int primary key, note text); insert into still select i, repeat('s', 400) from "
      "generate_series(1, 40000) i;"
      "create table emptied (id int primary key, note text);";
  for (int i = 0; i < kSmallTables; ++i) {
    sql += fmt::format(
        "create table small_{0} (id int primary key, n int not null); insert into small_{0} select i, 0 from "
        "generate_series(1, 200) i;",
        i);
  }
  return sql;
}

std::vector<std::string> tables() {
  std::vector<std::string> names = {"accounts", "ledger", "part_a", "part_b", "still", "emptied"};
  for (int i = 0; i < kSmallTables; ++i) names.push_back(fmt::format("small_{}", i));
  return names;
}

// One transaction of everything that clients do; connects again when its server comes back.
class Load {
 public:
  explicit Load(const std::string& dsn) {
    for (unsigned worker = 0; worker < 2; ++worker) threads_.emplace_back([this, dsn, worker] { run(dsn, worker); });
  }
  ~Load() {
    stop_ = true;
    for (auto& thread : threads_) thread.join();
  }
  std::atomic<int64_t> done{0};

 private:
  void run(const std::string& dsn, unsigned worker) {
    std::mt19937 random(worker + 1);
    std::optional<pg::Session> session;
    while (!stop_) {
      if (!session || !session->alive()) {
        session.reset();
        auto opened = pg::Session::open({.dsn = dsn});
        if (!opened) {
          std::this_thread::sleep_for(50ms);
          continue;
        }
        session = *std::move(opened);
      }
      const auto from = random() % kAccounts + 1, to = random() % kAccounts + 1, amount = random() % 100;
      std::string sql = fmt::format(
          "begin; update accounts set balance = balance - {2} where id = {0}; update accounts set balance = balance + "
          "{2} where id = {1}; insert into ledger (account, amount) values ({0}, -{2}), ({1}, {2}); update small_{3} "
          "set n = n + 1 where id = {4}; update parts set kind = 1 - kind, n = n + 1 where id = {5};",
          from, to, amount, random() % kSmallTables, random() % 200 + 1, random() % 60000 + 1);
      if (random() % 10 == 0) sql += fmt::format("delete from ledger where id = {};", random() % 120000 + 1);
      if (random() % 50 == 0)
        sql += "truncate emptied; insert into emptied select i, 'x' from generate_series(1, 9) i;";
      if (random() % 200 == 0) {  // a new account, and rows that refer to it at once
        sql += fmt::format(
            "insert into accounts select coalesce(max(id), 0) + 1 + {0}, 0 from accounts; insert into ledger (account, "
            "amount) select max(id), 0 from accounts;",
            worker);
      }
      sql += random() % 20 == 0 ? "rollback" : "commit";
      if (session->script(sql)) {
        ++done;
      } else if (session->alive() && session->in_transaction()) {
        (void)session->rollback();
      }
      std::this_thread::sleep_for(2ms);
    }
  }
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

void crash(const std::string& name) {
  test::server(name).kill9();
  auto started = test::server(name).start_again();
  for (int i = 0; i < 20 && !started; ++i) {
    std::this_thread::sleep_for(200ms);
    started = test::server(name).start_again();
  }
  CHECK_OK(started);
}

void end_connections(const std::string& dsn) {
  auto session = pg::Session::open({.dsn = dsn});
  if (!session) return;
  (void)session->execute(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'bgdb %' and pid <> "
      "pg_backend_pid()");
}

// Drains what blue wrote since through the link, then looks at every row.
void check_equal(const test::ClonePair& pair) {
  auto blue = test::connect(pair.blue), green = test::connect(pair.green);
  const auto blue_catalog = REQUIRE_OK(introspect::read_catalog(blue));
  const auto green_catalog = REQUIRE_OK(introspect::read_catalog(green));
  translate::DeriveInput input;
  input.blue = &blue_catalog;
  input.green = &green_catalog;
  for (const auto& [name, relation] : blue_catalog.relations) {
    const bool table =
        relation.kind == schema::RelationKind::table || relation.kind == schema::RelationKind::partitioned_table;
    if (table && !relation.partition_of) input.tables.push_back(name);
  }
  link::LinkOptions options;
  options.name = "forward";
  options.source_dsn = pair.blue;
  options.target_dsn = pair.green;
  options.slot = pair.options.slot;
  const auto relay = link::make_relay(options, REQUIRE_OK(translate::derive(input)).forward);
  CHECK_OK(relay->start());
  const auto id = fmt::format("end-{}", std::chrono::steady_clock::now().time_since_epoch().count());
  BGDB_ASSERT(link::emit_marker(blue, id));
  CHECK_OK(link::wait_marker(green, "forward", id, 120s));
  CHECK(relay->status().conflicts == 0);
  relay->stop();
  for (const auto& table : tables()) {
    INFO(table);
    const auto digest =
        "select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from " + table + " t";
    CHECK(pair.on_green(digest) == pair.on_blue(digest));
  }
  // By which the switch knows sequences that a migration renames.
  CHECK(pair.on_green(
            "select count(*) = (select count(*) from bgdb.fact, jsonb_object_keys(value -> 'called') k where key = "
            "'clone.sequences') and count(*) > 0 from pg_class c join pg_namespace n on n.oid = relnamespace "
            "where relkind = 'S' and nspname <> 'bgdb'") == "t");
  CHECK(pair.on_green("select sum(balance) from accounts") == std::to_string(kAccounts * 1000));
  CHECK(pair.on_green(
            "select count(*) from ledger l where not exists (select from accounts a where a.id = l.account)") == "0");
  CHECK(pair.on_green("select count(*) from pg_constraint where contype = 'f' and not convalidated") == "0");
  CHECK(pair.on_blue("select count(*) from pg_publication") == "1");
}

}  // namespace

TEST_CASE("clone chaos: killed, cut off and crashed at random moments under load, it ends as blue") {
  const unsigned points = number_from("BGDB_CRASH_POINTS", 6), seed = number_from("BGDB_SEED", 1);
  std::mt19937 random(seed);
  test::ClonePair pair(shop());
  const test::TempDir folder;
  auto command = pair.command(folder);
  command.output_file = (folder.path() / "output").string();
  unsigned hit = 0, complete = 0, continued = 0;
  while (hit < points || complete == 0) {
    {
      Load load(pair.blue);
      core::ChildProcess process;
      std::optional<int> ended;
      bool fresh = true, crashed = false;
      while (!ended || *ended != 0) {
        if (fresh) process = REQUIRE_OK(core::ChildProcess::start(command));
        fresh = false;
        if (hit < points) ended = process.wait(std::chrono::milliseconds(random() % 1200));
        if (hit >= points) ended = process.wait(120s);
        if (ended && *ended == 0) break;
        if (ended) {  // a server was away before there was anything to go on from
          INFO(test::read_file(command.output_file));
          REQUIRE(crashed);
          crashed = false;
          fresh = true;
          continue;
        }
        REQUIRE(hit < points);
        ++hit;
        const auto kind = random() % 8;
        if (kind < 4) {
          process.signal(SIGKILL);
          process.wait(10s);
          fresh = true;
          ++continued;
        } else if (crashed = true; kind < 6) {
          end_connections(kind == 4 ? pair.blue : pair.green);
        } else {
          crash(kind == 6 ? "blue" : "green");
        }
      }
      CHECK(load.done > 0);
    }
    check_equal(pair);
    ++complete;
    if (hit < points) REQUIRE_OK(clone::abort_clone(pair.options, true));
  }
  fmt::print("{} crash points, {} times killed and continued, {} complete clones (seed {})\n", hit, continued, complete,
             seed);
}
