// What a client sees that comes through the front door: role and epoch of the side that it reaches.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"

namespace bgdb::app {

struct DoorAnswer {
  std::string role;  // empty: that database has no bgdb state
  int64_t epoch = 0;
};
// Bounded by a few seconds. Failure: connection, timeout, what the server says.
Result<DoorAnswer> ask_front_door(const std::string& dsn);
// It leads to the side that is active with that epoch. Failure: also timeout, when it leads elsewhere.
Result<void> expect_front_door(const std::string& dsn, int64_t epoch);

}  // namespace bgdb::app
