#include "link/row_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/display.h"
#include "core/log.h"
#include "link/batch_writer.h"
#include "link/row_text.h"

namespace bgdb::link {
namespace {

using nlohmann::json;

std::string_view name_of(Operation operation) {
  return operation == Operation::insert ? "insert" : operation == Operation::update ? "update" : "delete";
}

bool is_unchanged(const Field& field) {
  return field.kind == FieldKind::unchanged;
}

Error divergence(const Change& change, const TableBinding& binding, std::string_view what) {
  Error error = make_error(ErrorCode::divergence,
                           fmt::format("{} {}: {}", binding.source.display(), dump(key_json(change, binding)), what),
                           "somebody wrote on the target, or the clone is not what the link started from. The slot "
                           "keeps everything; compare this row on both sides, repair it on the target in a session "
                           "that begins with `select bgdb.repair()` (else the other link carries the repair back), and "
                           "start `bgdb sync` again");
  error.object = binding.source.display();
  return error;
}

constexpr std::string_view kMissing = "no row";

// Not one row's trouble: every row of that range would go to quarantine. Somebody makes the partition, and all go on.
Error waiting_for_partition(const TableBinding& binding, const Error& error) {
  Error waiting = error.with_context(
      fmt::format("{}: make that partition on the target, the link waits for it", binding.source.display()));
  waiting.retry = Retry::new_session;
  return waiting;
}

}  // namespace

Result<void> insert_quarantine(pg::Session& session, const std::string& link_name, Lsn lsn, const Quarantined& held) {
  return session.execute(
      "insert into bgdb.quarantine (link, source_lsn, relation, operation, row_data, error) "
      "values ($1, $2::pg_lsn, $3, $4, $5::jsonb, $6)",
      {link_name, lsn.to_string(), held.relation, held.operation, held.row_json, held.reason});
}

Result<void> RowWriter::write(const Change& change) {
  const TableBinding& binding = bindings_->by_number(change.table);
  before_ = {};
  if (!waiting_->concerns(change)) return write_change(change, binding);
  before_ = BGDB_TRY(waiting_->find(binding, key_json(change, binding)));
  std::vector<Field> row(change.row.begin(), change.row.end());
  bool lacks = false;
  for (size_t i = 0; i < row.size(); ++i) {
    const auto value = before_.values.find(binding.used_names[i]);
    if (!is_unchanged(row[i]) || value == before_.values.end()) continue;
    row[i] = value->second ? Field{FieldKind::text, *value->second} : Field{};
    lacks = before_.damaged;
  }
  if (lacks) return quarantine(change, binding, "its row is in quarantine, with text that is not UTF-8");
  Change whole = change;
  whole.row = row;
  const int64_t parked = parked_;
  BGDB_CHECK(write_change(whole, binding));
  return parked_ == parked ? waiting_->settle(before_, change.operation) : Result<void>();
}

Result<void> RowWriter::write_change(const Change& change, const TableBinding& binding) {
  if (binding.merge != nullptr && BGDB_TRY(write_part(change, binding))) return {};
  const auto written = try_write(change, binding);
  return written ? Result<void>() : on_error(change, binding, written.error());
}

// true: nothing is left to do; false: it is to be written as of any table.
Result<bool> RowWriter::write_part(const Change& change, const TableBinding& binding) {
  BGDB_CHECK(session_->execute("savepoint bgdb_row"));
  MergeWriter merge(*session_, link_name_);
  const auto outcome = merge.write(change, binding);
  if (!outcome) {
    if (outcome.error().code == ErrorCode::divergence) return fail(outcome.error());
    BGDB_CHECK(on_error(change, binding, outcome.error()));
    return true;
  }
  BGDB_CHECK(session_->execute("release savepoint bgdb_row"));
  quarantined_ += merge.held();
  switch (*outcome) {
    case MergeWriter::Outcome::done:
      return true;
    case MergeWriter::Outcome::plain:
      return false;
    case MergeWriter::Outcome::missing:
      BGDB_CHECK(on_missing(change, binding, make_error(ErrorCode::divergence, std::string(kMissing))));
      return true;
    case MergeWriter::Outcome::unclear:
      BGDB_CHECK(quarantine(change, binding, "its key changed while other parts of its row are missing"));
      return true;
  }
  return true;
}

Result<void> RowWriter::on_error(const Change& change, const TableBinding& binding, const Error& error) {
  const bool missing = error.code == ErrorCode::divergence;
  const bool value_error = error.sqlstate.starts_with("22") || error.sqlstate.starts_with("23");
  if (!missing && !value_error) return error;
  BGDB_TRY(session_->script("rollback to savepoint bgdb_row; release savepoint bgdb_row"));
  if (missing) return on_missing(change, binding, error);
  if (error.sqlstate == "23505") {
    Error met = divergence(change, binding,
                           fmt::format("the {} met an existing row: {}", name_of(change.operation), error.message));
    met.hint += ". A unique constraint that only the target has: drop it there until the source's rows keep it";
    return met;
  }
  if (error.sqlstate == "23514" && BGDB_TRY(lacks_partition(error))) return waiting_for_partition(binding, error);
  return quarantine(change, binding, fmt::format("{} (SQLSTATE {})", error.message, error.sqlstate));
}

// A CHECK names its constraint besides (pg/errors.cc); what finds no partition names the partitioned table alone.
Result<bool> RowWriter::lacks_partition(const Error& error) {
  return BGDB_TRY(
             session_->scalar("select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                              "where c.relkind = 'p' and n.nspname || '.' || c.relname = $1)",
                              {error.object})) == "t";
}

Result<void> RowWriter::try_write(const Change& change, const TableBinding& binding) {
  std::vector<bool> sent;
  std::vector<pg::Value> parameters;
  if (change.operation != Operation::insert) {
    for (const Field& field : change.key) parameters.emplace_back(array_literal(field));
  }
  for (const Field& field : change.row) {
    sent.push_back(field.kind != FieldKind::unchanged);
    if (sent.back()) parameters.emplace_back(array_literal(field));
  }
  auto pipeline = BGDB_TRY(pg::Pipeline::enter(*session_));
  BGDB_CHECK(pipeline.send("savepoint bgdb_row"));
  for (const translate::TableMapping* table : binding.mappings) {
    const auto name = BGDB_TRY(statements_->get(pipeline, binding, *table, change.operation, sent));
    BGDB_CHECK(pipeline.send_prepared(name, parameters, [](int64_t affected) -> Result<void> {
      if (affected == 1) return {};
      return fail(ErrorCode::divergence, affected == 0 ? std::string(kMissing) : fmt::format("{} rows", affected));
    }));
  }
  // The savepoint is released by the next statement of the caller; a missing row has to be undone as well.
  auto synced = pipeline.sync();
  if (!synced) {
    statements_->forget_fresh();
    return synced;
  }
  statements_->keep_fresh();
  BGDB_CHECK(pipeline.send("release savepoint bgdb_row"));
  return pipeline.sync();
}

// A row that is in quarantine was never written: its later changes follow it there, or bring it. Any other missing row
// is divergence.
Result<void> RowWriter::on_missing(const Change& change, const TableBinding& binding, const Error& error) {
  if (binding.key_in_used.empty()) {
    return divergence(change, binding, "the table has no key; updates and deletes of it cannot be applied");
  }
  const std::string key = dump(key_json(change, binding));
  const auto held = BGDB_TRY(session_->query(
      "select count(*) as rows, count(*) filter (where row_data ? '$old_key') as moved from bgdb.quarantine "
      "where link = $1 and relation = $2 and row_data @> $3::jsonb",
      {link_name_, binding.source.display(), key}));
  if (error.message != kMissing) {
    return divergence(change, binding, fmt::format("the {} hit {}", name_of(change.operation), error.message));
  }
  if (held.integer(0, "rows") == 0) {
    return divergence(change, binding, fmt::format("the {} found no row on the target", name_of(change.operation)));
  }
  if (change.operation == Operation::update) {
    if (!before_.inserted || std::any_of(change.row.begin(), change.row.end(), is_unchanged)) {
      return quarantine(change, binding, "its row is in quarantine already");
    }
    Change whole = change;  // the source's row as it is now
    whole.operation = Operation::insert;
    whole.key = {};
    return write_change(whole, binding);
  }
  // The target may still hold it under the key it had before: not settled.
  if (held.integer(0, "moved") > 0) return quarantine(change, binding, "its new key is in quarantine");
  return {};
}

Result<void> RowWriter::quarantine(const Change& change, const TableBinding& binding, const std::string& reason) {
  const json key = key_json(change, binding);
  json row = key;
  for (size_t i = 0; i < change.row.size(); ++i) {
    const Field& field = change.row[i];
    if (is_unchanged(field)) continue;
    row[binding.used_names[i]] = field.kind == FieldKind::text ? json(std::string(field.text)) : json();
    if (core::valid_utf8(field.text) != field.text) row[kDamaged] = true;
  }
  json new_key = json::object();
  for (const auto& [name, value] : key.items()) new_key[name] = row[name];
  if (new_key != key) row["$old_key"] = key;
  BGDB_CHECK(insert_quarantine(*session_, link_name_, change.lsn,
                               {binding.source.display(), std::string(name_of(change.operation)), dump(row), reason}));
  waiting_->add(binding, new_key);
  ++quarantined_;
  ++parked_;
  core::log_warning("link {}: {} of {} {} is in quarantine: {}", link_name_, name_of(change.operation),
                    binding.source.display(), dump(key), reason);
  return {};
}

}  // namespace bgdb::link
