#include "pg/deadline.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <memory>

#include "pg/errors.h"

namespace bgdb::pg {
namespace {

using ResultPtr = std::unique_ptr<PGresult, ResultDeleter>;

// False when the deadline passed and nothing is there. What came while this process stood still counts.
bool wait_readable(PGconn* connection, std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  pollfd descriptor{PQsocket(connection), POLLIN, 0};
  return ::poll(&descriptor, 1, static_cast<int>(std::max<int64_t>(left, 0))) > 0 || left > 0;
}

Rows copy_rows(PGresult* result) {
  Rows rows;
  for (int c = 0; c < PQnfields(result); ++c) rows.columns.emplace_back(PQfname(result, c));
  for (int r = 0; r < PQntuples(result); ++r) {
    auto& row = rows.values.emplace_back();
    for (int c = 0; c < PQnfields(result); ++c) {
      row.push_back(PQgetisnull(result, r, c) != 0 ? Value() : Value(PQgetvalue(result, r, c)));
    }
  }
  rows.command = PQcmdStatus(result);
  return rows;
}

}  // namespace

Result<Rows> script_within(Session& session, std::string_view sql, std::chrono::milliseconds timeout) {
  PGconn* connection = session.raw();
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  if (PQsendQuery(connection, std::string(sql).c_str()) != 1) {
    return error_from_connection(connection, session.host_display());
  }
  ResultPtr last;
  while (true) {
    while (PQisBusy(connection) != 0) {
      if (!wait_readable(connection, deadline)) {
        return fail(ErrorCode::timeout, fmt::format("{}: no answer to \"{}\" within {} ms", session.host_display(),
                                                    sql.substr(0, 60), timeout.count()));
      }
      if (PQconsumeInput(connection) != 1) return error_from_connection(connection, session.host_display());
    }
    ResultPtr next(PQgetResult(connection));
    if (!next) break;
    if (!last || PQresultStatus(last.get()) != PGRES_FATAL_ERROR) last = std::move(next);
    if (PQstatus(connection) != CONNECTION_OK) break;
  }
  const auto status = last ? PQresultStatus(last.get()) : PGRES_FATAL_ERROR;
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
    return error_from_result(last.get(), connection, session.host_display());
  }
  return copy_rows(last.get());
}

}  // namespace bgdb::pg
