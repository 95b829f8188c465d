// Where a connection string leads.
#pragma once

#include <string>

#include "core/result.h"

namespace bgdb::pg {

struct Endpoint {
  std::string host;
  std::string port;
  std::string database;
  bool operator==(const Endpoint&) const = default;
};

// Keyword strings and URIs are read as libpq reads them; one that names a service is resolved by connecting.
Result<Endpoint> endpoint_of(const std::string& dsn);

// The same connection to another database of the server. Holds what `dsn` holds, a password too: for libpq only.
Result<std::string> with_database(const std::string& dsn, const std::string& database);

}  // namespace bgdb::pg
