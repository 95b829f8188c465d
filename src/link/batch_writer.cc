#include "link/batch_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "core/log.h"
#include "core/sql_file.h"
#include "link/row_text.h"
#include "link/row_writer.h"
#include "translate/apply_sql.h"

namespace bgdb::link {
namespace {

constexpr size_t kPipelineBytesMax = 256 * 1024;
constexpr size_t kSliceRows = 1000;   // larger arrays cost the server more per row (measured)
constexpr size_t kAtOnceRows = 100;   // more than these are worth decoding on while the server works
constexpr size_t kCopyRowsMin = 100;  // below it a COPY's round trip costs more than it saves

constexpr std::string_view kFeatureNotSupported = "0A000";

// The answer to a COMMIT was lost.
Error outcome_unknown(Error error) {
  if (error.sqlstate.empty()) error.retry = Retry::outcome_unknown;
  return error;
}

// Anything that the replay row by row could tell apart.
bool worth_replaying(const Error& error) {
  return error.code == ErrorCode::divergence || error.sqlstate.starts_with("22") || error.sqlstate.starts_with("23");
}

}  // namespace

Result<std::string> StatementCache::get(pg::Pipeline& pipeline, const TableBinding& binding,
                                        const translate::TableMapping& table, Operation operation,
                                        const std::vector<bool>& sent, bool counts) {
  Key key({binding.number}, &table, operation, sent, counts);
  if (const auto found = names_.find(key); found != names_.end()) return found->second;
  std::vector<std::string> sent_names;
  for (size_t i = 0; i < sent.size(); ++i) {
    if (sent[i]) sent_names.push_back(binding.used_names[i]);
  }
  std::string sql = operation == Operation::insert   ? translate::insert_sql(table, sent_names)
                    : operation == Operation::update ? translate::update_sql(table, sent_names)
                                                     : translate::delete_sql(table);
  const size_t keys = operation == Operation::insert ? 0 : table.source_key.size();
  if (counts) sql = translate::counted_sql(sql, keys + sent_names.size() + 1);
  return prepare(pipeline, std::move(key), sql);
}

Result<std::string> StatementCache::get_move_progress(pg::Pipeline& pipeline) {
  Key key({}, nullptr, Operation::update, {}, false);
  if (const auto found = names_.find(key); found != names_.end()) return found->second;
  return prepare(pipeline, std::move(key), core::sql_text("link/move_progress.sql"));
}

Result<std::string> StatementCache::get_merged(pg::Pipeline& pipeline, const std::vector<const TableBinding*>& parts) {
  std::vector<uint32_t> numbers;
  std::vector<translate::PartRows> rows;
  for (const TableBinding* part : parts) {
    numbers.push_back(part->number);
    rows.push_back({part->merge->parts[part->part], part->used_names});
  }
  Key key(std::move(numbers), nullptr, Operation::insert, {}, false);
  if (const auto found = names_.find(key); found != names_.end()) return found->second;
  return prepare(pipeline, std::move(key), translate::insert_merged_sql(rows));
}

Result<std::string> StatementCache::prepare(pg::Pipeline& pipeline, Key key, std::string_view sql) {
  std::string name = fmt::format("bgdb_{}", next_++);
  BGDB_CHECK(pipeline.prepare(name, sql));
  names_.emplace(key, name);
  fresh_.push_back(std::move(key));
  return name;
}

void StatementCache::keep_fresh() {
  fresh_.clear();
}

void StatementCache::forget_fresh() {
  for (const Key& key : fresh_) names_.erase(key);
  fresh_.clear();
}

// Rows of which something waits already are written together with that.
bool BatchWriter::needs_rows(const Coalescer& piece) const {
  return piece.irregular() || waiting_.concerns(piece);
}

Result<void> BatchWriter::begin_piece(const Coalescer& piece) {
  BGDB_ASSERT(!pipeline_ && !copying_);
  by_row_ = needs_rows(piece);
  sent_ = by_row_ ? Result<void>() : send_piece(piece);
  return sent_ || worth_replaying(sent_.error()) ? Result<void>() : sent_;
}

Result<void> BatchWriter::finish_piece(const Coalescer& piece) {
  if (!by_row_) {
    auto written = collect();
    if (!sent_) written = sent_;
    if (written) written = replay(piece.apart());
    if (written) {
      written_ = true;
      return {};
    }
    if (!worth_replaying(written.error())) return written;
    core::log_debug("link {}: replaying {} changes row by row: {}", link_name_, piece.changes(),
                    written.error().message);
    BGDB_CHECK(undo_piece());
  }
  BGDB_CHECK(ensure_begun());
  BGDB_CHECK(replay(piece.log()));
  written_ = true;
  return {};
}

Result<void> BatchWriter::replay(const std::vector<Change>& changes) {
  if (changes.empty()) return {};
  RowWriter rows(*session_, *bindings_, statements_, waiting_, link_name_);
  for (const Change& change : changes) BGDB_CHECK(rows.write(change));
  quarantined_ += rows.quarantined();
  return {};
}

Result<void> BatchWriter::ensure_begun() {
  if (!open_) BGDB_TRY(session_->script("begin"));
  open_ = true;
  return {};
}

Result<void> BatchWriter::ensure_open() {
  if (!open_) {
    BGDB_CHECK(pipeline_->send("begin"));
    open_ = true;
    written_ = false;
  }
  // The first piece is undone by starting over; only later ones pay for a subtransaction. It ends with the next piece
  // or the commit, not with its own: what its statements hit is known only when they have run.
  if (savepoint_) BGDB_CHECK(pipeline_->send("release savepoint bgdb_piece"));
  savepoint_ = written_;
  if (savepoint_) BGDB_CHECK(pipeline_->send("savepoint bgdb_piece"));
  return {};
}

// COPY has no place in a pipeline: the long runs of inserts come last. Foreign keys are silent, so the order of tables
// does not matter.
Result<void> BatchWriter::send_piece(const Coalescer& piece) {
  pipeline_.emplace(BGDB_TRY(pg::Pipeline::enter(*session_, kPipelineBytesMax)));
  BGDB_CHECK(ensure_open());
  const std::vector<Group> groups = piece.groups();
  const auto is_copied = [this](const Group& group) {
    const auto& plans = bindings_->by_number(group.table).copies;
    return group.operation == Operation::insert && group.size() >= kCopyRowsMin && !plans.empty();
  };
  for (const Group& group : groups) {
    if (!is_copied(group)) BGDB_CHECK(send_group(group));
  }
  BGDB_CHECK(pipeline_->send_sync());
  for (const Group& group : groups) {
    if (!is_copied(group)) continue;
    BGDB_CHECK(collect());
    BGDB_CHECK(copy_group(group));
  }
  return {};
}

Result<void> BatchWriter::send_group(const Group& group, bool counts) {
  const TableBinding& binding = bindings_->by_number(group.table);
  for (size_t from = 0; from < group.size(); from += kSliceRows) {
    const size_t count = std::min(kSliceRows, group.size() - from);
    BGDB_CHECK(group.others.empty() ? send_slice(group, binding, from, count, counts)
                                    : send_merged(group, from, count));
  }
  return {};
}

Result<void> BatchWriter::send_merged(const Group& group, size_t from, size_t count) {
  std::vector<const TableBinding*> parts;
  std::vector<pg::Value> parameters;
  const auto add = [&](uint32_t table, const std::vector<const Field*>& rows) {
    parts.push_back(&bindings_->by_number(table));
    const std::span<const Field* const> slice(rows.data() + from, count);
    for (size_t i = 0; i < parts.back()->used.size(); ++i) parameters.emplace_back(array_literal(slice, i));
  };
  add(group.table, group.rows);
  for (const Group::Part& other : group.others) add(other.table, other.rows);
  const auto name = BGDB_TRY(statements_.get_merged(*pipeline_, parts));
  return pipeline_->send_prepared(name, parameters, {});
}

Result<void> BatchWriter::send_slice(const Group& group, const TableBinding& binding, size_t from, size_t count,
                                     bool counts) {
  std::vector<pg::Value> parameters;
  if (group.operation != Operation::insert) {
    const std::span keys(group.keys.data() + from, count);
    for (size_t i = 0; i < binding.key_in_used.size(); ++i) parameters.emplace_back(array_literal(keys, i));
  }
  if (group.operation != Operation::remove) {
    const std::span rows(group.rows.data() + from, count);
    for (size_t i = 0; i < group.sent.size(); ++i) {
      if (group.sent[i]) parameters.emplace_back(array_literal(rows, i));
    }
  }
  const auto expected = static_cast<int64_t>(count);
  if (counts) parameters.emplace_back(fmt::format("{}", expected));
  for (const translate::TableMapping* table : binding.mappings) {
    const auto name = BGDB_TRY(statements_.get(*pipeline_, binding, *table, group.operation, group.sent, counts));
    if (counts) {
      BGDB_CHECK(pipeline_->send_prepared(name, parameters));
      continue;
    }
    BGDB_CHECK(pipeline_->send_prepared(name, parameters, [expected, table](int64_t affected) -> Result<void> {
      if (affected == expected) return {};
      return fail(ErrorCode::divergence,
                  fmt::format("{}: {} rows were hit instead of {}", table->target.display(), affected, expected));
    }));
  }
  return {};
}

Result<void> BatchWriter::copy_group(const Group& group) {
  const TableBinding& binding = bindings_->by_number(group.table);
  std::string lines;
  for (const CopyTarget& copy : binding.copies) {
    BGDB_CHECK(collect());
    lines.clear();
    for (const Field* row : group.rows) append_copy_row(lines, row, copy.columns);
    BGDB_CHECK(session_->copy_in_begin(copy.sql));
    copying_ = static_cast<int64_t>(group.size());
    BGDB_CHECK(session_->copy_in_put(lines));
    BGDB_CHECK(session_->copy_in_send_end());
  }
  return {};
}

// The answers to everything that is under way.
Result<void> BatchWriter::collect() {
  if (pipeline_) {
    auto collected = pipeline_->collect();
    pipeline_.reset();
    if (!collected) {
      statements_.forget_fresh();
      return collected;
    }
    statements_.keep_fresh();
  }
  if (!copying_) return {};
  const int64_t expected = *std::exchange(copying_, std::nullopt);
  const int64_t copied = BGDB_TRY(session_->copy_in_result());
  if (copied == expected) return {};
  return fail(ErrorCode::divergence, fmt::format("COPY wrote {} rows instead of {}", copied, expected));
}

Result<void> BatchWriter::undo_piece() {
  if (savepoint_) {
    BGDB_TRY(session_->script("rollback to savepoint bgdb_piece; release savepoint bgdb_piece"));
    savepoint_ = false;
    return {};
  }
  BGDB_TRY(session_->script("rollback; begin"));
  return {};
}

// Never RESTART IDENTITY: sequences are the switch's, which may have raised the target's already. A table to which a
// foreign key refers that only the target has cannot be truncated alone: its rows are deleted.
Result<void> BatchWriter::truncate(const std::set<QualifiedName>& sources, const std::set<std::string>& targets) {
  BGDB_CHECK(ensure_begun());
  BGDB_CHECK(waiting_.settle_all(sources));
  written_ = true;
  if (targets.empty()) return {};
  BGDB_CHECK(session_->execute("savepoint bgdb_truncate"));
  auto done = session_->execute(fmt::format("truncate {}", fmt::join(targets, ", ")));
  if (!done && done.error().sqlstate == kFeatureNotSupported) {
    BGDB_CHECK(session_->execute("rollback to savepoint bgdb_truncate"));
    done = {};
    for (const std::string& target : targets) {
      if (done) done = session_->execute("delete from " + target);
    }
  }
  if (!done) return done.error().with_context("cannot truncate on the target what the source truncated");
  BGDB_CHECK(session_->execute("release savepoint bgdb_truncate"));
  written_ = true;
  return {};
}

Result<void> BatchWriter::forget_parts(const Merge& merge) {
  BGDB_CHECK(ensure_begun());
  MergeWriter writer(*session_, link_name_);
  BGDB_CHECK(writer.forget_all(merge));
  quarantined_ += writer.held();
  written_ = true;
  return {};
}

Result<void> BatchWriter::truncate_part(const Merge& merge, const translate::TableMapping& part, Lsn lsn) {
  BGDB_CHECK(ensure_begun());
  MergeWriter writer(*session_, link_name_);
  BGDB_CHECK(writer.truncate_part(merge, part, lsn));
  quarantined_ += writer.held();
  written_ = true;
  return {};
}

Result<void> BatchWriter::hold(Lsn lsn, const Quarantined& held) {
  BGDB_CHECK(ensure_begun());
  written_ = true;
  BGDB_CHECK(insert_quarantine(*session_, link_name_, lsn, held));
  ++quarantined_;
  return {};
}

Result<bool> BatchWriter::write_at_once(const Coalescer& piece, Lsn end_lsn, int64_t commit_time_us) {
  BGDB_ASSERT(!open_ && !pipeline_ && !copying_);
  if (!at_once_ || piece.changes() >= kAtOnceRows || needs_rows(piece)) return false;
  const std::vector<Group> groups = piece.groups();
  const auto is_merged = [](const Group& group) { return !group.others.empty(); };
  if (std::any_of(groups.begin(), groups.end(), is_merged) || !piece.apart().empty()) return false;
  pipeline_.emplace(BGDB_TRY(pg::Pipeline::enter(*session_, kPipelineBytesMax)));
  BGDB_CHECK(pipeline_->send("begin"));
  open_ = true;
  core::Result<void> sent;
  for (const Group& group : groups) {
    if (sent) sent = send_group(group, true);
  }
  if (sent) sent = send_progress(*pipeline_, end_lsn, commit_time_us);
  if (sent) sent = pipeline_->send("commit");
  if (sent) sent = pipeline_->send_sync();
  if (sent) sent = collect();
  if (sent) {
    open_ = false;
    return true;
  }
  if (sent.error().sqlstate.empty()) return outcome_unknown(std::move(sent).error());
  core::log_debug("link {}: not at once: {}", link_name_, sent.error().message);
  if (sent.error().sqlstate == kFeatureNotSupported) at_once_ = false;
  pipeline_.reset();
  BGDB_TRY(session_->script("rollback"));
  open_ = false;
  return false;
}

Result<void> BatchWriter::commit(Lsn end_lsn, int64_t commit_time_us, const std::vector<Marker>& markers) {
  pipeline_.emplace(BGDB_TRY(pg::Pipeline::enter(*session_, kPipelineBytesMax)));
  if (!open_) BGDB_CHECK(pipeline_->send("begin"));
  open_ = true;
  for (const Marker& marker : markers) {
    BGDB_CHECK(pipeline_->send(
        "insert into bgdb.marker (link, id, source_lsn) values ($1, $2, $3::pg_lsn) "
        "on conflict (link, id) do update set source_lsn = excluded.source_lsn, applied_at = clock_timestamp()",
        {link_name_, marker.id, marker.lsn.to_string()}));
    BGDB_CHECK(pipeline_->send("select pg_notify('bgdb_marker', $1)", {link_name_ + " " + marker.id}));
  }
  if (!markers.empty()) BGDB_CHECK(pipeline_->send("set local synchronous_commit = on"));
  BGDB_CHECK(send_progress(*pipeline_, end_lsn, commit_time_us));
  BGDB_CHECK(pipeline_->send("commit"));
  BGDB_CHECK(pipeline_->send_sync());
  auto committed = collect();
  if (!committed) return outcome_unknown(std::move(committed).error());
  open_ = written_ = savepoint_ = false;
  return {};
}

// Rows of earlier commits are of no use any more, and a few of them in no way.
Result<void> BatchWriter::send_progress(pg::Pipeline& pipeline, Lsn end_lsn, int64_t commit_time_us) {
  constexpr int kRowsMax = 5'000;
  const std::string lsn = end_lsn.to_string();
  const auto move = BGDB_TRY(statements_.get_move_progress(pipeline));
  BGDB_CHECK(pipeline.send_prepared(move, {origin_, lsn, fmt::format("{}", commit_time_us)}));
  if (progress_rows_++ % kRowsMax != 0) return {};
  return pipeline.send("delete from bgdb.progress where origin = $1 and lsn < $2::pg_lsn", {origin_, lsn});
}

void BatchWriter::give_up() {
  pipeline_.reset();
  if (std::exchange(copying_, std::nullopt)) (void)session_->copy_in_result();
  if (open_ && session_->alive()) (void)session_->rollback();
  open_ = written_ = savepoint_ = false;
}

}  // namespace bgdb::link
