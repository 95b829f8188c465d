// Copies tables side by side, all in one exported snapshot of blue, each into a table of green that is truncated in the
// same transaction (so rows arrive frozen). Text COPY: arrays and composites of user types carry other oids on green,
// which the binary form would bring along. Threads: starts `workers` of its own, returns when all have ended.
#pragma once

#include <string>
#include <vector>

#include "clone/clone.h"
#include "clone/plan.h"
#include "core/progress.h"
#include "core/result.h"

namespace bgdb::clone {

struct CopyOptions {
  std::string blue_dsn;
  std::string green_dsn;
  std::string snapshot;
  std::string encoding;  // of both databases: no conversion happens
  int workers = 2;
};

// The first error ends all workers.
Result<std::vector<TableCopied>> copy_tables(const CopyOptions& options, const std::vector<TablePlan>& tables,
                                             core::Progress& progress);

}  // namespace bgdb::clone
