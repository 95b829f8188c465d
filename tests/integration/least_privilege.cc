// A whole release as a role that has exactly the rights `bgdb doctor --print-grants` prints, on both sides.
#include "release_world.h"

using namespace bgdb;
using test::Release;

TEST_CASE("least privilege: a release there and back as a role with exactly the printed grants") {
  const Release release;
  const auto on_blue = release.grants("blue"), on_green = release.grants("green");
  INFO(on_blue << on_green);
  CHECK(on_blue.find("superuser;") == std::string::npos);
  REQUIRE_OK(test::connect(release.blue).script(on_blue));
  REQUIRE_OK(test::connect(release.green).script(on_green));
  release.configure("release");
  CHECK(REQUIRE_OK(test::connect(Release::as("release", release.blue)).scalar("show is_superuser")) == "off");

  release.must({"doctor"});
  there_and_back(release);
}

// What an administrator sets for a role's own sessions is not meant for bgdb's.
TEST_CASE("least privilege: a release as a role with limits and formats of its own") {
  const Release release;
  for (const std::string side : {"blue", "green"}) {
    auto session = test::connect(side == "blue" ? release.blue : release.green);
    REQUIRE_OK(session.script(release.grants(side)));
    REQUIRE_OK(session.script(
        "alter role release set statement_timeout = '1ms'; alter role release set lock_timeout = '1ms';"
        "alter role release set idle_in_transaction_session_timeout = '1ms';"
        "alter role release set idle_session_timeout = '100ms';"
        "alter role release set default_transaction_isolation = 'serializable';"
        "alter role release set default_transaction_read_only = on;"
        "alter role release set datestyle = 'German'; alter role release set intervalstyle = 'sql_standard';"
        "alter role release set extra_float_digits = -15; alter role release set bytea_output = 'escape';"
        "alter role release set timezone = 'Asia/Kathmandu'; alter role release set array_nulls = off;"
        "alter role release set standard_conforming_strings = off; alter role release set synchronous_commit = off;"
        "alter role release set quote_all_identifiers = on"));
  }
  release.configure("release");
  release.must({"doctor"});
  there_and_back(release);
}

TEST_CASE("least privilege: what is taken away again is missed") {
  const Release release;
  for (const std::string side : {"blue", "green"}) {
    REQUIRE_OK(test::connect(side == "blue" ? release.blue : release.green).script(release.grants(side)));
  }
  release.configure("release");
  release.must({"doctor"});
  auto blue = test::connect(release.blue);
  const auto missed = [&](const std::string& revoke, const std::string& grant, const std::string& word) {
    CHECK_OK(blue.execute(revoke));
    const auto result = release.run({"doctor"});
    INFO(revoke << "\n" << result.stdout_text << result.stderr_text);
    CHECK(result.exit_status == 1);
    CHECK(result.stdout_text.find(word) != std::string::npos);
    CHECK_OK(blue.execute(grant));
  };
  missed("revoke shop from release", "grant shop to release", "grant shop to release");
  missed("alter role release noreplication", "alter role release replication", "alter role release replication");
  missed("alter role release nobypassrls", "alter role release bypassrls", "bypassrls");
  missed("revoke pg_signal_backend from release", "grant pg_signal_backend to release", "pg_signal_backend");
  missed("revoke execute on function pg_replication_origin_create(text) from release",
         "grant execute on function pg_replication_origin_create(text) to release", "pg_replication_origin_create");
  release.must({"doctor"});
}
