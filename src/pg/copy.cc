// COPY in both directions.
#include <libpq-fe.h>

#include "core/interrupt.h"
#include "pg/errors.h"
#include "pg/results.h"
#include "pg/session.h"

namespace bgdb::pg {
namespace {

Result<int64_t> copied(const ResultPtr& result, const Session& session) {
  if (result && PQresultStatus(result.get()) == PGRES_COMMAND_OK) return rows_of(result.get()).affected;
  return error_from_result(result.get(), session.raw(), session.host_display());
}

}  // namespace

Result<int64_t> Session::copy_out(std::string_view sql, const std::function<Result<void>(std::string_view)>& sink) {
  const ResultPtr start(PQexec(connection_, std::string(sql).c_str()));
  if (!start || PQresultStatus(start.get()) != PGRES_COPY_OUT) {
    return error_from_result(start.get(), connection_, host_display());
  }
  std::optional<Error> sink_error;
  while (true) {
    char* buffer = nullptr;
    const int length = PQgetCopyData(connection_, &buffer, 0);
    if (length <= 0) break;
    const std::unique_ptr<char, void (*)(void*)> owned(buffer, PQfreemem);
    if (sink_error) continue;  // drain after cancel
    auto result = core::interrupted() ? Result<void>(fail(ErrorCode::interrupted, "interrupted"))
                                      : sink({buffer, static_cast<size_t>(length)});
    if (!result) {
      sink_error = std::move(result).error();
      (void)cancel();
    }
  }
  Result<int64_t> outcome = 0;
  while (const ResultPtr result{PQgetResult(connection_)}) {
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) {
      outcome = rows_of(result.get()).affected;
    } else {
      outcome = error_from_result(result.get(), connection_, host_display());
    }
  }
  if (sink_error) return *std::move(sink_error);
  return outcome;
}

Result<void> Session::copy_in_begin(std::string_view sql) {
  const ResultPtr start(PQexec(connection_, std::string(sql).c_str()));
  if (!start || PQresultStatus(start.get()) != PGRES_COPY_IN) {
    return error_from_result(start.get(), connection_, host_display());
  }
  return {};
}

Result<void> Session::copy_in_put(std::string_view data) {
  while (!data.empty()) {
    const size_t piece = std::min<size_t>(data.size(), 1 << 20);
    if (PQputCopyData(connection_, data.data(), static_cast<int>(piece)) != 1) {
      return error_from_connection(connection_, host_display());
    }
    data.remove_prefix(piece);
  }
  return {};
}

Result<int64_t> Session::copy_in_end() {
  BGDB_CHECK(copy_in_send_end());
  return copied(wait_result(connection_), *this);  // may take long (a lock, a check): Ctrl-C cancels it
}

Result<void> Session::copy_in_send_end() {
  if (PQputCopyEnd(connection_, nullptr) != 1) return error_from_connection(connection_, host_display());
  return {};
}

Result<int64_t> Session::copy_in_result() {
  return copied(wait_result(connection_, false), *this);
}

Result<void> Session::copy_in_abort(std::string_view reason) {
  if (PQputCopyEnd(connection_, std::string(reason).c_str()) != 1) {
    return error_from_connection(connection_, host_display());
  }
  while (const ResultPtr result{PQgetResult(connection_)}) {
  }
  return {};
}

}  // namespace bgdb::pg
