// A statement with a deadline of the client's own, for servers that may not answer at all (a pooler's PAUSE, a cut
// network): statement_timeout is of no use there.
#pragma once

#include <chrono>
#include <string_view>

#include "core/result.h"
#include "pg/session.h"

namespace bgdb::pg {

// As Session::script(). timeout error when no answer came in time: the session then still waits for it and can only be
// closed.
Result<Rows> script_within(Session& session, std::string_view sql, std::chrono::milliseconds timeout);

}  // namespace bgdb::pg
