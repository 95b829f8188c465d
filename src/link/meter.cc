#include "link/meter.h"

#include <algorithm>

namespace bgdb::link {
namespace {

constexpr size_t kHeartbeatsKept = 100'000;  // almost three hours at ten a second; the oldest one is what counts
constexpr double kRateWeight = 0.2;          // of the newest sample

double milliseconds_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

}  // namespace

void Meter::set_state(LinkState state, std::string message) {
  const std::lock_guard lock(mutex_);
  status_.state = state;
  status_.message = std::move(message);
}

void Meter::set_message(std::string message) {
  const std::lock_guard lock(mutex_);
  status_.message = std::move(message);
}

LinkState Meter::state() const {
  const std::lock_guard lock(mutex_);
  return status_.state;
}

void Meter::heartbeat_sent(int64_t number, SteadyTime at) {
  const std::lock_guard lock(mutex_);
  if (on_the_way_.size() < kHeartbeatsKept) on_the_way_.emplace(number, at);
}

void Meter::heartbeat_applied(int64_t number, SteadyTime at) {
  const std::lock_guard lock(mutex_);
  const auto found = on_the_way_.find(number);
  if (found == on_the_way_.end()) return;  // of a process before us, or not noted yet
  last_lag_ms_ = milliseconds_between(found->second, at);
  on_the_way_.erase(on_the_way_.begin(), std::next(found));
}

void Meter::source_end(Lsn lsn) {
  const std::lock_guard lock(mutex_);
  source_end_ = std::max(source_end_, lsn);
}

// Not its conflicts: the change that met one is the next to be written, and stops the link again unless the row was
// repaired.
void Meter::go_on_from(const LinkStatus& before) {
  const std::lock_guard lock(mutex_);
  status_.rows_applied = before.rows_applied;
  status_.transactions = before.transactions;
  status_.quarantined = before.quarantined;
}

void Meter::received(Lsn lsn) {
  const std::lock_guard lock(mutex_);
  status_.received_lsn = std::max(status_.received_lsn, lsn);
}

void Meter::begin_from(Lsn lsn) {
  const std::lock_guard lock(mutex_);
  status_.applied_lsn = lsn;
}

void Meter::durable(Lsn lsn) {
  const std::lock_guard lock(mutex_);
  status_.applied_lsn = std::max(status_.applied_lsn, lsn);
}

Lsn Meter::source_end() const {
  const std::lock_guard lock(mutex_);
  return source_end_;
}
Lsn Meter::durable() const {
  const std::lock_guard lock(mutex_);
  return status_.applied_lsn;
}

void Meter::committed(int64_t rows, int64_t transactions, int64_t quarantined, Lsn from, Lsn to,
                      std::chrono::duration<double> busy) {
  const std::lock_guard lock(mutex_);
  status_.rows_applied += rows;
  status_.transactions += transactions;
  status_.quarantined += quarantined;
  if (to <= from || busy.count() <= 0) return;
  const double rate = static_cast<double>(to.value - from.value) / busy.count();
  bytes_per_second_ = bytes_per_second_ == 0 ? rate : bytes_per_second_ * (1 - kRateWeight) + rate * kRateWeight;
}

void Meter::conflict() {
  const std::lock_guard lock(mutex_);
  ++status_.conflicts;
}

LinkStatus Meter::status(SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  LinkStatus status = status_;
  if (last_lag_ms_) {
    // What has been waiting longer than the last sample says more than that sample.
    const double waiting = on_the_way_.empty() ? 0 : milliseconds_between(on_the_way_.begin()->second, now);
    status.lag_ms = std::max(*last_lag_ms_, waiting);
  }
  if (source_end_.valid() && status.applied_lsn.valid()) {
    status.lag_bytes =
        source_end_ > status.applied_lsn ? static_cast<int64_t>(source_end_.value - status.applied_lsn.value) : 0;
    if (*status.lag_bytes == 0) {
      status.drain_ms = 0;
    } else if (bytes_per_second_ > 0) {
      status.drain_ms = static_cast<double>(*status.lag_bytes) / bytes_per_second_ * 1000;
    }
  }
  return status;
}

}  // namespace bgdb::link
