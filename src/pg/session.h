// A PostgreSQL session over libpq. One thread at a time; values travel as text, SQL parameters as parameters.
// Errors carry the SQLSTATE and say what may be done now (core/error.h). Passwords never appear in them.
// Every session sets default_transaction_read_only=off: a database left read-only by a fence must not lock us out
// (reference: fence and drain, section 1).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

struct pg_conn;

namespace bgdb::pg {

using Value = std::optional<std::string>;  // SQL NULL = nullopt

// The result of one statement, text format, held in memory. REQUIRES for at(): row and column exist.
class Rows {
 public:
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> values;  // [row][column]
  int64_t affected = 0;                    // rows of INSERT, UPDATE, DELETE, MERGE, COPY
  std::string command;                     // command tag

  size_t size() const { return values.size(); }
  bool empty() const { return values.empty(); }
  const Value& at(size_t row, std::string_view column) const;
  const std::string& text(size_t row, size_t column) const;  // REQUIRES: not NULL
  const std::string& text(size_t row, std::string_view column) const;
  int64_t integer(size_t row, std::string_view column) const;
  bool boolean(size_t row, std::string_view column) const;
};

struct SessionOptions {
  std::string dsn;  // libpq connection string or URI; passwords from libpq's own places
  std::string application_name = "bgdb";
  std::chrono::milliseconds connect_timeout{5'000};
  std::vector<std::pair<std::string, std::string>> settings{};  // run-time parameters set at the start (as options=-c)
  bool replication = false;                                     // replication=database
  bool plain = false;  // no start-up settings at all: PgBouncer's admin console refuses them
};

class Session {
 public:
  static Result<Session> open(const SessionOptions& options);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // One statement with parameters $1, $2 ... (text). A server error leaves the session usable.
  Result<Rows> query(std::string_view sql, const std::vector<Value>& parameters = {});
  // Statements separated by semicolons, no parameters (simple query protocol: one implicit transaction unless it holds
  // BEGIN/COMMIT). Returns the rows of the last one.
  Result<Rows> script(std::string_view sql);
  // As query() for one statement of which only success matters.
  Result<void> execute(std::string_view sql, const std::vector<Value>& parameters = {});
  // First column of the first row; error not_found when there is none, "" for NULL.
  Result<std::string> scalar(std::string_view sql, const std::vector<Value>& parameters = {});

  // Transactions. commit(): when the connection dies before the answer came, the error's retry is outcome_unknown.
  Result<void> begin(std::string_view modes = {});  // e.g. "isolation level repeatable read read only"
  Result<void> commit();
  Result<void> rollback();
  bool in_transaction() const;

  // COPY ... TO STDOUT: `sink` gets each data chunk (may hold parts of or several rows). Returns rows copied.
  Result<int64_t> copy_out(std::string_view sql, const std::function<Result<void>(std::string_view)>& sink);
  // COPY ... FROM STDIN: begin, put any number of times, end. Errors of the server come out of end().
  Result<void> copy_in_begin(std::string_view sql);
  Result<void> copy_in_put(std::string_view data);
  Result<int64_t> copy_in_end();
  // Its halves, for a caller that has something to do while the server works.
  Result<void> copy_in_send_end();
  Result<int64_t> copy_in_result();
  Result<void> copy_in_abort(std::string_view reason);

  // Waits up to `timeout` for a NOTIFY on a channel this session LISTENs to. nullopt = none came.
  struct Notification {
    std::string channel;
    std::string payload;
    int32_t sender_pid = 0;
  };
  Result<std::optional<Notification>> wait_notification(std::chrono::milliseconds timeout);

  // Asks the server to cancel the running statement; callable from another thread.
  Result<void> cancel();
  // Cuts the connection without a word to the server; callable from another thread. A call that waits fails at once,
  // also when the server hangs; a server that checks its clients (client_connection_check_interval) rolls back.
  void sever();
  bool alive() const;  // what the client knows; no round trip
  int32_t server_pid() const;
  int server_version() const;  // 150018
  std::string parameter_status(std::string_view name) const;
  std::string host_display() const;  // "host:port/dbname" for messages, no secrets
  // For replication/ and link/, which speak COPY BOTH and pipelines themselves within pg/.
  pg_conn* raw() const { return connection_; }

 private:
  explicit Session(pg_conn* connection) : connection_(connection) {}
  pg_conn* connection_ = nullptr;
};

// A transaction that rolls back unless commit() succeeded.
class Transaction {
 public:
  static Result<Transaction> begin(Session& session, std::string_view modes = {});
  Transaction(Transaction&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Session& session) : session_(&session) {}
  Session* session_;
};

// {a,"b\"",NULL} as PostgreSQL writes text arrays.
std::string to_array_literal(const std::vector<Value>& elements);
Result<std::vector<Value>> parse_array_literal(std::string_view text);

}  // namespace bgdb::pg
