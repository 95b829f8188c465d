// blue's schema as SQL text, by pg_dump in the clone's snapshot.
#pragma once

#include <string>

#include "core/result.h"

namespace bgdb::clone {

struct SchemaDump {
  std::string pre_data;   // types, functions, tables, sequences, views
  std::string post_data;  // indexes, constraints, triggers, rules
};

// A pg_dump that can read a server of `server_version` (150018). Failure: not_found, with the package to install.
Result<std::string> find_pg_dump(int server_version);

// Failure: io (pg_dump's own message).
Result<SchemaDump> dump_schema(const std::string& pg_dump, const std::string& blue_dsn, const std::string& snapshot);

// Drops what must not travel: psql's meta-commands and guards of bgdb itself.
std::string without_foreign_lines(const std::string& sql);

}  // namespace bgdb::clone
