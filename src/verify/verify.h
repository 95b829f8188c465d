// Row-level comparison of two databases through a mapping, while both live. Chunks of the key are hashed on both sides;
// rows of chunks that differ are looked at one by one, again and again behind what replication brings meanwhile, and
// only what still differs while its source row stood still is a difference. See docs/design/verify.md.
//
// Reads only, in statements of a bounded number of rows; its place is kept in bgdb.fact on the target.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/progress.h"
#include "core/result.h"
#include "pg/session.h"
#include "translate/mapping.h"

namespace bgdb::verify {

struct Options {
  std::string name;  // forward | reverse: the direction, and the key of the facts
  std::string source_dsn;
  std::string target_dsn;
  std::vector<translate::TableMapping> tables;
  int jobs = 2;                   // chunks at a time; each is read on both sides at once
  int64_t chunk_rows = 50'000;    // rows of a chunk
  double sample = 1;              // share of the chunks that are compared, (0, 1]
  int64_t rows_per_second = 0;    // at most; 0 = as fast as it goes
  int64_t differences_max = 100;  // per table: that many are told with their key, then the table is left
  bool resume = false;            // continue the run that was interrupted
  // Everything that the source had committed at the call is on the target when it returns. Empty: nothing moves.
  std::function<Result<void>()> settle;
  // True: replication is behind, rest a while. Asked between chunks. Empty: never.
  std::function<bool()> overloaded;
};

enum class DifferenceKind { missing, extra, different };  // on the target
std::string_view to_string(DifferenceKind kind);

struct ColumnDifference {
  std::string column;  // of the target
  pg::Value source;    // as the target would store it, as text
  pg::Value target;
};

struct Difference {
  DifferenceKind kind = DifferenceKind::different;
  std::vector<std::string> key;  // of the target's key columns; empty: the table has no key
  std::vector<ColumnDifference> columns;
};

enum class TableState {
  equal,
  different,
  unsettled,  // rows that changed at every look: neither equal nor different
};
std::string_view to_string(TableState state);

struct TableReport {
  QualifiedName source;
  QualifiedName target;
  TableState state = TableState::equal;
  std::string method;  // "ranges" | "buckets" | "whole"
  std::vector<std::string> key_columns;
  int64_t rows = 0;  // of the source, compared
  int64_t chunks = 0;
  int64_t chunks_left_out = 0;  // by sampling
  std::vector<Difference> differences;
  bool more = false;  // differences_max was reached
  int64_t unsettled = 0;
};

struct Report {
  std::vector<TableReport> tables;
  int64_t rows = 0;
  int64_t chunks = 0;
  bool continued = false;
  std::chrono::milliseconds took{0};
  TableState state() const;  // the worst
};

// Failure: connection, sql, interrupted (what was compared is kept: resume), unsupported (a column that the source
// server cannot compute).
Result<Report> run(const Options& options, core::Progress& progress);

}  // namespace bgdb::verify
