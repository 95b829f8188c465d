// Suspect rows: which of them really differ, and where. A row that replication has not brought yet, or that changes all
// the time, is no difference.
#pragma once

#include <functional>
#include <vector>

#include "verify/sides.h"
#include "verify/verify.h"

namespace bgdb::verify {

struct Confirmed {
  std::vector<Difference> differences;
  int64_t unsettled = 0;
};

// REQUIRES: the table has a key. `settle` as in Options.
Result<Confirmed> confirm(Sides& sides, const translate::TableComparison& table, std::vector<Key> suspects,
                          const std::function<Result<void>()>& settle);

}  // namespace bgdb::verify
