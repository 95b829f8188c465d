// A queue between two threads of one process, bounded in bytes: who gives waits while it is full, who takes waits while
// it is empty. One giver, one taker.
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
  explicit Pipe(size_t bytes_max) : bytes_max_(bytes_max) {}

  // False when the taker is gone. An item larger than the bound waits until the queue is empty.
  bool give(T item, size_t bytes) {
    std::unique_lock lock(mutex_);
    taken_.wait(lock, [&] { return gone_ || items_.empty() || bytes_ + bytes <= bytes_max_; });
    if (gone_) return false;
    items_.emplace_back(std::move(item), bytes);
    bytes_ += bytes;
    lock.unlock();
    given_.notify_one();
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
    std::unique_lock lock(mutex_);
    given_.wait(lock, [&] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front().first));
    bytes_ -= items_.front().second;
    items_.pop_front();
    lock.unlock();
    taken_.notify_one();
    return item;
  }
  // The taker wants nothing more.
  void leave() {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    taken_.notify_one();
  }

 private:
  const size_t bytes_max_;
  std::mutex mutex_;
  std::condition_variable given_, taken_;
  std::deque<std::pair<T, size_t>> items_;
  size_t bytes_ = 0;
  bool closed_ = false;
  bool gone_ = false;
};

}  // namespace bgdb::core
