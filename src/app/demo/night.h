// The script of the demo: a whole release night on two throwaway servers, with the real commands, and the check of
// every invariant at the end. Blocks until it is over; Ctrl-C ends it early and leaves nothing behind.
#pragma once

#include "app/demo/figures.h"
#include "app/demo/view.h"
#include "core/result.h"

namespace bgdb::app::demo {

struct NightOptions {
  bool quick = false;  // little data and short waits, for tests
  bool keep = false;   // leave the folder (servers are stopped all the same)
};

// Success also when an invariant did not hold: see figures.all_held(). An error: the night could not be played.
Result<Figures> play_night(const NightOptions& options, View& view);

}  // namespace bgdb::app::demo
