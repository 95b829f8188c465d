// Ends the window: links and their slots, publications, origins, then the guards of the side that serves. Every step
// looks first, so a run that died is simply run again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/config.h"

namespace bgdb::app {

struct FinalizeOutcome {
  std::string active;   // the side that stays
  std::string retired;  // the side that nobody may write any more; its guards stay on
  std::vector<std::string> done;
};
// `said` is told of each step. refused: nobody serves, a switch is half done, or there is nothing to finalize.
Result<FinalizeOutcome> finalize(const Config& config, const std::function<void(const std::string&)>& said);

// The same steps as text; changes nothing.
Result<std::vector<std::string>> plan_finalize(const Config& config);

}  // namespace bgdb::app
