// What went wrong, to which object, and what may be done now. Errors are values; only bugs throw.
#pragma once

#include <string>
#include <string_view>

namespace bgdb::core {

enum class ErrorCode {
  usage,         // the command line
  config,        // bgdb.yml, mapping.yml, a rule file
  input,         // a migration file or other input that cannot be used
  io,            // file system, child process
  connection,    // server unreachable, authentication, connection lost
  privilege,     // SQLSTATE class 42501 and alike
  sql,           // any other server error
  lock_timeout,  // 55P03: a lock was not granted in time
  timeout,       // a wait of ours ran out
  refused,       // refused for safety (exit status 3)
  not_found,
  divergence,   // the two sides are not what replication says they are
  interrupted,  // Ctrl-C, SIGTERM
  unsupported,  // valid, but bgdb does not do it
  internal,     // a bug of ours
};

// What the caller may do now.
enum class Retry {
  never,
  same_session,     // the session is fine; the statement may be tried again
  new_session,      // the session is gone; nothing was committed
  outcome_unknown,  // the answer to a COMMIT was lost: look at the facts, do not guess
};

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;     // one or two lines a tired person understands; names the object and the cause
  std::string object{};    // relation, file, key, host ... when there is one
  std::string hint{};      // the cure
  std::string sqlstate{};  // five characters when the server said so
  std::string sql_file{};  // sql/<...>.sql the statement came from
  Retry retry = Retry::never;

  // "message (object) hint: ..." for a terminal; never contains secrets as long as `message` does not.
  std::string to_string() const;
  // 2 usage, configuration or internal error; 3 refused for safety.
  int exit_status() const;
  // A copy whose message is "<context>: <message>".
  Error with_context(std::string_view context) const;
  Error with_hint(std::string text) const;
};

std::string_view to_string(ErrorCode code);

Error make_error(ErrorCode code, std::string message, std::string hint = {});

}  // namespace bgdb::core
