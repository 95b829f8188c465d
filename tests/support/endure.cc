#include "support/endure.h"

#include <fmt/format.h>
#include <signal.h>

#include <thread>

#include "support/check.h"

namespace bgdb::test {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

void endure(Night& night, const Fault& fault) {
  INFO(fault.name << " at " << fault.at);
  night.wait_ready();
  night.start_load(2);
  auto run = night.start_bgdb({"cutover", "--yes"}, {{"BGDB_FREEZE_AT", fault.at}});
  REQUIRE(night.wait_stopped(run));
  const auto began = Steady::now();
  fault.happens(night);
  std::chrono::duration<double> served{-1};
  std::thread client([&] {
    if (night.front_door_writes(60s)) served = Steady::now() - began;
  });
  run.signal(SIGCONT);
  const auto status = run.wait(120s);
  fault.is_over(night);
  client.join();
  REQUIRE(status.has_value());
  std::string outcome = night.active();
  if (outcome == "nobody" || (outcome == "green" && *status == 2)) {
    const auto resumed = night.bgdb({"cutover", "--resume"});
    INFO(resumed.stderr_text);
    CHECK((resumed.exit_status == 0 || resumed.exit_status == 1));
    outcome = night.active() + " by --resume";
  }
  REQUIRE(night.front_door_writes(30s));
  std::this_thread::sleep_for(200ms);
  night.stop_load();
  fmt::print("{:<44} {:<22} {:<22} {:>6.1f} s  {} acknowledged, {} failed\n", fault.name, fault.at, outcome,
             served.count(), night.acknowledged(), night.failed());
  CHECK(outcome.starts_with(fault.outcome));
  night.check_invariants(fault.links_stand);
  if (night.active() == "green" && fault.links_stand) {
    night.wait_ready(true);
    const auto back = night.bgdb({"rollback", "--yes"});
    INFO(back.stderr_text);
    REQUIRE(back.exit_status == 0);
  }
}

}  // namespace bgdb::test
