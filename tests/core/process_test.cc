#include "core/process.h"

#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "core/clock.h"
#include "core/interrupt.h"
#include "core/retry.h"
#include "support/check.h"
#include "support/files.h"
#include "support/stand_still.h"

using namespace bgdb;
using namespace bgdb::core;
using std::chrono::milliseconds;

TEST_CASE("a child gets its input and gives back output, errors and status") {
  const auto result =
      REQUIRE_OK(run_process({.argv = {"/bin/sh", "-c", "cat; echo oops >&2; echo $SECRET_WORD; exit 7"},
                              .environment = {{"SECRET_WORD", "xyzzy"}},
                              .stdin_text = "one\ntwo\n"}));
  CHECK(result.exit_status == 7);
  CHECK(result.stdout_text == "one\ntwo\nxyzzy\n");
  CHECK(result.stderr_text == "oops\n");
}

TEST_CASE("large input and output do not block each other") {
  const std::string text(3 << 20, 'x');
  const auto result = REQUIRE_OK(run_process({.argv = {"cat"}, .stdin_text = text}));
  CHECK(result.stdout_text.size() == text.size());
}

TEST_CASE("what a child wrote just before its end is read, also by a process that stood still meanwhile") {
  const test::StandStill meanwhile;
  const auto result = REQUIRE_OK(run_process({.argv = {"/bin/sh", "-c", "sleep 0.2; echo late"}}));
  CHECK(result.stdout_text == "late\n");
}

TEST_CASE("a program that does not exist is an error that names it") {
  const auto result = run_process({.argv = {"no-such-program-here"}});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().message.find("no-such-program-here") != std::string::npos);
  CHECK_FALSE(result.error().hint.empty());
}

TEST_CASE("a child that takes too long is ended with all its children") {
  test::TempDir folder;
  const std::string pid_file = (folder.path() / "pid").string();
  const auto result = run_process(
      {.argv = {"/bin/sh", "-c", "sleep 60 & echo $! > " + pid_file + "; wait"}, .timeout = milliseconds(300)});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == ErrorCode::timeout);
  const pid_t grandchild = std::stoi(test::read_file(pid_file));
  for (int i = 0; i < 100 && ::kill(grandchild, 0) == 0; ++i) ::usleep(20'000);
  // It may be a zombie nobody reaps in a container; it runs no more either way.
  std::ifstream in("/proc/" + std::to_string(grandchild) + "/stat");
  const std::string state((std::istreambuf_iterator<char>(in)), {});  // empty: it is gone
  CHECK((state.empty() || state.substr(state.rfind(')') + 2, 1) == "Z"));
}

TEST_CASE("an interrupt ends the running child") {
  const auto started = system_clock().now();
  struct Clear {
    ~Clear() { clear_interrupt(); }
  } clear;
  const auto result = run_process({.argv = {"/bin/sh", "-c", "echo ready; sleep 60"},
                                   .on_stdout_line = [](std::string_view) { request_interrupt(); }});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == ErrorCode::interrupted);
  CHECK(system_clock().now() - started < std::chrono::seconds(30));
}

TEST_CASE("a child that runs on is stopped by its owner's destructor, and its status is kept") {
  pid_t pid = 0;
  {
    auto child = REQUIRE_OK(ChildProcess::start({.argv = {"sleep", "60"}}));
    pid = child.pid();
    CHECK(child.running());
  }
  CHECK(::kill(pid, 0) != 0);
  auto child = REQUIRE_OK(ChildProcess::start({.argv = {"/bin/sh", "-c", "exit 3"}}));
  CHECK(child.wait(std::chrono::seconds(10)) == 3);
}

TEST_CASE("retries are bounded and stop at errors that no retry cures") {
  class VirtualClock final : public Clock {
   public:
    SteadyTime now() override { return now_; }
    void sleep_for(milliseconds duration) override { now_ += duration; }
    SteadyTime now_{};
  } clock;
  int calls = 0;
  const auto retryable = [](const Error& error) { return error.retry == Retry::same_session; };
  const auto nothing = [](const Error&, int) {};
  auto error = make_error(ErrorCode::lock_timeout, "locked");
  error.retry = Retry::same_session;
  const auto always_locked = [&]() -> Result<int> {
    ++calls;
    return error;
  };
  CHECK_FALSE(with_retry({.attempts_max = 4}, clock, always_locked, retryable, nothing).has_value());
  CHECK(calls == 4);
  calls = 0;
  CHECK_FALSE(with_retry({.attempts_max = 1000, .backoff_first = milliseconds(100), .budget = milliseconds(1000)},
                         clock, always_locked, retryable, nothing)
                  .has_value());
  CHECK(calls < 12);
  calls = 0;
  error.retry = Retry::never;
  CHECK_FALSE(with_retry({.attempts_max = 4}, clock, always_locked, retryable, nothing).has_value());
  CHECK(calls == 1);
  CHECK(REQUIRE_OK(with_retry(
            {}, clock, []() -> Result<int> { return 5; }, retryable, nothing)) == 5);
}
