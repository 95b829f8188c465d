#include "cli/backfill_view.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/units.h"

namespace bgdb::cli {

Result<migrate::Pace> PaceOptions::pace() const {
  migrate::Pace pace;
  if (!batch_time.empty()) pace.batch_time = BGDB_TRY(core::parse_duration(batch_time));
  if (!lag_max.empty()) pace.lag_bytes_max = BGDB_TRY(core::parse_size(lag_max));
  if (!wait_max.empty()) pace.wait_max = BGDB_TRY(core::parse_duration(wait_max));
  pace.rows_per_second_max = max_rate;
  pace.active_max = max_active;
  if (pace.batch_time.count() > 0) return pace;
  return fail(ErrorCode::usage, "--batch-time must be longer than nothing", "the default is 100ms");
}

void add_pace_options(CLI::App& command, PaceOptions& options) {
  const char* group = "Backfill";
  command
      .add_option("--batch-time", options.batch_time,
                  "How long a batch should take, and so hold its rows (default 100ms)")
      ->group(group);
  command.add_option("--max-rate", options.max_rate, "Rows a second at most")->check(CLI::PositiveNumber)->group(group);
  command
      .add_option("--lag-max", options.lag_max,
                  "Rest while a standby or a slot in use is further behind (default 64MiB)")
      ->group(group);
  command
      .add_option("--max-active", options.max_active,
                  "Rest while more sessions of clients are at work (default: half of max_connections)")
      ->check(CLI::PositiveNumber)
      ->group(group);
  command
      .add_option("--wait-max", options.wait_max,
                  "Stop after resting that long without a pause; another run goes on (default 10m)")
      ->group(group);
  command.add_option("--jobs", options.jobs, "Tables filled side by side (default 1)")
      ->check(CLI::Range(1, 32))
      ->group(group);
}

std::string batch_text(const migrate::BatchReport& batch) {
  auto text = fmt::format("{}: {} in {}", batch.table, core::format_count(batch.rows, "row"),
                          core::format_count(batch.batches, "batch"));
  if (batch.continued) text += ", continued";
  if (batch.retries > 0) text += fmt::format(", {} lock {}", batch.retries, batch.retries == 1 ? "retry" : "retries");
  if (batch.more_came) text += ", more came meanwhile";
  return text;
}

nlohmann::json batch_json(const migrate::BatchReport& batch) {
  return {{"table", batch.table},
          {"rows", batch.rows},
          {"batches", batch.batches},
          {"passes", batch.passes},
          {"retries", batch.retries},
          {"continued", batch.continued},
          {"more_came", batch.more_came},
          {"took_ms", batch.took.count()},
          {"rested_ms", batch.rested.count()}};
}

}  // namespace bgdb::cli
