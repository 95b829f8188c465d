#include "pg/deadline.h"

#include "support/check.h"
#include "support/servers.h"
#include "support/stand_still.h"

using namespace bgdb;
using namespace std::chrono_literals;

TEST_CASE("an answer that came in time counts, also for a process that stood still beyond the deadline") {
  auto session = test::connect(test::server().dsn());
  const test::StandStill meanwhile;
  const auto rows = REQUIRE_OK(pg::script_within(session, "select pg_sleep(0.1), 7 as seven", 250ms));
  CHECK(rows.integer(0, "seven") == 7);
}

TEST_CASE("an answer that does not come within the deadline is a timeout that names the statement") {
  auto session = test::connect(test::server().dsn());
  const auto late = pg::script_within(session, "select pg_sleep(20)", 50ms);
  REQUIRE_FALSE(late.has_value());
  CHECK(late.error().code == core::ErrorCode::timeout);
  CHECK(late.error().message.find("no answer to \"select pg_sleep(20)\" within 50 ms") != std::string::npos);
}
