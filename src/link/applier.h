// Turns the queue's messages into the target's transactions. Several source transactions become one target transaction;
// a large one is written in pieces inside one. The position reached is committed with the rows (replication origin), so
// a crash anywhere repeats nothing and loses nothing. While the target works on one piece, the next is decoded. One
// thread.
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

// What the source calls things.
struct Source {
  SourceTypes types;
  std::vector<std::string> drop_origins;  // LinkOptions::drop_origins, as its server calls them
};

class Applier {
 public:
  // Opens the target and takes the origin. Error privilege: origins are not permitted.
  static Result<std::unique_ptr<Applier>> open(const LinkOptions& options, const translate::Mapping& mapping,
                                               Meter& meter, Source source);
  ~Applier();
  // What is durable on the target: where the stream has to continue.
  Lsn progress() const { return progress_; }
  // Until the queue ends (its error), something fails, or `stop` at the end of a transaction (success).
  Result<void> run(ChunkQueue& queue, const std::atomic<bool>& stop);
  pg::Session& session() { return session_; }

 private:
  Applier(const LinkOptions& options, const translate::Mapping& mapping, Meter& meter, Source source,
          pg::Session session, std::string origin);

  Result<void> take(const ChunkPtr& chunk);
  Result<void> on_message(std::string_view payload, Lsn lsn);
  Result<void> on_row();
  Result<void> on_relation();
  Result<void> on_truncate();
  Result<void> on_logical();
  Result<void> hold_lone_truncates();
  Result<void> on_commit();
  Result<void> add(const TableBinding& binding, Operation operation);
  std::span<const Field> used_row(const TableBinding& binding);
  std::span<const Field> old_key(const TableBinding& binding, std::span<const Field> row);

  // Rows on their way to the target, with everything their fields point into.
  struct Work {
    Coalescer piece;
    FieldArena arena;
    std::vector<ChunkPtr> chunks;
    void clear();
  };
  // A batch whose last piece is under way; it is committed when that has arrived.
  struct Ending {
    Lsn end;
    int64_t time_us = 0;
    int64_t rows = 0, transactions = 0;
    std::vector<Marker> markers;
    std::optional<int64_t> heartbeat;
    SteadyTime since{};
  };

  // Something is neither committed nor given up.
  bool batch_pending() const { return transactions_ > 0 || ending_ || in_flight_ || writer_.open(); }
  Result<void> send_piece();
  Result<void> end_batch();
  Result<void> settle();
  Result<void> committed(const Ending& batch);
  Result<void> flush_if_due(bool idle);
  Result<void> advance_idle_position();

  const LinkOptions* options_;
  Meter* meter_;
  pg::Session session_;
  Bindings bindings_;
  std::string origin_;  // as the target's server calls it
  std::vector<std::string> drop_origins_;
  BatchWriter writer_;
  Work works_[2];
  Work* filling_ = &works_[0];
  Work* sent_ = &works_[1];
  bool in_flight_ = false;  // `sent_` was begun and is not finished
  std::optional<Ending> ending_;
  replication::Message message_;

  Lsn progress_;   // durable
  Lsn committed_;  // committed on the target, perhaps not flushed
  Lsn position_;   // complete without anything to write: dropped transactions, keepalives
  bool in_transaction_ = false;
  // TRUNCATE of partitions by their own names, in the transaction at hand.
  struct LoneTruncate {
    QualifiedName table;  // the partitioned one, as the stream names it
    std::string partition;
  };
  std::vector<LoneTruncate> lone_truncates_;
  bool skip_ = false;  // the transaction at hand is already applied, or the other link's
  Lsn commit_lsn_;     // where the transaction at hand commits on the source
  Lsn message_lsn_;

  // The batch that is being filled.
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
