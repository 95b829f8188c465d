// What can go wrong around a switch besides the death of bgdb: the pooler, the links, the network, the other people who
// are at the databases. bgdb is stopped at a step, the fault is made, bgdb goes on. A table tells what came of it and
// after how many seconds clients were served again; what must hold is asked from the databases each time.
#include <thread>

#include "support/cable.h"
#include "support/check.h"
#include "support/endure.h"
#include "support/servers.h"

using namespace bgdb;
using namespace std::chrono_literals;
using test::endure;
using test::Night;

namespace {

// A statement that must not get anywhere on the side that was fenced.
void try_to_write(const std::string& dsn, const char* sql) {
  auto session = test::connect(dsn);
  const auto written = session.script(sql);
  REQUIRE_FALSE(written);
  CHECK((written.error().sqlstate == "25006" || written.error().code == ErrorCode::lock_timeout));
}

}  // namespace

TEST_CASE("the pooler dies at a bad moment") {
  Night night;
  endure(night, {"PgBouncer killed, started again", "pause:after", "green", [](Night& n) {
                   n.bouncer().kill9();
                   CHECK_OK(n.bouncer().start_again());
                 }});
  endure(night, {"PgBouncer killed, started again", "activate:after", "green", [](Night& n) {
                   n.bouncer().kill9();
                   CHECK_OK(n.bouncer().start_again());
                 }});
}

TEST_CASE("other people are at the databases") {
  Night night;
  endure(night, {"superuser writes to the fenced side", "commit:before", "green",
                 [](Night& n) { try_to_write(n.blue_dsn(), "set lock_timeout = '100ms'; delete from accounts"); }});
  endure(night, {"superuser writes to the guarded side", "activate:before", "green", [](Night& n) {
                   try_to_write(n.blue_dsn(), "delete from accounts");
                   try_to_write(n.green_dsn(), "delete from accounts");
                 }});
  endure(night, {"DBA alters a fenced table", "drain:after", "green", [](Night& n) {
                   try_to_write(n.blue_dsn(), "set lock_timeout = '100ms'; alter table accounts add column x int");
                 }});
  endure(night,
         {"DBA ends the fence's session", "sequences:after", "blue", [](Night& n) {
            n.on_blue("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bgdb fence'");
          }});
  endure(night,
         {"DBA ends every session of bgdb", "activate:before", "green", [](Night& n) {
            for (const auto& dsn : {n.blue_dsn(), n.green_dsn()}) {
              REQUIRE_OK(test::connect(dsn).script(
                  "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and "
                  "(application_name like 'bgdb cutover%' or application_name in ('bgdb fence', 'bgdb marker'))"));
            }
          }});
}

TEST_CASE("a link stops at a bad moment") {
  Night night;
  endure(night, {"bgdb sync stops before the drain", "fence:after", "blue", [](Night& n) { n.stop_sync(); },
                 [](Night& n) { n.start_sync(); }});
  endure(night, {"bgdb sync stops after the commit", "commit:after", "green", [](Night& n) { n.stop_sync(); },
                 [](Night& n) { n.start_sync(); }});
}

TEST_CASE("the cable to green is cut or slow") {
  std::unique_ptr<test::Cable> cable;
  Night night("", [&](const std::string& dsn) {
    cable = std::make_unique<test::Cable>(dsn);
    return cable->dsn();
  });
  endure(night, {"network slow: 20 ms each way", "intent:after", "green", [&](Night&) { cable->slow(20); },
                 [&](Night&) { cable->slow(0); }});
  std::thread mender;
  const auto cut_for = [&](std::chrono::seconds time) {
    cable->cut();
    mender = std::thread([&cable, time] {
      std::this_thread::sleep_for(time);
      cable->mend();
    });
  };
  // The server and the guardian give writers back long before the network is mended.
  endure(night, {"network cut before the drain, 8 s", "fence:after", "blue", [&](Night&) { cut_for(8s); },
                 [&](Night&) { mender.join(); }});
  endure(night, {"network cut after the commit, 3 s", "activate:before", "green", [&](Night&) { cut_for(3s); },
                 [&](Night&) { mender.join(); }});
}
