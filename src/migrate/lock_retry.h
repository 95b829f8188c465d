// Tries again what a lock, a deadlock or a serialization failure undid, and says who was in the way. Internal to
// migrate/.
#pragma once

#include <functional>
#include <string>

#include "core/progress.h"
#include "core/result.h"
#include "core/retry.h"
#include "migrate/watcher.h"

namespace bgdb::migrate {

// `what` begins each note ("V2__b.sql"). `retries` counts the attempts that were lost. Failure: the last one's error; a
// lock_timeout names who held the lock.
Result<void> with_lock_retries(const core::RetryPolicy& policy, const Watcher& watcher, core::Progress& progress,
                               const std::string& what, int& retries, const std::function<Result<void>()>& body);

}  // namespace bgdb::migrate
