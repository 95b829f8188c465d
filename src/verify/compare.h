// One chunk: digests on both sides; where they differ, the hashes of its rows; where those differ, the rows themselves.
#pragma once

#include "verify/plan.h"
#include "verify/sides.h"

namespace bgdb::verify {

// `room`: how many differences are still wanted.
Result<Plan::Outcome> compare(Sides& sides, const translate::TableComparison& table, const Chunk& chunk, int64_t room,
                              const Options& options);

}  // namespace bgdb::verify
