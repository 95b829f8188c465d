// Turns the queue's messages into the target's transactions. Several source transactions become one target transaction;
// a large one is written in pieces inside one. The position reached is committed with the rows (replication origin), so
// a crash anywhere repeats nothing and loses nothing. One thread.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "link/batch_writer.h"
#include "link/bindings.h"
#include "link/chunk_queue.h"
#include "link/coalescer.h"
#include "link/link.h"
#include "link/meter.h"
#include "replication/pgoutput.h"

namespace bgdb::link {

class Applier {
 public:
  // Opens the target and takes the origin. Error privilege: origins are not permitted.
  static Result<std::unique_ptr<Applier>> open(const LinkOptions& options, const translate::Mapping& mapping,
                                               Meter& meter);
  // What is durable on the target: where the stream has to continue.
  Lsn progress() const { return progress_; }
  // Until the queue ends (its error), something fails, or `stop` at the end of a transaction (success).
  Result<void> run(ChunkQueue& queue, const std::atomic<bool>& stop);
  pg::Session& session() { return session_; }

 private:
  Applier(const LinkOptions& options, const translate::Mapping& mapping, Meter& meter, pg::Session session);

  Result<void> take(const ChunkPtr& chunk);
  Result<void> on_message(std::string_view payload, Lsn lsn);
  Result<void> on_row();
  Result<void> on_relation();
  Result<void> on_truncate();
  void on_logical();
  Result<void> on_commit();
  Result<void> add(const TableBinding& binding, Operation operation);
  std::span<const Field> used_row(const TableBinding& binding);
  std::span<const Field> old_key(const TableBinding& binding, std::span<const Field> row);

  bool batch_pending() const { return transactions_ > 0 || writer_.open(); }
  Result<void> write_piece();
  Result<void> commit_batch();
  Result<void> flush_if_due(bool idle);
  Result<void> advance_idle_position();
  void heartbeat_done();

  const LinkOptions* options_;
  Meter* meter_;
  pg::Session session_;
  Bindings bindings_;
  BatchWriter writer_;
  Coalescer piece_;
  FieldArena arena_;
  std::vector<ChunkPtr> chunks_;  // the bytes behind the piece's fields
  replication::Message message_;

  Lsn progress_;   // durable
  Lsn committed_;  // committed on the target, perhaps not flushed
  Lsn position_;   // complete without anything to write: dropped transactions, keepalives
  bool in_transaction_ = false;
  bool skip_ = false;  // the transaction at hand is already applied, or the other link's
  Lsn commit_lsn_;     // where the transaction at hand commits on the source
  Lsn message_lsn_;

  // The target transaction at hand.
  int64_t transactions_ = 0;
  int64_t rows_ = 0;
  Lsn batch_end_;
  int64_t commit_time_us_ = 0;
  std::vector<Marker> markers_;
  std::optional<int64_t> heartbeat_;
  SteadyTime work_since_{};
  bool unflushed_ = false;
  SteadyTime flushed_at_{};
  SteadyTime advanced_at_{};
};

}  // namespace bgdb::link
