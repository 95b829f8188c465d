// What pending migration files would do to a database as it stands: each statement's locks, rewrites and scans as lint
// predicts them from the live schema. For dry runs and rehearsals.
#pragma once

#include <string>
#include <vector>

#include "lint/finding.h"
#include "migrate/migrate.h"
#include "pg/session.h"

namespace bgdb::app {

struct ForecastFile {
  std::string file;  // as in migrate::FileReport
  lint::FileReport report;
};

// The files of `report` that are pending or ran, in order, each behind those before it.
Result<std::vector<ForecastFile>> forecast(pg::Session& session, const migrate::MigrateReport& report);

std::string lock_words(lint::LockMode mode);  // "ACCESS EXCLUSIVE"
// "ACCESS EXCLUSIVE on public.users; rewrites public.users", of tables that are there before the file; empty: nothing
// that others would notice.
std::string effects_text(const lint::EffectSet& effects);

}  // namespace bgdb::app
