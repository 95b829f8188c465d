#include "pg/conninfo.h"

#include <libpq-fe.h>

#include <memory>
#include <string_view>

#include "pg/session.h"

namespace bgdb::pg {

namespace {

using Parsed = std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)>;

Result<Parsed> parse(const std::string& dsn) {
  char* message = nullptr;
  Parsed options(PQconninfoParse(dsn.c_str(), &message), PQconninfoFree);
  if (options) return options;
  // libpq's message can quote the string, and so a password: not repeated here.
  PQfreemem(message);
  return fail(ErrorCode::config, "a dsn cannot be read by libpq", "Write it as \"host=... port=... dbname=...\".");
}

}  // namespace

Result<Endpoint> endpoint_of(const std::string& dsn) {
  const auto options = BGDB_TRY(parse(dsn));
  Endpoint endpoint;
  for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
    const std::string_view keyword(option->keyword);
    if (option->val == nullptr) continue;
    if (keyword == "host") endpoint.host = option->val;
    if (keyword == "hostaddr" && endpoint.host.empty()) endpoint.host = option->val;
    if (keyword == "port") endpoint.port = option->val;
    if (keyword == "dbname") endpoint.database = option->val;
  }
  if (!endpoint.host.empty() && !endpoint.port.empty() && !endpoint.database.empty()) return endpoint;
  // Service files, PGHOST and the like: only libpq knows.
  const Session session = BGDB_TRY(Session::open({.dsn = dsn}));
  if (endpoint.host.empty()) endpoint.host = PQhost(session.raw());
  if (endpoint.port.empty()) endpoint.port = PQport(session.raw());
  if (endpoint.database.empty()) endpoint.database = PQdb(session.raw());
  return endpoint;
}

Result<std::string> with_database(const std::string& dsn, const std::string& database) {
  const auto options = BGDB_TRY(parse(dsn));
  std::string text;
  const auto add = [&](std::string_view keyword, std::string_view value) {
    text += std::string(text.empty() ? "" : " ") + std::string(keyword) + "='";
    for (const char c : value) {
      if (c == '\\' || c == '\'') text += '\\';
      text += c;
    }
    text += '\'';
  };
  for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && std::string_view(option->keyword) != "dbname") add(option->keyword, option->val);
  }
  add("dbname", database);
  return text;
}

}  // namespace bgdb::pg
