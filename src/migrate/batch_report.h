// How hard a backfill works, and what it did. Part of migrate/'s public headers.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace bgdb::migrate {

using std::chrono::milliseconds;

struct Pace {
  milliseconds batch_time{100};      // about as long may a writer wait for a row of a batch
  int64_t rows_per_second_max = 0;   // rows looked at; 0: no limit
  int64_t lag_bytes_max = 64 << 20;  // of standbys and slots in use
  int active_max = 0;                // other clients' sessions at work; 0: half of max_connections
  milliseconds wait_max{600'000};    // for lag and load to fall; then it stops, to be continued by another run
};

struct BatchReport {
  std::string table;
  int64_t rows = 0;  // updated, earlier runs included
  int64_t batches = 0;
  int passes = 0;
  int retries = 0;
  bool continued = false;
  bool more_came = false;  // one pass only (reach once): rows were written behind it
  milliseconds took{0};
  milliseconds rested{0};
};

}  // namespace bgdb::migrate
