// A cable between bgdb and a server: it can be cut (nothing arrives, nobody is told, as when a switch loses power),
// slowed down, and mended.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace bgdb::test {

class Cable {
 public:
  explicit Cable(std::string dsn);
  ~Cable();
  std::string dsn() const;  // the same database through the cable
  void cut() { cut_ = true; }
  void mend() { cut_ = false; }
  void slow(int ms) { delay_ms_ = ms; }

 private:
  void run();
  std::string dsn_;
  int target_port_ = 0;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<bool> cut_{false};
  std::atomic<int> delay_ms_{0};
  std::thread thread_;
};

}  // namespace bgdb::test
