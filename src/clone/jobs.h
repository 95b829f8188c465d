// How the tables of a copy are dealt out: a large one alone, a very large one in parts, small ones many to a
// transaction.
#pragma once

#include <cstdint>
#include <vector>

#include "clone/plan.h"

namespace bgdb::clone {

struct CopyJob {
  std::vector<const TablePlan*> tables;  // more than one: small ones
  bool freeze = false;                   // one table, truncated in the same transaction: its rows arrive frozen
  // A part of one table: heap pages from..to.
  int parts = 1;
  int64_t first_page = 0;
  int64_t end_page = -1;  // -1: to the end
};

// `tables` by size, largest first; they must outlive the jobs. `split_bytes`: larger tables come in parts (0: never).
// `freeze`: may the tables be truncated?
std::vector<CopyJob> deal(const std::vector<TablePlan>& tables, int workers, int64_t split_bytes, bool freeze = true);

}  // namespace bgdb::clone
