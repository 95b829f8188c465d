// The parts of the demo against real servers: the clients' ledger, and checks that find what is wrong when it is.
#include "app/demo/checks.h"
#include "app/demo/load.h"
#include "core/clock.h"
#include "core/process.h"
#include "core/sql_file.h"
#include "support/check.h"
#include "support/servers.h"

using namespace bgdb;
using namespace bgdb::app::demo;
using namespace std::chrono_literals;

namespace {

const ShopSize kSize{.customers = 200, .orders = 300, .accounts = 40};
const int64_t kMoney = 40 * 100'000;

std::string open_shop() {
  const auto dsn = test::fresh_database();
  auto session = test::connect(dsn);
  CHECK_OK(session.script(core::sql_text("demo/create_shop.sql")));
  CHECK_OK(session.script(
      core::sql_text("demo/load_shop.sql", {{"customers", "200"}, {"orders", "300"}, {"accounts", "40"}})));
  return dsn;
}

// The shop after the breaking migration: a copy by pg_dump, migrated at rest.
std::string copy_and_break(const std::string& dsn) {
  const auto copy = test::fresh_database();
  const auto bin = REQUIRE_OK(scratch::find_postgres_bin_dir());
  const auto dump = REQUIRE_OK(core::run_process({.argv = {bin + "/pg_dump", dsn}}));
  REQUIRE(dump.exit_status == 0);
  const auto restored = REQUIRE_OK(core::run_process(
      {.argv = {bin + "/psql", "-q", "-v", "ON_ERROR_STOP=1", copy}, .stdin_text = dump.stdout_text}));
  REQUIRE(restored.exit_status == 0);
  auto session = test::connect(copy);
  CHECK_OK(session.script(core::sql_text("demo/break_shop.sql")));
  return copy;
}

Ledger work(const std::string& dsn) {
  Load load(dsn, kSize, 4);
  load.start();
  while (load.acknowledged() < 300) core::system_clock().sleep_for(10ms);
  REQUIRE(load.pause());
  const auto acknowledged = load.acknowledged();
  core::system_clock().sleep_for(50ms);
  CHECK(load.acknowledged() == acknowledged);
  load.resume();
  load.stop();
  CHECK(load.failed() == 0);
  return load.ledger();
}

bool all_pass(const std::vector<Check>& checks) {
  bool pass = true;
  for (const auto& check : checks) pass = pass && check.pass;
  return pass;
}

}  // namespace

TEST_CASE("clients of either version leave a shop in which every check holds") {
  const auto blue = open_shop();
  const bool new_version = GENERATE(false, true);
  const auto dsn = new_version ? copy_and_break(blue) : blue;
  const auto ledger = work(dsn);
  auto session = test::connect(dsn);
  CHECK(ledger.acknowledged_count() >= 300);
  CHECK(ledger.samples.front().version == (new_version ? 2 : 1));
  for (const auto& check : REQUIRE_OK(check_writes(session, ledger))) {
    INFO(check.name << ": " << check.detail);
    CHECK(check.pass);
  }
  CHECK(REQUIRE_OK(check_balance(session, "it", kMoney)).pass);
  CHECK(REQUIRE_OK(check_whole_orders(session, "it")).pass);
}

TEST_CASE("a lost, a doubled, a foreign and an overwritten write are found") {
  const auto dsn = open_shop();
  const auto ledger = work(dsn);
  auto session = test::connect(dsn);
  const char* damage =
      GENERATE("delete from transfers where id = (select max(id) from transfers where ref is not null)",
               "insert into transfers (from_account, to_account, amount_cents, ref) select from_account, to_account, "
               "amount_cents, "
               "ref from transfers where ref is not null limit 1",
               "insert into transfers (from_account, to_account, amount_cents, ref) values (1, 2, 3, 'nobody')",
               "update customers set email = 'somebody@else' where email like 'c%@example.org' and ref is null");
  INFO(damage);
  CHECK_OK(session.execute(damage));
  CHECK_FALSE(all_pass(REQUIRE_OK(check_writes(session, ledger))));
}

TEST_CASE("money that vanished and torn orders are found") {
  const auto dsn = open_shop();
  auto session = test::connect(dsn);
  CHECK_OK(session.execute("update accounts set balance_cents = balance_cents - 1 where id = 7"));
  CHECK_FALSE(REQUIRE_OK(check_balance(session, "it", kMoney)).pass);
  CHECK_OK(session.execute("delete from order_items where id = 5"));
  CHECK_FALSE(REQUIRE_OK(check_whole_orders(session, "it")).pass);
}

TEST_CASE("both sides are equal through the translation until one row is not") {
  const auto blue_dsn = open_shop();
  work(blue_dsn);
  auto green = test::connect(copy_and_break(blue_dsn));
  auto blue = test::connect(blue_dsn);
  for (const auto& check : REQUIRE_OK(check_equal(blue, green))) {
    INFO(check.name << ": " << check.detail);
    CHECK(check.pass);
  }
  const char* damage = GENERATE("update customers set last_name = 'X' where id = 3",
                                "update orders set total_cents = total_cents + 1 where id = 3",
                                "delete from order_items where id = 3", "insert into products values (9999, 'x', 1)");
  INFO(damage);
  CHECK_OK(green.execute(damage));
  CHECK_FALSE(all_pass(REQUIRE_OK(check_equal(blue, green))));
}

TEST_CASE("an operation on the old side after the new one has answered is late") {
  const Instant zero{};
  const auto at = [&](int ms) { return zero + std::chrono::milliseconds(ms); };
  Ledger ledger;
  ledger.samples = {{at(1), at(1), at(5), 1}, {at(6), at(30), at(40), 2}, {at(28), at(29), at(45), 1}};
  CHECK(late_operations(ledger, 1, 2, zero, Instant::max()) == 0);
  ledger.samples.push_back({at(41), at(41), at(42), 1});
  CHECK(late_operations(ledger, 1, 2, zero, Instant::max()) == 1);
  const auto stall = stall_between(ledger, at(6), at(60));
  CHECK(stall.operations == 3);
  CHECK(stall.max_ms == Approx(34));
}

TEST_CASE("a client's row on a guarded side is found by its commit, replicated rows are not") {
  {
    auto setting = test::connect(test::server("stamped").dsn());
    CHECK_OK(setting.execute("alter system set track_commit_timestamp = on"));
  }
  CHECK_OK(test::server("stamped").stop());
  CHECK_OK(test::server("stamped").start_again());
  const auto blue_dsn = test::fresh_database("stamped");
  auto blue = test::connect(blue_dsn);
  CHECK_OK(blue.script(core::sql_text("demo/create_shop.sql")));
  const auto from = REQUIRE_OK(blue.scalar("select clock_timestamp()::text"));
  const std::vector<GuardedTime> times = {{.side = "blue", .from = from, .to = ""}};
  CHECK_OK(blue.execute("select pg_replication_origin_create('demo_test')"));
  CHECK_OK(blue.execute("select pg_replication_origin_session_setup('demo_test')"));
  CHECK_OK(blue.execute("insert into accounts (owner, balance_cents) values ('by replication', 1)"));
  CHECK_OK(blue.execute("select pg_replication_origin_session_reset()"));
  CHECK(REQUIRE_OK(check_single_writer(blue, blue, times)).pass);
  CHECK_OK(blue.execute("insert into accounts (owner, balance_cents) values ('by a client', 1)"));
  CHECK_FALSE(REQUIRE_OK(check_single_writer(blue, blue, times)).pass);
}
