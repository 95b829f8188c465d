// What every driver that knows where clients go must do.
#pragma once

#include "support/check.h"
#include "support/servers.h"
#include "traffic/make.h"

namespace bgdb::test {

// Two databases on two servers.
struct Pair {
  std::string blue = fresh_database("one");
  std::string green = fresh_database("two");
  std::vector<traffic::Target> targets() const { return {{"blue", blue}, {"green", green}}; }
};

// A driver that leads to blue. `arrives`: asks through the front door (or the one who keeps it) where clients get to.
template <class Arrives>
void conforms(traffic::Driver& driver, const std::vector<traffic::Target>& targets, Arrives arrives) {
  using namespace std::chrono_literals;
  CHECK_FALSE(driver.name().empty());
  CHECK_OK(driver.check());
  CHECK(REQUIRE_OK(driver.current(5s)) == "blue");
  CHECK(arrives() == "blue");
  CHECK_FALSE(driver.describe(targets[1]).empty());
  CHECK(REQUIRE_OK(driver.current(5s)) == "blue");  // describing changes nothing
  CHECK_OK(driver.resume(5s));                      // nothing is paused: no error
  CHECK_OK(driver.pause(5s));
  CHECK_OK(driver.pause(5s));  // again: a run that died left it so
  CHECK_OK(driver.point_to(targets[1], 10s));
  CHECK_OK(driver.point_to(targets[1], 10s));
  CHECK_OK(driver.resume(5s));
  CHECK_OK(driver.resume(5s));
  CHECK(REQUIRE_OK(driver.current(5s)) == "green");
  CHECK(arrives() == "green");
  CHECK_OK(driver.point_to(targets[0], 10s));
  CHECK(REQUIRE_OK(driver.current(5s)) == "blue");
  CHECK(arrives() == "blue");
}

// What every driver with weights must do. `share`: how many of twenty new clients arrive at green; -1 where that cannot
// be seen.
inline void weighs(
    traffic::Driver& driver, const std::function<int()>& share = [] { return -1; }) {
  using namespace std::chrono_literals;
  INFO("driver " << driver.name());
  REQUIRE(driver.has_weights());
  CHECK_OK(driver.check_weights());
  CHECK(REQUIRE_OK(driver.weight(5s)) == 0);
  for (const int percent : {25, 25, 50, 25}) {  // again, and down again
    CHECK_OK(driver.set_weight(percent, 10s));
    CHECK(REQUIRE_OK(driver.weight(5s)) == percent);
    CHECK(REQUIRE_OK(driver.current(5s)).empty());  // neither side alone
  }
  if (const int arrived = share(); arrived >= 0) {
    CHECK(arrived > 0);
    CHECK(arrived < 10);
  }
  CHECK_OK(driver.set_weight(100, 10s));
  CHECK(REQUIRE_OK(driver.weight(5s)) == 100);
  if (const int arrived = share(); arrived >= 0) CHECK(arrived == 20);
  CHECK_OK(driver.set_weight(0, 10s));
  CHECK(REQUIRE_OK(driver.weight(5s)) == 0);
  if (const int arrived = share(); arrived >= 0) CHECK(arrived == 0);
}

// Which server answers behind a dsn. Retried for a moment: some front doors change with a delay of their own.
inline std::string side_behind(const std::string& dsn, const std::string& expected) {
  using namespace std::chrono_literals;
  std::string side;
  for (int i = 0; i < 100 && side != expected; ++i) {
    if (i > 0) std::this_thread::sleep_for(50ms);
    auto session = pg::Session::open({.dsn = dsn, .plain = true});
    if (!session) continue;
    auto port = session->script("select inet_server_port()::text");
    if (!port) continue;
    side = port->text(0, 0) == std::to_string(server("one").port()) ? "blue" : "green";
  }
  return side;
}

}  // namespace bgdb::test
