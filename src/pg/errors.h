// The one place that knows SQLSTATEs: libpq's answers -> core::Error. Private to pg/.
#pragma once

#include <libpq-fe.h>

#include <string>
#include <string_view>

#include "core/error.h"

namespace bgdb::pg {

// From a failed result. `host` names the server for a person.
core::Error error_from_result(const PGresult* result, const PGconn* connection, std::string_view host);
// From a connection that failed or was lost.
core::Error error_from_connection(const PGconn* connection, std::string_view host);
core::ErrorCode code_of_sqlstate(std::string_view sqlstate);
core::Retry retry_of_sqlstate(std::string_view sqlstate);

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};

}  // namespace bgdb::pg
