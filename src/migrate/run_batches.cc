// Backfills of a file: driven by bgdb, each table's place in bgdb.fact under "migrate:<file>#<unit>". Several tables
// may be filled side by side; backfills of one table keep their order.
#include <fmt/format.h>

#include <map>
#include <mutex>
#include <thread>

#include "migrate/runner.h"

namespace bgdb::migrate {
namespace {

std::string key_of(const PlannedFile& file, size_t number) {
  return fmt::format("migrate:{}#{}", file.report.file, number);
}

void note_filled(PlannedFile& file, const Unit& unit, BatchReport filled) {
  auto report = describe(file.loaded.up.statements[unit.first]);
  report.in_transaction = false;
  report.batches = true;
  report.duration = filled.took;
  file.report.statements.push_back(std::move(report));
  file.report.batches.push_back(std::move(filled));
}

}  // namespace

Result<BatchReport> Runner::fill(pg::Session& session, PlannedFile& file, const Unit& unit, size_t number,
                                 Watcher& watcher, const std::atomic<bool>& stop) {
  Batches batches(session, *unit.work, key_of(file, number), options_.pace, options_.retry, watcher, progress_);
  batches.stop_when(stop);
  auto filled = batches.run();
  if (filled) return filled;
  const auto& block = file.loaded.up.statements[unit.first];
  return fail(filled.error().with_context(fmt::format("{}:{}", file.report.file, block.span.line)));
}

Result<void> Runner::run_batches(pg::Session& session, PlannedFile& file, const std::vector<Unit>& units, size_t first,
                                 size_t end) {
  // On a standby one session alone carries the origin of migrations, and the guard's pass.
  if (options_.jobs > 1 && !standby_ && end - first > 1) return fill_side_by_side(file, units, first, end);
  const std::atomic<bool> stop{false};
  for (size_t i = first; i < end; ++i) {
    auto filled = BGDB_TRY(fill(session, file, units[i], i, watcher_, stop));
    note_filled(file, units[i], std::move(filled));
  }
  return {};
}

Result<void> Runner::fill_side_by_side(PlannedFile& file, const std::vector<Unit>& units, size_t first, size_t end) {
  std::map<std::string, std::vector<size_t>> by_table;
  for (size_t i = first; i < end; ++i) by_table[units[i].work->table].push_back(i);
  std::vector<std::vector<size_t>> queue;
  for (auto& [table, numbers] : by_table) queue.push_back(std::move(numbers));
  std::mutex mutex;
  std::optional<Error> error;
  std::map<size_t, BatchReport> reports;
  std::atomic<size_t> next{0};
  std::atomic<bool> stop{false};
  const auto work = [&]() -> Result<void> {
    Watcher watcher(options_.dsn, watch_interval(options_.lock_timeout));
    auto session = BGDB_TRY(open_session(watcher));
    BGDB_CHECK(repeat_settings(session, file, units, first));
    for (size_t at = next++; at < queue.size() && !stop; at = next++) {
      for (const size_t number : queue[at]) {
        auto filled = BGDB_TRY(fill(session, file, units[number], number, watcher, stop));
        const std::lock_guard lock(mutex);
        reports[number] = std::move(filled);
      }
    }
    return {};
  };
  std::vector<std::thread> threads;
  for (size_t i = 0; i < std::min(static_cast<size_t>(options_.jobs), queue.size()); ++i) {
    threads.emplace_back([&] {
      const auto done = work();
      if (done) return;
      const std::lock_guard lock(mutex);
      if (!error) error = done.error();  // the others say only that they were stopped
      stop = true;
    });
  }
  for (auto& thread : threads) thread.join();
  for (auto& [number, report] : reports) {
    note_filled(file, units[number], std::move(report));
  }
  if (error) return fail(*error);
  return {};
}

}  // namespace bgdb::migrate
