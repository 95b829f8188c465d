// `bgdb approve`: a person says yes to the next switch away from the side that serves. gate/approval_gate reads it.
#pragma once

#include <string>

#include "app/config.h"

namespace bgdb::app {

struct Approved {
  std::string by;
  std::string side;  // that serves now
  int64_t epoch = 0;
};
Result<Approved> approve(const Config& config);

}  // namespace bgdb::app
