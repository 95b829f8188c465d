// Child processes: run one to its end with a deadline, or keep one running. Never through a shell.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"

namespace bgdb::core {

struct ProcessOptions {
  std::vector<std::string> argv;                     // argv[0] is looked up in PATH
  std::map<std::string, std::string> environment{};  // added to ours; secrets belong here, never in argv
  std::optional<std::string> working_directory{};
  std::optional<std::string> run_as_user{};  // only when we are root
  std::string stdin_text{};
  std::string output_file{};  // stdout and stderr appended here instead of being captured (start() only)
  std::chrono::milliseconds timeout{60'000};                    // run() only; then SIGTERM, 2 s later SIGKILL
  std::function<void(std::string_view line)> on_stdout_line{};  // run() only: also called for each line as it comes
  // start() only: the child writes to our own stdout and stderr.
  bool inherit_output = false;
  // start() only: the kernel sends SIGKILL to the child when the thread that started it dies.
  bool die_with_parent = false;
};

struct ProcessResult {
  int exit_status = 0;  // 128 + signal when killed
  std::string stdout_text;
  std::string stderr_text;
};

// Success also when the child exits with a status other than 0; failure: cannot start (io), deadline (timeout),
// Ctrl-C (interrupted). The child and its process group are gone when this returns.
Result<ProcessResult> run_process(const ProcessOptions& options);

// A child that runs on. The destructor stops it (SIGTERM, 2 s, SIGKILL) unless detach() was called.
class ChildProcess {
 public:
  static Result<ChildProcess> start(const ProcessOptions& options);
  ChildProcess() = default;
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  bool running();                    // reaps
  std::optional<int> exit_status();  // set once it has ended; 128 + signal when killed
  void signal(int signal_number);    // to the child only
  int stop(std::chrono::milliseconds grace = std::chrono::milliseconds(2000));  // returns the exit status
  std::optional<int> wait(std::chrono::milliseconds timeout);
  void detach() { pid_ = -1; }

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_status_;
};

// A TCP port on 127.0.0.1 that is free now.
int free_port();

}  // namespace bgdb::core
