#include "link/chunk_queue.h"

namespace bgdb::link {

bool ChunkQueue::push(ChunkPtr& chunk, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const auto size = static_cast<int64_t>(chunk->size());
  if (!room_.wait_for(lock, timeout, [&] { return chunks_.empty() || bytes_ + size <= bytes_max_; })) return false;
  bytes_ += size;
  chunks_.push_back(std::move(chunk));
  chunk.reset();
  lock.unlock();  // else who is woken waits again, for us
  arrived_.notify_one();
  return true;
}

ChunkPtr ChunkQueue::pop(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, timeout, [&] { return !chunks_.empty() || error_; });
  if (chunks_.empty()) return nullptr;
  ChunkPtr chunk = std::move(chunks_.front());
  chunks_.pop_front();
  bytes_ -= static_cast<int64_t>(chunk->size());
  room_.notify_one();
  return chunk;
}

void ChunkQueue::close(core::Error error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
  arrived_.notify_all();
}

std::optional<core::Error> ChunkQueue::ended() const {
  const std::lock_guard lock(mutex_);
  return chunks_.empty() ? error_ : std::nullopt;
}

int64_t ChunkQueue::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace bgdb::link
