// Sessions that write until they are stopped, each a stream of transactions of its own.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "pg/session.h"

namespace bgdb::test {

class Writers {
 public:
  using Next = std::function<std::string()>;  // the next transaction, from begin to commit or rollback

  Writers(const std::string& dsn, const std::function<Next(unsigned worker)>& make) {
    for (unsigned worker = 0; worker < 3; ++worker) {
      threads_.emplace_back([this, dsn, next = make(worker)] { run(dsn, next); });
    }
  }
  ~Writers() { stop(); }
  void stop() {
    stop_ = true;
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  int64_t done() const { return done_; }

 private:
  void run(const std::string& dsn, const Next& next) {
    auto session = pg::Session::open({.dsn = dsn});
    if (!session) return;
    while (!stop_) {
      if (session->script(next())) {  // deadlocks between the workers roll back as a whole
        ++done_;
      } else if (session->in_transaction()) {
        (void)session->rollback();
      }
    }
  }
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> done_{0};
  std::vector<std::thread> threads_;
};

}  // namespace bgdb::test
