// Proves what lint says: runs migrations on a server that may be damaged, behind the schema that the earlier files
// leave, and compares. Nothing stays behind: the scratch server goes with its folder, also on Ctrl-C and kill -9
// (scratch/server.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lint/finding.h"
#include "migration/migration.h"
#include "prove/old_queries.h"
#include "prove/runner.h"

namespace bgdb::prove {

struct Options {
  std::string path;  // a migration, or a folder: every file of it, one behind the other
  std::optional<migration::Framework> framework;
  std::string on;           // DSN of a database marked as throwaway; empty: a scratch server
  std::string bin_dir;      // of the scratch server's PostgreSQL; empty: the newest installed
  std::string old_queries;  // "", "auto", "pg_stat_statements" (of `on`), or a file
};

struct FileProof {
  lint::FileReport report;
  std::vector<StatementProof> statements;
  // Broken old queries behind the last statement; those that could not be tried, with the reason.
  std::vector<BrokenQuery> broken;
  std::vector<std::string> not_tried;
  size_t tried = 0;
  size_t planned_only = 0;
  std::vector<std::string> notes;  // tables without rows, effects taken from an empty copy
  // lint called the file harmless for the old version, and queries broke.
  bool verdict_refuted() const;
  size_t differences() const;
  bool failed() const;  // a statement was refused
};

using Sink = std::function<void(const FileProof&)>;

// Failure: no such file (not_found), a database that is not marked (refused), earlier files that do not run (input).
Result<int> prove(const Options& options, const Sink& sink);  // the server's major version

// The comment that marks a database as one that may be damaged: COMMENT ON DATABASE x IS 'bgdb throwaway'.
inline constexpr const char* kThrowaway = "bgdb throwaway";

}  // namespace bgdb::prove
