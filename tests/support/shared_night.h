// One database and two versions of an application on it, both writing all the time, while `bgdb` takes it through
// expand, backfill and contract of a rewritten migration. Every statement that fails and every row out of step is kept.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/process.h"
#include "pg/session.h"
#include "scratch/server.h"
#include "support/files.h"

namespace bgdb::test {

class SharedNight {
 public:
  // users(id, email, ...) with `rows` rows; the migration renames email to email_address.
  explicit SharedNight(int rows, const std::string& extra_config = "");
  ~SharedNight();

  core::ProcessResult bgdb(std::vector<std::string> arguments) const;
  core::ChildProcess start_bgdb(std::vector<std::string> arguments) const;
  std::string output() const;  // of start_bgdb()
  std::string scalar(const std::string& sql) const;

  void start_old(int sessions = 2);
  void start_new(int sessions = 2);
  void stop_old();
  void stop_new();
  std::vector<std::string> failures() const;

  const std::string& dsn() const { return dsn_; }
  const TempDir& folder() const { return folder_; }

 private:
  class Fleet;
  TempDir folder_;
  std::unique_ptr<scratch::Workspace> workspace_;
  std::unique_ptr<scratch::Postgres> postgres_;
  std::string dsn_;
  int rows_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> failures_;
  std::unique_ptr<Fleet> old_;
  std::unique_ptr<Fleet> new_;
};

}  // namespace bgdb::test
