#include "verify/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <tuple>

#include "core/sql_file.h"
#include "journal/state.h"
#include "verify/note.h"

namespace bgdb::verify {
namespace {

using translate::KeyOrder;

constexpr int kBucketsMax = 4096;

int buckets_for(int64_t rows, int64_t chunk_rows) {
  const auto wanted = std::clamp<int64_t>(rows / std::max<int64_t>(chunk_rows / 8, 1), 16, kBucketsMax);
  return static_cast<int>(std::bit_ceil(static_cast<uint64_t>(wanted)));
}

// [0, 1): the same for a chunk in every run, on every machine (FNV-1a, then the finalizer of SplitMix64).
double share_of(const std::string& table, int64_t number) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : table) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  hash += static_cast<uint64_t>(number) * 0x9e3779b97f4a7c15ULL;
  hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ hash >> 27) * 0x94d049bb133111ebULL;
  hash ^= hash >> 31;
  return static_cast<double>(hash >> 11) * 0x1p-53;
}

}  // namespace

Result<std::unique_ptr<Plan>> Plan::make(const Options& options, core::Progress& progress) {
  auto source = BGDB_TRY(open_side(options.source_dsn));
  auto target = BGDB_TRY(open_side(options.target_dsn));
  const auto collation = core::sql_text("verify/read_collation.sql");
  const bool same_collation = BGDB_TRY(source.scalar(collation)) == BGDB_TRY(target.scalar(collation));
  std::unique_ptr<Plan> plan(new Plan(options, progress, std::move(source), std::move(target)));
  for (const auto& mapping : options.tables) BGDB_CHECK(plan->add_table(mapping, same_collation));
  std::stable_sort(plan->tables_.begin(), plan->tables_.end(),
                   [](const Table& a, const Table& b) { return a.estimate > b.estimate; });
  plan->notes_ = BGDB_TRY(journal::state_installed(plan->target_));
  if (plan->notes_) BGDB_CHECK(plan->read_notes());
  return plan;
}

Result<void> Plan::add_table(const translate::TableMapping& mapping, bool same_collation) {
  Table table{.comparison = BGDB_TRY(translate::TableComparison::of(mapping))};
  const auto order = table.comparison.key_order();
  if (table.comparison.key().empty()) {
    table.method = Method::whole;
  } else if (order == KeyOrder::none || (order == KeyOrder::collation && !same_collation)) {
    table.method = Method::buckets;
  }
  table.report.source = mapping.source;
  table.report.target = mapping.target;
  const auto& all = options_->tables;
  const bool split =
      std::count_if(all.begin(), all.end(), [&](const auto& one) { return one.source == mapping.source; }) > 1;
  if (split) table.part = mapping.target.display();
  table.report.key_columns = table.comparison.key();
  table.report.method = table.method == Method::ranges    ? "ranges"
                        : table.method == Method::buckets ? "buckets"
                                                          : "whole";
  const auto rows = BGDB_TRY(source_.query(core::sql_text("verify/estimate_rows.sql"), {mapping.source.sql()}));
  table.estimate = rows.integer(0, "rows");
  tables_.push_back(std::move(table));
  return {};
}

std::string Plan::note_key(const Table& table) const {
  const std::string& part = table.part;
  return fmt::format("verify:{}:{}{}", options_->name, table.report.source.display(), part.empty() ? "" : "->" + part);
}

Result<void> Plan::read_notes() {
  if (!options_->resume) {
    return target_.execute("delete from bgdb.fact where key like $1", {fmt::format("verify:{}:%", options_->name)});
  }
  const auto rows =
      BGDB_TRY(target_.query(core::sql_text("verify/read_progress.sql"), {fmt::format("verify:{}:%", options_->name)}));
  for (size_t i = 0; i < rows.size(); ++i) {
    for (Table& table : tables_) {
      if (note_key(table) != rows.text(i, "key")) continue;
      const auto note = read_note(rows.text(i, "value"));
      if (!note || note->statement != table.comparison.digest(CompareSide::source, {})) continue;  // another mapping
      table.kept = table.planned_upto = note->place;
      table.kept_number = table.next_number = note->number;
      table.complete = table.planned = note->complete;
      auto names = std::move(table.report);
      table.report = note->report;
      table.report.source = names.source;
      table.report.target = names.target;
      table.report.method = names.method;
      table.report.key_columns = names.key_columns;
      continued_ = true;
    }
  }
  return {};
}

Result<void> Plan::write_note(const Table& table) {
  if (!notes_) return {};
  const Note note{table.comparison.digest(CompareSide::source, {}), table.kept, table.kept_number, table.complete,
                  table.report};
  return target_.execute(core::sql_text("state/write_fact.sql"), {note_key(table), write_note_text(note)});
}

bool Plan::left_out(const Table& table) const {
  return options_->sample < 1 && table.method == Method::ranges &&
         share_of(table.report.source.display(), table.next_number) >= options_->sample;
}

Result<Chunk> Plan::cut(Table& table, size_t index) {
  Chunk chunk{.table = index, .number = table.next_number, .method = table.method};
  if (table.method != Method::ranges) {
    table.planned = true;
    chunk.buckets = buckets_for(table.estimate, options_->chunk_rows);
    return chunk;
  }
  chunk.after = table.planned_upto;
  const auto rows =
      BGDB_TRY(source_.query(table.comparison.boundary(!chunk.after.empty(), options_->chunk_rows), chunk.after));
  if (rows.empty()) {
    table.planned = true;
  } else {
    chunk.upto = table.planned_upto = rows.values.front();
  }
  return chunk;
}

Result<std::optional<Chunk>> Plan::next() {
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < tables_.size(); ++i) {
    Table& table = tables_[i];
    while (!table.planned && !table.report.more) {
      const bool skip = left_out(table);
      auto chunk = BGDB_TRY(cut(table, i));
      ++table.next_number;
      if (!skip) return chunk;
      table.finished[chunk.number] = {chunk.upto, {}, true};
      settle(table);
    }
  }
  return std::nullopt;
}

int64_t Plan::room(size_t table) const {
  const std::lock_guard lock(mutex_);
  return std::max<int64_t>(options_->differences_max - static_cast<int64_t>(tables_[table].report.differences.size()),
                           0);
}

// Counts what is done up to the first chunk that is not.
void Plan::settle(Table& table) {
  auto& report = table.report;
  for (auto next = table.finished.find(table.kept_number); next != table.finished.end();
       next = table.finished.find(table.kept_number)) {
    auto& [upto, outcome, left_out] = next->second;
    ++(left_out ? report.chunks_left_out : report.chunks);
    report.rows += outcome.rows;
    report.unsettled += outcome.unsettled;
    report.more = report.more || outcome.more;
    for (auto& difference : outcome.differences) report.differences.push_back(std::move(difference));
    table.kept = upto;
    ++table.kept_number;
    table.finished.erase(next);
  }
  table.complete = report.more || (table.planned && table.kept_number == table.next_number);
}

Result<void> Plan::done(const Chunk& chunk, Outcome outcome) {
  const std::lock_guard lock(mutex_);
  Table& table = tables_[chunk.table];
  table.finished[chunk.number] = {chunk.upto, std::move(outcome), false};
  settle(table);
  const auto name = table.report.source.display() + (table.part.empty() ? "" : " -> " + table.part);
  progress_->item(name, table.report.rows, std::max(table.estimate, table.report.rows), "rows");
  if (table.complete) progress_->item_done(name);
  return write_note(table);
}

int64_t Plan::rows_done() const {
  const std::lock_guard lock(mutex_);
  int64_t rows = 0;
  for (const auto& table : tables_) rows += table.report.rows;
  return rows;
}

std::vector<TableReport> Plan::reports() const {
  const std::lock_guard lock(mutex_);
  std::vector<TableReport> reports;
  for (const auto& table : tables_) {
    reports.push_back(table.report);
    auto& report = reports.back();
    report.state = !report.differences.empty() || report.more ? TableState::different
                   : report.unsettled > 0                     ? TableState::unsettled
                                                              : TableState::equal;
  }
  std::stable_sort(reports.begin(), reports.end(), [](const auto& a, const auto& b) {
    return std::tie(a.source, a.target) < std::tie(b.source, b.target);
  });
  return reports;
}

}  // namespace bgdb::verify
