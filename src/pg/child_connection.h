// A connection string for a child process (pg_dump, psql): the secret goes into its environment, never into its argv.
#pragma once

#include <map>
#include <string>

#include "core/result.h"

namespace bgdb::pg {

struct ChildConnection {
  std::string conninfo;                            // keyword=value form without a password
  std::map<std::string, std::string> environment;  // PGPASSWORD when the string held one
};

// `dsn`: keyword=value or URI. Failure: config, when it cannot be parsed (the text never repeats the password).
Result<ChildConnection> connection_for_child(const std::string& dsn);

}  // namespace bgdb::pg
