// The catastrophe copy before a switch, for a configuration: of the side that serves, checked on the other side's
// server, told to the gates and the journal.
#pragma once

#include <chrono>
#include <optional>

#include "app/config.h"
#include "clone/archive.h"

namespace bgdb::app {

struct SnapshotRequest {
  std::string folder;  // empty: snapshots beside bgdb.yml
  int jobs = 2;
  bool check = true;
  std::chrono::seconds keep = std::chrono::hours(7 * 24);  // older copies are removed once the new one is good
  std::vector<std::string> command;                        // instead of pg_dump: pgbackrest and the like
};

struct SnapshotOutcome {
  std::string side;  // blue | green
  std::optional<clone::Archive> archive;
  std::vector<std::string> removed;
};
Result<SnapshotOutcome> take_snapshot(const Config& config, const SnapshotRequest& request, core::Progress& progress);

std::string snapshot_folder(const Config& config, const std::string& wanted);

struct RestorePlan {
  clone::Archive archive;
  std::string side;
  clone::Loss loss;
  std::vector<std::string> unfinished;  // databases that restores which died have left behind
};
// Failure: refused, while the other side serves (two would), unless `although_other_serves`.
Result<RestorePlan> plan_restore(const Config& config, const std::string& path, const std::string& side,
                                 bool although_other_serves);
Result<clone::Restored> restore(const Config& config, const RestorePlan& plan, int jobs, core::Progress& progress);

}  // namespace bgdb::app
