// A copy that nothing follows: schema and rows of a database as of one instant, into an empty one. The source is only
// read: no slot, no publication, no state of bgdb. For rehearsals. Call from one thread; starts `workers` of its own.
#pragma once

#include <string>
#include <vector>

#include "clone/clone.h"
#include "core/progress.h"
#include "core/result.h"

namespace bgdb::clone {

struct PlainCopyOptions {
  std::string source_dsn;
  std::string target_dsn;  // empty database
  int workers = 2;
  std::string pg_dump{};  // its path; empty = found
};

struct PlainCopyReport {
  std::vector<TableCopied> tables;  // by bytes, largest first
  int64_t rows = 0;
  int64_t bytes = 0;
  std::chrono::milliseconds took{0};
};

// What the target holds after a failure is the caller's to remove.
Result<PlainCopyReport> copy_plainly(const PlainCopyOptions& options, core::Progress& progress);

}  // namespace bgdb::clone
