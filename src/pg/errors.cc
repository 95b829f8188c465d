#include "pg/errors.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/interrupt.h"

namespace bgdb::pg {
namespace {

using core::Error;
using core::ErrorCode;
using core::Retry;

std::string trimmed(const char* text) {
  std::string copy = text == nullptr ? "" : text;
  while (!copy.empty() && (copy.back() == '\n' || copy.back() == ' ')) copy.pop_back();
  return copy;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The cure for what people meet most when they connect.
std::string connection_hint(std::string_view message) {
  if (contains(message, "password authentication failed") || contains(message, "no password supplied")) {
    return "put the right password into ~/.pgpass, a service file or PGPASSWORD; bgdb takes none on the command line";
  }
  if (contains(message, "Connection refused") || contains(message, "No such file or directory"))
    return "is the server running, and are host and port right?";
  if (contains(message, "could not translate host name")) return "the host name does not resolve; check the dsn";
  if (contains(message, "timeout expired")) return "no answer in time; check host, port and firewall";
  if (contains(message, "does not exist")) return "check dbname and user in the dsn";
  if (contains(message, "no pg_hba.conf entry")) return "allow this host and user in the server's pg_hba.conf";
  if (contains(message, "definition of service")) return "define it in ~/.pg_service.conf or PGSERVICEFILE";
  if (contains(message, "remaining connection slots") || contains(message, "too many clients")) {
    return "the server is out of connections; raise max_connections or close some";
  }
  return {};
}

// libpq's text in one line: its own question about a running server goes (the hint asks it), and so does the repeated
// address when there is just one.
std::string one_line(const std::string& text) {
  std::string line;
  size_t lines = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin && text[begin] != '\t') {
      line += (lines++ == 0 ? "" : "; ") + text.substr(begin, end - begin);
    }
    begin = end + 1;
  }
  if (lines != 1 || !line.starts_with("connection to server ")) return line;
  const auto cut = line.find(" failed: ");
  return cut == std::string::npos ? line : line.substr(cut + std::string_view(" failed: ").size());
}

// Quoted parts of a complaint about a connection string may be pieces of a password that holds a space, '/' or '#':
// only libpq's own option names are shown.
std::string without_secrets(const std::string& text) {
  std::string shown;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t end = text[i] == '"' ? text.find('"', i + 1) : std::string::npos;
    if (end == std::string::npos) {
      shown += text[i];
      continue;
    }
    const std::string part = text.substr(i + 1, end - i - 1);
    bool known = part == "=";
    PQconninfoOption* options = PQconndefaults();
    for (const auto* option = options; option != nullptr && option->keyword != nullptr; ++option) {
      known = known || part == option->keyword;
    }
    PQconninfoFree(options);
    shown += known ? '"' + part + '"' : "\"...\"";
    i = end;
  }
  return shown;
}

bool about_the_string(std::string_view message) {
  return contains(message, "connection option") || contains(message, "connection info string") ||
         contains(message, " in URI") || contains(message, "URI query parameter") ||
         contains(message, "invalid port number") || contains(message, "invalid integer value") ||
         contains(message, "percent-encoded");
}

}  // namespace

ErrorCode code_of_sqlstate(std::string_view sqlstate) {
  if (sqlstate == "55P03") return ErrorCode::lock_timeout;
  if (sqlstate == "57014") return ErrorCode::timeout;
  if (sqlstate == "42501") return ErrorCode::privilege;
  if (sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate.starts_with("28"))
    return ErrorCode::connection;
  return ErrorCode::sql;
}

Retry retry_of_sqlstate(std::string_view sqlstate) {
  if (sqlstate == "55P03" || sqlstate == "40001" || sqlstate == "40P01") return Retry::same_session;
  if (sqlstate.starts_with("08") || sqlstate == "57P01" || sqlstate == "57P02" || sqlstate == "57P03" ||
      sqlstate == "57P05" || sqlstate == "53300") {
    return Retry::new_session;
  }
  return Retry::never;
}

Error error_from_connection(const PGconn* connection, std::string_view host) {
  Error error;
  error.code = ErrorCode::connection;
  error.retry = Retry::new_session;
  error.object = std::string(host);
  std::string message = trimmed(connection == nullptr ? nullptr : PQerrorMessage(connection));
  if (message.empty()) message = "the connection was lost";
  if (about_the_string(message)) {
    error.code = ErrorCode::config;
    error.retry = Retry::never;
    error.object = "dsn";
    error.message = "the dsn cannot be read: " + without_secrets(one_line(message));
    error.hint =
        "write it as host=... port=... dbname=... user=..., or as a service or URI; quote and escape odd values";
    return error;
  }
  error.hint = connection_hint(message);
  if (contains(message, "password authentication failed") || contains(message, "does not exist") ||
      contains(message, "no pg_hba.conf entry")) {
    error.retry = Retry::never;
  }
  error.message = fmt::format("{}: {}", host.empty() ? "connection" : host, one_line(message));
  return error;
}

Error error_from_result(const PGresult* result, const PGconn* connection, std::string_view host) {
  const char* sqlstate = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (sqlstate == nullptr) return error_from_connection(connection, host);
  const auto field = [&](int code) {
    const char* text = PQresultErrorField(result, code);
    return std::string(text == nullptr ? "" : text);
  };
  Error error;
  error.sqlstate = sqlstate;
  error.code = code_of_sqlstate(error.sqlstate);
  error.retry = retry_of_sqlstate(error.sqlstate);
  error.message = field(PG_DIAG_MESSAGE_PRIMARY);
  if (error.sqlstate == "57014" && core::interrupted()) {  // Ctrl-C: the wait for it cancelled the statement
    error.code = ErrorCode::interrupted;
    error.message = "interrupted";
  }
  if (const auto detail = field(PG_DIAG_MESSAGE_DETAIL); !detail.empty()) error.message += " (" + detail + ")";
  error.hint = field(PG_DIAG_MESSAGE_HINT);
  const auto schema = field(PG_DIAG_SCHEMA_NAME);
  error.object = schema.empty() ? field(PG_DIAG_TABLE_NAME) : schema + "." + field(PG_DIAG_TABLE_NAME);
  if (const auto constraint = field(PG_DIAG_CONSTRAINT_NAME); !constraint.empty() && !error.object.empty()) {
    error.object += "." + constraint;
  }
  if (error.object.empty()) error.object = std::string(host);
  return error;
}

}  // namespace bgdb::pg
