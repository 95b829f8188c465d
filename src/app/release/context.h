// What the stages of one `bgdb release run` share. One thread.
#pragma once

#include <set>

#include "app/release/book.h"
#include "app/release/notify.h"
#include "app/release/run.h"

namespace bgdb::app {

// How a stage ended. `look_again`: something else has to be done first; the databases tell what.
struct StageEnd {
  int status = 0;
  std::string text{};
  bool look_again = false;
};

struct ReleaseContext {
  const Config& config;
  const ReleaseOptions& options;
  const ReleaseIo& io;
  ReleaseBook book;
  std::set<std::string> untold{};  // what was said about notifications that failed: once is enough

  // To the terminal and the log.
  void say(const std::string& kind, const std::string& stage, const std::string& text);
  // The same, and to everybody in `notify`.
  void tell(const std::string& event, const std::string& stage, const std::string& text);
};

// Waits, but not through Ctrl-C. Failure: interrupted.
Result<void> rest(milliseconds duration);
// `bgdb ARGUMENTS` with this configuration; its exit status. Ctrl-C reaches it first and it ends in its own way.
Result<int> run_stage_command(ReleaseContext& context, const std::vector<std::string>& arguments);
// `before_clone`, `after_clone`: the commands of bgdb.yml, output into the log. status 1: one failed, and which.
Result<StageEnd> run_hooks(ReleaseContext& context, const std::string& hook, const std::string& stage);
// Both links stream when this returns. `bgdb sync` is started when it is not there, and outlives us.
Result<StageEnd> start_links(ReleaseContext& context);
// The window after the switch (watch.cc).
Result<StageEnd> watch_release(ReleaseContext& context);

// Gradual traffic of strategy shared (shift.cc).
Result<StageEnd> shift_stage(ReleaseContext& context);

}  // namespace bgdb::app
