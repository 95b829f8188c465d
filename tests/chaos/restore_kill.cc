// kill -9 of `bgdb restore` at moments spread over its whole run. Whenever it dies, the database stands under its name,
// whole, as it was or as the copy says; the next look at it makes it reachable and names what was left over.
#include <signal.h>

#include <chrono>
#include <set>
#include <thread>

#include "clone/archive.h"
#include "core/ident.h"
#include "core/process.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

struct Place {
  std::string blue = test::fresh_database("blue");
  test::TempDir folder;
  std::string archive;

  Place() {
    CHECK_OK(test::connect(blue).script(
        "create table orders (id int primary key, note text); insert into orders select i, repeat('n', 100) from "
        "generate_series(1, 20000) i; create index on orders (note)"));
    folder.write("bgdb.yml", "name: shop\nblue: { dsn: \"" + blue + "\" }\ngreen: { dsn: \"" + blue + "\" }\n");
    archive = REQUIRE_OK(clone::take_archive({.dsn = blue,
                                              .folder = (folder.path() / "copies").string(),
                                              .name = "shop",
                                              .check_dsn = test::fresh_database("green")},
                                             core::silent_progress()))
                  .path;
  }
  core::ProcessOptions command(std::vector<std::string> arguments) const {
    core::ProcessOptions options{.argv = {BGDB_BINARY, "--config", (folder.path() / "bgdb.yml").string()}};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.output_file = folder.path() / "out.log";
    return options;
  }
  core::ProcessResult run(std::vector<std::string> arguments) const {
    auto options = command(std::move(arguments));
    options.output_file.clear();
    return REQUIRE_OK(core::run_process(options));
  }
  // Until the children of a process that was killed have gone, too: the copy is theirs to fill.
  void settle() const {
    auto admin = test::connect(test::server("blue").dsn("postgres"));
    for (int i = 0; i < 200; ++i) {
      const auto busy = REQUIRE_OK(
          admin.scalar("select count(*) from pg_stat_activity where backend_type = 'client backend' and datname ~ "
                       "'_new_[0-9]{14}$'"));
      if (busy == "0") return;
      std::this_thread::sleep_for(50ms);
    }
    FAIL("somebody still works on the new database");
  }
};

}  // namespace

TEST_CASE("a restore that is killed at any moment leaves the database whole under its name") {
  const Place place;
  const auto rows = [&] { return REQUIRE_OK(test::connect(place.blue).scalar("select count(*) from orders")); };
  const auto began = std::chrono::steady_clock::now();
  REQUIRE(place.run({"restore", place.archive, "--yes", "--side", "blue"}).exit_status == 0);
  const auto whole = std::chrono::steady_clock::now() - began;
  constexpr int kMoments = 12;
  std::set<std::string> outcomes;
  for (int i = 1; i <= kMoments; ++i) {
    INFO(i << " of " << kMoments);
    REQUIRE_OK(test::connect(place.blue).script("insert into orders select max(id) + 1, 'since' from orders"));
    auto child =
        REQUIRE_OK(core::ChildProcess::start(place.command({"restore", place.archive, "--yes", "--side", "blue"})));
    std::this_thread::sleep_for(whole * i / kMoments);
    child.signal(SIGKILL);
    REQUIRE(child.wait(10s).has_value());
    place.settle();
    const auto looked = place.run({"restore", place.archive, "--dry-run", "--side", "blue", "--json"});
    INFO(looked.stdout_text + looked.stderr_text);
    REQUIRE(looked.exit_status == 0);
    const auto found = rows();
    CHECK((found == "20000" || found == "20001"));
    outcomes.insert(found);
    if (found == "20001") REQUIRE_OK(test::connect(place.blue).script("delete from orders where note = 'since'"));
    // What is left over is named, so that somebody can drop it as it says.
    auto admin = test::connect(test::server("blue").dsn("postgres"));
    const auto left = REQUIRE_OK(admin.query("select datname from pg_database where datname ~ '_new_[0-9]{14}$'"));
    for (size_t k = 0; k < left.size(); ++k) {
      CHECK(looked.stdout_text.find(left.text(k, 0)) != std::string::npos);
      CHECK_OK(admin.execute("drop database " + quote_ident(left.text(k, 0)) + " with (force)"));
    }
  }
  CHECK(outcomes.contains("20001"));  // else every kill came too late to say anything
}

TEST_CASE("a database that a dead restore left closed is opened by the next look at it") {
  const Place place;
  const auto name = REQUIRE_OK(test::connect(place.blue).scalar("select current_database()"));
  auto admin = test::connect(test::server("blue").dsn("postgres"));
  CHECK_OK(admin.execute("alter database " + quote_ident(name) + " with allow_connections false"));
  CHECK_FALSE(pg::Session::open({.dsn = place.blue}).has_value());
  const auto looked = place.run({"restore", place.archive, "--dry-run", "--side", "blue"});
  INFO(looked.stderr_text);
  CHECK(looked.exit_status == 0);
  CHECK(REQUIRE_OK(test::connect(place.blue).scalar("select count(*) from orders")) == "20000");
}
