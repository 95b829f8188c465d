// Writes the link's status to bgdb.link on the target about once a second and at each change of state, from a session
// of its own: what other processes and their gates see. Thread of its own.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "link/link.h"
#include "link/meter.h"

namespace bgdb::link {

class StatusPublisher {
 public:
  StatusPublisher(const LinkOptions& options, const Meter& meter) : options_(&options), meter_(&meter) {}
  ~StatusPublisher() { stop(); }
  void start();
  void changed();  // publish now
  void stop();     // after one last publication

 private:
  void run();
  Result<void> publish(pg::Session& session);

  const LinkOptions* options_;
  const Meter* meter_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool changed_ = false;
  bool stop_ = false;
};

std::string_view to_string(LinkState state);
std::optional<LinkState> link_state_from_string(std::string_view text);

}  // namespace bgdb::link
