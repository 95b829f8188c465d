// The ends of a window: what finalize refuses, and the retired side as the next release's standby.
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "clone/new_database.h"
#include "core/ident.h"
#include "pg/conninfo.h"
#include "support/check.h"
#include "support/night.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;
using test::Night;

namespace {

void ends(const core::ProcessResult& result, int status, const std::string& part = "") {
  INFO(result.stdout_text << result.stderr_text);
  REQUIRE(result.exit_status == status);
  CHECK((result.stdout_text + result.stderr_text).find(part) != std::string::npos);
}

pg::Session admin(const std::string& dsn) {
  return test::connect(REQUIRE_OK(pg::with_database(dsn, "postgres")));
}

std::string database_of(const std::string& dsn) {
  return REQUIRE_OK(pg::endpoint_of(dsn)).database;
}

void exchange_sides(const Night& night) {
  const auto path = night.folder() / "bgdb.yml";
  std::string text = test::read_file(path);
  const auto blue = text.find(night.blue_dsn());
  text.replace(blue, night.blue_dsn().size(), "@");
  text.replace(text.find(night.green_dsn()), night.green_dsn().size(), night.blue_dsn());
  text.replace(text.find('@'), 1, night.green_dsn());
  std::ofstream(path) << text;
}

}  // namespace

TEST_CASE("before a switch there is nothing to finalize, and nothing is put aside") {
  Night night;
  night.wait_ready();
  ends(night.bgdb({"finalize", "--recycle", "--yes"}), 3, "nothing was switched yet: blue serves");
  CHECK(night.active() == "blue");
}

TEST_CASE("status reminds that the window ends, and then that it has ended") {
  Night night("watch: { window: 1h }\n");
  night.wait_ready();
  ends(night.bgdb({"cutover", "--yes"}), 0);
  const auto advice = [&](const std::string& age) {
    (void)night.on_green("update bgdb.side set since = clock_timestamp() - interval '" + age + "' returning 1");
    return nlohmann::json::parse(night.bgdb({"status", "--json"}).stdout_text)["advice"].get<std::string>();
  };
  CHECK(advice("10 minutes").empty());
  CHECK(advice("57 minutes").find("ends in ") != std::string::npos);
  CHECK(advice("62 minutes").find("ended ") != std::string::npos);
}

TEST_CASE("the retired side is put aside and becomes a copy of the side that serves, ready for the next release") {
  Night night;
  night.start_load(2);
  night.wait_ready();
  ends(night.bgdb({"cutover", "--yes"}), 0);
  ends(night.bgdb({"finalize", "--recycle", "--dry-run"}), 0, "an empty database takes the place");
  ends(night.bgdb({"finalize", "--yes"}), 0, "--recycle");
  // What only the new schema has.
  CHECK_OK(test::connect(night.green_dsn()).script("alter table accounts add column note text default 'new'"));

  SECTION("in one go") {}
  const auto died_with = [&](const clone::ExchangeNames& names) {
    const nlohmann::json fact = {{"side", "blue"}, {"fresh", names.fresh}, {"kept_as", names.kept_as}};
    CHECK_OK(test::connect(night.green_dsn())
                 .execute("insert into bgdb.fact (key, value) values ('finalize.recycle', $1)", {fact.dump()}));
  };
  SECTION("after a run that died while the names were exchanged") {
    died_with(REQUIRE_OK(clone::exchange_names(night.blue_dsn())));
    CHECK_OK(admin(night.blue_dsn())
                 .execute("alter database " + core::quote_ident(database_of(night.blue_dsn())) +
                          " allow_connections false"));
  }
  SECTION("after a run that died when the empty database was in its place") {
    const auto names = REQUIRE_OK(clone::exchange_names(night.blue_dsn()));
    died_with(names);
    CHECK_OK(clone::put_aside(night.blue_dsn(), names));
    // The kept one can be looked at.
    CHECK(REQUIRE_OK(test::connect(REQUIRE_OK(pg::with_database(night.blue_dsn(), names.kept_as)))
                         .scalar("select count(*) > 0 from accounts")) == "t");
  }
  const auto recycled = night.bgdb({"finalize", "--recycle", "--yes"});
  ends(recycled, 0, "blue is a copy of green again");
  CHECK(recycled.stdout_text.find("exchange blue.dsn and green.dsn") != std::string::npos);
  CHECK(recycled.stdout_text.find("kept as " + database_of(night.blue_dsn()) + "_before_") != std::string::npos);
  CHECK(night.on_blue("select note from accounts limit 1") == "new");
  CHECK(night.on_blue("select role || ' ' || epoch from bgdb.side") == "standby 0");
  CHECK(REQUIRE_OK(admin(night.blue_dsn())
                       .scalar("select count(*) from pg_database where datname like $1 || '\\_%'",
                               {database_of(night.blue_dsn())})) == "1");
  CHECK(night.on_green("select count(*) from bgdb.fact where key = 'finalize.recycle'") == "0");
  CHECK(night.on_green("select count(*) from bgdb.journal where step = 'recycled'") == "1");
  // Again, with the sides as they were: nothing is taken for a retired side.
  ends(night.bgdb({"finalize", "--recycle", "--yes"}), 3, "exchange blue.dsn and green.dsn");

  night.stop_sync();
  exchange_sides(night);
  night.start_sync();
  night.wait_ready();
  night.stop_load();
  CHECK(night.failed() == 0);
  const auto status = nlohmann::json::parse(night.bgdb({"status", "--json"}).stdout_text);
  CHECK(status["active"] == "blue");
  CHECK(status["next"] == "cutover");
  const auto green = night.on_green("select count(*) from transfers");
  for (int i = 0; i < 100 && night.on_blue("select count(*) from transfers") != green; ++i) {
    std::this_thread::sleep_for(100ms);
  }
  CHECK(night.on_blue("select count(*) from transfers") == green);
}
