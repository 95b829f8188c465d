#include <thread>

#include "link/chunk_queue.h"
#include "link/meter.h"
#include "support/check.h"

using namespace bgdb;
using namespace std::chrono_literals;

namespace {
link::ChunkPtr chunk_of(size_t bytes) {
  auto chunk = std::make_shared<link::Chunk>();
  chunk->bytes.assign(bytes, 'x');
  return chunk;
}
const link::SteadyTime kStart{1h};
}  // namespace

TEST_CASE("queue: bounded by bytes, but one chunk larger than the bound passes alone") {
  link::ChunkQueue queue(1000);
  auto large = chunk_of(5000);
  CHECK(queue.push(large, 0ms));
  CHECK(large == nullptr);
  auto small = chunk_of(10);
  CHECK_FALSE(queue.push(small, 1ms));
  CHECK(small != nullptr);
  CHECK(queue.pop(0ms)->bytes.size() == 5000);
  CHECK(queue.push(small, 0ms));
  CHECK(queue.bytes() == 10);
}

TEST_CASE("queue: what came before the end is handed out before the end is told") {
  link::ChunkQueue queue(1000);
  auto chunk = chunk_of(10);
  queue.push(chunk, 0ms);
  queue.close(make_error(ErrorCode::connection, "gone"));
  CHECK_FALSE(queue.ended());
  CHECK(queue.pop(0ms) != nullptr);
  REQUIRE(queue.ended());
  CHECK(queue.ended()->message == "gone");
  CHECK(queue.pop(0ms) == nullptr);
}

TEST_CASE("queue: a waiting producer goes on when room appears") {
  link::ChunkQueue queue(100);
  auto first = chunk_of(90);
  queue.push(first, 0ms);
  std::thread consumer([&] { queue.pop(1s); });
  auto second = chunk_of(90);
  CHECK(queue.push(second, 10s));
  consumer.join();
}

TEST_CASE("meter: no sample is no number, never zero") {
  link::Meter meter;
  const auto status = meter.status(kStart);
  CHECK_FALSE(status.lag_ms);
  CHECK_FALSE(status.lag_bytes);
  CHECK_FALSE(status.drain_ms);
}

TEST_CASE("meter: lag is the last heartbeat's way, or the wait of one that does not arrive") {
  link::Meter meter;
  meter.heartbeat_sent(1, kStart);
  CHECK_FALSE(meter.status(kStart + 10s).lag_ms);
  meter.heartbeat_applied(1, kStart + 7ms);
  CHECK(*meter.status(kStart + 50ms).lag_ms == Approx(7));
  meter.heartbeat_sent(2, kStart + 100ms);
  meter.heartbeat_sent(3, kStart + 200ms);
  CHECK(*meter.status(kStart + 3100ms).lag_ms == Approx(3000));
  meter.heartbeat_applied(3, kStart + 3200ms);  // 2 was lost in a crash of the source: 3 stands for it
  CHECK(*meter.status(kStart + 3200ms).lag_ms == Approx(3000));
  meter.heartbeat_applied(99, kStart + 3300ms);  // another process' heartbeat
  CHECK(*meter.status(kStart + 3300ms).lag_ms == Approx(3000));
}

TEST_CASE("meter: bytes behind and the time they need at the measured rate") {
  link::Meter meter;
  meter.source_end(Lsn{2000});
  CHECK_FALSE(meter.status(kStart).lag_bytes);
  meter.durable(Lsn{1000});
  CHECK(*meter.status(kStart).lag_bytes == 1000);
  CHECK_FALSE(meter.status(kStart).drain_ms);
  meter.committed(5, 1, 0, Lsn{500}, Lsn{1000}, 100ms);
  CHECK(*meter.status(kStart).drain_ms == Approx(200));
  meter.durable(Lsn{2500});
  CHECK(*meter.status(kStart).lag_bytes == 0);
  CHECK(*meter.status(kStart).drain_ms == 0);
}
