// A fresh database and a folder of migrations.
#pragma once

#include "migrate/migrate.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

namespace bgdb::test {

struct MigrateCase {
  std::string dsn = fresh_database();
  pg::Session session = connect(dsn);
  TempDir dir;
  migrate::MigrateOptions options;

  MigrateCase() {
    using namespace std::chrono_literals;
    options.dsn = dsn;
    options.paths = {dir.path()};
    options.lock_timeout = 100ms;
    options.retry = {3, 10ms, 50ms, 10s};
  }
  Result<migrate::MigrateReport> run() { return migrate::run_migrations(options, core::silent_progress()); }
  std::string scalar(const std::string& sql) { return REQUIRE_OK(session.scalar(sql)); }
  std::string applied() {
    return scalar("select coalesce(string_agg(file, ' ' order by at), '') from bgdb.schema_versions");
  }
  bool exists(const std::string& name) { return scalar("select to_regclass('" + name + "') is not null") == "t"; }
};

}  // namespace bgdb::test
