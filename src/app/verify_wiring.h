// `bgdb verify` for a configuration: which side is compared with which, and when replication has caught up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/config.h"
#include "core/progress.h"
#include "core/result.h"
#include "verify/constraints.h"
#include "verify/verify.h"

namespace bgdb::app {

struct VerifyRequest {
  std::vector<std::string> tables;  // of the active side; empty: all that take part
  double sample = 1;
  int64_t rows_per_second = 0;
  int jobs = 2;
  int64_t differences_max = 100;
  bool resume = false;
  bool at_rest = false;  // no link runs and nobody writes
};

struct VerifyOutcome {
  std::string from;  // blue | green: the side that serves
  std::string to;
  verify::Report report;
  std::vector<verify::Constraint> constraints;  // of the compared tables, on `to`
  bool constraints_hold() const;
};

// Leaves the result in bgdb.fact of the standby, where the gate "verify" reads it. Failure: refused (no link runs, so
// rows on their way could not be told from lost ones; another verify runs), not_found (a table), and verify::run()'s.
Result<VerifyOutcome> run_verify(const Config& config, const VerifyRequest& request, core::Progress& progress);

}  // namespace bgdb::app
