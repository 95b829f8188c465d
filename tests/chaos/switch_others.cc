// More rows of the table of switch_faults.cc: what other people and machines leave behind. A full disk, a slot that
// somebody dropped, transactions that somebody prepared, DDL, a superuser who goes around the guards on purpose, a wall
// clock.
#include <fmt/format.h>
#include <pwd.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/ident.h"
#include "support/check.h"
#include "support/endure.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;
using test::endure;
using test::Night;

namespace {

// As a DBA in a hurry would: the process that reads it first.
void drop_slot(const std::string& dsn) {
  auto session = test::connect(dsn);
  for (int i = 0; i < 100; ++i) {
    REQUIRE_OK(session.script(
        "select pg_terminate_backend(active_pid, 1000) from pg_replication_slots where active and database = "
        "current_database()"));
    if (session.script("select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = "
                       "current_database()")) {
      return;
    }
  }
  FAIL("the slot could not be dropped");
}

void says(const core::ProcessResult& result, int status, const std::string& part) {
  INFO(result.stdout_text << result.stderr_text);
  CHECK(result.exit_status == status);
  CHECK((result.stdout_text + result.stderr_text).find(part) != std::string::npos);
}

struct SmallDisk {
  test::TempDir folder;
  std::string path = folder.path().string();
  bool mounted = ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=4m,mode=0777") == 0;
  SmallDisk() {
    const passwd* owner = ::getpwnam(test::workspace().user().c_str());
    if (mounted && owner != nullptr) REQUIRE(::chown(path.c_str(), owner->pw_uid, owner->pw_gid) == 0);
  }
  ~SmallDisk() {
    if (mounted) ::umount2(path.c_str(), MNT_DETACH);
  }
  void grow() const { REQUIRE(::mount("tmpfs", path.c_str(), "tmpfs", MS_REMOUNT, "size=200m") == 0); }
  // To the last byte.
  void fill() const {
    std::ofstream out(path + "/filler", std::ios::binary);
    const std::string block(4096, 'x');
    while (out.write(block.data(), static_cast<std::streamsize>(block.size())) && out.flush()) {
    }
  }
};

// The wall clock of every process that is started from here on is what a file says; steady clocks and the servers'
// clocks are left alone.
class WallClock {
 public:
  explicit WallClock(const std::filesystem::path& folder) : file_(folder / "wall_clock") {
    move(0h);
    ::setenv("LD_PRELOAD", BGDB_WALL_CLOCK_LIBRARY, 1);
    ::setenv("BGDB_TEST_WALL_CLOCK", file_.c_str(), 1);
  }
  ~WallClock() {
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("BGDB_TEST_WALL_CLOCK");
  }
  void move(std::chrono::seconds ahead) const {  // in one piece: it is read at any moment
    const auto next = file_.string() + ".new";
    std::ofstream(next) << ahead.count() << "\n";
    std::filesystem::rename(next, file_);
  }
  // As a program that is started now sees it.
  static std::chrono::seconds ahead() {
    const auto there = REQUIRE_OK(core::run_process({.argv = {"date", "+%s"}})).stdout_text;
    const auto here = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::seconds(std::stoll(there)) - std::chrono::duration_cast<std::chrono::seconds>(here);
  }

 private:
  std::filesystem::path file_;
};

}  // namespace

TEST_CASE("green's disk is full") {
  const SmallDisk disk;
  if (!disk.mounted) {
    WARN("not tested: mounting a small file system is not permitted here (" << std::strerror(errno) << ")");
    return;
  }
  {
    Night night;
    auto green = test::connect(night.green_dsn());
    night.stop_sync();
    if (const auto made = green.execute("create tablespace small location " + core::quote_literal(disk.path)); !made) {
      WARN("not tested: " << made.error().message);
      return;
    }
    CHECK_OK(green.execute("alter table transfers set tablespace small"));
    night.start_sync();
    endure(night, {"green's disk is full", "intent:after", "blue",
                   [&](Night& n) {
                     disk.fill();
                     REQUIRE_OK(test::connect(n.blue_dsn())
                                    .script("insert into transfers (run, client, number) select -1, 1, n from "
                                            "generate_series(1, 20000) n"));
                   },
                   [&](Night&) { disk.grow(); }});
    night.wait_ready();
    says(night.bgdb({"cutover", "--yes"}), 0, "green is active");
    CHECK_OK(green.execute("alter table transfers set tablespace pg_default"));
    CHECK_OK(green.execute("drop tablespace small"));
  }
}

TEST_CASE("somebody drops a slot") {
  SECTION("the forward link's, within the fence") {
    Night night;
    endure(night, {.name = "forward slot dropped",
                   .at = "fence:after",
                   .outcome = "blue",
                   .happens = [](Night& n) { drop_slot(n.blue_dsn()); },
                   .links_stand = false});
    says(night.bgdb({"gate"}), 1, "slot");
    says(night.bgdb({"cutover", "--yes"}), 1, "");
    CHECK(night.active() == "blue");
  }
  SECTION("the reverse link's, within the fence") {
    Night night;
    endure(night, {.name = "reverse slot dropped",
                   .at = "fence:after",
                   .outcome = "blue",
                   .happens = [](Night& n) { drop_slot(n.green_dsn()); },
                   .links_stand = false});
    CHECK(night.active() == "blue");
  }
  SECTION("the reverse link's, within the window: the way back is gone, and nobody says that it is not") {
    Night night;
    night.wait_ready();
    says(night.bgdb({"cutover", "--yes"}), 0, "green is active");
    drop_slot(night.green_dsn());
    says(night.bgdb({"gate", "--rollback"}), 1, "slot");
    says(night.bgdb({"rollback", "--yes"}), 1, "");
    CHECK(night.active() == "green");
    CHECK(night.front_door_writes(10s));
    says(night.bgdb({"status"}), 0, "rollback readiness: not now");
    says(night.bgdb({"finalize", "--yes"}), 0, "green stays active");
  }
}

TEST_CASE("somebody prepares a transaction in the middle") {
  Night night;
  const auto roll_back = [](Night& n) {
    REQUIRE_OK(test::connect(n.blue_dsn()).script("rollback prepared 'somebody'"));
  };
  endure(night, {"prepared transaction holds a row", "intent:after", "blue",
                 [](Night& n) {
                   REQUIRE_OK(test::connect(n.blue_dsn())
                                  .script("begin; insert into transfers (run, client, number) values (-2, 1, 1); "
                                          "prepare transaction 'somebody'"));
                 },
                 roll_back});
  endure(
      night,
      {"prepared transaction holds nothing", "fence:after", "blue",
       [](Night& n) {
         REQUIRE_OK(
             test::connect(n.blue_dsn()).script("begin; create table of_somebody (); prepare transaction 'somebody'"));
       },
       roll_back});
}

TEST_CASE("somebody changes the schema in the middle") {
  Night night;
  endure(night, {"a new table on blue after the gates", "gates:after", "blue",
                 [](Night& n) { REQUIRE_OK(test::connect(n.blue_dsn()).script("create table late (id int)")); },
                 [](Night& n) { REQUIRE_OK(test::connect(n.blue_dsn()).script("drop table late")); }});
  endure(night, {"DBA alters a table past the commit", "activate:before", "green", [](Night& n) {
                   REQUIRE_OK(test::connect(n.blue_dsn()).script("create index of_dba on transfers (client)"));
                   REQUIRE_OK(test::connect(n.blue_dsn()).script("drop index of_dba"));
                 }});
}

TEST_CASE("a superuser goes around the guards on purpose: the link carries it, and the sides do not drift apart") {
  Night night;
  night.wait_ready();
  says(night.bgdb({"cutover", "--yes"}), 0, "green is active");
  night.wait_ready(true);
  REQUIRE_OK(test::connect(night.blue_dsn())
                 .script("set session_replication_role = replica; update accounts set balance = 7 where id = 7"));
  for (int i = 0; i < 300 && night.on_green("select balance from accounts where id = 7") != "7"; ++i) {
    std::this_thread::sleep_for(100ms);
  }
  CHECK(night.on_green("select balance from accounts where id = 7") == "7");
  says(night.bgdb({"verify"}), 0, "equal");
  fmt::print("{:<44} {:<22} {:<22}\n", "superuser writes as a replica to blue", "within the window",
             "carried to green");
}

TEST_CASE("the wall clock jumps under bgdb, forward and back") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  WARN("not tested: a sanitizer wants to be loaded first");
  return;
#endif
  Night night;
  night.stop_sync();
  const WallClock clock(night.folder());
  night.start_sync();
  endure(night, {"the wall clock jumps a day ahead", "fence:after", "green", [&](Night&) {
                   clock.move(24h);
                   CHECK(WallClock::ahead() > 23h);
                 }});
  endure(night, {"the wall clock jumps two days back", "drain:after", "green", [&](Night&) {
                   clock.move(-24h);
                   CHECK(WallClock::ahead() < -23h);
                 }});
  night.wait_ready();
  night.stop_sync();
}

// Every decision about time is made by steady clocks, or by one server's own clock against itself: a jump of the
// machine's wall clock moves nothing. The wall clock is read in three places only, none of which decides.
TEST_CASE("the wall clock is read for names and reports only") {
  const std::vector<std::string> known = {"core/clock.cc", "link/heartbeat.cc", "pg/replication_stream.cc"};
  std::vector<std::string> found;
  const std::filesystem::path root = std::filesystem::path(BGDB_SOURCE_DIR) / "src";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    const auto text = test::read_file(entry.path());
    for (const char* word : {"chrono::system_clock", "CLOCK_REALTIME", "gettimeofday", "::time(nullptr)"}) {
      if (text.find(word) == std::string::npos) continue;
      found.push_back(std::filesystem::relative(entry.path(), root).string());
    }
  }
  std::sort(found.begin(), found.end());
  CHECK(found == known);
}
