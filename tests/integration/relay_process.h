// A process that runs relays until it is killed, and a server that dies under them.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "link/link.h"
#include "support/check.h"
#include "support/servers.h"

namespace bgdb::test {

class RelayProcess {
 public:
  using Make = std::function<std::vector<std::unique_ptr<link::Link>>()>;

  // REQUIRES: this process has no other thread that may hold a lock just now.
  explicit RelayProcess(const Make& make) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto relays = make();
    for (const auto& relay : relays) {
      const auto started = relay->start();
      if (started) continue;
      std::fprintf(stderr, "relay: %s\n", started.error().to_string().c_str());
      ::_exit(1);
    }
    for (;;) ::pause();
  }
  RelayProcess(RelayProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  RelayProcess& operator=(RelayProcess&&) = delete;
  ~RelayProcess() { kill9(); }

  void kill9() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }

 private:
  pid_t pid_ = -1;
};

// kill -9 of the postmaster and all its children, and up again.
inline void crash(scratch::Postgres& server) {
  server.kill9();
  Result<void> started = server.start_again();
  for (int i = 0; i < 20 && !started; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    started = server.start_again();
  }
  CHECK_OK(started);
}

}  // namespace bgdb::test
