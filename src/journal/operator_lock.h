// One operator at a time: the advisory lock that every command that changes something holds while it works.
#pragma once

#include <chrono>

#include "core/result.h"
#include "pg/session.h"

namespace bgdb::journal {

// Takes the operator's lock for the life of the session. Waits a moment: the server notices the end of the previous
// command a little later than the person who typed the next one. false: somebody else is at work.
Result<bool> take_operator_lock(pg::Session& session,
                                std::chrono::milliseconds wait = std::chrono::milliseconds(2'000));

}  // namespace bgdb::journal
