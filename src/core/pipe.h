// A queue between two threads of one process, bounded in bytes: who gives waits while it is full, who takes waits while
// it is empty. Items change hands many at a time, so that threads seldom wake each other. One giver, one taker.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace bgdb::core {

template <class T>
class Pipe {
 public:
  // What the taker has taken and not yet seen is as much again.
  explicit Pipe(size_t bytes_max) : bytes_max_(bytes_max) {}

  // False when the taker is gone. An item larger than the bound waits until the queue is empty.
  bool give(T item, size_t bytes) {
    std::unique_lock lock(mutex_);
    const auto fits = [&] { return gone_ || items_.empty() || bytes_ + bytes <= bytes_max_; };
    if (!fits()) {
      giver_waits_ = true;
      given_.notify_one();
      taken_.wait(lock, fits);
    }
    if (gone_) return false;
    items_.push_back(std::move(item));
    bytes_ += bytes;
    if (bytes_ >= bytes_max_ / 4) given_.notify_one();
    return true;
  }
  // The giver has nothing more.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    given_.notify_one();
  }
  // Nothing when it is closed and empty.
  std::optional<T> take() {
    if (batch_.empty()) take_batch();
    if (batch_.empty()) return std::nullopt;
    std::optional<T> item(std::move(batch_.front()));
    batch_.pop_front();
    return item;
  }
  // The taker wants nothing more.
  void leave() {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    taken_.notify_one();
  }

 private:
  void take_batch() {
    std::unique_lock lock(mutex_);
    given_.wait(lock, [&] { return closed_ || (!items_.empty() && (giver_waits_ || bytes_ >= bytes_max_ / 4)); });
    batch_.swap(items_);
    bytes_ = 0;
    if (std::exchange(giver_waits_, false)) taken_.notify_one();
  }

  const size_t bytes_max_;
  std::mutex mutex_;
  std::condition_variable given_, taken_;
  std::deque<T> items_;
  std::deque<T> batch_;  // the taker's own
  size_t bytes_ = 0;
  bool giver_waits_ = false;
  bool closed_ = false;
  bool gone_ = false;
};

}  // namespace bgdb::core
