#include "core/units.h"

#include "support/check.h"

using namespace bgdb;
using namespace bgdb::core;

TEST_CASE("sizes need a unit") {
  CHECK(REQUIRE_OK(parse_size("64MiB")) == 64 << 20);
  CHECK(REQUIRE_OK(parse_size("1.5kB")) == 1500);
  CHECK(REQUIRE_OK(parse_size("0")) == 0);
  for (const char* bad : {"64", "MiB", "", "-1kB", "1 parsec", "1e30GB"}) {
    INFO(bad);
    CHECK_FALSE(parse_size(bad).has_value());
  }
}

TEST_CASE("durations need a unit") {
  CHECK(REQUIRE_OK(parse_duration("300ms")).count() == 300);
  CHECK(REQUIRE_OK(parse_duration("2h")).count() == 7'200'000);
  CHECK(REQUIRE_OK(parse_duration("1.5s")).count() == 1500);
  for (const char* bad : {"5", "s", "5 fortnights", "-2s"}) {
    INFO(bad);
    CHECK_FALSE(parse_duration(bad).has_value());
  }
  CHECK(format_duration(milliseconds(850)) == "850 ms");
  CHECK(format_duration(milliseconds(250'000)) == "4m10s");
  CHECK(format_count(-1234567) == "-1,234,567");
}
