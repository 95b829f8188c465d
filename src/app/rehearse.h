// `bgdb rehearse`: production's data in a throwaway database, the waiting migrations run on it, and what they did:
// locks and for how long, rewrites, scans, durations, sizes. Production is only read. The database is dropped in the
// end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "clone/plain_copy.h"
#include "core/progress.h"
#include "migrate/migrate.h"
#include "prove/runner.h"

namespace bgdb::app {

struct RehearseRequest {
  std::string on{};  // connection to the server that takes the copy; empty: green's
  bool keep = false;
  bool yes = false;  // also on production's own server
  int workers = 2;
  std::string to{};  // the last version to run; empty: all
  migrate::Pace pace;
  std::string old_queries{};  // "auto" (made from the schema), "pg_stat_statements" (of production), or a file
};

struct RehearsedStatement {
  int line = 1;
  std::string text{};         // its first line
  std::string transaction{};  // "shared", "its own", "one a batch"
  milliseconds took{0};
  milliseconds held{0};              // from its end, with the locks it took, to the end of its transaction
  std::vector<std::string> locks{};  // "ACCESS EXCLUSIVE on public.users": new ones that others notice
  std::vector<std::string> rewrites{};
  std::vector<std::string> scans{};
  std::vector<std::string> index_builds{};
  std::vector<std::string> differences{};  // from what lint predicted
  std::string failure{};
};

struct RehearsedFile {
  std::string file;
  std::string phase;
  milliseconds took{0};
  std::vector<RehearsedStatement> statements;
  std::vector<migrate::BatchReport> batches;
  bool failed = false;
};

// A query of the old version that ran before the migrations and fails behind them.
struct BrokenOldQuery {
  std::string sql;
  std::string message;
  std::string file;  // since which it fails
  std::string phase;
  int line = 0;
};

struct TableSize {
  std::string table;
  int64_t before = 0;
  int64_t after = 0;  // 0: gone
};

struct RehearseReport {
  std::string database;
  std::string server;
  bool kept = false;
  clone::PlainCopyReport copy;
  std::vector<RehearsedFile> files;
  std::vector<TableSize> sizes;  // that changed, largest change first
  int64_t bytes_before = 0;
  int64_t bytes_after = 0;
  milliseconds took{0};
  std::vector<std::string> notes;
  size_t queries_tried = 0;
  std::vector<BrokenOldQuery> broken;
  std::vector<std::string> not_tried;  // with the reason
  bool failed() const;
  bool breaks_old_version() const;  // before contract, which comes when nothing of it is left
};

// A migration that fails is a result (RehearsedFile::failed), not an error. Failure: refused, interrupted, the servers.
Result<RehearseReport> rehearse(const Config& config, const RehearseRequest& request, core::Progress& progress);
// Drops what killed runs left and what was kept; the names.
Result<std::vector<std::string>> clean_rehearsals(const Config& config, const RehearseRequest& request);

}  // namespace bgdb::app
