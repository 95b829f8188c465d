#include "migrate/watcher.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/sql_file.h"

namespace bgdb::migrate {

std::chrono::milliseconds watch_interval(std::chrono::milliseconds lock_timeout) {
  return std::clamp(lock_timeout / 5, std::chrono::milliseconds(20), std::chrono::milliseconds(500));
}

Watcher::Watcher(const std::string& dsn, std::chrono::milliseconds every) {
  pg::SessionOptions options;
  options.dsn = dsn;
  options.application_name = "bgdb migrate (lock watch)";
  auto session = pg::Session::open(options);
  if (!session) return;
  session_.emplace(std::move(*session));
  thread_ = std::thread([this, every] { loop(every); });
}

Watcher::~Watcher() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void Watcher::watch(int32_t pid) {
  const std::lock_guard lock(mutex_);
  pid_ = pid;
  last_.clear();
}

std::string Watcher::last_blocker() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

void Watcher::loop(std::chrono::milliseconds every) {
  while (!stop_ && session_->alive()) {
    std::this_thread::sleep_for(every);
    const int32_t pid = pid_;
    if (pid == 0) continue;
    const auto rows = session_->query(core::sql_text("migrate/find_blockers.sql"), {std::to_string(pid)});
    if (!rows || rows->empty()) continue;
    auto text = fmt::format("pid {} ({}{}{}), {} for {} s, its last query began at {}: {}", rows->integer(0, "pid"),
                            rows->text(0, "user_name"), rows->text(0, "application").empty() ? "" : ", ",
                            rows->text(0, "application"), rows->text(0, "state"), rows->integer(0, "transaction_s"),
                            rows->text(0, "query_start"), rows->text(0, "query"));
    if (rows->size() > 1) text += fmt::format(" (and {} more)", rows->size() - 1);
    const std::lock_guard lock(mutex_);
    if (pid_ == pid) last_ = std::move(text);
  }
}

}  // namespace bgdb::migrate
