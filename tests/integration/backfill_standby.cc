// A backfill beside a physical standby (pg_basebackup): while the standby does not replay, the batches wait and then
// stop, naming it; once it replays again another run goes on and ends.
#include <fmt/format.h>

#include <thread>

#include "migrate/backfill.h"
#include "pg/session.h"
#include "standby.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;

TEST_CASE("a backfill waits for a physical standby that does not replay, and goes on when it does") {
  const auto workspace = REQUIRE_OK(scratch::Workspace::create("bgdb-standby"));
  const auto primary = REQUIRE_OK(scratch::Postgres::start(*workspace, {.name = "primary"}));
  auto session = REQUIRE_OK(pg::Session::open({.dsn = primary->dsn()}));
  CHECK_OK(
      session.script("create table t (id int primary key, old int, neu int, pad text default repeat('x', 500));"
                     "insert into t select i, i from generate_series(1, 20000) i"));
  const test::Standby standby(*workspace, *primary);
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
