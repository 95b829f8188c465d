// libpq's results as our values. Private to pg/.
#pragma once

#include <libpq-fe.h>

#include <memory>

#include "pg/errors.h"
#include "pg/session.h"

namespace bgdb::pg {

using ResultPtr = std::unique_ptr<PGresult, ResultDeleter>;

Rows rows_of(const PGresult* result);
// Waits for the answer of what was sent and returns the last result. Ctrl-C while waiting cancels the statement on the
// server, if it may; a statement begun after Ctrl-C (cleaning up) runs undisturbed.
ResultPtr wait_result(PGconn* connection, bool may_cancel = true);

}  // namespace bgdb::pg
