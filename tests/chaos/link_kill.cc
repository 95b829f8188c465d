// Kill the relay's process and the target's server under a transfer load, again and again. Nothing may be lost or
// applied twice: the sum of all balances is constant, and every transfer writes one ledger row with a number of its
// own.
#include <fmt/format.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "integration/relay_process.h"
#include "integration/writers.h"
#include "journal/state.h"
#include "link/link.h"
#include "link/setup.h"
#include "replication/objects.h"
#include "support/check.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

translate::ColumnRule rule(std::string target, std::string expression, std::vector<std::string> reads) {
  translate::ColumnRule rule;
  rule.target = std::move(target);
  rule.expression = std::move(expression);
  rule.reads = std::move(reads);
  return rule;
}

constexpr int kAccounts = 200;
const std::string kSlot = "bgdb_chaos_forward";
const std::string kSchema =
    "create table accounts(id int primary key, balance bigint not null);"
    "create table ledger(id bigint primary key, source int not null, target int not null, amount bigint not null)";
const std::string kFacts =
    "select (select count(*) || ' ' || coalesce(sum(balance), 0) || ' ' || md5(string_agg(a::text, ',' order by id)) "
    "from "
    "accounts a) || ' / ' || (select count(*) || ' ' || coalesce(md5(string_agg(l::text, ',' order by id)), '') from "
    "ledger l)";

translate::TableMapping mapping_of(const std::string& table,
                                   const std::vector<std::pair<std::string, std::string>>& columns) {
  translate::TableMapping mapping;
  mapping.source = mapping.target = {"public", table};
  for (const auto& [name, type] : columns) {
    mapping.source_columns.push_back({name, type, type, false});
    mapping.columns.push_back(rule(name, quote_ident(name), {name}));
  }
  mapping.source_key = mapping.target_key = {"id"};
  return mapping;
}

struct World {
  std::string blue_dsn = test::fresh_database("blue");
  std::string green_dsn = test::fresh_database("green");
  pg::Session blue = test::connect(blue_dsn);

  World() {
    auto green = test::connect(green_dsn);
    CHECK_OK(blue.script(kSchema));
    CHECK_OK(green.script(kSchema));
    CHECK_OK(journal::install_state(blue));
    CHECK_OK(journal::install_state(green));
    CHECK_OK(link::set_up_link({.dsn = blue_dsn}, blue, green, {"forward", kSlot},
                               {{"public", "accounts"}, {"public", "ledger"}}, false));
    CHECK_OK(blue.execute(fmt::format("insert into accounts select i, 1000 from generate_series(1, {}) i", kAccounts)));
  }
  ~World() { (void)replication::drop_slot(blue, kSlot); }

  std::unique_ptr<link::Link> relay() const {
    link::LinkOptions options;
    options.name = "forward";
    options.slot = kSlot;
    options.source_dsn = blue_dsn;
    options.target_dsn = green_dsn;
    options.batch_rows_max = 50;
    return link::make_relay(
        options, {{mapping_of("accounts", {{"id", "int4"}, {"balance", "int8"}}),
                   mapping_of("ledger", {{"id", "int8"}, {"source", "int4"}, {"target", "int4"}, {"amount", "int8"}})},
                  {}});
  }
  void check_equal() {
    const std::string id =
        fmt::format("end-{}-{}", ::getpid(), std::chrono::steady_clock::now().time_since_epoch().count());
    auto green = test::connect(green_dsn);
    BGDB_ASSERT(link::emit_marker(blue, id));
    CHECK_OK(link::wait_marker(green, "forward", id, 120s));
    const std::string expected = REQUIRE_OK(blue.scalar(kFacts));
    CHECK(REQUIRE_OK(green.scalar(kFacts)) == expected);
    CHECK(expected.starts_with(fmt::format("{} {} ", kAccounts, kAccounts * 1000)));
  }
};

// Transfers; some in large transactions, some rolled back.
test::Writers::Next transfers_of(unsigned worker) {
  return [random = std::mt19937(worker + 1), number = worker * 1'000'000'000LL]() mutable {
    std::string sql = "begin;";
    const int transfers = random() % 50 == 0 ? 200 : 1;
    for (int i = 0; i < transfers; ++i) {
      const auto from = random() % kAccounts + 1, to = random() % kAccounts + 1, amount = random() % 100;
      sql += fmt::format(
          "update accounts set balance = balance - {2} where id = {0}; update accounts set balance = balance "
          "+ {2} where id = {1}; insert into ledger values ({3}, {0}, {1}, {2});",
          from, to, amount, ++number);
    }
    return sql + (random() % 20 == 0 ? "rollback" : "commit");
  };
}

}  // namespace

TEST_CASE("link chaos: the relay's process is killed under load, nothing is lost or doubled") {
  World world;
  // Processes are made before this one has threads.
  std::mt19937 random(7);
  int64_t transfers = 0;
  for (int life = 0; life < 8; ++life) {
    test::RelayProcess process([&world] {
      std::vector<std::unique_ptr<link::Link>> relays;
      relays.push_back(world.relay());
      return relays;
    });
    test::Writers load(world.blue_dsn, transfers_of);
    std::this_thread::sleep_for(std::chrono::milliseconds(300 + random() % 700));
    process.kill9();
    load.stop();
    transfers += load.done();
  }
  CHECK(transfers > 100);
  auto relay = world.relay();
  CHECK_OK(relay->start());
  world.check_equal();
  CHECK(relay->status().conflicts == 0);
}

TEST_CASE("link chaos: the target's server is killed under load, the relay heals by itself") {
  World world;
  auto relay = world.relay();
  CHECK_OK(relay->start());
  test::Writers load(world.blue_dsn, transfers_of);
  for (int crash = 0; crash < 4; ++crash) {
    std::this_thread::sleep_for(700ms);
    test::crash(test::server("green"));
  }
  std::this_thread::sleep_for(500ms);
  load.stop();
  CHECK(load.done() > 100);
  world.check_equal();
  CHECK(relay->status().state == link::LinkState::streaming);
  CHECK(relay->status().conflicts == 0);
}

TEST_CASE("link chaos: the connections of both sides are terminated under load, the relay heals by itself") {
  World world;
  auto relay = world.relay();
  CHECK_OK(relay->start());
  test::Writers load(world.blue_dsn, transfers_of);
  const std::string terminate =
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'bgdb %' and pid <> "
      "pg_backend_pid()";
  for (int cut = 0; cut < 6; ++cut) {
    std::this_thread::sleep_for(400ms);
    auto session = test::connect(cut % 2 == 0 ? world.blue_dsn : world.green_dsn);
    CHECK_OK(session.execute(terminate));
  }
  load.stop();
  world.check_equal();
  CHECK(relay->status().conflicts == 0);
}

// A single small transaction stays in the log's buffers after its asynchronous commit: the crash takes it back. The
// slot must not have been told that it is safe: half of the crashes come just when it has been told something.
TEST_CASE("link chaos: feedback never passes what is durable on the target") {
  World world;
  auto green = test::connect(world.green_dsn);
  CHECK_OK(green.execute("alter system set wal_writer_delay = '10s'"));
  CHECK_OK(green.execute("alter system set wal_writer_flush_after = '1GB'"));
  CHECK_OK(green.execute("select pg_reload_conf()"));
  auto relay = world.relay();
  CHECK_OK(relay->start());
  std::mt19937 random(11);
  CHECK_OK(world.blue.script("create table elsewhere(id int)"));
  int rows = 0;
  for (int round = 1; round <= 12; ++round) {
    if (round % 3 == 0) {  // nothing to write on the target: only the position moves
      CHECK_OK(world.blue.script("insert into elsewhere values (1)"));
      const Lsn written = REQUIRE_OK(Lsn::parse(REQUIRE_OK(world.blue.scalar("select pg_current_wal_lsn()"))));
      while (REQUIRE_OK(replication::find_slot(world.blue, kSlot))->confirmed_flush_lsn < written) {
        std::this_thread::sleep_for(1ms);
      }
      test::crash(test::server("green"));
      world.check_equal();
      continue;
    }
    CHECK_OK(world.blue.execute("insert into ledger values ($1, 1, 2, 0)", {std::to_string(++rows)}));
    const Lsn committed = REQUIRE_OK(Lsn::parse(REQUIRE_OK(world.blue.scalar("select pg_current_wal_lsn()"))));
    auto session = test::connect(world.green_dsn);
    while (*session.scalar("select count(*) from ledger") != std::to_string(rows)) std::this_thread::sleep_for(1ms);
    if (round % 2 == 0) {
      while (REQUIRE_OK(replication::find_slot(world.blue, kSlot))->confirmed_flush_lsn < committed) {
        std::this_thread::sleep_for(1ms);
      }
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 100));
    }
    test::crash(test::server("green"));
    world.check_equal();
  }
  CHECK(relay->status().state == link::LinkState::streaming);
  auto after = test::connect(world.green_dsn);
  CHECK_OK(after.execute("alter system reset wal_writer_delay"));
  CHECK_OK(after.execute("alter system reset wal_writer_flush_after"));
}
