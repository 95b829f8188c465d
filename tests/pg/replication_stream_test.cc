#include "pg/replication_stream.h"

#include "core/ident.h"
#include "support/check.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {
const std::vector<std::pair<std::string, std::string>> kOptions = {
    {"proto_version", "1"}, {"publication_names", "p"}, {"messages", "true"}};
}

TEST_CASE("replication stream: a slot exports the snapshot its stream continues from") {
  const auto dsn = test::fresh_database();
  auto session = test::connect(dsn);
  CHECK_OK(
      session.script("create table t(id int primary key); insert into t values (1); create publication p for table t"));
  auto stream = REQUIRE_OK(pg::ReplicationStream::open({.dsn = dsn}));
  CHECK(REQUIRE_OK(stream.identify_system()).system_identifier ==
        REQUIRE_OK(session.scalar("select system_identifier from pg_control_system()")));
  const auto slot = REQUIRE_OK(stream.create_slot("stream_test_one", true));
  CHECK(slot.consistent_point.valid());
  REQUIRE_FALSE(slot.snapshot_name.empty());
  CHECK_OK(session.execute("insert into t values (2)"));
  {
    auto reader = test::connect(dsn);
    CHECK_OK(reader.begin("isolation level repeatable read"));
    CHECK_OK(reader.execute("set transaction snapshot " + quote_literal(slot.snapshot_name)));
    CHECK(REQUIRE_OK(reader.scalar("select count(*) from t")) == "1");
  }
  CHECK_OK(stream.start("stream_test_one", slot.consistent_point, kOptions));
  std::string kinds;
  Lsn commit_end;
  while (kinds.empty() || kinds.back() != 'C') {
    const auto message = REQUIRE_OK(stream.receive(10s));
    REQUIRE(message);
    if (message->kind != pg::StreamMessage::Kind::data) continue;
    kinds += message->payload[0];
    commit_end = message->end;
  }
  CHECK(kinds == "BRIC");
  CHECK_OK(stream.send_status(commit_end, commit_end, commit_end, true));
  // A keepalive of the server's own may be under way before its reply.
  bool confirmed = false;
  for (int replies = 0; replies < 50 && !confirmed; ++replies) {
    REQUIRE_OK(stream.receive(100ms));
    confirmed = REQUIRE_OK(session.scalar("select confirmed_flush_lsn >= $1::pg_lsn from pg_replication_slots where "
                                          "slot_name = 'stream_test_one'",
                                          {commit_end.to_string()})) == "t";
  }
  CHECK(confirmed);
}

TEST_CASE("replication stream: nothing to read is no error, a lost walsender is one that allows a new session") {
  const auto dsn = test::fresh_database();
  auto session = test::connect(dsn);
  CHECK_OK(session.script("create publication p"));
  auto stream = REQUIRE_OK(pg::ReplicationStream::open({.dsn = dsn}));
  const auto slot = REQUIRE_OK(stream.create_slot("stream_test_two", false));
  CHECK(slot.snapshot_name.empty());
  CHECK_OK(stream.start("stream_test_two", slot.consistent_point, kOptions));
  while (REQUIRE_OK(stream.receive(50ms))) {
  }
  CHECK_OK(
      session.execute("select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = "
                      "'stream_test_two'"));
  for (;;) {
    auto message = stream.receive(10s);
    if (message) continue;
    CHECK(message.error().retry == Retry::new_session);
    break;
  }
}

TEST_CASE("replication stream: a missing slot is an error of the server") {
  auto stream = REQUIRE_OK(pg::ReplicationStream::open({.dsn = test::fresh_database()}));
  const auto started = stream.start("no_such_slot", Lsn{}, kOptions);
  REQUIRE_FALSE(started);
  CHECK(started.error().sqlstate == "42704");
}

TEST_CASE("a stream writes values the same way whatever the database's settings are") {
  const std::string dsn = test::fresh_database();
  const std::string database = dsn.substr(dsn.rfind('=') + 1);
  CHECK_OK(test::connect(dsn).script("alter database " + database + " set datestyle = 'SQL, DMY'; alter database " +
                                     database + " set extra_float_digits = -3; alter database " + database +
                                     " set intervalstyle = 'sql_standard'"));
  auto stream = REQUIRE_OK(pg::ReplicationStream::open({.dsn = dsn}));
  const auto shown = [&](const std::string& name) {
    return REQUIRE_OK(stream.session().script("show " + name)).text(0, 0);
  };
  CHECK(shown("datestyle").substr(0, 3) == "ISO");
  CHECK(shown("extra_float_digits") == "3");
  CHECK(shown("intervalstyle") == "postgres");
}
