// The side that finalize retired becomes the next release's standby: an empty database takes its place (the old one is
// kept under another name), and the side that serves is cloned into it, so that it has the new schema. The next
// release's bgdb.yml is this one with blue and green exchanged.
#pragma once

#include <string>

#include "app/config.h"
#include "clone/clone.h"

namespace bgdb::app {

struct Recycled {
  std::string serving;  // blue | green, as this bgdb.yml calls them
  std::string side;     // the new standby
  std::string kept_as;  // the database that was retired
  clone::CloneReport clone;
};

// A run of recycle() was interrupted: the retired side is gone or not whole yet.
Result<bool> recycling(const Config& config);
// After finalize. Run it again after a crash. Failure: refused (no side is retired), and clone's.
Result<Recycled> recycle(const Config& config, core::Progress& progress);

}  // namespace bgdb::app
