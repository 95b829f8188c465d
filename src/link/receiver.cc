#include "link/receiver.h"

#include <algorithm>
#include <thread>

#include "replication/pgoutput.h"

namespace bgdb::link {
namespace {

using namespace std::chrono_literals;

constexpr size_t kChunkBytes = 64 * 1024;
constexpr auto kReceiveTick = 100ms;
// Under load messages come one by one, faster than anybody should be woken for each: what comes is gathered, for longer
// when we are far behind anyway. An idle stream waits for nothing but the end of a transaction that has begun.
constexpr auto kGather = 1ms;
constexpr auto kGatherBehind = 20ms;
constexpr uint64_t kBehindBytes = 1 << 20;
constexpr size_t kFewFrames = 16;
constexpr auto kReportAtLeast = 1s;   // well below any wal_sender_timeout
constexpr auto kReportAtMost = 50ms;  // when there is progress to tell

}  // namespace

void Receiver::run(const std::atomic<bool>& stop) {
  while (true) {
    auto done = step(stop);
    if (done && !stop) continue;
    // What is complete goes through even when the stream broke behind it.
    if (!stop && !chunk_->frames.empty()) (void)hand_over(stop);
    if (done) (void)report(true);
    queue_->close(done ? make_error(ErrorCode::interrupted, "the link was stopped") : std::move(done).error());
    return;
  }
}

Result<void> Receiver::step(const std::atomic<bool>& stop) {
  const bool ends_soon = in_transaction_ && chunk_->frames.size() < kFewFrames;  // it is sent from BEGIN to COMMIT
  const auto message = BGDB_TRY(stream_.receive(chunk_->frames.empty() ? kReceiveTick : ends_soon ? kGather : 0ms));
  if (!message) {
    if (chunk_->frames.empty()) return report(false);
    const auto since = std::chrono::steady_clock::now() - handed_over_at_;
    const auto gather = meter_->source_end().value > position_.value + kBehindBytes ? kGatherBehind : kGather;
    if (since >= gather) return hand_over(stop);
    std::this_thread::sleep_for(gather - since);
    return {};
  }
  append(*message);
  if (message->kind == pg::StreamMessage::Kind::keepalive && message->reply_requested) BGDB_CHECK(report(true));
  return chunk_->bytes.size() >= kChunkBytes ? hand_over(stop) : Result<void>();
}

void Receiver::append(const pg::StreamMessage& message) {
  position_ = std::max(position_, message.end);
  if (message.kind == pg::StreamMessage::Kind::keepalive) {
    meter_->received(message.end);
    // Inside a transaction the position says nothing about what is complete.
    if (!in_transaction_) chunk_->frames.push_back({0, 0, message.end});
    return;
  }
  if (replication::is_begin(message.payload)) in_transaction_ = true;
  if (const Lsn end = replication::commit_end(message.payload); end.valid()) {
    in_transaction_ = false;
    meter_->received(end);
  }
  chunk_->frames.push_back({chunk_->bytes.size(), message.payload.size(), message.start});
  chunk_->bytes.append(message.payload);
}

Result<void> Receiver::hand_over(const std::atomic<bool>& stop) {
  ChunkPtr full = std::exchange(chunk_, std::make_shared<Chunk>());
  while (!queue_->push(full, 200ms)) {
    if (stop) return {};
    BGDB_CHECK(report(false));
  }
  handed_over_at_ = std::chrono::steady_clock::now();
  return report(false);
}

// "Written" is all that came. A walsender that falls asleep behind it asks where we are, and again with every answer
// that is not as far: told no more than what is flushed, an idle pair would ask and answer without end.
Result<void> Receiver::report(bool now) {
  const auto time = std::chrono::steady_clock::now();
  const Lsn durable = meter_->durable();
  const auto since = time - reported_at_;
  if (!now && since < kReportAtLeast && (durable <= reported_ || since < kReportAtMost)) return {};
  reported_at_ = time;
  reported_ = durable;
  return stream_.send_status(std::max(durable, position_), durable, durable);
}

}  // namespace bgdb::link
