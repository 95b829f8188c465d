#include "pg/pipeline.h"

#include "support/check.h"
#include "support/servers.h"

using namespace bgdb;

TEST_CASE("pipeline: results arrive in order with their affected rows") {
  auto session = test::connect(test::fresh_database());
  CHECK_OK(session.execute("create table t(id int primary key, v text)"));
  auto pipeline = REQUIRE_OK(pg::Pipeline::enter(session));
  CHECK_OK(pipeline.prepare("ins", "insert into t select unnest($1::int[]), 'x'"));
  std::vector<int64_t> affected;
  const auto keep = [&](int64_t rows) -> Result<void> {
    affected.push_back(rows);
    return {};
  };
  CHECK_OK(pipeline.send_prepared("ins", {"{1,2,3}"}, keep));
  CHECK_OK(pipeline.send("update t set v = $1 where id > 1", {"y"}, keep));
  CHECK_OK(pipeline.send("select 1 from t", {}, keep));
  CHECK_OK(pipeline.send("delete from t where id = 99", {}, keep));
  CHECK_OK(pipeline.sync());
  CHECK(affected == std::vector<int64_t>{3, 2, 3, 0});
}

TEST_CASE("pipeline: the first error is reported, later statements are skipped, the session stays usable") {
  auto session = test::connect(test::fresh_database());
  CHECK_OK(session.execute("create table t(id int primary key)"));
  {
    auto pipeline = REQUIRE_OK(pg::Pipeline::enter(session));
    CHECK_OK(pipeline.send("insert into t values (1)"));
    CHECK_OK(pipeline.send("insert into t values (1)"));
    CHECK_OK(pipeline.send("insert into nowhere values (1)"));
    const auto failed = pipeline.sync();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().sqlstate == "23505");
    CHECK_OK(pipeline.send("insert into t values (2)"));
    CHECK_OK(pipeline.sync());
    CHECK_OK(pipeline.send("insert into t values (3)"));  // never synced: the destructor ends it
  }
  CHECK(REQUIRE_OK(session.scalar("select count(*) from t where id = 2")) == "1");
}

TEST_CASE("pipeline: much more than the bound goes through") {
  auto session = test::connect(test::fresh_database());
  CHECK_OK(session.execute("create table t(id int, v text)"));
  {
    auto pipeline = REQUIRE_OK(pg::Pipeline::enter(session, 4 * 1024));
    const std::string value(100'000, 'v');
    for (int i = 0; i < 100; ++i) {
      CHECK_OK(pipeline.send("insert into t values ($1::int, $2) returning v", {std::to_string(i), value}));
    }
    CHECK_OK(pipeline.sync());
  }
  CHECK(REQUIRE_OK(session.scalar("select sum(length(v)) from t")) == "10000000");
}

TEST_CASE("pipeline: a connection that dies is an error, not a hang") {
  const auto dsn = test::fresh_database();
  auto session = test::connect(dsn);
  auto killer = test::connect(dsn);
  auto pipeline = REQUIRE_OK(pg::Pipeline::enter(session));
  CHECK_OK(killer.execute("select pg_terminate_backend($1::int, 5000)", {std::to_string(session.server_pid())}));
  (void)pipeline.send("select 1");
  const auto ended = pipeline.sync();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().retry != Retry::never);
}
