// expand, backfill and contract of a rewritten migration are killed with -9 again and again while the old and the new
// version write; each is finished by running it again, no client's statement fails, no row ends out of step.
#include <csignal>
#include <random>
#include <thread>

#include "support/check.h"
#include "support/shared_night.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

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

}  // namespace

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
