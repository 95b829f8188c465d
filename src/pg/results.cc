#include "pg/results.h"

#include <poll.h>

#include <charconv>
#include <cstring>

#include "core/interrupt.h"

namespace bgdb::pg {

Rows rows_of(const PGresult* result) {
  Rows rows;
  const int columns = PQnfields(result);
  const int count = PQntuples(result);
  for (int c = 0; c < columns; ++c) rows.columns.emplace_back(PQfname(result, c));
  rows.values.reserve(static_cast<size_t>(count));
  for (int r = 0; r < count; ++r) {
    auto& row = rows.values.emplace_back();
    row.reserve(static_cast<size_t>(columns));
    for (int c = 0; c < columns; ++c) {
      if (PQgetisnull(result, r, c)) {
        row.emplace_back();
      } else {
        row.emplace_back(std::in_place, PQgetvalue(result, r, c), static_cast<size_t>(PQgetlength(result, r, c)));
      }
    }
  }
  auto* mutable_result = const_cast<PGresult*>(result);
  rows.command = PQcmdStatus(mutable_result);
  const char* affected = PQcmdTuples(mutable_result);
  std::from_chars(affected, affected + std::strlen(affected), rows.affected);
  return rows;
}

ResultPtr wait_result(PGconn* connection, bool may_cancel) {
  may_cancel = may_cancel && !core::interrupted();
  ResultPtr last;
  while (true) {
    while (PQisBusy(connection)) {
      pollfd descriptor{PQsocket(connection), POLLIN, 0};
      ::poll(&descriptor, 1, 200);
      if (may_cancel && core::interrupted()) {
        may_cancel = false;
        PGcancel* handle = PQgetCancel(connection);
        char text[256];
        if (handle != nullptr) PQcancel(handle, text, sizeof text);
        PQfreeCancel(handle);
      }
      if (descriptor.revents != 0 && PQconsumeInput(connection) != 1) break;
    }
    ResultPtr next(PQgetResult(connection));
    if (!next) return last;
    const auto status = PQresultStatus(next.get());
    // A script stops at its first error; that result is the one to keep.
    if (!last || PQresultStatus(last.get()) != PGRES_FATAL_ERROR) last = std::move(next);
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) return last;
    if (PQstatus(connection) != CONNECTION_OK) return last;
  }
}

}  // namespace bgdb::pg
