#include "app/demo/ticker.h"

#include <fmt/format.h>

#include <deque>

#include "core/units.h"

namespace bgdb::app::demo {

using namespace std::chrono_literals;

void Ticker::start() {
  thread_ = std::thread([this] { run(); });
}

void Ticker::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Ticker::active_side(const std::string& side) {
  const std::lock_guard lock(mutex_);
  side_ = side;
}

// The lag of the link whose target is `side`; "-" while there is none.
std::string Ticker::lag(std::optional<pg::Session>& session, const std::string& side) {
  if (!session || !session->alive()) {
    session.reset();
    if (auto opened = stage_.connect(side)) session = *std::move(opened);
  }
  if (!session) return "-";
  const auto rows = session->query("select lag_ms from bgdb.link where lag_ms is not null limit 1");
  if (!rows || rows->empty()) return "-";
  const double lag_ms = std::stod(rows->text(0, 0));
  if (lag_ms > worst_lag_ms_) worst_lag_ms_ = lag_ms;
  return fmt::format("{:.0f} ms", lag_ms);
}

void Ticker::run() {
  std::optional<pg::Session> blue;
  std::optional<pg::Session> green;
  std::deque<std::pair<Instant, int64_t>> counts;
  while (!stopping_) {
    const auto now = std::chrono::steady_clock::now();
    counts.emplace_back(now, load_.acknowledged());
    while (counts.size() > 2 && now - counts.front().first > 1s) counts.pop_front();
    const auto seconds = std::chrono::duration<double>(now - counts.front().first).count();
    const double rate = seconds > 0 ? static_cast<double>(counts.back().second - counts.front().second) / seconds : 0;
    std::string side;
    {
      const std::lock_guard lock(mutex_);
      side = side_;
    }
    const auto forward = lag(green, "green");
    const auto reverse = lag(blue, "blue");
    view_.live(fmt::format("{} serves · {:.0f} tx/s · lag → {} ← {} · {} done, {} failed", side, rate, forward, reverse,
                           core::format_count(load_.acknowledged()), load_.failed()));
    std::this_thread::sleep_for(200ms);
  }
  view_.live("");
}

}  // namespace bgdb::app::demo
