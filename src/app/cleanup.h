// `bgdb cleanup`: every trace of bgdb leaves both databases, its journal included (a copy of it is written first).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/config.h"

namespace bgdb::app {

// What would be done, one line each; reads only. Refused before `bgdb finalize` when a switch has happened.
Result<std::vector<std::string>> plan_cleanup(const Config& config);
// `said` is told of each step. May be repeated after a crash.
Result<void> cleanup(const Config& config, const std::function<void(const std::string&)>& said);

}  // namespace bgdb::app
