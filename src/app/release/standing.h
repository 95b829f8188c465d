// Where a release stands, read from the databases each time: which stages are done, which is next, and why. Nothing
// that decides is kept anywhere else, so whoever runs `bgdb release run` next, on whatever machine, goes on where it
// stopped.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "core/result.h"

namespace bgdb::app {

struct StageState {
  std::string name;
  enum class Is { done, due, not_needed } is = Is::due;
  std::string fact;                  // what was read: "1,204 rows, complete"
  std::vector<std::string> command;  // what does it: { "clone" }; empty: the release itself
};

struct Standing {
  std::string serving;                       // blue | green | nobody
  std::string hook_side;                     // whose facts say which hooks have run; empty: none can be kept yet
  std::map<std::string, std::string> hooks;  // after_<stage> -> wanted | ran
  int64_t epoch = 0;                         // of the side that serves
  std::vector<StageState> stages;            // in their order
  bool rolled_back = false;                  // blue serves again after green did
  std::optional<int64_t> window_left_s;      // while the way back is open after the switch
  std::string hold;                          // why finalize is held; empty: it is not
  std::optional<Error> refusal;              // no stage may run, and what to do about it

  const StageState* next() const;  // the first that is due
  // Its stage is done and it is not: it was wanted when a run died, or somebody did the stage by hand just now.
  bool hook_pending(const std::string& stage) const;
};

// Failure: a database cannot be read; what the stages' own questions fail with.
Result<Standing> read_standing(const Config& config);

}  // namespace bgdb::app
