// Blue and green of different major versions: Debian's on blue, a newer server on green; and back again, where the
// newer one is the source.
#include "release_world.h"

using namespace bgdb;
using test::Release;

namespace {

// Null, with the reason said, when there is none.
scratch::Postgres* newer() {
  static std::unique_ptr<scratch::Postgres> server;
  const auto folder = test::newer_postgres_bin_dir();
  if (folder.empty()) {
    WARN("left out: no newer PostgreSQL is here (./run setup gets it where npm is installed)");
    return nullptr;
  }
  if (!server) {
    server = REQUIRE_OK(scratch::Postgres::start(test::workspace(), {.name = "newer", .bin_dir = folder}));
  }
  return server.get();
}

}  // namespace

TEST_CASE("majors: a whole release from 15 to a newer server, and back, as a superuser") {
  auto* server = newer();
  if (server == nullptr) return;
  CHECK_OK(server->create_database("shop"));
  const Release release(test::fresh_database("blue"), server->dsn("shop"));
  release.must({"doctor"});
  test::there_and_back(release);
}

TEST_CASE("majors: the same as the role with exactly the printed grants") {
  auto* server = newer();
  if (server == nullptr) return;
  CHECK_OK(server->create_database("least"));
  const Release release(test::fresh_database("blue"), server->dsn("least"));
  REQUIRE_OK(test::connect(release.blue).script(release.grants("blue")));
  REQUIRE_OK(test::connect(release.green).script(release.grants("green")));
  release.configure("release");
  release.must({"doctor"});
  test::there_and_back(release);
}

TEST_CASE("majors: a newer green is fine, an older one is refused by the doctor") {
  auto* server = newer();
  if (server == nullptr) return;
  CHECK_OK(server->create_database("old_green"));
  const Release release(server->dsn("old_green"), test::fresh_database("green"));
  const auto report = release.run({"doctor"});
  CHECK(report.exit_status == 1);
  CHECK(report.stdout_text.find("is older than blue") != std::string::npos);
}
