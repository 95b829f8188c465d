// Jobs dealt to workers, each a thread with a context of its own (its sessions). The first error ends them all.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/interrupt.h"
#include "core/result.h"

namespace bgdb::core {

// `open` is called by each worker once, `work` for each job, both from the worker's thread. `stop`: set at the first
// error, so that jobs that run can end early.
template <class Context, class Open, class Work>
Result<void> side_by_side(int workers, size_t jobs, std::atomic<bool>& stop, Open&& open, Work&& work) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::optional<Error> error;
  const auto run = [&]() -> Result<void> {
    Context context = BGDB_TRY(open());
    while (!stop) {
      const size_t job = next.fetch_add(1);
      if (job >= jobs) break;
      if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
      BGDB_CHECK(work(context, job));
    }
    return {};
  };
  std::vector<std::thread> threads;
  const auto count = std::min<size_t>(static_cast<size_t>(std::max(workers, 1)), jobs);
  for (size_t i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      auto ended = run();
      if (ended) return;
      const std::lock_guard lock(mutex);
      if (!error) error = std::move(ended).error();
      stop = true;
    });
  }
  for (auto& thread : threads) thread.join();
  if (error) return fail(*std::move(error));
  return {};
}

}  // namespace bgdb::core
