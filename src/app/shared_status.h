// What `bgdb status` shows where two versions share a database: how far each migration file is, backfills under way,
// and whether contract may run.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "app/status.h"
#include "gate/gate.h"
#include "migrate/backfill.h"

namespace bgdb::app {

struct FileStatus {
  std::string file;
  std::string phase;  // expand | backfill | contract | all
  bool applied = false;
  bool baseline = false;  // there before bgdb was
  std::string by;
  std::string at;
  int64_t duration_ms = 0;
};

struct SharedStatus {
  std::vector<FileStatus> files;  // in order
  std::string files_error;        // why the next run would refuse: a changed file, another folder
  migrate::BackfillStatus backfills;
  bool contract_waits = false;        // a contract file has not run
  std::vector<gate::Decision> gates;  // of contract
  std::vector<Event> events;
  std::string advice;  // the next step
};
// REQUIRES: config.shared(). Failure: the database cannot be read.
Result<SharedStatus> read_shared_status(const Config& config);

}  // namespace bgdb::app
