#include "pg/session.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>

#include "core/ident.h"
#include "core/interrupt.h"
#include "pg/errors.h"
#include "pg/results.h"

namespace bgdb::pg {
namespace {

void ignore_notice(void*, const char*) {}

std::string display(PGconn* connection) {
  if (connection == nullptr) return {};
  const auto text = [](const char* part) { return std::string(part == nullptr ? "" : part); };
  // A URI whose password holds a '/' puts the rest of it into the database's name, behind which stands '@'.
  const std::string database = text(PQdb(connection));
  if (database.find('@') != std::string::npos) return "the server in the dsn";
  return fmt::format("{}:{}/{}", text(PQhost(connection)), text(PQport(connection)), database);
}

bool succeeded(const PGresult* result) {
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
    case PGRES_SINGLE_TUPLE:
      return true;
    default:
      return false;
  }
}

// A start-up `options` string: -c name=value with blanks and backslashes escaped.
std::string options_string(const SessionOptions& options) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) {
    text += " -c " + std::string(name) + "=";
    for (const char c : value) {
      if (c == ' ' || c == '\\') text += '\\';
      text += c;
    }
  };
  // What a database or a role sets for its clients is not meant for us.
  add("default_transaction_read_only", "off");
  add("default_transaction_isolation", "read committed");
  for (const char* limit :
       {"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"}) {
    add(limit, "0");
  }
  for (const auto& [name, value] : options.settings) add(name, value);
  return text.substr(1);
}

}  // namespace

// --- Rows
// -------------------------------------------------------------------------------------------------------------

const Value& Rows::at(size_t row, std::string_view column) const {
  BGDB_ASSERT(row < values.size());
  for (size_t c = 0; c < columns.size(); ++c) {
    if (columns[c] == column) return values[row][c];
  }
  std::fprintf(stderr, "no column %s in the result\n", std::string(column).c_str());
  std::abort();
}

const std::string& Rows::text(size_t row, size_t column) const {
  BGDB_ASSERT(row < values.size() && column < values[row].size() && values[row][column].has_value());
  return *values[row][column];
}

const std::string& Rows::text(size_t row, std::string_view column) const {
  const auto& value = at(row, column);
  BGDB_ASSERT(value.has_value());
  return *value;
}

int64_t Rows::integer(size_t row, std::string_view column) const {
  const auto& value = text(row, column);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  BGDB_ASSERT(error == std::errc() && end == value.data() + value.size());
  return number;
}

bool Rows::boolean(size_t row, std::string_view column) const {
  return text(row, column) == "t";
}

// --- Session
// ----------------------------------------------------------------------------------------------------------

Result<Session> Session::open(const SessionOptions& options) {
  const std::string timeout_s = std::to_string(std::max<int64_t>(1, (options.connect_timeout.count() + 999) / 1000));
  std::vector<const char*> keys;
  std::vector<const char*> values;
  const auto add = [&](const char* key, const char* value) {
    keys.push_back(key);
    values.push_back(value);
  };
  const std::string start_options = options_string(options);
  // What stands before dbname is a default that the dsn overrides; what stands behind it wins.
  add("connect_timeout", timeout_s.c_str());
  if (!options.plain) {
    add("keepalives_idle", "5");
    add("keepalives_interval", "2");
    add("keepalives_count", "3");
    add("tcp_user_timeout", "30000");  // keepalives say nothing while something sent waits for its acknowledgement
  }
  add("dbname", options.dsn.c_str());
  add("application_name", options.application_name.c_str());
  if (!options.plain) {
    add("options", start_options.c_str());
    add("client_encoding", "UTF8");
  }
  if (options.replication) add("replication", "database");
  keys.push_back(nullptr);
  values.push_back(nullptr);

  PGconn* connection = PQconnectdbParams(keys.data(), values.data(), /*expand_dbname=*/1);
  if (connection == nullptr) return fail(ErrorCode::internal, "out of memory");
  PQsetNoticeProcessor(connection, ignore_notice, nullptr);
  if (PQstatus(connection) != CONNECTION_OK) {
    Error error = error_from_connection(connection, display(connection));
    PQfinish(connection);
    return error;
  }
  Session session(connection);
  // Older servers would refuse a connection that names it.
  if (!options.plain && session.server_version() >= 170000) BGDB_TRY(session.script("set transaction_timeout = 0"));
  return session;
}

Session::Session(Session&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
Session& Session::operator=(Session&& other) noexcept {
  if (this != &other) {
    if (connection_ != nullptr) PQfinish(connection_);
    connection_ = std::exchange(other.connection_, nullptr);
  }
  return *this;
}
Session::~Session() {
  if (connection_ != nullptr) PQfinish(connection_);
}

Result<Rows> Session::query(std::string_view sql, const std::vector<Value>& parameters) {
  BGDB_ASSERT(connection_ != nullptr);
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  ResultPtr result;
  if (PQsendQueryParams(connection_, std::string(sql).c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                        nullptr, nullptr, 0) == 1) {
    result = wait_result(connection_);
  }
  if (!result || !succeeded(result.get())) return error_from_result(result.get(), connection_, host_display());
  return rows_of(result.get());
}

Result<Rows> Session::script(std::string_view sql) {
  BGDB_ASSERT(connection_ != nullptr);
  ResultPtr result;
  if (PQsendQuery(connection_, std::string(sql).c_str()) == 1) result = wait_result(connection_);
  if (!result || !succeeded(result.get())) return error_from_result(result.get(), connection_, host_display());
  return rows_of(result.get());
}

Result<void> Session::execute(std::string_view sql, const std::vector<Value>& parameters) {
  BGDB_TRY(query(sql, parameters));
  return {};
}

Result<std::string> Session::scalar(std::string_view sql, const std::vector<Value>& parameters) {
  auto rows = BGDB_TRY(query(sql, parameters));
  if (rows.empty() || rows.values[0].empty()) return fail(ErrorCode::not_found, "the query returned no row");
  return rows.values[0][0].value_or("");
}

Result<void> Session::begin(std::string_view modes) {
  BGDB_TRY(script(modes.empty() ? "begin" : "begin " + std::string(modes)));
  return {};
}

Result<void> Session::commit() {
  auto result = script("commit");
  if (result) {
    // COMMIT of a failed transaction answers ROLLBACK and is no error of its own.
    if (result->command == "ROLLBACK") {
      return fail(ErrorCode::sql, host_display() + ": the transaction had failed; COMMIT rolled it back");
    }
    return {};
  }
  Error error = std::move(result).error();
  if (error.sqlstate.empty() || !alive()) {
    error.retry = Retry::outcome_unknown;
    error.message = "the answer to COMMIT was lost: " + error.message;
  }
  return error;
}

Result<void> Session::rollback() {
  BGDB_TRY(script("rollback"));
  return {};
}

bool Session::in_transaction() const {
  const auto status = PQtransactionStatus(connection_);
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

Result<std::optional<Session::Notification>> Session::wait_notification(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    if (PQconsumeInput(connection_) != 1) return error_from_connection(connection_, host_display());
    if (PGnotify* notify = PQnotifies(connection_); notify != nullptr) {
      Notification notification{notify->relname, notify->extra, notify->be_pid};
      PQfreemem(notify);
      return std::optional(std::move(notification));
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || core::interrupted()) return std::optional<Notification>();
    pollfd descriptor{PQsocket(connection_), POLLIN, 0};
    ::poll(&descriptor, 1, static_cast<int>(std::min<int64_t>(left.count(), 100)));
  }
}

Result<void> Session::cancel() {
  PGcancel* handle = PQgetCancel(connection_);
  char text[256] = {};
  const bool sent = handle != nullptr && PQcancel(handle, text, sizeof text) == 1;
  PQfreeCancel(handle);
  if (!sent) return fail(ErrorCode::connection, host_display() + ": cannot cancel: " + text);
  return {};
}

void Session::sever() {
  ::shutdown(PQsocket(connection_), SHUT_RDWR);
}

bool Session::alive() const {
  return connection_ != nullptr && PQstatus(connection_) == CONNECTION_OK;
}
int32_t Session::server_pid() const {
  return PQbackendPID(connection_);
}
int Session::server_version() const {
  return PQserverVersion(connection_);
}

std::string Session::parameter_status(std::string_view name) const {
  const char* value = PQparameterStatus(connection_, std::string(name).c_str());
  return value == nullptr ? "" : value;
}

std::string Session::host_display() const {
  return display(connection_);
}

// --- Transaction
// ------------------------------------------------------------------------------------------------------

Result<Transaction> Transaction::begin(Session& session, std::string_view modes) {
  BGDB_CHECK(session.begin(modes));
  return Transaction(session);
}

Transaction::~Transaction() {
  if (session_ != nullptr && session_->alive() && session_->in_transaction()) (void)session_->rollback();
}

Result<void> Transaction::commit() {
  Session* session = std::exchange(session_, nullptr);
  BGDB_ASSERT(session != nullptr);
  return session->commit();
}

}  // namespace bgdb::pg
