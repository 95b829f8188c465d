// libpq keeps what was not sent yet in one buffer and moves it; with much outstanding that is quadratic, so both what
// is unsent and what is unanswered stay below a bound: past it we ask the server for its results so far and read them.
#include "pg/pipeline.h"

#include <libpq-fe.h>
#include <poll.h>

#include <utility>

#include "pg/errors.h"

namespace bgdb::pg {
namespace {

constexpr size_t kStatementOverheadBytes = 64;

}  // namespace

Result<Pipeline> Pipeline::enter(Session& session, size_t outstanding_bytes_max) {
  if (PQenterPipelineMode(session.raw()) != 1 || PQsetnonblocking(session.raw(), 1) != 0) {
    return error_from_connection(session.raw(), session.host_display());
  }
  return Pipeline(session, outstanding_bytes_max);
}

Pipeline::Pipeline(Pipeline&& other) noexcept
    : session_(std::exchange(other.session_, nullptr)),
      outstanding_bytes_max_(other.outstanding_bytes_max_),
      outstanding_bytes_(other.outstanding_bytes_),
      pending_(std::move(other.pending_)),
      first_error_(std::move(other.first_error_)) {}

Pipeline::~Pipeline() {
  if (session_ == nullptr) return;
  PGconn* connection = session_->raw();
  for (Pending& pending : pending_) pending.on_result = {};
  // Statements without a sync behind them have no end the server would report: give them one.
  if (!pending_.empty() && !pending_.back().is_sync && session_->alive()) (void)sync();
  if (!pending_.empty() && session_->alive()) (void)drain(0);
  PQsetnonblocking(connection, 0);
  PQexitPipelineMode(connection);
}

Result<void> Pipeline::prepare(const std::string& name, std::string_view sql) {
  const std::string text(sql);
  return sent(PQsendPrepare(session_->raw(), name.c_str(), text.c_str(), 0, nullptr) == 1, text.size(), {});
}

Result<void> Pipeline::send_prepared(const std::string& name, const std::vector<Value>& parameters,
                                     OnResult on_result) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  size_t bytes = 0;
  for (const Value& parameter : parameters) {
    values.push_back(parameter ? parameter->c_str() : nullptr);
    bytes += parameter ? parameter->size() : 0;
  }
  const int accepted = PQsendQueryPrepared(session_->raw(), name.c_str(), static_cast<int>(values.size()),
                                           values.data(), nullptr, nullptr, 0);
  return sent(accepted == 1, bytes, std::move(on_result));
}

Result<void> Pipeline::send(std::string_view sql, const std::vector<Value>& parameters, OnResult on_result) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  size_t bytes = sql.size();
  for (const Value& parameter : parameters) {
    values.push_back(parameter ? parameter->c_str() : nullptr);
    bytes += parameter ? parameter->size() : 0;
  }
  const int accepted = PQsendQueryParams(session_->raw(), std::string(sql).c_str(), static_cast<int>(values.size()),
                                         nullptr, values.data(), nullptr, nullptr, 0);
  return sent(accepted == 1, bytes, std::move(on_result));
}

Result<void> Pipeline::sync() {
  BGDB_CHECK(send_sync());
  return collect();
}

Result<void> Pipeline::send_sync() {
  PGconn* connection = session_->raw();
  BGDB_CHECK(sent(PQpipelineSync(connection) == 1, 0, {}, true));
  for (int unsent = PQflush(connection); unsent != 0; unsent = PQflush(connection)) {
    if (unsent < 0) return error_from_connection(connection, session_->host_display());
    BGDB_CHECK(wait(POLLIN | POLLOUT));
  }
  return {};
}

Result<void> Pipeline::collect() {
  BGDB_CHECK(drain(0));
  if (first_error_) {
    Error error = *std::move(first_error_);
    first_error_.reset();
    return error;
  }
  return {};
}

Result<void> Pipeline::sent(bool accepted, size_t bytes, OnResult on_result, bool is_sync) {
  if (!accepted) return error_from_connection(session_->raw(), session_->host_display());
  bytes += kStatementOverheadBytes;
  pending_.push_back({bytes, std::move(on_result), is_sync});
  outstanding_bytes_ += bytes;
  if (is_sync || outstanding_bytes_ <= outstanding_bytes_max_) return {};
  if (PQsendFlushRequest(session_->raw()) != 1) return error_from_connection(session_->raw(), session_->host_display());
  return drain(outstanding_bytes_max_ / 2);
}

// Sends and reads until at most `until_bytes` are unanswered (0: nothing pending at all).
Result<void> Pipeline::drain(size_t until_bytes) {
  PGconn* connection = session_->raw();
  while (!pending_.empty() && (until_bytes == 0 || outstanding_bytes_ > until_bytes)) {
    const int unsent = PQflush(connection);
    if (unsent < 0) return error_from_connection(connection, session_->host_display());
    if (!PQisBusy(connection)) {
      if (!BGDB_TRY(take_result())) return error_from_connection(connection, session_->host_display());
      continue;
    }
    BGDB_CHECK(wait(unsent > 0 ? POLLIN | POLLOUT : POLLIN));
  }
  return {};
}

// Until the socket is ready for one of `events`, a second at most; takes in what came.
Result<void> Pipeline::wait(int events) {
  PGconn* connection = session_->raw();
  pollfd descriptor{PQsocket(connection), static_cast<short>(events), 0};
  const bool broken = ::poll(&descriptor, 1, 1000) < 0 && errno != EINTR;
  const bool readable = (descriptor.revents & (POLLIN | POLLERR | POLLHUP)) != 0;
  if (broken || (readable && PQconsumeInput(connection) != 1)) {
    return error_from_connection(connection, session_->host_display());
  }
  return {};
}

void Pipeline::note(Error error) {
  if (!first_error_) first_error_ = std::move(error);
}

// Reads one result. REQUIRES: not busy. false = the connection has none although something is pending.
Result<bool> Pipeline::take_result() {
  PGconn* connection = session_->raw();
  PGresult* result = PQgetResult(connection);
  if (result == nullptr) return PQstatus(connection) == CONNECTION_OK;  // the end of one statement's results
  const std::unique_ptr<PGresult, ResultDeleter> owned(result);
  const auto status = PQresultStatus(result);
  Pending pending = std::move(pending_.front());
  pending_.pop_front();
  outstanding_bytes_ -= pending.bytes;
  switch (status) {
    case PGRES_PIPELINE_SYNC:
    case PGRES_PIPELINE_ABORTED:
      return true;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK: {
      if (!pending.on_result) return true;
      const char* affected = PQcmdTuples(result);
      if (auto taken = pending.on_result(affected[0] == '\0' ? 0 : std::strtoll(affected, nullptr, 10)); !taken) {
        note(std::move(taken).error());
      }
      return true;
    }
    default: {
      Error error = error_from_result(result, connection, session_->host_display());
      if (PQstatus(connection) != CONNECTION_OK || error.sqlstate.empty()) return error;
      note(std::move(error));
      return true;
    }
  }
}

}  // namespace bgdb::pg
