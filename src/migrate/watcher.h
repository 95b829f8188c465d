// Looks, from a session of its own, at who blocks the session that migrates: when a lock was not granted in time, the
// blocker may be gone before anybody can ask. Internal to migrate/.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/clock.h"
#include "pg/session.h"

namespace bgdb::migrate {

// How often to look, for waits of that length.
std::chrono::milliseconds watch_interval(std::chrono::milliseconds lock_timeout);

class Watcher {
 public:
  // Without a connection for it nobody is named; that is no reason not to migrate.
  Watcher(const std::string& dsn, std::chrono::milliseconds every);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  void watch(int32_t pid);  // forgets what was seen of another; 0 = nobody
  // "pid 4711 (app, psql), idle in transaction for 12 s: UPDATE ..." - the last one seen; empty when none was.
  std::string last_blocker() const;

 private:
  void loop(std::chrono::milliseconds every);

  std::optional<pg::Session> session_;
  std::atomic<int32_t> pid_{0};
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  std::string last_;
  std::thread thread_;
};

}  // namespace bgdb::migrate
