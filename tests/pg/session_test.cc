#include "pg/session.h"

#include <signal.h>

#include <thread>

#include "core/interrupt.h"
#include "support/check.h"
#include "support/servers.h"

using namespace bgdb;
using pg::Session;

namespace {
Session open_session() {
  return test::connect(test::server().dsn());
}
}  // namespace

TEST_CASE("parameters travel as parameters, NULL as NULL") {
  auto session = open_session();
  const auto rows =
      REQUIRE_OK(session.query("select $1::text as a, $2::int as b, $3::text as c", {"O'Brien\\", "7", std::nullopt}));
  REQUIRE(rows.size() == 1);
  CHECK(rows.text(0, "a") == "O'Brien\\");
  CHECK(rows.integer(0, "b") == 7);
  CHECK_FALSE(rows.at(0, "c").has_value());
}

TEST_CASE("a server error names its SQLSTATE and leaves the session usable") {
  auto session = open_session();
  const auto failed = session.query("select * from missing_table");
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().sqlstate == "42P01");
  CHECK(failed.error().retry == Retry::never);
  CHECK(REQUIRE_OK(session.scalar("select 2")) == "2");
}

TEST_CASE("a script stops at its first error and reports it") {
  auto session = open_session();
  const auto failed = session.script("select 1; select 1/0; select 3");
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().sqlstate == "22012");
  CHECK(REQUIRE_OK(session.script("select 1; select 3")).text(0, 0) == "3");
}

TEST_CASE("a transaction that nobody committed is rolled back") {
  auto session = open_session();
  CHECK_OK(session.execute("create table rolled (id int)"));
  {
    auto transaction = REQUIRE_OK(pg::Transaction::begin(session));
    CHECK_OK(session.execute("insert into rolled values (1)"));
  }
  CHECK(REQUIRE_OK(session.scalar("select count(*) from rolled")) == "0");
}

TEST_CASE("the answer of a COMMIT that got lost is an unknown outcome") {
  auto session = open_session();
  auto killer = open_session();
  CHECK_OK(session.begin());
  CHECK_OK(session.execute("create table lost_answer (id int)"));
  CHECK_OK(killer.execute("select pg_terminate_backend($1::int)", {std::to_string(session.server_pid())}));
  const auto committed = session.commit();
  REQUIRE_FALSE(committed.has_value());
  CHECK(committed.error().retry == Retry::outcome_unknown);
}

TEST_CASE("COPY out and in move the same bytes") {
  auto session = open_session();
  auto other = open_session();
  CHECK_OK(session.script(
      "create table source_rows as select g as id, repeat('x', g % 50) as t from generate_series(1, 5000) g;"
      "create table target_rows (id int, t text)"));
  CHECK_OK(other.copy_in_begin("copy target_rows from stdin"));
  const auto copied = REQUIRE_OK(
      session.copy_out("copy source_rows to stdout", [&](std::string_view data) { return other.copy_in_put(data); }));
  CHECK(copied == 5000);
  CHECK(REQUIRE_OK(other.copy_in_end()) == 5000);
  CHECK(REQUIRE_OK(session.scalar("select count(*) from (table source_rows except table target_rows) d")) == "0");
  CHECK_OK(other.copy_in_begin("copy target_rows from stdin"));
  CHECK_OK(other.copy_in_put("not a number\tx\n"));
  CHECK_FALSE(other.copy_in_end().has_value());
  CHECK(REQUIRE_OK(other.scalar("select 1")) == "1");
}

TEST_CASE("notifications arrive, and waiting for them ends in time") {
  auto session = open_session();
  auto sender = open_session();
  CHECK_OK(session.execute("listen news"));
  CHECK_FALSE(REQUIRE_OK(session.wait_notification(std::chrono::milliseconds(30))).has_value());
  CHECK_OK(sender.execute("select pg_notify('news', 'hello')"));
  const auto note = REQUIRE_OK(session.wait_notification(std::chrono::seconds(5)));
  REQUIRE(note.has_value());
  CHECK(note->payload == "hello");
}

TEST_CASE("an interrupt cancels the running statement, and cleaning up afterwards still works") {
  auto session = open_session();
  std::thread interrupter([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    core::request_interrupt();
  });
  const auto slept = session.query("select pg_sleep(30)");
  interrupter.join();
  REQUIRE_FALSE(slept.has_value());
  CHECK(slept.error().sqlstate == "57014");
  CHECK(slept.error().code == core::ErrorCode::interrupted);
  CHECK(REQUIRE_OK(session.scalar("select 5")) == "5");
  core::clear_interrupt();
}

TEST_CASE("a server that is not there, a database that is not there: an error with a cure") {
  const auto refused = Session::open({.dsn = "host=127.0.0.1 port=1 user=postgres dbname=postgres"});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::connection);
  CHECK_FALSE(refused.error().hint.empty());
  const auto missing = Session::open({.dsn = test::server().dsn("nothing_here")});
  REQUIRE_FALSE(missing.has_value());
  CHECK_FALSE(missing.error().hint.empty());
}

TEST_CASE("text arrays survive both ways") {
  const std::vector<pg::Value> elements = {"plain", "with \"quote\" and \\", "", std::nullopt, "NULL", "a,b{c}"};
  CHECK(REQUIRE_OK(pg::parse_array_literal(pg::to_array_literal(elements))) == elements);
  auto session = open_session();
  const auto rows = REQUIRE_OK(session.query("select u.v from unnest($1::text[]) with ordinality u(v, n) order by n",
                                             {pg::to_array_literal(elements)}));
  REQUIRE(rows.size() == elements.size());
  for (size_t i = 0; i < elements.size(); ++i) CHECK(rows.values[i][0] == elements[i]);
  for (const char* bad : {"", "{", "{a", "{a,}", "{{a}}", "{\"a}"}) {
    INFO(bad);
    CHECK_FALSE(pg::parse_array_literal(bad).has_value());
  }
}
