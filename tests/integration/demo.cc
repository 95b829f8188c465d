// The demo as people run it: a night that ends well, and one that is interrupted.
#include <signal.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/clock.h"
#include "core/process.h"
#include "support/check.h"
#include "support/files.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {

// The demo makes its folder below TMPDIR, so that a test sees what it leaves there. The folder is open to the user that
// the servers run as.
std::string open_folder(const test::TempDir& folder) {
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  return folder.path().string();
}

// Processes whose command line names the folder.
std::vector<std::string> processes_in(const std::string& folder) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::string command;
    try {
      command = test::read_file(entry.path() / "cmdline");
    } catch (const std::exception&) {
      continue;  // it has ended meanwhile
    }
    if (command.find(folder) != std::string::npos) found.push_back(name + " " + command);
  }
  return found;
}

}  // namespace

TEST_CASE("the demo plays a whole night, every invariant holds, and nothing is left behind") {
  const test::TempDir folder;
  const auto temporary = open_folder(folder);
  const auto figures_file = temporary + "/figures.json";
  const auto result = REQUIRE_OK(core::run_process({.argv = {BGDB_BINARY, "demo", "--quick", "--json", figures_file},
                                                    .environment = {{"TMPDIR", temporary}},
                                                    .timeout = 240s}));
  INFO(result.stdout_text << result.stderr_text);
  REQUIRE(result.exit_status == 0);
  const auto figures = nlohmann::json::parse(test::read_file(figures_file));
  CHECK(figures["held"] == true);
  CHECK(figures["switches"].size() == 3);
  CHECK(figures["clients"]["acknowledged"].get<int64_t>() > 500);
  CHECK(figures["invariants"].size() >= 14);
  for (const auto& invariant : figures["invariants"]) {
    INFO(invariant.dump());
    CHECK(invariant["pass"] == true);
  }
  for (const auto& one : figures["switches"]) {
    INFO(one.dump());
    CHECK(one["operations"].get<int64_t>() > 0);
    CHECK(one["late_operations"] == 0);
  }
  std::filesystem::remove(figures_file);
  CHECK(std::filesystem::is_empty(folder.path()));
  CHECK(processes_in(temporary).empty());
}

TEST_CASE("Ctrl-C in the middle of the demo leaves no process and no folder") {
  const test::TempDir folder;
  const auto temporary = open_folder(folder);
  const auto wait = GENERATE(300ms, 2500ms, 6000ms);
  auto demo = REQUIRE_OK(core::ChildProcess::start(
      {.argv = {BGDB_BINARY, "demo", "--quick"}, .environment = {{"TMPDIR", temporary}}, .output_file = "/dev/null"}));
  core::system_clock().sleep_for(wait);
  REQUIRE(demo.running());
  demo.signal(SIGINT);
  const auto status = demo.wait(40s);
  REQUIRE(status.has_value());
  CHECK(*status == 130);
  for (int i = 0; i < 100 && !processes_in(temporary).empty(); ++i) core::system_clock().sleep_for(50ms);
  const auto left = processes_in(temporary);
  INFO((left.empty() ? "" : left.front()));
  CHECK(left.empty());
  CHECK(std::filesystem::is_empty(folder.path()));
}
