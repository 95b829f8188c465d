// A physical standby of a scratch server (pg_basebackup), in the same workspace.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "core/process.h"
#include "scratch/server.h"
#include "support/check.h"

namespace bgdb::test {

class Standby {
 public:
  Standby(const scratch::Workspace& workspace, const scratch::Postgres& primary)
      : bin_(REQUIRE_OK(scratch::find_postgres_bin_dir())),
        home_(workspace.path()),
        folder_(workspace.path() + "/standby"),
        user_(workspace.user()) {
    run({bin_ + "/pg_basebackup", "-d", primary.dsn() + " application_name=standby", "-D", folder_, "-R", "-X",
         "stream", "-c", "fast"});
    port_ = core::free_port();
    start();
  }
  ~Standby() {
    (void)core::run_process(options({bin_ + "/pg_ctl", "-D", folder_, "-m", "immediate", "-w", "-s", "stop"}));
  }
  std::string dsn(std::string_view database = "postgres") const {
    return fmt::format("host=127.0.0.1 port={} user=postgres dbname={}", port_, database);
  }
  void start() const {
    run({bin_ + "/pg_ctl", "-D", folder_, "-o", fmt::format("-p {} -k {}", port_, home_), "-l", folder_ + ".log", "-w",
         "-s", "start"});
  }
  void stop() const { run({bin_ + "/pg_ctl", "-D", folder_, "-m", "fast", "-w", "-s", "stop"}); }
  void promote() const { run({bin_ + "/pg_ctl", "-D", folder_, "-w", "-s", "promote"}); }
  // As tools for failover do where the server does not: the slot's state, while the standby is down.
  void copy_slot(const scratch::Postgres& primary, const std::string& slot) const {
    run({"/bin/cp", "-r", primary.data_dir() + "/pg_replslot/" + slot, folder_ + "/pg_replslot/"});
  }

 private:
  core::ProcessOptions options(std::vector<std::string> argv) const {
    core::ProcessOptions out;
    out.argv = std::move(argv);
    out.working_directory = "/";
    if (!user_.empty()) out.run_as_user = user_;
    return out;
  }
  void run(std::vector<std::string> argv) const {
    const auto done = REQUIRE_OK(core::run_process(options(std::move(argv))));
    INFO(done.stdout_text << done.stderr_text);
    REQUIRE(done.exit_status == 0);
  }

  std::string bin_;
  std::string home_;
  std::string folder_;
  std::string user_;
  int port_ = 0;
};

}  // namespace bgdb::test
