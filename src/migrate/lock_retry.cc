#include "migrate/lock_retry.h"

#include <fmt/format.h>

namespace bgdb::migrate {

Result<void> with_lock_retries(const core::RetryPolicy& policy, const Watcher& watcher, core::Progress& progress,
                               const std::string& what, int& retries, const std::function<Result<void>()>& body) {
  auto result = core::with_retry(
      policy, core::system_clock(), body, [](const Error& error) { return error.retry == Retry::same_session; },
      [&](const Error& error, int attempt) {
        ++retries;
        const auto blocker = watcher.last_blocker();
        progress.note(fmt::format("{}: attempt {} of {}: {}{}{}", what, attempt, policy.attempts_max,
                                  error.code == ErrorCode::lock_timeout ? "lock not granted" : error.message,
                                  blocker.empty() ? "" : "; held by ", blocker));
      });
  if (result || result.error().code != ErrorCode::lock_timeout) return result;
  Error error = result.error();
  const auto blocker = watcher.last_blocker();
  if (!blocker.empty()) error.message += "; held by " + blocker;
  if (error.hint.empty()) error.hint = "end that transaction, or run again with a longer --lock-timeout";
  return fail(std::move(error));
}

}  // namespace bgdb::migrate
