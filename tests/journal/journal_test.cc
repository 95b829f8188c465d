#include "journal/journal.h"

#include "journal/state.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;

namespace {

pg::Session with_records(int count) {
  auto session = test::connect(test::fresh_database());
  CHECK_OK(journal::install_state(session));
  for (int i = 0; i < count; ++i) {
    REQUIRE_OK(journal::append(session, {.command = "cutover",
                                         .step = "s" + std::to_string(i),
                                         .detail = R"({"text":"O'Brien \"quoted\" äöü","n":1.50})"}));
  }
  return session;
}

}  // namespace

TEST_CASE("records form a chain that checks") {
  auto session = with_records(3);
  const auto records = REQUIRE_OK(journal::read(session));
  REQUIRE(records.size() == 3);
  CHECK(records[0].previous == "genesis");
  CHECK(records[1].previous == records[0].hash);
  const auto verdict = REQUIRE_OK(journal::check(session));
  CHECK(verdict.intact);
  CHECK(verdict.records == 3);
  CHECK(REQUIRE_OK(journal::read(session, 2)).front().seq == 2);
}

TEST_CASE("an empty journal is intact") {
  auto session = with_records(0);
  CHECK(REQUIRE_OK(journal::check(session)).intact);
}

TEST_CASE("a changed record is found") {
  auto session = with_records(3);
  CHECK_OK(session.execute("update bgdb.journal set actor = 'nobody' where seq = 2"));
  const auto verdict = REQUIRE_OK(journal::check(session));
  CHECK_FALSE(verdict.intact);
  CHECK(verdict.problem.find("record 2") != std::string::npos);
}

TEST_CASE("a changed time is found") {
  auto session = with_records(2);
  CHECK_OK(session.execute("update bgdb.journal set at = at + interval '1 second' where seq = 1"));
  CHECK_FALSE(REQUIRE_OK(journal::check(session)).intact);
}

TEST_CASE("a removed record is found") {
  auto session = with_records(3);
  CHECK_OK(session.execute("delete from bgdb.journal where seq = 2"));
  CHECK_FALSE(REQUIRE_OK(journal::check(session)).intact);
}

TEST_CASE("a record whose hash was computed anew breaks the chain behind it") {
  auto session = with_records(3);
  CHECK_OK(session.execute(
      "update bgdb.journal set step = 'x', hash = encode(sha256(convert_to('x', 'UTF8')), 'hex') where seq = 1"));
  CHECK_FALSE(REQUIRE_OK(journal::check(session)).intact);
}

TEST_CASE("a removed tail is found through the mirror") {
  auto session = with_records(0);
  const test::TempDir folder;
  const std::string path = folder.path() / "journal.jsonl";
  for (const auto* step : {"one", "two"}) {
    const auto record = REQUIRE_OK(journal::append(session, {.command = "cutover", .step = step}));
    CHECK_OK(journal::mirror(path, "blue", record));
  }
  CHECK(REQUIRE_OK(journal::check_mirror(session, path, "blue")).intact);
  CHECK_OK(session.execute("delete from bgdb.journal where seq = 2"));
  CHECK(REQUIRE_OK(journal::check(session)).intact);
  CHECK_FALSE(REQUIRE_OK(journal::check_mirror(session, path, "blue")).intact);
  CHECK(REQUIRE_OK(journal::check_mirror(session, path, "green")).intact);
}

TEST_CASE("a record appended in a transaction goes with it") {
  auto session = with_records(1);
  CHECK_OK(session.begin());
  REQUIRE_OK(journal::append(session, {.command = "cutover", .step = "lost"}));
  CHECK_OK(session.rollback());
  CHECK(REQUIRE_OK(journal::read(session)).size() == 1);
}
