#include "core/error.h"

namespace bgdb::core {

std::string Error::to_string() const {
  std::string text = message;
  if (!sqlstate.empty()) text += " [" + sqlstate + "]";
  if (!sql_file.empty()) text += " (in " + sql_file + ")";
  if (!hint.empty()) text += "\n  hint: " + hint;
  return text;
}

int Error::exit_status() const {
  return code == ErrorCode::refused ? 3 : 2;
}

Error Error::with_context(std::string_view context) const {
  Error copy = *this;
  copy.message = std::string(context) + ": " + message;
  return copy;
}

Error Error::with_hint(std::string text) const {
  Error copy = *this;
  copy.hint = std::move(text);
  return copy;
}

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return "usage";
    case ErrorCode::config:
      return "config";
    case ErrorCode::input:
      return "input";
    case ErrorCode::io:
      return "io";
    case ErrorCode::connection:
      return "connection";
    case ErrorCode::privilege:
      return "privilege";
    case ErrorCode::sql:
      return "sql";
    case ErrorCode::lock_timeout:
      return "lock_timeout";
    case ErrorCode::timeout:
      return "timeout";
    case ErrorCode::refused:
      return "refused";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::divergence:
      return "divergence";
    case ErrorCode::interrupted:
      return "interrupted";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::internal:
      return "internal";
  }
  return "internal";
}

Error make_error(ErrorCode code, std::string message, std::string hint) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

}  // namespace bgdb::core
