// Blue fails over to a physical standby while a link runs. One that has everything is followed; one that lacks what
// green has already is refused, also when it has written beyond that position by then.
#include "link_world.h"
#include "standby.h"

using namespace bgdb;
using namespace bgdb::test;

namespace {

const std::string kSlot = "bgdb_failover_forward";

template <class T>
T made(Result<T> result) {
  return REQUIRE_OK(std::move(result));
}

struct Night {
  std::unique_ptr<scratch::Workspace> workspace;
  std::unique_ptr<scratch::Postgres> primary;
  Standby standby;  // older than the slot, whose log it must have
  pg::Session blue;
  std::string green_dsn = fresh_database("green");
  pg::Session green = connect(green_dsn);

  Night()
      : workspace(made(scratch::Workspace::create("bgdb-failover"))),
        primary(
            made(scratch::Postgres::start(*workspace, {.name = "primary", .settings = {{"wal_keep_size", "256MB"}}}))),
        standby(*workspace, *primary),
        blue(connect(primary->dsn())) {
    for (auto* session : {&blue, &green}) {
      CHECK_OK(session->script(kAccounts));
      CHECK_OK(journal::install_state(*session));
    }
    REQUIRE_OK(
        link::set_up_link({.dsn = primary->dsn()}, blue, green, {"forward", kSlot}, {{"public", "accounts"}}, false));
  }
  std::unique_ptr<link::Link> relay(const std::string& source_dsn) const {
    link::LinkOptions options;
    options.name = "forward";
    options.slot = kSlot;
    options.source_dsn = source_dsn;
    options.target_dsn = green_dsn;
    return link::make_relay(std::move(options), accounts_mapping());
  }
  void drained(pg::Session& source) {
    static int number = 0;
    const auto id = fmt::format("failover-{}", ++number);
    REQUIRE_OK(link::emit_marker(source, id));
    CHECK_OK(link::wait_marker(green, "forward", id, 60s));
  }
  // All that the primary wrote is on the standby, which is stopped then, and has the slot.
  void stop_in_step() {
    auto replica = connect(standby.dsn());
    const auto end = REQUIRE_OK(blue.scalar("select pg_current_wal_insert_lsn()"));
    CHECK_OK(blue.script("select txid_current(); checkpoint"));
    wait_until(
        [&] { return REQUIRE_OK(replica.scalar("select pg_last_wal_replay_lsn() >= '" + end + "'::pg_lsn")) == "t"; });
    standby.stop();
    standby.copy_slot(*primary, kSlot);
  }
  // What the link carried while both were there.
  std::unique_ptr<link::Link> begin() {
    auto relay = this->relay(primary->dsn());
    CHECK_OK(relay->start());
    write(blue, 1);
    drained(blue);
    return relay;
  }
  static void write(pg::Session& source, int id) {
    CHECK_OK(source.execute("insert into accounts values ($1, 0, null, null)", {std::to_string(id)}));
  }
  // The primary dies, the standby takes its place.
  pg::Session fail_over() {
    primary->kill9();
    standby.start();
    standby.promote();
    return connect(standby.dsn());
  }
  std::string ids() { return REQUIRE_OK(green.scalar("select string_agg(id::text, ',' order by id) from accounts")); }
};

}  // namespace

TEST_CASE("failover: a promoted standby that lacks rows the target has is refused, wherever its log is by then") {
  Night night;
  auto relay = night.begin();
  night.stop_in_step();
  Night::write(night.blue, 2);  // never on the standby
  night.drained(night.blue);
  relay->stop();

  auto promoted = night.fail_over();
  Night::write(promoted, 3);
  CHECK_OK(promoted.execute("select pg_switch_wal()"));
  Night::write(promoted, 4);
  auto again = night.relay(night.standby.dsn());
  const auto started = again->start();
  REQUIRE_FALSE(started);
  INFO(started.error().message);
  CHECK(started.error().code == ErrorCode::refused);
  CHECK(started.error().message.find("timeline 2") != std::string::npos);
  CHECK(night.ids() == "1,2");
}

TEST_CASE("failover: a promoted standby that has all the target has is followed, and again after a restart") {
  Night night;
  night.begin()->stop();
  Night::write(night.blue, 2);
  night.stop_in_step();

  auto promoted = night.fail_over();
  for (int round = 3; round <= 4; ++round) {
    auto again = night.relay(night.standby.dsn());
    CHECK_OK(again->start());
    Night::write(promoted, round);
    night.drained(promoted);
    again->stop();
  }
  CHECK(night.ids() == "1,2,3,4");
}
