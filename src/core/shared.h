// A value that several hold: a pointer of one word, and the count of its holders in the same block as the value. For
// the many small nodes of values with cheap copies, where a std::shared_ptr costs twice the memory and the work. Who
// holds a value alone may change it; different holders may live in different threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace bgdb::core {

template <class T>
class Shared {
  struct Block {
    template <class... Parts>
    explicit Block(Parts&&... parts) : value(std::forward<Parts>(parts)...) {}
    std::atomic<uint32_t> holders = 1;
    T value;
  };

 public:
  Shared() = default;
  template <class... Parts>
  static Shared make(Parts&&... parts) {
    Shared made;
    made.block_ = new Block(std::forward<Parts>(parts)...);
    return made;
  }
  Shared(const Shared& other) : block_(other.block_) {
    if (block_ != nullptr) block_->holders.fetch_add(1, std::memory_order_relaxed);
  }
  Shared(Shared&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Shared& operator=(Shared other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Shared() {
    if (block_ != nullptr && (held_alone() || block_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1))
      delete block_;
  }

  T* get() const { return block_ == nullptr ? nullptr : &block_->value; }
  T* operator->() const { return &block_->value; }
  T& operator*() const { return block_->value; }
  explicit operator bool() const { return block_ != nullptr; }
  // The very same value.
  bool operator==(const Shared& other) const { return block_ == other.block_; }

  // The value to change: a copy of its own when others hold it, too; a new one when there is none.
  T& own() {
    if (block_ == nullptr) {
      *this = make();
    } else if (!held_alone()) {
      *this = make(std::as_const(block_->value));
    }
    return block_->value;
  }

 private:
  bool held_alone() const { return block_->holders.load(std::memory_order_acquire) == 1; }

  Block* block_ = nullptr;
};

}  // namespace bgdb::core
