// One operator at a time: an advisory lock in both databases, blue first, held by a session as long as it lives.
#pragma once

#include <string>

#include "core/result.h"
#include "pg/session.h"

namespace bgdb::app {

// "bgdb cutover 0@host pid 42": what the next operator reads when the lock is held.
std::string operator_application_name(const std::string& command);
// refused: names who holds it and since when. Waits two seconds for the server to notice a run that was just killed.
// `take_over`: "PID@HOST" of the run that hangs, as that message named it: its session is ended and the lock taken;
// refused when another holds it.
Result<void> take_operator_lock(pg::Session& session, const std::string& side, const std::string& take_over = {});

}  // namespace bgdb::app
