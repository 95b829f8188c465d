#include "link/applier.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/contains.h"
#include "core/log.h"
#include "replication/objects.h"

namespace bgdb::link {
namespace {

using namespace std::chrono_literals;
using replication::MessageKind;
using std::chrono::steady_clock;

constexpr size_t kPieceBytesMax = 4 << 20;
constexpr size_t kHeldBytesMax = 16 << 20;  // stream bytes behind a piece, whoever uses them
constexpr auto kIdleTick = 100ms;
constexpr auto kFlushEvery = 100ms;
constexpr auto kAdvanceEvery = 1s;
constexpr auto kStopGrace = 5s;  // a running source transaction may come to its end

// The plans must reach rows through the key's index, whatever the statistics say (measured: 35,000 rows/s with a hash
// join that the planner chose, 159,000 with nested loops).
pg::SessionOptions apply_session(const LinkOptions& options) {
  return {.dsn = options.target_dsn,
          .application_name = "bgdb link " + options.name,
          .settings = {{"session_replication_role", "replica"},
                       {"datestyle", "ISO"},  // as the stream writes; sql_standard would turn signs of intervals around
                       {"intervalstyle", "postgres"},
                       {"array_nulls", "on"},
                       {"xmloption", "content"},
                       {"lc_monetary", "C"},
                       {"row_security", "off"},  // an error instead of rows that cannot be seen
                       {"synchronous_commit", "off"},
                       {"enable_hashjoin", "off"},
                       {"enable_mergejoin", "off"},
                       {"enable_seqscan", "off"},
                       {"enable_material", "off"},
                       {"jit", "off"},
                       {"plan_cache_mode", "force_generic_plan"},
                       {"client_connection_check_interval", "1000"},
                       {"tcp_keepalives_idle", "5"},
                       {"tcp_keepalives_interval", "2"},
                       {"tcp_keepalives_count", "3"}}};
}

}  // namespace

Applier::Applier(const LinkOptions& options, const translate::Mapping& mapping, Meter& meter, Source source,
                 pg::Session session, std::string origin)
    : options_(&options),
      meter_(&meter),
      session_(std::move(session)),
      bindings_(mapping, std::move(source.types), options.copied_at),
      origin_(std::move(origin)),
      drop_origins_(std::move(source.drop_origins)),
      writer_(session_, bindings_, options.name, options.slot) {}

Result<std::unique_ptr<Applier>> Applier::open(const LinkOptions& options, const translate::Mapping& mapping,
                                               Meter& meter, Source source) {
  auto session = BGDB_TRY(pg::Session::open(apply_session(options)));
  // `bgdb migrate` holds it alone: our statements are made for the schema of before.
  if (BGDB_TRY(session.scalar("select pg_try_advisory_lock_shared(hashtext('bgdb'), hashtext('apply'))")) != "t") {
    return fail(ErrorCode::refused,
                fmt::format("link {}: `bgdb migrate` is at work on {}", options.name, session.host_display()),
                "start `bgdb sync` when it has ended; the slot keeps everything meanwhile");
  }
  auto origin = BGDB_TRY(replication::origin_name(session, options.slot));
  std::unique_ptr<Applier> applier(
      new Applier(options, mapping, meter, std::move(source), std::move(session), std::move(origin)));
  auto taken = applier->session_.execute("select pg_replication_origin_session_setup($1)", {applier->origin_});
  if (!taken) {
    Error error = taken.error().with_context(
        fmt::format("link {}: cannot take the replication origin {}", options.name, applier->origin_));
    if (error.sqlstate == "42704") {
      error.code = ErrorCode::refused;
      return error.with_hint(
          "somebody dropped it, or the target is a restored copy: nothing says how far it has come. Start again from "
          "a clone");
    }
    if (error.sqlstate == "42501") {
      return error.with_hint(
          "as a superuser on the target: grant execute on all functions named pg_replication_origin_* to bgdb's role");
    }
    return error;
  }
  BGDB_CHECK(applier->writer_.load_waiting(mapping));
  applier->progress_ = BGDB_TRY(replication::origin_progress(applier->session_, options.slot));
  applier->committed_ = applier->position_ = applier->progress_;
  meter.begin_from(applier->progress_);
  return applier;
}

// Nobody waits for a piece that nobody will commit.
Applier::~Applier() {
  if (in_flight_) session_.sever();
}

Result<void> Applier::run(ChunkQueue& queue, const std::atomic<bool>& stop) {
  std::optional<SteadyTime> stop_deadline;
  const auto finish = [&]() -> Result<void> {
    if (!in_transaction_) BGDB_CHECK(end_batch());
    if (!in_transaction_) BGDB_CHECK(settle());
    in_flight_ = false;
    ending_.reset();
    writer_.give_up();
    unflushed_ = true;
    return flush_if_due(true);
  };
  while (true) {
    if (stop && !stop_deadline) stop_deadline = steady_clock::now() + kStopGrace;
    if (stop && (!in_transaction_ || steady_clock::now() > *stop_deadline)) return finish();
    const bool may_commit = batch_pending() && !in_transaction_;
    const ChunkPtr chunk = queue.pop(may_commit ? 0ms : kIdleTick);
    if (!chunk) {
      if (may_commit) BGDB_CHECK(end_batch());
      if (may_commit) BGDB_CHECK(settle());
      if (auto ended = queue.ended()) {
        if (stop) return finish();
        return std::move(*ended);
      }
      BGDB_CHECK(flush_if_due(true));
      BGDB_CHECK(advance_idle_position());
      continue;
    }
    if (transactions_ == 0 && !in_transaction_) work_since_ = steady_clock::now();
    BGDB_CHECK(take(chunk));
    if (batch_pending()) continue;  // rows do not wait for a flush of those before them
    BGDB_CHECK(flush_if_due(false));
    BGDB_CHECK(advance_idle_position());
  }
}

Result<void> Applier::take(const ChunkPtr& chunk) {
  filling_->chunks.push_back(chunk);
  for (const Chunk::Frame& frame : chunk->frames) {
    if (frame.length == 0) {
      position_ = std::max(position_, frame.lsn);
      continue;
    }
    // A piece that was sent took the bytes along; the chunk at hand is still read.
    if (filling_->chunks.empty()) filling_->chunks.push_back(chunk);
    BGDB_CHECK(on_message(chunk->payload(frame), frame.lsn));
  }
  if (filling_->piece.empty()) filling_->chunks.clear();
  // Large columns that nobody reads and transactions that are passed over would pile up behind one pending row.
  size_t held = 0;
  for (const ChunkPtr& behind : filling_->chunks) held += behind->size();
  return held > kHeldBytesMax ? send_piece() : Result<void>();
}

Result<void> Applier::on_message(std::string_view payload, Lsn lsn) {
  message_lsn_ = lsn;
  BGDB_CHECK(replication::decode(payload, message_));
  switch (message_.kind) {
    case MessageKind::begin:
      in_transaction_ = true;
      commit_lsn_ = message_.lsn;
      // The slot may send again what was applied: its commit record lies below our position.
      skip_ = commit_lsn_ < committed_;
      lone_truncates_.clear();
      return {};
    case MessageKind::origin: {
      const auto& drop = drop_origins_;
      if (core::contains(drop, message_.name)) skip_ = true;
      return {};
    }
    case MessageKind::commit:
      return on_commit();
    case MessageKind::relation:
      return on_relation();
    case MessageKind::type:
      return {};
    case MessageKind::insert:
    case MessageKind::update:
    case MessageKind::remove:
      return skip_ ? Result<void>() : on_row();
    case MessageKind::truncate:
      return skip_ ? Result<void>() : on_truncate();
    case MessageKind::logical:
      return on_logical();
    case MessageKind::stream_start:
    case MessageKind::stream_stop:
    case MessageKind::stream_commit:
    case MessageKind::stream_abort:
    case MessageKind::begin_prepare:
    case MessageKind::prepare:
    case MessageKind::commit_prepared:
    case MessageKind::rollback_prepared:
    case MessageKind::stream_prepare:
      break;  // version 1, which the receiver asks for, has none of them: decode() refuses them
  }
  return fail(ErrorCode::internal, "the replication stream holds a message that was not asked for");
}

Result<void> Applier::on_relation() {
  // A piece must not hold rows of a table under two descriptions: they would not fold.
  BGDB_CHECK(send_piece());
  const TableBinding* binding = BGDB_TRY(bindings_.on_relation(message_.relation));
  if (binding == nullptr) return {};
  const PartOf part_of = binding->merge == nullptr ? PartOf()
                                                   : PartOf{binding->merge->number, binding->part,
                                                            static_cast<uint32_t>(binding->merge->parts.size())};
  for (Work& work : works_) work.piece.set_table(binding->number, binding->key_in_used, part_of);
  return {};
}

Result<void> Applier::on_row() {
  const TableBinding& binding = *BGDB_TRY(bindings_.find(message_.relation_oid));
  if (binding.mappings.empty() || commit_lsn_ < binding.copied_at) return {};
  const size_t columns = binding.relation.columns.size();
  const bool has_new = message_.kind != MessageKind::remove;
  if ((has_new && message_.new_tuple.size() != columns) ||
      (message_.old_kind != replication::OldTuple::none && message_.old_tuple.size() != columns)) {
    return fail(ErrorCode::input, fmt::format("a row of {} does not have the columns that the stream announced",
                                              binding.source.display()));
  }
  const Operation operation = message_.kind == MessageKind::insert   ? Operation::insert
                              : message_.kind == MessageKind::update ? Operation::update
                                                                     : Operation::remove;
  return add(binding, operation);
}

// The used columns of the new tuple. Where it says "unchanged" and the old tuple has the value (REPLICA IDENTITY FULL,
// or a key), that value is the row's.
std::span<const Field> Applier::used_row(const TableBinding& binding) {
  const std::span<Field> row = filling_->arena.take(binding.used.size());
  for (size_t i = 0; i < row.size(); ++i) {
    row[i] = message_.new_tuple[binding.used[i]];
    if (row[i].kind != FieldKind::unchanged || message_.old_kind == replication::OldTuple::none) continue;
    const Field& old = message_.old_tuple[binding.used[i]];
    if (old.kind == FieldKind::text) row[i] = old;
  }
  return row;
}

std::span<const Field> Applier::old_key(const TableBinding& binding, std::span<const Field> row) {
  const std::span<Field> key = filling_->arena.take(binding.key_in_used.size());
  for (size_t i = 0; i < key.size(); ++i) {
    key[i] = message_.old_kind == replication::OldTuple::none ? row[binding.key_in_used[i]]
                                                              : message_.old_tuple[binding.key_in_tuple[i]];
  }
  return key;
}

Result<void> Applier::add(const TableBinding& binding, Operation operation) {
  Change change;
  change.table = binding.number;
  change.operation = operation;
  change.lsn = message_lsn_;
  if (operation != Operation::remove) change.row = used_row(binding);
  if (operation != Operation::insert) change.key = old_key(binding, change.row);
  const auto rows_max = static_cast<size_t>(std::max(1, options_->batch_rows_max));
  const Coalescer& piece = filling_->piece;
  if (piece.changes() >= rows_max || piece.bytes() >= kPieceBytesMax || !filling_->piece.add(change)) {
    // The arena goes with the piece, and with it this very change: take it again.
    const ChunkPtr current = filling_->chunks.back();
    BGDB_CHECK(send_piece());
    filling_->chunks.push_back(current);
    if (operation != Operation::remove) change.row = used_row(binding);
    if (operation != Operation::insert) change.key = old_key(binding, change.row);
    BGDB_ASSERT(filling_->piece.add(change));
  }
  ++rows_;
  return {};
}

Result<void> Applier::on_commit() {
  in_transaction_ = false;
  if (skip_) {
    skip_ = false;
    position_ = std::max(position_, message_.end_lsn);
    if (transactions_ > 0) batch_end_ = std::max(batch_end_, message_.end_lsn);
    return {};
  }
  BGDB_CHECK(hold_lone_truncates());
  if (rows_ == 0 && markers_.empty()) {  // nothing of it concerns the target
    position_ = std::max(position_, message_.end_lsn);
    return {};
  }
  ++transactions_;
  batch_end_ = message_.end_lsn;
  commit_time_us_ = message_.commit_time_us;
  const bool full = rows_ >= options_->batch_rows_max || filling_->piece.bytes() >= kPieceBytesMax;
  return full || !markers_.empty() ? end_batch() : Result<void>();
}

void Applier::Work::clear() {
  piece.clear();
  arena.clear();
  chunks.clear();
}

// The target begins to work on what was gathered, as soon as the piece before has arrived.
Result<void> Applier::send_piece() {
  if (filling_->piece.empty()) return {};
  BGDB_CHECK(settle());
  BGDB_CHECK(writer_.begin_piece(filling_->piece));
  std::swap(filling_, sent_);
  in_flight_ = true;
  return {};
}

// The batch holds whole source transactions and gets no more of them. A marker is waited for: it goes out at once.
Result<void> Applier::end_batch() {
  if (transactions_ == 0) return {};
  const bool alone = !in_flight_ && !ending_ && !writer_.open() && markers_.empty() && !filling_->piece.empty();
  const bool written = alone && BGDB_TRY(writer_.write_at_once(filling_->piece, batch_end_, commit_time_us_));
  if (written) {
    filling_->clear();
  } else {
    BGDB_CHECK(send_piece());
    if (ending_) BGDB_CHECK(settle());
  }
  ending_ = Ending{batch_end_, commit_time_us_, rows_, transactions_, std::move(markers_), heartbeat_, work_since_};
  work_since_ = steady_clock::now();
  transactions_ = rows_ = 0;
  markers_.clear();
  heartbeat_.reset();
  if (written) return committed(*std::exchange(ending_, std::nullopt));
  return ending_->markers.empty() ? Result<void>() : settle();
}

// Waits for the piece under way, and commits the batch if it was its last.
Result<void> Applier::settle() {
  if (in_flight_) {
    BGDB_CHECK(writer_.finish_piece(sent_->piece));
    sent_->clear();
    in_flight_ = false;
  }
  if (!ending_) return {};
  const Ending batch = *std::exchange(ending_, std::nullopt);
  BGDB_CHECK(writer_.commit(batch.end, batch.time_us, batch.markers));
  return committed(batch);
}

Result<void> Applier::committed(const Ending& batch) {
  const bool durable = !batch.markers.empty();
  const auto now = steady_clock::now();
  meter_->committed(batch.rows, batch.transactions, writer_.take_quarantined(), committed_, batch.end,
                    now - batch.since);
  committed_ = batch.end;
  if (batch.heartbeat) meter_->heartbeat_applied(*batch.heartbeat, now);
  unflushed_ = !durable;
  if (durable) {
    progress_ = committed_;
    flushed_at_ = advanced_at_ = now;
    meter_->durable(progress_);
  }
  return flush_if_due(false);
}

// Commits are asynchronous; the source may forget only what the target's disk has.
Result<void> Applier::flush_if_due(bool idle) {
  const auto now = steady_clock::now();
  if (!unflushed_ || in_flight_ || writer_.open() || (!idle && now - flushed_at_ < kFlushEvery)) return {};
  progress_ = std::max(progress_, std::min(committed_, BGDB_TRY(replication::flush_origin(session_, origin_))));
  unflushed_ = false;
  flushed_at_ = now;
  meter_->durable(progress_);
  return {};
}

// Nothing to write up to `position_`: a transaction of its own says so now and then, so that the slot of an idle
// database moves, while confirmed_flush_lsn never passes the origin's progress - which is how a re-created slot is
// recognised. It has to be flushed like every other: a transaction that writes nothing but its commit record is
// committed asynchronously whatever synchronous_commit says (RecordTransactionCommit; a crash took it back).
Result<void> Applier::advance_idle_position() {
  const auto now = steady_clock::now();
  if (position_ <= committed_ || in_transaction_ || batch_pending() || now - advanced_at_ < kAdvanceEvery) return {};
  BGDB_CHECK(writer_.commit(position_, commit_time_us_, {}));
  committed_ = position_;
  unflushed_ = true;
  advanced_at_ = now;
  return flush_if_due(true);
}

}  // namespace bgdb::link
