// A consistent copy of blue on green, at the very point where the forward link will begin. Every step that is done
// stands as a fact in green's bgdb.fact, so that a run that was killed, or lost a server, is continued by the next one
// without copying a finished table again; or is undone. One clone at a time (operator's lock on both databases). Uses
// threads of its own; call from one thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ident.h"
#include "core/lsn.h"
#include "core/progress.h"
#include "core/result.h"
#include "pg/session.h"
#include "translate/mapping.h"

namespace bgdb::clone {

// Tables that were copied at several points of blue's log: what must be applied to bring them to one.
struct CatchUp {
  std::string slot;                             // begins before all of them; also the origin, whose progress it moves
  std::string publication;                      // rows of partitions as the leaves'
  std::map<QualifiedName, Lsn> copied_at;       // leaves and plain tables
  std::optional<translate::Mapping> mapping{};  // of those; empty: both sides are alike
};

struct CloneOptions {
  std::string blue_dsn;
  std::string green_dsn;
  std::string slot;                                            // also the name of publication and origin
  std::function<bool(const QualifiedName& table)> takes_part;  // is this table replicated? (roots of partition trees)
  std::string slot_back{};                                     // of the way back, on green; empty: there will be none
  std::vector<std::string> accepted_triggers{};                // of green, though they act on replicated rows
  int workers = 2;                                             // tables copied side by side
  int64_t bytes_per_second = 0;                                // 0: as fast as it goes
  int64_t split_bytes = 0;                                     // larger tables in parts, side by side; 0: by workers
  bool without_large_objects = false;                          // they are left behind; else refused
  std::string pg_dump{};                                       // its path; empty = found
  std::chrono::milliseconds reconnect_for{120'000};            // a server that is away is waited for so long
  // Green already has the schema that the clone shall have, and no rows: what blue's become there. Empty: blue's schema
  // is copied. The sessions are of blue and green.
  std::function<Result<translate::Mapping>(pg::Session&, pg::Session&)> translation{};
  // Applies what the slot holds, so that green holds exactly blue at some point behind all of `copied_at`, and leaves
  // the origin there. May be repeated. Needed where a clone is continued.
  std::function<Result<void>(const CatchUp&, core::Progress&)> catch_up{};
};

struct TableCopied {
  QualifiedName name;
  int64_t rows = 0;
  int64_t bytes = 0;
};

struct CloneReport {
  bool already_done = false;            // an earlier run finished; nothing was changed
  bool continued = false;               // an earlier run had got further than the schema
  std::vector<TableCopied> tables;      // by this run; by bytes, largest first
  int64_t tables_before = 0;            // copied by earlier runs
  std::vector<QualifiedName> left_out;  // schema only: not replicated, no data
  std::vector<std::string> broken;      // foreign keys that blue's own rows do not keep: left NOT VALID on green
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t sequences = 0;
  int64_t guarded = 0;  // tables of green that refuse clients' writes
  std::string slot;
  Lsn consistent_point;
  std::chrono::milliseconds took{0};
};

// Failure: refused (preflight; every problem with its cure), connection, sql, interrupted ... Before the schema was
// complete the failed run takes back what it did: green is as empty as before and blue holds no slot. Later it leaves
// what is done; the message names the command that goes on and the one that takes it back.
Result<CloneReport> run_clone(const CloneOptions& options, core::Progress& progress);

struct AbortReport {
  bool nothing_to_do = false;
  std::vector<std::string> done;  // sentences
};
// Takes back an unfinished clone: slot and publications on blue, copied objects on green. Refused after the clone is
// complete unless `also_complete` (and green still is the standby).
Result<AbortReport> abort_clone(const CloneOptions& options, bool also_complete);

}  // namespace bgdb::clone
