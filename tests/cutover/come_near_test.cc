// Coming near, against a model of a link with a backlog, in virtual time.
#include "cutover/come_near.h"

#include <functional>

#include "support/check.h"

using namespace bgdb;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

// The backlog is what a marker has to wait for, in milliseconds of the link's work. While writers go on it changes by
// `growth` for each millisecond, while they are held it falls by one. A marker takes `way` besides.
class ModelLink final : public core::Clock {
 public:
  double backlog = 0;
  double growth = 0;
  milliseconds way{2};
  milliseconds longest_hold{0};

  core::SteadyTime now() override { return now_; }
  void sleep_for(milliseconds duration) override { pass(duration, growth); }
  cutover::NearPorts ports() {
    return {[this](milliseconds limit) -> Result<milliseconds> { return marker(limit, growth); },
            [this]() -> Result<bool> {
              const auto took = marker(cutover::kPulse, -1);
              longest_hold = std::max(longest_hold, took);
              return took < cutover::kPulse;
            }};
  }
  Result<cutover::Nearness> come_near() { return cutover::come_near(*this, ports()); }

 private:
  void pass(milliseconds duration, double change) {
    now_ += duration;
    backlog = std::max(0.0, backlog + change * static_cast<double>(duration.count()));
  }
  // What is written behind the marker does not delay it.
  milliseconds marker(milliseconds limit, double change) {
    const auto took = std::min(limit, way + milliseconds(static_cast<int64_t>(backlog)));
    pass(took, change);
    return took;
  }
  core::SteadyTime now_{};
};

}  // namespace

TEST_CASE("a link that is near is left alone: no writer is held") {
  ModelLink link;
  const auto found = REQUIRE_OK(link.come_near());
  CHECK(found.near);
  CHECK(found.pulses == 0);
}

TEST_CASE("what a burst left behind goes by itself") {
  ModelLink link;
  link.backlog = 4'000;
  link.growth = -0.6;
  const auto found = REQUIRE_OK(link.come_near());
  CHECK(found.near);
  CHECK(found.pulses == 0);
  CHECK(found.first >= 4'000ms);
}

TEST_CASE("a link that a full load keeps behind is near after some pulses") {
  for (const double growth : {0.0, 0.2, 0.5}) {
    INFO(growth);
    ModelLink link;
    link.backlog = 500;
    link.growth = growth;
    const auto found = REQUIRE_OK(link.come_near());
    CHECK(found.near);
    CHECK(found.pulses > 10);
    CHECK(link.longest_hold <= cutover::kPulse);
    CHECK(link.backlog <= 20);
  }
}

TEST_CASE("a long way between the servers is not held against the writers for long") {
  ModelLink link;
  link.way = 120ms;
  const auto found = REQUIRE_OK(link.come_near());
  CHECK_FALSE(found.near);
  CHECK(found.last == 120ms);
  CHECK(found.pulses <= 20);
}

TEST_CASE("a load that outruns the link even so is given up on within the budget") {
  ModelLink link;
  link.backlog = 300;
  link.growth = 3;
  const auto began = link.now();
  const auto found = REQUIRE_OK(link.come_near());
  CHECK_FALSE(found.near);
  CHECK(link.now() - began <= 15s + 100ms);
}

TEST_CASE("a link that stands still is not near because there was no time left to wait for it") {
  ModelLink link;
  auto ports = link.ports();
  ports.marker_takes = [&](milliseconds limit) -> Result<milliseconds> {
    link.sleep_for(limit - std::min(limit, 1ms));  // a look ends a little early by the clock that counts the budget
    return limit;
  };
  ports.pulse = [&]() -> Result<bool> {
    link.sleep_for(1ms);
    return false;
  };
  const auto found = REQUIRE_OK(cutover::come_near(link, ports));
  CHECK_FALSE(found.near);
  CHECK(found.last == 15s);
}

TEST_CASE("an error of the link ends it") {
  ModelLink link;
  link.backlog = 500;
  auto ports = link.ports();
  ports.pulse = []() -> Result<bool> { return fail(ErrorCode::connection, "the fence session was lost"); };
  const auto found = cutover::come_near(link, ports);
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().code == ErrorCode::connection);
}
