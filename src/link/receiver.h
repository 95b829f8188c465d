// Reads the replication stream into the queue, and answers the server: what is durable on the target, at least once a
// second, also while the queue has no room. Never decodes rows. Runs on a thread of its own.
#pragma once

#include <atomic>
#include <memory>

#include "link/chunk_queue.h"
#include "link/meter.h"
#include "pg/replication_stream.h"

namespace bgdb::link {

class Receiver {
 public:
  Receiver(pg::ReplicationStream stream, ChunkQueue& queue, Meter& meter)
      : stream_(std::move(stream)), queue_(&queue), meter_(&meter) {}

  // Until `stop` or the stream's end; the reason is in the queue's close().
  void run(const std::atomic<bool>& stop);

 private:
  Result<void> step(const std::atomic<bool>& stop);
  void append(const pg::StreamMessage& message);
  Result<void> hand_over(const std::atomic<bool>& stop);
  Result<void> report(bool now);

  pg::ReplicationStream stream_;
  ChunkQueue* queue_;
  Meter* meter_;
  std::shared_ptr<Chunk> chunk_ = std::make_shared<Chunk>();
  bool in_transaction_ = false;
  Lsn position_;  // of the last message
  SteadyTime handed_over_at_{};
  SteadyTime reported_at_{};
  Lsn reported_;
};

}  // namespace bgdb::link
