#include "link/batch_writer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstring>

#include "core/log.h"
#include "link/row_writer.h"
#include "translate/apply_sql.h"

namespace bgdb::link {
namespace {

constexpr size_t kPipelineBytesMax = 256 * 1024;

// Anything that the replay row by row could tell apart.
bool worth_replaying(const Error& error) {
  return error.code == ErrorCode::divergence || error.sqlstate.starts_with("22") || error.sqlstate.starts_with("23");
}

std::string array_of(const std::vector<const Field*>& rows, size_t column) {
  size_t bytes = 2;
  for (const Field* row : rows) bytes += row[column].text.size() + 5;
  std::string array;
  array.reserve(bytes);
  array += '{';
  for (const Field* row : rows) append_array_element(array, row[column]);
  array += '}';
  return array;
}

std::string timestamp_sql(int64_t microseconds_since_2000) {
  return fmt::format("'2000-01-01 00:00:00+00'::timestamptz + {} * interval '1 microsecond'", microseconds_since_2000);
}

}  // namespace

void append_array_element(std::string& array, const Field& field) {
  if (array.size() > 1) array += ',';
  if (field.kind != FieldKind::text) {
    array += "NULL";
    return;
  }
  array += '"';
  std::string_view rest = field.text;
  for (;;) {
    const size_t special = rest.find_first_of("\"\\");
    array.append(rest.substr(0, special));
    if (special == std::string_view::npos) break;
    array += '\\';
    array += rest[special];
    rest.remove_prefix(special + 1);
  }
  array += '"';
}

Result<std::string> StatementCache::get(pg::Pipeline& pipeline, const TableBinding& binding,
                                        const translate::TableMapping& table, Operation operation,
                                        const std::vector<bool>& sent) {
  Key key(binding.number, &table, operation, sent);
  if (const auto found = names_.find(key); found != names_.end()) return found->second;
  std::vector<std::string> sent_names;
  for (size_t i = 0; i < sent.size(); ++i) {
    if (sent[i]) sent_names.push_back(binding.used_names[i]);
  }
  std::string sql = operation == Operation::insert   ? translate::insert_sql(table, sent_names)
                    : operation == Operation::update ? translate::update_sql(table, sent_names)
                                                     : translate::delete_sql(table);
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

Result<void> BatchWriter::write(const Coalescer& piece) {
  if (piece.empty()) return {};
  if (!piece.irregular()) {
    auto written = write_groups(piece);
    if (written) {
      written_ = true;
      return {};
    }
    if (!worth_replaying(written.error())) return written;
    core::log_debug("link {}: replaying {} changes row by row: {}", link_name_, piece.changes(),
                    written.error().message);
    BGDB_CHECK(undo_piece());
  }
  if (!open_) {
    BGDB_TRY(session_->script("begin"));
    open_ = true;
  }
  RowWriter rows(*session_, *bindings_, statements_, link_name_);
  for (const Change& change : piece.log()) BGDB_CHECK(rows.write(change));
  quarantined_ += rows.quarantined();
  written_ = true;
  return {};
}

Result<void> BatchWriter::ensure_open(pg::Pipeline& pipeline) {
  if (!open_) {
    BGDB_CHECK(pipeline.send("begin"));
    open_ = true;
    written_ = false;
  }
  // The first piece is undone by starting over; only later ones pay for a subtransaction. It ends with the next piece
  // or the commit, not with its own: what its statements hit is known only when they have run.
  if (savepoint_) BGDB_CHECK(pipeline.send("release savepoint bgdb_piece"));
  savepoint_ = written_;
  if (savepoint_) BGDB_CHECK(pipeline.send("savepoint bgdb_piece"));
  return {};
}

Result<void> BatchWriter::write_groups(const Coalescer& piece) {
  auto pipeline = BGDB_TRY(pg::Pipeline::enter(*session_, kPipelineBytesMax));
  BGDB_CHECK(ensure_open(pipeline));
  for (const Group& group : piece.groups()) BGDB_CHECK(send_group(pipeline, group));
  auto synced = pipeline.sync();
  if (synced) {
    statements_.keep_fresh();
  } else {
    statements_.forget_fresh();
  }
  return synced;
}

Result<void> BatchWriter::send_group(pg::Pipeline& pipeline, const Group& group) {
  const TableBinding& binding = bindings_->by_number(group.table);
  std::vector<pg::Value> parameters;
  if (group.operation != Operation::insert) {
    for (size_t i = 0; i < binding.key_in_used.size(); ++i) parameters.emplace_back(array_of(group.keys, i));
  }
  for (size_t i = 0; i < group.sent.size(); ++i) {
    if (group.sent[i]) parameters.emplace_back(array_of(group.rows, i));
  }
  const auto expected = static_cast<int64_t>(group.size());
  for (const translate::TableMapping* table : binding.mappings) {
    const auto name = BGDB_TRY(statements_.get(pipeline, binding, *table, group.operation, group.sent));
    BGDB_CHECK(pipeline.send_prepared(name, parameters, [expected, table](int64_t affected) -> Result<void> {
      if (affected == expected) return {};
      return fail(ErrorCode::divergence,
                  fmt::format("{}: {} rows were hit instead of {}", table->target.display(), affected, expected));
    }));
  }
  return {};
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

Result<void> BatchWriter::truncate(const std::vector<QualifiedName>& targets, bool restart_identity) {
  std::vector<std::string> names;
  for (const QualifiedName& target : targets) names.push_back(target.sql());
  const std::string sql =
      fmt::format("truncate {}{}", fmt::join(names, ", "), restart_identity ? " restart identity" : "");
  if (!open_) {
    BGDB_TRY(session_->script("begin"));
    open_ = true;
  }
  if (auto done = session_->execute(sql); !done) {
    return done.error().with_context("cannot truncate on the target what the source truncated");
  }
  written_ = true;
  return {};
}

Result<void> BatchWriter::commit(Lsn end_lsn, int64_t commit_time_us, const std::vector<Marker>& markers,
                                 bool durable) {
  auto pipeline = BGDB_TRY(pg::Pipeline::enter(*session_, kPipelineBytesMax));
  if (!open_) BGDB_CHECK(pipeline.send("begin"));
  open_ = true;
  for (const Marker& marker : markers) {
    BGDB_CHECK(pipeline.send(
        "insert into bgdb.marker (link, id, source_lsn) values ($1, $2, $3::pg_lsn) "
        "on conflict (link, id) do update set source_lsn = excluded.source_lsn, applied_at = clock_timestamp()",
        {link_name_, marker.id, marker.lsn.to_string()}));
    BGDB_CHECK(pipeline.send("select pg_notify('bgdb_marker', $1)", {link_name_ + " " + marker.id}));
  }
  if (durable || !markers.empty()) BGDB_CHECK(pipeline.send("set local synchronous_commit = on"));
  // Without a transaction identifier COMMIT would not move the progress (measured; docs/design/link.md).
  BGDB_CHECK(pipeline.send(fmt::format("select pg_replication_origin_xact_setup('{}', {}), pg_current_xact_id()",
                                       end_lsn.to_string(), timestamp_sql(commit_time_us))));
  BGDB_CHECK(pipeline.send("commit"));
  auto synced = pipeline.sync();
  if (!synced) {
    Error error = std::move(synced).error();
    if (error.sqlstate.empty()) error.retry = Retry::outcome_unknown;
    return error;
  }
  open_ = written_ = savepoint_ = false;
  return {};
}

void BatchWriter::give_up() {
  if (open_ && session_->alive()) (void)session_->rollback();
  open_ = written_ = savepoint_ = false;
}

}  // namespace bgdb::link
