// What the clients of the demo know about their own writes: the witness against which the databases are checked. A
// write is acknowledged when its COMMIT was answered; when the answer was lost it is unknown and may be there or not,
// but once.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace bgdb::app::demo {

using Instant = std::chrono::steady_clock::time_point;

// One business operation as its client lived it.
struct Sample {
  Instant wanted;  // when the client first tried: the stall it saw counts from here
  Instant begun;   // BEGIN of the attempt that succeeded
  Instant acked;
  int version = 0;  // of the application code that ran: 1 on blue, 2 on green
};

struct Ledger {
  std::vector<Sample> samples;
  std::map<std::string, std::set<std::string>> acknowledged;  // table -> refs
  std::map<std::string, std::set<std::string>> unknown;
  // Customer -> its e-mail addresses that may stand there now: the last acknowledged one, then unknown ones.
  std::map<int64_t, std::vector<std::string>> emails;
  std::map<std::string, int64_t> failed;  // SQLSTATE and first words -> statements
  int64_t reconnects = 0;

  int64_t acknowledged_count() const;
  int64_t unknown_count() const;
  int64_t failed_count() const;
  void merge(const Ledger& other);
};

// The stall of a switch as clients saw it: latencies of operations that were wanted or answered between two instants.
struct Stall {
  int64_t operations = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double max_ms = 0;
};
Stall stall_between(const Ledger& ledger, Instant from, Instant to);

// Operations on the old side that began after an operation on the new side had been acknowledged: must be 0.
// Versions `from` and `to` of the switch; only samples that lie between `earliest` and `latest` count.
int64_t late_operations(const Ledger& ledger, int from, int to, Instant earliest, Instant latest);

}  // namespace bgdb::app::demo
