// expand, backfill and contract of a rewritten migration are killed with -9 again and again while the old and the new
// version write; each is finished by running it again, no client's statement fails, no row ends out of step.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <csignal>
#include <random>
#include <thread>

#include "support/check.h"
#include "support/shared_night.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

constexpr std::array kTables{"orders", "carts", "visits_of"};

// Runs the command until it ends by itself; returns how often it was killed before.
int run_with_kills(const test::SharedNight& night, const std::vector<std::string>& arguments, std::mt19937& random,
                   int kills_max) {
  for (int kills = 0;;) {
    auto child = night.start_bgdb(arguments);
    const auto status =
        kills < kills_max ? child.wait(std::chrono::milliseconds(30 + random() % 400)) : child.wait(60s);
    if (status) {
      INFO(night.output());
      REQUIRE((*status == 0 || *status == 3));
      if (*status == 0) return kills;
      std::this_thread::sleep_for(50ms);  // the server still ends what the killed run left
      continue;
    }
    child.signal(SIGKILL);
    child.wait(5s);
    ++kills;
  }
}

// Three tables with a column to fill, and the file that fills them. Rows that clients insert bring its value.
void lay_out_tables(const test::SharedNight& night) {
  auto session = REQUIRE_OK(pg::Session::open({.dsn = night.dsn()}));
  std::string sql = "-- bgdb: phase=backfill\n-- flyway:executeInTransaction=false\n";
  for (const char* table : kTables) {
    CHECK_OK(session.script(
        fmt::format("create table {0} (id bigserial primary key, visits int not null default 0, filled bigint);"
                    "insert into {0} (visits) select 0 from generate_series(1, 20000);"
                    "alter table {0} alter filled set default -1; analyze {0}",
                    table)));
    sql += fmt::format(
        "DO $$\n-- bgdb: batches {{\"table\": \"public.{0}\", \"set\": \"filled = id * 2\", \"where\": \"filled is "
        "null\", \"reach\": \"all\", \"trigger\": \"\"}}\n"
        "BEGIN LOOP UPDATE {0} SET filled = id * 2 WHERE id IN (SELECT id FROM {0} WHERE filled IS NULL LIMIT 500); "
        "EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$;\n",
        table);
  }
  night.folder().write("migrations/V3__fill.sql", sql);
  night.folder().write("migrations/V3__fill.sql.conf", "executeInTransaction=false\n");
}

// Clients that insert rows and count visits until stopped. What each has committed can be told afterwards.
class Visitors {
 public:
  explicit Visitors(const std::string& dsn) {
    for (unsigned i = 0; i < 3; ++i) threads_.emplace_back([this, dsn, i] { run(dsn, i); });
  }
  ~Visitors() { stop(); }
  void stop() {
    stop_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  std::atomic<int64_t> visits{0}, inserted{0}, failed{0};

 private:
  void run(const std::string& dsn, unsigned number) {
    auto session = pg::Session::open({.dsn = dsn, .application_name = "shop-2.0"});
    std::mt19937 random(number);
    while (session && !stop_) {
      const auto* table = kTables[random() % 3];
      const bool visit = random() % 3 != 0;
      const auto done = session->script(
          visit ? fmt::format("update {} set visits = visits + 1 where id = {}", table, 1 + random() % 20000)
                : fmt::format("insert into {} default values", table));
      if (!done) ++failed;
      if (done) ++(visit ? visits : inserted);
      std::this_thread::sleep_for(1ms);
    }
  }
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("a backfill of several tables side by side is killed again and again, and ends with every row filled once") {
  const test::SharedNight night(500);
  REQUIRE(night.bgdb({"migrate"}).exit_status == 0);
  lay_out_tables(night);
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  Visitors visitors(night.dsn());
  const std::vector<std::string> fill = {"backfill", "--jobs", "3", "--batch-time", "5ms", "--max-rate", "12000"};
  const int kills = run_with_kills(night, fill, random, 8);
  visitors.stop();
  CHECK(kills >= 3);
  CHECK(visitors.failed == 0);
  int64_t visits = 0, inserted = 0;
  for (const char* table : kTables) {
    visits += std::stoll(night.scalar(fmt::format("select sum(visits) from {}", table)));
    inserted += std::stoll(night.scalar(fmt::format("select count(*) - 20000 from {}", table)));
    CHECK(night.scalar(fmt::format("select count(*) from {} where filled is null", table)) == "0");
    CHECK(night.scalar(fmt::format("select count(*) from {} where filled not in (-1, id * 2)", table)) == "0");
    CHECK(night.scalar(fmt::format("select count(*) from {} where filled <> -1", table)) == "20000");
  }
  CHECK(visits == visitors.visits);  // no client's change was lost
  CHECK(inserted == visitors.inserted);
  CHECK(night.scalar("select count(*) from bgdb.fact where key like 'migrate:%'") == "0");
}

TEST_CASE("phases that are killed anywhere are finished by running them again, under live writers") {
  test::SharedNight night(30'000);
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  night.start_old();
  run_with_kills(night, {"migrate"}, random, 10);
  night.start_new();
  const int kills = run_with_kills(night, {"backfill", "--batch-time", "10ms", "--max-rate", "15000"}, random, 12);
  CHECK(kills >= 3);
  CHECK(night.scalar("select count(*) from users where email is distinct from email_address") == "0");
  CHECK(night.scalar("select count(*) from bgdb.fact where key like 'migrate:%'") == "0");
  CHECK(night.scalar("select count(*) from bgdb.schema_versions where phase = 'backfill'") ==
        night.scalar("select count(distinct file) from bgdb.schema_versions where phase = 'backfill'"));
  night.stop_old();
  REQUIRE(night.bgdb({"migrate", "--retire"}).exit_status == 0);
  run_with_kills(night, {"migrate", "--phase", "contract"}, random, 10);
  night.stop_new();
  for (const auto& failure : night.failures()) FAIL_CHECK(failure);
  CHECK(night.scalar("select count(*) from pg_index where not indisvalid") == "0");
  CHECK(night.scalar("select count(*) from users where email_address is null") == "0");
  CHECK(night.scalar("select count(*) from pg_trigger where tgrelid = 'users'::regclass and not tgisinternal") == "0");
}
