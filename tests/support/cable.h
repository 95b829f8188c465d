// A cable between bgdb and a server: it can be cut (nothing arrives, nobody is told, as when a switch loses power),
// slowed down, mended, and torn in the middle of a message (every connection is reset).
#pragma once

#include <atomic>
#include <cstdint>
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
  // Once so many more bytes came from the server, all connections are reset.
  void tear_after(int64_t bytes) { bytes_left_ = bytes; }
  int tears() const { return tears_; }

 private:
  void run();
  std::string dsn_;
  int target_port_ = 0;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<bool> cut_{false};
  std::atomic<int> delay_ms_{0};
  std::atomic<int64_t> bytes_left_{INT64_MAX};
  std::atomic<int> tears_{0};
  std::thread thread_;
};

}  // namespace bgdb::test
