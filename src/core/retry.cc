#include "core/retry.h"

#include <algorithm>
#include <random>

#include "core/retry_jitter.h"

namespace bgdb::core {
namespace {

std::minstd_rand& jitter() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return random;
}

}  // namespace

void seed_backoff_jitter(uint64_t seed) {
  jitter().seed(static_cast<uint32_t>(seed % 0x7fffffff));
}

std::chrono::milliseconds backoff_before(const RetryPolicy& policy, int attempt) {
  const int doublings = std::clamp(attempt - 2, 0, 20);
  const auto full = std::min<int64_t>(policy.backoff_first.count() << doublings, policy.backoff_max.count());
  return std::chrono::milliseconds(full - std::uniform_int_distribution<int64_t>(0, full / 4)(jitter()));
}

}  // namespace bgdb::core
