// Gradual traffic: a read-only canary through a real HAProxy on two databases, and two versions on one database with
// steps, health checks, a way back by itself, and a run that was killed.
#include <fmt/format.h>
#include <signal.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/check.h"
#include "support/night.h"
#include "support/proxies.h"
#include "support/servers.h"
#include "support/shared_night.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

void ends(const core::ProcessResult& result, int status, const std::string& part = "") {
  INFO(result.stdout_text << result.stderr_text);
  REQUIRE(result.exit_status == status);
  CHECK((result.stdout_text + result.stderr_text).find(part) != std::string::npos);
}

// Scripts that keep the weight in a file, and a health check that fails when the file `broken` is there.
std::string steps(const std::string& list, const std::string& more = "") {
  return "traffic:\n  driver: command\n  commands: { weigh: [\"./weigh.sh\"], weight: [\"./weight.sh\"] }\n  steps: " +
         list +
         "\ngates: { health: [{ kind: command, run: [\"./healthy.sh\"] }] }\nwatch: { window: 1s, every: 100ms }\n" +
         more;
}

class Steps : public test::SharedNight {
 public:
  explicit Steps(const std::string& config) : SharedNight(200, config) {
    script("weigh.sh", "echo $1 > share; echo $1 >> shares");
    script("weight.sh", "cat share 2>/dev/null || echo 0");
    script("healthy.sh", "[ ! -e broken ]");
  }
  std::string shares() const {
    const auto path = folder().path() / "shares";
    std::string text = std::filesystem::exists(path) ? test::read_file(path) : "";
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }

 private:
  void script(const std::string& name, const std::string& body) {
    const auto path = folder().write(name, fmt::format("#!/bin/sh\ncd {}\n{}\n", folder().path().string(), body));
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
};

}  // namespace

TEST_CASE("parallel: weighted writes are refused, a read-only canary is led step by step and cannot write") {
  test::Night night;
  const auto refused = night.bgdb({"traffic", "shift"});
  ends(refused, 3, "split brain");
  // The proxies of one pool lead to databases of one name: each side's own maintenance database.
  const auto maintenance = [](const std::string& dsn) {
    return dsn.substr(0, dsn.find("dbname=")) + "dbname=postgres";
  };
  const test::Haproxy proxy(night.blue_dsn(), night.green_dsn());
  const std::string canary = fmt::format(
      "canary:\n  driver: haproxy\n  haproxy: {{ sockets: [{}], backend: shop, config_file: {} }}\n"
      "  steps: [{{ percent: 20, for: 300ms }}, {{ percent: 50 }}]\n",
      proxy.socket(), proxy.config_file());
  std::ofstream(night.folder() / "bgdb.yml", std::ios::app) << canary;
  ends(night.bgdb({"traffic", "shift"}), 3, "not declared read-only");
  std::ofstream(night.folder() / "bgdb.yml", std::ios::app) << "  read_only: true\n";
  ends(night.bgdb({"traffic", "show"}), 0, "0 % of clients go to green");
  ends(night.bgdb({"traffic", "shift"}), 0, "50 % of clients go to green");
  int green = 0;
  for (int i = 0; i < 20; ++i) {
    auto session = pg::Session::open({.dsn = proxy.front_door(maintenance(night.blue_dsn())), .plain = true});
    REQUIRE(session);
    green += REQUIRE_OK(session->script("select inet_server_port()::text")).text(0, 0) ==
             std::to_string(test::server("green").port());
  }
  CHECK(green == 10);
  auto writer = test::connect(night.green_dsn());
  CHECK(writer.execute("update accounts set balance = 0 where id = 1").error().sqlstate == "25006");
  ends(night.bgdb({"traffic", "set", "30"}), 0, "30 %");
  ends(night.bgdb({"traffic", "back"}), 0, "0 %");
  CHECK(night.on_blue("select count(*) >= 4 from bgdb.journal where command = 'traffic' and step = 'weight'") == "t");
  ends(night.bgdb({"traffic", "set", "130"}), 2);
}

TEST_CASE("shared: the steps are gone through, and a step that is unhealthy leads everybody back") {
  const Steps night(steps("[{ percent: 10, for: 300ms }, { percent: 50, for: 300ms }]"));
  ends(night.bgdb({"traffic", "shift"}), 0, "100 % of clients go to green");
  CHECK(night.shares() == "10 50 100 ");
  ends(night.bgdb({"traffic", "shift"}), 0, "100 %");
  ends(night.bgdb({"traffic", "back"}), 0);
  night.folder().write("broken", "");
  ends(night.bgdb({"traffic", "shift"}), 1, "went back from 10 %: health");
  CHECK(night.shares() == "10 50 100 0 10 0 ");
}

TEST_CASE("shared: a run that was killed within a step is continued from the front door's weight") {
  const Steps night(steps("[{ percent: 10, for: 100ms }, { percent: 40, for: 1h }]"));
  auto running = night.start_bgdb({"traffic", "shift"});
  for (int i = 0; i < 300 && night.shares() != "10 40 "; ++i) std::this_thread::sleep_for(50ms);
  REQUIRE(night.shares() == "10 40 ");
  ends(night.bgdb({"traffic", "shift"}), 3, "another traffic run is at work");
  running.signal(SIGKILL);
  REQUIRE(running.wait(5s));
  night.folder().write("broken", "");
  ends(night.bgdb({"traffic", "shift"}), 1, "went back from 40 %");
  CHECK(night.shares() == "10 40 0 ");
}

TEST_CASE("shared: a release goes from expand to contract, and waits at retire for the old version to be gone") {
  Steps night(steps("[{ percent: 50, for: 200ms }]", "release: { lint: show }\n"));
  night.start_old();
  const auto first = night.bgdb({"release", "run", "--yes"});
  ends(first, 3, "stopped at retire");
  CHECK(night.shares() == "50 100 ");
  night.start_new();
  std::this_thread::sleep_for(200ms);
  night.stop_old();
  ends(night.bgdb({"release", "run", "--yes"}), 0, "the release is complete");
  night.stop_new();
  for (const auto& failure : night.failures()) FAIL_CHECK(failure);
  CHECK(night.scalar("select count(*) from pg_attribute where attrelid = 'users'::regclass and attname = 'email'") ==
        "0");
  CHECK(night.shares() == "50 100 ");
  const auto plan = nlohmann::json::parse(night.bgdb({"release", "plan", "--json"}).stdout_text);
  CHECK(plan["next"] == "");
}
