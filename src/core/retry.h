// The one retry place: bounded attempts, exponential backoff with jitter, inside a total budget.
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "core/clock.h"
#include "core/interrupt.h"
#include "core/result.h"

namespace bgdb::core {

struct RetryPolicy {
  int attempts_max = 5;
  std::chrono::milliseconds backoff_first{50};
  std::chrono::milliseconds backoff_max{2000};
  std::chrono::milliseconds budget{30'000};  // no new attempt begins after this
};

// Backoff before attempt number `attempt` (2, 3, ...): doubled each time, 75-100 % of it by jitter.
std::chrono::milliseconds backoff_before(const RetryPolicy& policy, int attempt);

// Runs `body` until it succeeds, its error is not `retryable`, or attempts or budget are used up (last error returned).
// `on_retry(error, attempt)` is called before each pause.
template <class Body, class Retryable, class OnRetry>
auto with_retry(const RetryPolicy& policy, Clock& clock, Body&& body, Retryable&& retryable, OnRetry&& on_retry)
    -> decltype(body()) {
  const auto deadline = clock.now() + policy.budget;
  for (int attempt = 1;; ++attempt) {
    auto result = body();
    if (result || !retryable(result.error()) || attempt >= policy.attempts_max) return result;
    const auto pause = backoff_before(policy, attempt + 1);
    if (clock.now() + pause >= deadline || interrupted()) return result;
    on_retry(result.error(), attempt);
    clock.sleep_for(pause);
  }
}

}  // namespace bgdb::core
