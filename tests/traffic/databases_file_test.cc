#include "traffic/databases_file.h"

#include <sys/stat.h>

#include "support/check.h"
#include "support/files.h"

using namespace bgdb;
using traffic::with_endpoint;

namespace {
const pg::Endpoint kGreen{"10.0.0.2", "5433", "shop"};
}

TEST_CASE("an entry's endpoint is replaced and its other keys stay") {
  const auto text = REQUIRE_OK(with_endpoint(
      "; ours\n[databases]\nother = host=a port=1 dbname=b\nshop = host=10.0.0.1 port=5432 dbname=shop pool_size=7 "
      "password='it''s x'\n[pgbouncer]\nshop = 1\n",
      "shop", kGreen));
  CHECK(text ==
        "; ours\n[databases]\nother = host=a port=1 dbname=b\nshop = host=10.0.0.2 port=5433 dbname=shop pool_size=7 "
        "password='it''s x'\n[pgbouncer]\nshop = 1\n");
}

TEST_CASE("an entry without a host gets one") {
  CHECK(REQUIRE_OK(with_endpoint("\"shop\"=dbname=x", "shop", kGreen)) ==
        "\"shop\" = dbname=shop host=10.0.0.2 port=5433");
}

TEST_CASE("a commented entry does not count") {
  CHECK_FALSE(with_endpoint("[databases]\n;shop = host=a\n", "shop", kGreen));
}

TEST_CASE("the file is replaced whole and keeps its mode") {
  const test::TempDir folder;
  const auto path = folder.write("databases.ini", "[databases]\nshop = host=a port=1 dbname=shop\n");
  ::chmod(path.c_str(), 0640);
  CHECK_OK(traffic::rewrite_databases_file(path, "shop", kGreen));
  CHECK(test::read_file(path) == "[databases]\nshop = host=10.0.0.2 port=5433 dbname=shop\n");
  struct stat now {};
  ::stat(path.c_str(), &now);
  CHECK((now.st_mode & 07777) == 0640);
}

TEST_CASE("a missing file is an error that names it") {
  const auto result = traffic::rewrite_databases_file("/nonexistent/databases.ini", "shop", kGreen);
  REQUIRE_FALSE(result);
  CHECK(result.error().message.find("/nonexistent/databases.ini") != std::string::npos);
}
