// A consistent copy of blue on green, at the very point where the forward link will begin. Every step that is done
// stands as a fact in green's bgdb.fact, so that a run that was killed is continued, or undone, by the next one. One
// clone at a time (operator's lock on both databases). Uses threads of its own; call from one thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/ident.h"
#include "core/lsn.h"
#include "core/progress.h"
#include "core/result.h"

namespace bgdb::clone {

struct CloneOptions {
  std::string blue_dsn;
  std::string green_dsn;
  std::string slot;                                            // also the name of publication and origin
  std::function<bool(const QualifiedName& table)> takes_part;  // is this table replicated? (roots of partition trees)
  int workers = 2;                                             // tables copied side by side
  std::string pg_dump{};                                       // its path; empty = found
};

struct TableCopied {
  QualifiedName name;
  int64_t rows = 0;
  int64_t bytes = 0;
};

struct CloneReport {
  bool already_done = false;            // an earlier run finished; nothing was changed
  bool continued = false;               // an earlier run had copied the data
  std::vector<TableCopied> tables;      // by bytes, largest first; empty when continued or already done
  std::vector<QualifiedName> left_out;  // schema only: not replicated, no data
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t sequences = 0;
  int64_t guarded = 0;  // tables of green that refuse clients' writes
  std::string slot;
  Lsn consistent_point;
  std::chrono::milliseconds took{0};
};

// Failure: refused (preflight; every problem with its cure), connection, sql, interrupted ... When the data was not
// complete the failed run takes back what it did: green is as empty as before and blue holds no slot. A message that
// says otherwise names the command that finishes the clean-up.
Result<CloneReport> run_clone(const CloneOptions& options, core::Progress& progress);

struct AbortReport {
  bool nothing_to_do = false;
  std::vector<std::string> done;  // sentences
};
// Takes back an unfinished clone: slot and publication on blue, copied objects on green. Refused after the clone is
// complete unless `also_complete` (and green still is the standby).
Result<AbortReport> abort_clone(const CloneOptions& options, bool also_complete);

}  // namespace bgdb::clone
