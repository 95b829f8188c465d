// A release night on real servers for tests: blue and green, a PgBouncer in front, `bgdb clone` and `bgdb sync` as real
// processes, clients that move money through the pooler and remember every acknowledged commit.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/process.h"
#include "pg/session.h"
#include "scratch/server.h"
#include "support/files.h"

namespace bgdb::test {

class Night {
 public:
  // `extra`: more lines of bgdb.yml; `gates`: more keys of its gates, each with a comma behind.
  // `wire`: what bgdb uses instead of green's dsn (a cable that can be cut). `files`: written beside bgdb.yml first.
  // `begun`: false leaves clone and sync to the test.
  explicit Night(
      const std::string& extra = "",
      const std::function<std::string(const std::string&)>& wire = [](const std::string& dsn) { return dsn; },
      const std::string& gates = "", const std::map<std::string, std::string>& files = {}, bool begun = true);
  ~Night();

  // A real bgdb with this night's configuration.
  core::ProcessResult bgdb(std::vector<std::string> arguments,
                           std::map<std::string, std::string> environment = {}) const;
  // The same, running on.
  core::ChildProcess start_bgdb(std::vector<std::string> arguments,
                                std::map<std::string, std::string> environment) const;
  // True once it is stopped (SIGSTOP); false when it ended instead.
  bool wait_stopped(core::ChildProcess& process) const;
  void start_sync();
  void stop_sync();
  // Until all gates of the next switch pass; fails the test after a minute.
  void wait_ready(bool rollback = false) const;

  void start_load(int clients = 4);
  void stop_load();
  int acknowledged() const { return acknowledged_; }
  int failed() const { return failed_; }
  std::string kept_journal(const std::string& side) const;  // what cleanup wrote

  std::string on_blue(const std::string& sql) const;
  std::string on_green(const std::string& sql) const;
  // One write through the pooler, retried until it works or `timeout` passes.
  bool front_door_writes(std::chrono::milliseconds timeout) const;
  // "blue", "green" or "nobody", from the databases.
  std::string active() const;
  // Asked with the load stopped: no_loss, no_duplicate and balance on the active side, single_writer, and (with both
  // links up) converged, unless a fault has taken a link away for good.
  void check_invariants(bool links_stand = true) const;

  const std::filesystem::path& folder() const { return folder_.path(); }
  const std::string& blue_dsn() const { return blue_; }
  const std::string& green_dsn() const { return green_; }
  scratch::PgBouncer& bouncer() const { return *bouncer_; }

 private:
  void client(int number);

  TempDir folder_;
  std::string blue_;
  std::string green_;
  std::string config_;
  std::unique_ptr<scratch::PgBouncer> bouncer_;
  std::unique_ptr<core::ChildProcess> sync_;
  std::vector<std::thread> clients_;
  std::atomic<bool> stop_{false};
  std::atomic<int> acknowledged_{0};
  std::atomic<int> failed_{0};
  std::vector<std::vector<int>> acknowledged_by_client_;
  int runs_ = 0;
};

}  // namespace bgdb::test
