// bgdb snapshot and restore on real servers: a copy is proven by restoring it, a damaged one is refused before anything
// changes, what is lost is told to the row, and what stood there is kept.
#include <filesystem>
#include <fstream>

#include "clone/archive.h"
#include "core/process.h"
#include "journal/state.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;

namespace {

namespace fs = std::filesystem;

const std::string kShop =
    "create table orders (id int primary key, note text); insert into orders select i, 'n' || i from "
    "generate_series(1, "
    "500) i; create schema \"Odd name\"; create table \"Odd name\".\"T\"\"x\" (id int primary key); insert into \"Odd "
    "name\".\"T\"\"x\" values (1); create table parts (id int, k int, primary key (id, k)) partition by list (k); "
    "create "
    "table part_one partition of parts default; insert into parts select i, i from generate_series(1, 10) i;";

struct Place {
  std::string blue = test::fresh_database("blue");
  std::string green = test::fresh_database("green");
  test::TempDir folder;
  std::string copies = (folder.path() / "copies").string();

  Place() {
    CHECK_OK(test::connect(blue).script(kShop));
    folder.write("bgdb.yml", "name: shop\nblue: { dsn: \"" + blue + "\" }\ngreen: { dsn: \"" + green + "\" }\n");
  }
  core::ProcessResult command(std::vector<std::string> arguments) const {
    std::vector<std::string> argv{BGDB_BINARY, "--config", (folder.path() / "bgdb.yml").string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return REQUIRE_OK(core::run_process({.argv = argv}));
  }
  clone::Archive take() const {
    return REQUIRE_OK(clone::take_archive({.dsn = blue, .folder = copies, .name = "shop", .check_dsn = green},
                                          core::silent_progress()));
  }
  std::string on_blue(const std::string& sql) const { return REQUIRE_OK(test::connect(blue).scalar(sql)); }
};

std::string databases(const std::string& dsn) {
  return REQUIRE_OK(test::connect(dsn).scalar(
      "select count(*) from pg_database where datname ~ '^bgdb_snapshot_check_|_new_[0-9]{14}$'"));
}

}  // namespace

TEST_CASE("a snapshot is restored once on the other server, and says what each table held") {
  Place place;
  const auto archive = place.take();
  CHECK(archive.checked);
  CHECK(archive.tables.size() == 3);
  CHECK(databases(place.green) == "0");
  const auto again = REQUIRE_OK(clone::read_archive(archive.path));
  CHECK(again.lsn == archive.lsn);
  CHECK(again.tables.size() == 3);
  CHECK(clone::list_archives(place.copies).size() == 1);
  CHECK_FALSE(clone::read_archive(place.folder.path().string()));
}

TEST_CASE("restore brings back the rows, keeps what stood there, and tells what is lost") {
  Place place;
  const auto archive = place.take();
  CHECK_OK(
      test::connect(place.blue)
          .script("select pg_create_logical_replication_slot('left_here_' || current_database(), 'pgoutput'); delete "
                  "from orders where id <= 100; insert into parts values (77, 1); create table young (id "
                  "int); insert into young values (1), (2); update orders set note = 'changed'"));
  auto live = test::connect(place.blue);
  const auto loss = REQUIRE_OK(clone::what_is_lost(archive, live));
  REQUIRE(loss.tables.size() == 3);
  CHECK(loss.log_bytes.value_or(0) > 0);
  for (const auto& table : loss.tables) {
    if (table.name.name == "orders") CHECK((table.rows_then == 500 && table.rows_now == 400));
    if (table.name.name == "part_one") CHECK((table.rows_then == 10 && table.rows_now == 11));
    if (table.name.name == "young") CHECK((table.only_now && table.rows_now == 2));
  }
  const auto restored = REQUIRE_OK(clone::restore_archive(archive, place.blue, 2, core::silent_progress()));
  CHECK(restored.rows == 511);
  REQUIRE(restored.slots_left.size() == 1);
  CHECK_OK(test::connect(place.blue).execute("select pg_drop_replication_slot($1)", {restored.slots_left[0]}));
  CHECK(place.on_blue("select count(*) from orders where note = 'n' || id") == "500");
  CHECK(place.on_blue("select to_regclass('young') is null") == "t");
  const auto kept = place.blue.substr(0, place.blue.rfind('=') + 1) + restored.kept_as;
  CHECK(REQUIRE_OK(test::connect(kept).scalar("select count(*) from orders")) == "400");
  CHECK(databases(place.blue) == "0");
}

TEST_CASE("a damaged copy is refused before anything is exchanged") {
  Place place;
  const auto archive = place.take();
  SECTION("a manifest that says more rows than the files hold") {
    auto wrong = archive;
    wrong.tables[0].rows += 1;
    const auto refused = clone::restore_archive(wrong, place.blue, 2, core::silent_progress());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::divergence);
  }
  SECTION("a file that was cut") {
    for (const auto& entry : fs::directory_iterator(archive.path)) {
      if (entry.path().filename().string().find(".dat") == std::string::npos) continue;
      fs::resize_file(entry.path(), fs::file_size(entry.path()) / 2);
    }
    CHECK_FALSE(clone::restore_archive(archive, place.blue, 2, core::silent_progress()));
  }
  CHECK_OK(test::connect(place.blue).execute("insert into orders values (1000, 'serves on')"));
  CHECK(databases(place.blue) == "0");
}

TEST_CASE("a snapshot that fails leaves nothing behind") {
  Place place;
  const auto failed = clone::take_archive(
      {.dsn = place.blue, .folder = place.copies, .name = "shop", .pg_dump = "/bin/false"}, core::silent_progress());
  CHECK_FALSE(failed);
  CHECK(fs::is_empty(place.copies));
}

TEST_CASE(
    "bgdb snapshot and restore as commands: list, old copies removed, asked, refused while the other side serves") {
  Place place;
  CHECK_OK(test::connect(place.green).script("create table t (id int)"));
  const auto first = place.command({"snapshot", "--dir", place.copies});
  INFO(first.stdout_text + first.stderr_text);
  REQUIRE(first.exit_status == 0);
  CHECK(first.stdout_text.find("every table has the rows it had") != std::string::npos);
  const auto path = clone::list_archives(place.copies)[0].path;
  CHECK(place.command({"snapshot", "--list", "--dir", place.copies}).stdout_text.find(path) != std::string::npos);
  const auto dry = place.command({"restore", path, "--dry-run"});
  CHECK(dry.exit_status == 0);
  CHECK(dry.stdout_text.find("Everything committed since is lost") != std::string::npos);
  const auto unasked = place.command({"restore", path});
  CHECK(unasked.exit_status == 2);
  CHECK(unasked.stderr_text.find("nothing was changed") != std::string::npos);
  CHECK(place.command({"restore", path, "--yes"}).exit_status == 0);
  auto green = test::connect(place.green);
  CHECK_OK(journal::install_state(green));
  CHECK_OK(green.execute("insert into bgdb.side (role, epoch, by) values ('active', 2, 'test')"));
  const auto refused = place.command({"restore", path, "--yes"});
  CHECK(refused.exit_status == 3);
  CHECK(refused.stderr_text.find("bgdb rollback") != std::string::npos);
  CHECK(place.command({"restore", place.folder.path().string(), "--yes", "--side", "green"}).exit_status == 2);
  // The side that serves is saved; the former copy is old enough to go.
  const auto second = place.command({"snapshot", "--dir", place.copies, "--keep", "0", "--no-check", "--json"});
  INFO(second.stdout_text + second.stderr_text);
  CHECK(second.exit_status == 0);
  CHECK(second.stdout_text.find("\"side\": \"green\"") != std::string::npos);
  const auto hook = place.command({"snapshot", "--", "echo", "backed up"});
  CHECK(hook.exit_status == 0);
  CHECK(place.command({"snapshot", "--", "false"}).exit_status == 2);
}

TEST_CASE("a restored side serves with an epoch above the other's, so that it is not taken for a lost one") {
  Place place;
  auto blue = test::connect(place.blue);
  CHECK_OK(journal::install_state(blue));
  CHECK_OK(blue.execute("insert into bgdb.side (role, epoch, by) values ('active', 1, 'test')"));
  REQUIRE(place.command({"snapshot", "--dir", place.copies}).exit_status == 0);
  const auto path = clone::list_archives(place.copies)[0].path;
  // Since then traffic went to green, and green is gone for good: or so it seems.
  CHECK_OK(blue.execute("update bgdb.side set role = 'standby', epoch = 4"));
  auto green = test::connect(place.green);
  CHECK_OK(journal::install_state(green));
  CHECK_OK(green.execute("insert into bgdb.side (role, epoch, by) values ('active', 4, 'test')"));
  const auto restored = place.command({"restore", path, "--yes", "--although-other-serves"});
  INFO(restored.stdout_text + restored.stderr_text);
  REQUIRE(restored.exit_status == 0);
  CHECK(place.on_blue("select role || ' ' || epoch from bgdb.side") == "active 6");
  const auto gate = place.command({"gate"});
  INFO(gate.stderr_text);
  CHECK(gate.stderr_text.find("green came back") != std::string::npos);
  CHECK(gate.stderr_text.find("blue came back") == std::string::npos);
}
