// The schema that is in force when a migration runs, from a live server or a dump, instead of replaying earlier files.
#pragma once

#include <memory>
#include <string>

#include "app/lint_applied.h"
#include "core/result.h"
#include "schema/catalog.h"

namespace bgdb::app {

struct LintStart {
  std::shared_ptr<const schema::Catalog> catalog;  // complete: what it lacks does not exist
  int server_version = 0;                          // major; 0 unknown
  std::string from;                                // for messages
  std::vector<AppliedHistory> applied{};           // of a live server: these files are in the schema already
};

// Reads the catalog with table sizes; takes no lock that a writer notices.
Result<LintStart> start_from_server(const std::string& dsn);
// The output of pg_dump (plain text), or any SQL that makes the schema.
Result<LintStart> start_from_dump(const std::string& path);
// 14 to 18, or an error with the cure; 0 when the start does not tell.
Result<int> supported_version(const LintStart& start);

}  // namespace bgdb::app
