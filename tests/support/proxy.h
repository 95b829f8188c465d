// A TCP proxy on the loopback that can cut every connection through it, also in the middle of a message.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace bgdb::test {

class Proxy {
 public:
  explicit Proxy(int target_port);
  ~Proxy();
  Proxy(const Proxy&) = delete;

  int port() const { return port_; }
  // `dsn` with its port replaced by ours.
  std::string through(const std::string& dsn) const;
  // Once so many more bytes came from the server, all connections are cut.
  void cut_after(int64_t bytes) { bytes_left_ = bytes; }
  int cuts() const { return cuts_; }

 private:
  void run();

  int target_port_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int64_t> bytes_left_{INT64_MAX};
  std::atomic<int> cuts_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace bgdb::test
