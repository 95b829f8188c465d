// The application's own queries, asked one after the other in read-only transactions: how long each took, how many
// failed. For the gate `performance` and for what is watched after a switch.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "gate/standard.h"
#include "pg/session.h"

namespace bgdb::gate {

struct ProbeFigures {
  std::vector<double> ms;
  int64_t errors = 0;
  std::string error;  // the first

  double at(double part) const;  // 0.95: what 95 % of the answers did not exceed
  double error_rate() const;     // 1 when nothing was asked
};

// No query may run longer than `limit`.
Result<pg::Session> open_probe(const Place& place, std::chrono::milliseconds limit);
// One query, into `figures`.
void ask_timed(pg::Session& session, const std::string& query, ProbeFigures& figures);
// All queries by turns, each at least once, until `duration` is over. A server that does not answer is an error rate of
// 1, not a failure.
ProbeFigures probe(const Place& place, const std::vector<std::string>& queries, std::chrono::milliseconds duration);

}  // namespace bgdb::gate
