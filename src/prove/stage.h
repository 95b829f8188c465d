// A scratch server with a database `base` that holds the schema of the files so far, without rows; each proof works on
// a copy.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "migration/migration.h"
#include "pg/session.h"
#include "scratch/server.h"

namespace bgdb::prove {

class Stage {
 public:
  static Result<std::unique_ptr<Stage>> start(const std::string& bin_dir);
  // A fresh copy of base; its dsn. The one before is gone.
  Result<std::string> copy();
  // Runs a file on base, in its framework's transactions. What the server refuses is passed over, and said; but for
  // statements that need rows which nobody has here: they say nothing about the schema.
  Result<std::vector<std::string>> apply(const migration::Loaded& file);  // "V2.sql:3: ..."
  // Roles that the file gives rights to and nobody made so far: they exist where it will run. Yields their names.
  Result<std::vector<std::string>> make_roles(const migration::Loaded& file);
  int server_version() const { return version_; }  // major

 private:
  Stage() = default;
  std::unique_ptr<scratch::Workspace> workspace_;
  std::unique_ptr<scratch::Postgres> postgres_;
  int version_ = 15;
};

}  // namespace bgdb::prove
