// For simulations: the jitter of this thread's backoff from a seed, so that a history plays the same way again.
#pragma once

#include <cstdint>

namespace bgdb::core {

void seed_backoff_jitter(uint64_t seed);

}  // namespace bgdb::core
