// The clients of the shop: threads that order, transfer money and change customers through the pooler. The application
// ships the SQL of both versions and asks the database in every transaction which one it speaks. A failed operation is
// tried again until it is acknowledged; an operation whose COMMIT was not answered is not (its outcome is unknown).
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "app/demo/ledger.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::app::demo {

struct ShopSize {
  int64_t customers = 10'000;
  int64_t orders = 50'000;
  int64_t accounts = 2'000;
};

class Load {
 public:
  Load(std::string dsn, ShopSize size, int clients);
  ~Load();  // stop()
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void start();
  // Lets every client finish its operation and wait. false: one did not within 10 s.
  bool pause();
  void resume();
  // Ends the threads. A client that waits for the server is waited for: end the pooler first when it may be stuck.
  void stop();

  int64_t acknowledged() const { return acknowledged_.load(); }
  int64_t failed() const { return failed_.load(); }
  int clients() const { return static_cast<int>(clients_.size()); }
  Ledger ledger() const;  // of all clients

 private:
  struct Operation;
  struct Client;
  void run(Client& client);
  bool wait_while_paused();
  Operation next_operation(Client& client);
  void perform(Client& client, const Operation& operation);
  Result<int> attempt(pg::Session& session, const Operation& operation, Instant& begun);
  Result<void> write(pg::Session& session, const Operation& operation, int version);
  void record(Client& client, const Operation& operation, const Sample& sample);
  void record_unknown(Client& client, const Operation& operation);

  std::string dsn_;
  ShopSize size_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::atomic<bool> stopping_{false};
  std::atomic<int64_t> acknowledged_{0};
  std::atomic<int64_t> failed_{0};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool paused_ = false;
  int waiting_ = 0;
};

}  // namespace bgdb::app::demo
