// Sends numbered heartbeats into the source's log and notes when each left; also sees how far the source's log is. A
// lost connection is opened again: without heartbeats the lag grows in everybody's eyes, which is the truth. Thread of
// its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "link/link.h"
#include "link/meter.h"

namespace bgdb::link {

class Heartbeat {
 public:
  Heartbeat(const LinkOptions& options, Meter& meter) : options_(&options), meter_(&meter) {}
  ~Heartbeat() { stop(); }
  void start();
  void stop();

 private:
  void run();
  Result<void> beat(pg::Session& session, int64_t number);
  bool pause(std::chrono::milliseconds duration);  // false = stop

  const LinkOptions* options_;
  Meter* meter_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
};

}  // namespace bgdb::link
