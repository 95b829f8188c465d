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
