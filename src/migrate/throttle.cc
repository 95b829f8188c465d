#include "migrate/throttle.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/clock.h"
#include "core/interrupt.h"
#include "core/sql_file.h"
#include "core/units.h"

namespace bgdb::migrate {
namespace {

constexpr int64_t kBatchRowsMin = 10;
constexpr int64_t kBatchRowsMax = 20'000;
constexpr auto kLookEvery = milliseconds(1'000);
constexpr auto kWaitStep = milliseconds(200);
constexpr int64_t kIdleSlotBytes = int64_t{1} << 30;  // worth a word

}  // namespace

void Throttle::batch_was_blocked() {
  batch_rows_ = std::max(batch_rows_ / 2, kBatchRowsMin);
}

void Throttle::sleep(milliseconds duration) {
  if (duration.count() <= 0) return;
  core::system_clock().sleep_for(duration);
  rested_ += duration;
}

Result<void> Throttle::rest(milliseconds took, int64_t rows) {
  // Twice as many at most: one lucky batch must not be followed by one that holds rows for long.
  const auto spent = std::max<int64_t>(took.count(), 1);
  batch_rows_ = std::clamp(rows * pace_.batch_time.count() / spent, batch_rows_ / 2, batch_rows_ * 2);
  batch_rows_ = std::clamp(batch_rows_, kBatchRowsMin, kBatchRowsMax);
  auto pause = milliseconds(spent / 4 + 1);
  if (pace_.rows_per_second_max > 0) {
    batch_rows_ = std::clamp(batch_rows_, int64_t{1}, std::max<int64_t>(pace_.rows_per_second_max / 4, 1));
    pause = std::max(pause, milliseconds(rows * 1000 / pace_.rows_per_second_max) - took);
  }
  sleep(pause);
  if (looked_ != core::SteadyTime{} && core::time_since(looked_) < kLookEvery) return {};
  return give_way();
}

// Empty: go on.
Result<std::string> Throttle::reason_to_wait() {
  const auto load = BGDB_TRY(session_.query(core::sql_text("backfill/read_load.sql")));
  looked_ = core::system_clock().now();
  if (load.integer(0, "idle_bytes") > kIdleSlotBytes && !idle_slot_told_) {
    idle_slot_told_ = true;
    progress_.note(fmt::format("nobody reads the replication slot {}: it keeps {} of WAL, and what is written here",
                               load.text(0, "idle_slot"), core::format_bytes(load.integer(0, "idle_bytes"))));
  }
  paused_ = load.boolean(0, "paused");
  if (paused_) return std::string("paused; `bgdb backfill --resume` goes on");
  if (const auto lag = load.integer(0, "lag_bytes"); lag > pace_.lag_bytes_max) {
    return fmt::format("{} is {} behind (limit {})", load.text(0, "lag_who"), core::format_bytes(lag),
                       core::format_bytes(pace_.lag_bytes_max));
  }
  const auto active_max = pace_.active_max > 0 ? pace_.active_max : load.integer(0, "connections_max") / 2;
  if (const auto active = load.integer(0, "active"); active > active_max) {
    return fmt::format("{} sessions are at work (limit {})", active, active_max);
  }
  return std::string();
}

Result<void> Throttle::give_way() {
  auto reason = BGDB_TRY(reason_to_wait());
  if (reason.empty()) return {};
  progress_.note(what_ + ": waiting: " + reason);
  auto begun = core::system_clock().now();
  while (!reason.empty()) {
    if (core::interrupted()) return fail(ErrorCode::interrupted, what_ + ": interrupted while it waited: " + reason);
    if (paused_) begun = core::system_clock().now();  // a pause may last
    if (core::time_since(begun) > pace_.wait_max) {
      return fail(
          ErrorCode::timeout,
          fmt::format("{}: stopped after waiting for {}: {}", what_, core::format_duration(pace_.wait_max), reason),
          "run it again when that is over: it goes on where it stopped");
    }
    sleep(kWaitStep);
    reason = BGDB_TRY(reason_to_wait());
  }
  progress_.note(what_ + ": going on");
  return {};
}

}  // namespace bgdb::migrate
