#include "pg/child_connection.h"

#include <libpq-fe.h>

#include <memory>
#include <string_view>

namespace bgdb::pg {
namespace {

// 'it''s' in conninfo syntax: backslash before quotes and backslashes.
std::string quoted(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + '\'';
}

}  // namespace

Result<ChildConnection> connection_for_child(const std::string& dsn) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(dsn.c_str(), &message),
                                                                             &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> message_owner(message, &PQfreemem);
  if (!options) {
    return fail(ErrorCode::config, "a connection string cannot be parsed",
                "write key=value pairs (host=... port=... dbname=...) or a postgresql:// URI");
  }
  ChildConnection child;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "password") {
      child.environment["PGPASSWORD"] = option->val;
    } else if (keyword == "sslpassword") {
      return fail(ErrorCode::unsupported, "sslpassword in a connection string cannot be handed to pg_dump safely",
                  "use a key without a passphrase, or a service file");
    } else {
      if (!child.conninfo.empty()) child.conninfo += ' ';
      child.conninfo += std::string(keyword) + '=' + quoted(option->val);
    }
  }
  return child;
}

}  // namespace bgdb::pg
