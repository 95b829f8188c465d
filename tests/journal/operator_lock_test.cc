#include "journal/operator_lock.h"

#include "support/check.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;

TEST_CASE("one operator at a time, the next one gets the lock when the first session has ended") {
  const auto dsn = test::fresh_database();
  auto second = test::connect(dsn);
  {
    auto first = test::connect(dsn);
    CHECK(REQUIRE_OK(journal::take_operator_lock(first)));
    CHECK_FALSE(REQUIRE_OK(journal::take_operator_lock(second, 50ms)));
  }
  CHECK(REQUIRE_OK(journal::take_operator_lock(second)));
}
