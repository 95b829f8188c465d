// `bgdb release run`: looks where the release stands, does the next stage, looks again, until nothing is left. Each
// stage is the command of that name; what is here is the order, the hooks, the waits, and who is told.
#pragma once

#include <functional>
#include <string>

#include "app/config.h"
#include "app/release/standing.h"

namespace bgdb::app {

struct ReleaseOptions {
  bool yes = false;         // the switch and finalize are not asked about
  bool again = false;       // although the release was rolled back
  bool lift_hold = false;   // what an alert held may go on
  std::string until;        // the last stage of this run; empty: all
  bool show_output = true;  // of the commands, on our own stdout and stderr; else into the log
};

struct ReleaseNews {
  std::string kind;  // begin | end | hook | line | alert | cleared | reminder | failure | warning
  std::string stage;
  std::string text;
};

struct ReleaseIo {
  std::function<void(const ReleaseNews&)> said;
  std::function<bool(const std::string& question)> confirmed;
};

struct ReleaseOutcome {
  int status =
      0;  // 0 done, 1 held or stopped by a hook, a gate, findings, a rollback; else what the command ended with
  std::string stage;
  std::string text;
};

// Failure: interrupted (nothing is lost: run it again), refused (another run, rolled back), connection ...
Result<ReleaseOutcome> run_release(const Config& config, const ReleaseOptions& options, const ReleaseIo& io);

}  // namespace bgdb::app
