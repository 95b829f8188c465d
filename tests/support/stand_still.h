// The main thread stands still for a while, as a process does on a machine that is busy elsewhere: a signal's handler
// sleeps. A poll() that it meets is interrupted and knows nothing of what came meanwhile.
#pragma once

#include <signal.h>
#include <sys/time.h>

#include <chrono>
#include <thread>

namespace bgdb::test {

// For 400 ms, from 50 ms on. One at a time.
class StandStill {
 public:
  StandStill() {
    ::signal(SIGALRM, [](int) { std::this_thread::sleep_for(std::chrono::milliseconds(400)); });
    const itimerval once{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = 50'000}};
    ::setitimer(ITIMER_REAL, &once, nullptr);
  }
  StandStill(const StandStill&) = delete;
  ~StandStill() {
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::signal(SIGALRM, SIG_DFL);
  }
};

}  // namespace bgdb::test
