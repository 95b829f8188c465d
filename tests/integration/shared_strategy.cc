// The shared strategy as people run it: expand under load, backfill, the old version retired, contract; and everything
// that is refused on the way.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/check.h"
#include "support/shared_night.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

void no_failures(const test::SharedNight& night) {
  for (const auto& failure : night.failures()) FAIL_CHECK(failure);
}

}  // namespace

TEST_CASE("a rewritten migration goes through expand, backfill and contract under two versions that write") {
  test::SharedNight night(100'000);
  night.start_old();
  const auto dry = night.bgdb({"migrate", "--dry-run"});
  INFO(dry.stdout_text << dry.stderr_text);
  REQUIRE(dry.exit_status == 0);
  CHECK(dry.stdout_text.find("ACCESS EXCLUSIVE on public.users") != std::string::npos);
  CHECK(dry.stdout_text.find("one transaction") != std::string::npos);

  const auto fresh = nlohmann::json::parse(night.bgdb({"status", "--json"}).stdout_text);
  CHECK(fresh["advice"].get<std::string>().find("expand waits") != std::string::npos);
  const auto early = night.bgdb({"backfill"});
  CHECK(early.exit_status != 0);  // there is no column, and no trigger
  const auto expand = night.bgdb({"migrate", "--json"});
  INFO(expand.stdout_text << expand.stderr_text);
  REQUIRE(expand.exit_status == 0);
  int64_t closed_ms = 0;
  const auto json = nlohmann::json::parse(expand.stdout_text);
  for (const auto& file : json["files"]) {
    for (const auto& lock : file["exclusive_locks"])
      closed_ms = std::max(closed_ms, lock["held_ms_max"].get<int64_t>());
  }
  CHECK(closed_ms > 0);
  WARN("expand kept clients of users out for at most " << closed_ms << " ms");  // measured; the machine decides
  CHECK(night.scalar("select count(*) > 0 from bgdb.schema_versions where phase = 'expand' and side = 'blue'") == "t");

  const auto expanded = nlohmann::json::parse(night.bgdb({"status", "--json"}).stdout_text);
  for (const auto& file : expanded["files"]) {
    if (file["phase"] == "all") continue;
    CHECK(file["state"] == (file["phase"] == "expand" ? "applied" : "waits"));
    CHECK(file["by"].get<std::string>().empty() == (file["phase"] != "expand"));
  }
  CHECK(expanded["contract_waits"] == true);
  night.start_new();
  const auto contract_before = night.bgdb({"migrate", "--phase", "contract"});
  CHECK(contract_before.exit_status == 3);
  CHECK(contract_before.stderr_text.find("backfill") != std::string::npos);
  const auto filled = night.bgdb({"backfill", "--json"});
  INFO(filled.stdout_text << filled.stderr_text);
  REQUIRE(filled.exit_status == 0);
  CHECK(nlohmann::json::parse(filled.stdout_text)["backfills"][0]["rows"].get<int64_t>() > 90'000);
  CHECK(night.scalar("select count(*) from users where email is distinct from email_address") == "0");

  const auto held = night.bgdb({"status"});
  INFO(held.stdout_text << held.stderr_text);
  CHECK(held.exit_status == 0);
  CHECK(held.stdout_text.find("hold contract: ") != std::string::npos);
  CHECK(held.stdout_text.find("--retire") != std::string::npos);

  const auto undeclared = night.bgdb({"migrate", "--phase", "contract"});
  CHECK(undeclared.exit_status == 3);
  CHECK(undeclared.stderr_text.find("--retire") != std::string::npos);
  CHECK(undeclared.stderr_text.find("shop-1.9") != std::string::npos);  // the evidence
  CHECK(night.bgdb({"gate"}).exit_status == 1);
  const auto connected = night.bgdb({"migrate", "--retire"});
  CHECK(connected.exit_status == 3);
  CHECK(connected.stderr_text.find("shop-1.9") != std::string::npos);
  night.stop_old();
  const auto retired = night.bgdb({"migrate", "--retire"});
  INFO(retired.stdout_text << retired.stderr_text);
  REQUIRE(retired.exit_status == 0);
  CHECK(retired.stdout_text.find("shop-2.0") != std::string::npos);
  const auto gate = night.bgdb({"gate"});
  INFO(gate.stdout_text);
  CHECK(gate.exit_status == 0);
  CHECK(night.bgdb({"status"}).stdout_text.find("contract: may run") != std::string::npos);

  night.start_old(1);  // it comes back after all
  std::this_thread::sleep_for(200ms);
  CHECK(night.bgdb({"migrate", "--phase", "contract"}).exit_status == 3);
  night.stop_old();
  const auto contract = night.bgdb({"migrate", "--phase", "contract"});
  INFO(contract.stdout_text << contract.stderr_text);
  REQUIRE(contract.exit_status == 0);
  CHECK(contract.stdout_text.find("declared retired") != std::string::npos);
  night.stop_new();
  no_failures(night);
  CHECK(night.scalar(
            "select count(*) from information_schema.columns where table_name = 'users' and column_name = 'email'") ==
        "0");
  CHECK(night.scalar("select count(*) from users where email_address is null") == "0");
  CHECK(night.scalar("select count(*) from bgdb.journal where step = 'retire'") == "1");
  CHECK(night.bgdb({"journal", "--check"}).exit_status == 0);
}

TEST_CASE("what a declaration did not know about, and commands for two databases, are refused") {
  test::SharedNight night(100);
  REQUIRE(night.bgdb({"migrate"}).exit_status == 0);
  REQUIRE(night.bgdb({"backfill"}).exit_status == 0);
  REQUIRE(night.bgdb({"migrate", "--retire"}).exit_status == 0);
  night.folder().write("migrations/V9__later.sql", "-- bgdb: phase=contract\nalter table users drop column visits;");
  const auto later = night.bgdb({"migrate", "--phase", "contract"});
  CHECK(later.exit_status == 3);
  CHECK(later.stderr_text.find("V9__later.sql") != std::string::npos);
  for (const char* command : {"clone", "sync", "lag", "cutover", "rollback", "finalize"}) {
    const auto refused = night.bgdb({command});
    INFO(command << refused.stderr_text);
    CHECK(refused.exit_status == 3);
    CHECK(refused.stderr_text.find("strategy is shared") != std::string::npos);
  }
  CHECK(night.bgdb({"migrate", "--on", "green"}).exit_status == 3);
}

TEST_CASE("backfill from the command line, paused, resumed and told") {
  test::SharedNight night(5'000);
  const std::vector<std::string> fill = {"backfill",   "--table", "users",      "--set",
                                         "visits = 7", "--where", "visits <> 7"};
  CHECK(night.bgdb({"backfill", "--pause"}).exit_status == 0);
  auto running = night.start_bgdb(fill);
  for (int i = 0; i < 1000; ++i) {
    if (night.scalar("select to_regclass('bgdb.fact') is not null") == "t" &&
        night.scalar("select count(*) from bgdb.fact where value ? 'work'") == "1")
      break;
    std::this_thread::sleep_for(10ms);
  }
  const auto status = nlohmann::json::parse(night.bgdb({"backfill", "--status", "--json"}).stdout_text);
  CHECK(status["paused"] == true);
  REQUIRE(status["backfills"].size() == 1);
  CHECK(status["backfills"][0]["table"] == "users");
  CHECK(nlohmann::json::parse(night.bgdb({"status", "--json"}).stdout_text)["backfills"][0]["table"] == "users");
  CHECK(running.running());
  CHECK(night.bgdb({"backfill", "--resume"}).exit_status == 0);
  const auto exit = running.wait(30s);
  INFO(night.output());
  REQUIRE(exit == 0);
  CHECK(night.scalar("select count(*) from users where visits <> 7") == "0");
  CHECK(night.bgdb({"backfill", "--table", "users"}).exit_status == 2);
}
