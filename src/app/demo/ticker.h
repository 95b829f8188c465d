// The live line of the demo: who serves, transactions per second, lag of both links. A thread with sessions of its own.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "app/demo/load.h"
#include "app/demo/stage.h"
#include "app/demo/view.h"

namespace bgdb::app::demo {

class Ticker {
 public:
  Ticker(const Stage& stage, const Load& load, View& view) : stage_(stage), load_(load), view_(view) {}
  ~Ticker() { stop(); }
  void start();
  void stop();
  void active_side(const std::string& side);
  // The largest lag that either link reported since the last call.
  double take_worst_lag_ms() { return worst_lag_ms_.exchange(0); }

 private:
  void run();
  std::string lag(std::optional<pg::Session>& session, const std::string& side);

  const Stage& stage_;
  const Load& load_;
  View& view_;
  std::atomic<bool> stopping_{false};
  std::atomic<double> worst_lag_ms_{0};  // written by the ticker's thread only, but for the reset
  std::mutex mutex_;                     // guards side_
  std::string side_ = "blue";
  std::thread thread_;
};

}  // namespace bgdb::app::demo
