#include "verify/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "core/clock.h"
#include "core/interrupt.h"
#include "core/retry.h"
#include "verify/compare.h"
#include "verify/plan.h"

namespace bgdb::verify {
namespace {

using namespace std::chrono_literals;

// Shared by the workers of a run.
struct Run {
  const Options* options = nullptr;
  Plan* plan = nullptr;
  core::Progress* progress = nullptr;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  int64_t rows_before = 0;  // of an earlier run
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::optional<Error> error;

  void give_up(Error reason) {
    const std::lock_guard lock(mutex);
    if (!error) error = std::move(reason);
    stop = true;
  }
};

// Keeps below rows_per_second, and out of the way of a replication that is behind.
void breathe(Run& run) {
  const auto& options = *run.options;
  const auto interrupted = [&] { return run.stop || core::interrupted(); };
  while (options.overloaded && !interrupted() && options.overloaded()) core::system_clock().sleep_for(200ms);
  while (options.rows_per_second > 0 && !interrupted()) {
    const auto due =
        std::chrono::milliseconds((run.plan->rows_done() - run.rows_before) * 1000 / options.rows_per_second);
    const auto left = due - core::time_since(run.began);
    if (left <= 0ms) return;
    core::system_clock().sleep_for(std::min<std::chrono::milliseconds>(left, 100ms));
  }
}

// A lost connection is opened again; the chunk is compared anew.
Result<Plan::Outcome> compare_steadily(Run& run, std::optional<Sides>& sides, const Chunk& chunk) {
  const auto body = [&]() -> Result<Plan::Outcome> {
    if (!sides) sides = BGDB_TRY(Sides::open(run.options->source_dsn, run.options->target_dsn));
    auto outcome = compare(*sides, run.plan->comparison(chunk.table), chunk, run.plan->room(chunk.table), *run.options);
    if (!outcome && outcome.error().retry == core::Retry::new_session) sides.reset();
    return outcome;
  };
  const auto lost = [](const Error& error) {
    return error.retry == core::Retry::new_session || error.code == ErrorCode::connection;
  };
  return core::with_retry({.attempts_max = 8}, core::system_clock(), body, lost,
                          [&](const Error& error, int) { run.progress->note(error.message + "; trying again"); });
}

void work(Run& run) {
  std::optional<Sides> sides;
  while (!run.stop) {
    if (core::interrupted()) return run.give_up({.code = ErrorCode::interrupted, .message = "interrupted"});
    breathe(run);
    auto chunk = run.plan->next();
    if (!chunk) return run.give_up(chunk.error());
    if (!*chunk) return;
    auto outcome = compare_steadily(run, sides, **chunk);
    if (!outcome) return run.give_up(outcome.error());
    if (auto noted = run.plan->done(**chunk, std::move(*outcome)); !noted) return run.give_up(noted.error());
  }
}

}  // namespace

std::string_view to_string(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::missing:
      return "missing";
    case DifferenceKind::extra:
      return "extra";
    case DifferenceKind::different:
      return "different";
  }
  return "different";
}

std::string_view to_string(TableState state) {
  switch (state) {
    case TableState::equal:
      return "equal";
    case TableState::different:
      return "different";
    case TableState::unsettled:
      return "unsettled";
  }
  return "different";
}

TableState Report::state() const {
  auto worst = TableState::equal;
  for (const auto& table : tables) {
    if (table.state == TableState::different) return table.state;
    if (table.state == TableState::unsettled) worst = table.state;
  }
  return worst;
}

Result<Report> run(const Options& options, core::Progress& progress) {
  progress.stage("compare");
  auto plan = BGDB_TRY(Plan::make(options, progress));
  Run run;
  run.options = &options;
  run.plan = plan.get();
  run.progress = &progress;
  run.rows_before = plan->rows_done();
  std::vector<std::thread> workers;
  for (int i = 1; i < std::max(options.jobs, 1); ++i) workers.emplace_back([&run] { work(run); });
  work(run);
  for (auto& worker : workers) worker.join();
  if (run.error)
    return fail(
        run.error->with_hint(run.error->hint.empty() ? "`bgdb verify --resume` goes on from here" : run.error->hint));
  Report report;
  report.tables = plan->reports();
  for (const auto& table : report.tables) {
    report.rows += table.rows;
    report.chunks += table.chunks;
  }
  report.continued = plan->continued();
  report.took = core::time_since(run.began);
  return report;
}

}  // namespace bgdb::verify
