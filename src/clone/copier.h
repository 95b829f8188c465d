// Copies tables side by side, all in one exported snapshot of blue. Binary COPY where its form is the same on both
// servers, else text. Large tables are truncated in the same transaction, so that their rows arrive frozen. Threads:
// starts `workers` of its own, returns when all have ended.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "clone/clone.h"
#include "clone/plan.h"
#include "core/progress.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::clone {

struct CopyOptions {
  std::string blue_dsn;
  std::string green_dsn;
  std::string snapshot;
  std::string encoding;  // of both databases: no conversion happens
  int workers = 2;
  int64_t bytes_per_second = 0;  // 0: as fast as it goes
  int64_t split_bytes = 0;       // larger tables are copied in parts; 0: none is
  bool over = false;             // the tables may hold rows of an earlier attempt
  // By blue's leaves and plain tables; nullptr: green's tables are as blue's, empty, and without indexes.
  const translate::Mapping* mapping = nullptr;
  // Called in the very transaction that makes these tables complete. Empty: nobody keeps it.
  std::function<Result<void>(pg::Session& green, const std::vector<TableCopied>& tables)> complete{};
};

struct Copied {
  std::vector<TableCopied> tables;
  std::vector<std::string> put_off;  // why others were not copied: locked, or truncated since the snapshot
};

// The first error ends all workers; what is complete stays.
Result<Copied> copy_tables(const CopyOptions& options, const std::vector<TablePlan>& tables, core::Progress& progress);

}  // namespace bgdb::clone
