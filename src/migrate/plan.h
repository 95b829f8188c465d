// Which files run: what the folder holds against what bgdb.schema_versions says. Internal to migrate/.
#pragma once

#include "migrate/migrate.h"
#include "pg/session.h"

namespace bgdb::migrate {

struct PlannedFile {
  migration::Loaded loaded;
  std::string checksum;
  FileReport report;
};

struct Plan {
  std::vector<PlannedFile> files;
  std::vector<std::string> notes;
};

// `installed`: schema bgdb exists there (else nothing is applied).
Result<Plan> make_plan(pg::Session& session, const MigrateOptions& options, bool installed);

// Its line and the first line of its text.
StatementReport describe(const parse::Statement& statement);

}  // namespace bgdb::migrate
