#include "core/retry.h"

#include <algorithm>
#include <random>

namespace bgdb::core {

std::chrono::milliseconds backoff_before(const RetryPolicy& policy, int attempt) {
  const int doublings = std::clamp(attempt - 2, 0, 20);
  const auto full = std::min<int64_t>(policy.backoff_first.count() << doublings, policy.backoff_max.count());
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::chrono::milliseconds(full - std::uniform_int_distribution<int64_t>(0, full / 4)(random));
}

}  // namespace bgdb::core
