// Raw stream messages on their way from the receiver's thread to the applier's: packed into chunks, bounded by bytes. A
// message is copied once, here; decoded rows are views into its chunk, which lives as long as somebody holds it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/lsn.h"

namespace bgdb::link {

struct Chunk {
  // One message; or, with no bytes, a position: everything committed before `lsn` has been sent.
  struct Frame {
    size_t offset = 0;
    size_t length = 0;
    Lsn lsn;
  };
  std::string bytes;
  std::vector<Frame> frames;

  std::string_view payload(const Frame& frame) const { return {bytes.data() + frame.offset, frame.length}; }
  size_t size() const { return bytes.size() + frames.size() * sizeof(Frame); }
};
using ChunkPtr = std::shared_ptr<const Chunk>;

class ChunkQueue {
 public:
  explicit ChunkQueue(int64_t bytes_max) : bytes_max_(bytes_max) {}

  // Waits up to `timeout` for room; false = there was none (the chunk stays with the caller). A chunk larger than the
  // whole queue goes in when the queue is empty.
  bool push(ChunkPtr& chunk, std::chrono::milliseconds timeout);
  // Waits up to `timeout`; null = nothing came.
  ChunkPtr pop(std::chrono::milliseconds timeout);
  // The receiver ended with this error; pop() still hands out what came before.
  void close(core::Error error);
  // Set once everything before the end was popped.
  std::optional<core::Error> ended() const;
  int64_t bytes() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable arrived_;
  std::deque<ChunkPtr> chunks_;
  int64_t bytes_ = 0;
  const int64_t bytes_max_;
  std::optional<core::Error> error_;
};

}  // namespace bgdb::link
