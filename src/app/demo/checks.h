// The invariants of docs/design/quality.md, checked from the two databases against what the clients know. Independent
// of the engine: SQL of its own, no mapping, no state of bgdb but the commit instants of `bgdb.side`.
#pragma once

#include <string>
#include <vector>

#include "app/demo/ledger.h"
#include "app/demo/view.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::app::demo {

// A time during which a side was guarded, by the clock of its own server.
struct GuardedTime {
  std::string side;
  std::string from;
  std::string to;  // empty: until now
};

// Every acknowledged write once on this side, nothing twice, nothing that no client wrote.
Result<std::vector<Check>> check_writes(pg::Session& active, const Ledger& ledger);
// REQUIRES: no client writes, both links drained.
Result<std::vector<Check>> check_equal(pg::Session& blue, pg::Session& green);
Result<Check> check_balance(pg::Session& session, const std::string& side, int64_t expected_cents);
// Orders whose total is not the sum of their items, items without an order: halves of transactions.
Result<Check> check_whole_orders(pg::Session& session, const std::string& side);
Result<Check> check_single_writer(pg::Session& blue, pg::Session& green, const std::vector<GuardedTime>& times);

}  // namespace bgdb::app::demo
