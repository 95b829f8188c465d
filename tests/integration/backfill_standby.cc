// A backfill beside a physical standby (pg_basebackup): while the standby does not replay, the batches wait and then
// stop, naming it; once it replays again another run goes on and ends.
#include <fmt/format.h>

#include <thread>

#include "core/process.h"
#include "migrate/backfill.h"
#include "pg/session.h"
#include "scratch/server.h"
#include "support/check.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

// A standby of a scratch server, in the same workspace.
class Standby {
 public:
  Standby(const scratch::Workspace& workspace, const scratch::Postgres& primary)
      : bin_(REQUIRE_OK(scratch::find_postgres_bin_dir())),
        folder_(workspace.path() + "/standby"),
        user_(workspace.user()) {
    run({bin_ + "/pg_basebackup", "-d", primary.dsn() + " application_name=standby", "-D", folder_, "-R", "-X",
         "stream", "-c", "fast"});
    port_ = core::free_port();
    run({bin_ + "/pg_ctl", "-D", folder_, "-o", fmt::format("-p {} -k {}", port_, workspace.path()), "-l",
         folder_ + ".log", "-w", "-s", "start"});
  }
  ~Standby() {
    (void)core::run_process(options({bin_ + "/pg_ctl", "-D", folder_, "-m", "immediate", "-w", "-s", "stop"}));
  }
  std::string dsn() const { return fmt::format("host=127.0.0.1 port={} user=postgres dbname=postgres", port_); }

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
  std::string folder_;
  std::string user_;
  int port_ = 0;
};

}  // namespace

TEST_CASE("a backfill waits for a physical standby that does not replay, and goes on when it does") {
  const auto workspace = REQUIRE_OK(scratch::Workspace::create("bgdb-standby"));
  const auto primary = REQUIRE_OK(scratch::Postgres::start(*workspace, {.name = "primary"}));
  auto session = REQUIRE_OK(pg::Session::open({.dsn = primary->dsn()}));
  CHECK_OK(
      session.script("create table t (id int primary key, old int, neu int, pad text default repeat('x', 500));"
                     "insert into t select i, i from generate_series(1, 20000) i"));
  const Standby standby(*workspace, *primary);
  auto replica = REQUIRE_OK(pg::Session::open({.dsn = standby.dsn()}));
  const auto behind = [&] {
    return REQUIRE_OK(
        session.scalar("select coalesce((select pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) from "
                       "pg_stat_replication where state = 'streaming'), -1)::text"));
  };
  for (int i = 0; i < 600 && behind() != "0"; ++i) std::this_thread::sleep_for(50ms);
  REQUIRE(behind() == "0");
  CHECK_OK(replica.script("select pg_wal_replay_pause()"));

  migrate::BackfillOptions options;
  options.dsn = primary->dsn();
  options.work = {"public.t", "neu = old", "neu is distinct from old", "", true};
  options.pace.lag_bytes_max = 1 << 20;
  options.pace.wait_max = 500ms;
  const auto left = [&] {
    return std::stoi(REQUIRE_OK(session.scalar("select count(*)::text from t where neu is null")));
  };
  const auto stopped = migrate::run_backfill(options, core::silent_progress());
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == ErrorCode::timeout);
  CHECK(stopped.error().message.find("standby") != std::string::npos);
  CHECK(left() > 0);
  CHECK(left() < 20000);

  CHECK_OK(replica.script("select pg_wal_replay_resume()"));
  options.pace.wait_max = 60s;
  const auto report = REQUIRE_OK(migrate::run_backfill(options, core::silent_progress()));
  CHECK(report.continued);
  CHECK(left() == 0);
  for (int i = 0; i < 600 && behind() != "0"; ++i) std::this_thread::sleep_for(50ms);
  CHECK(REQUIRE_OK(replica.scalar("select count(*)::text from t where neu = old")) == "20000");
}
