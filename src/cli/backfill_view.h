// What `bgdb migrate` and `bgdb backfill` share on the command line: how hard batches work, and what they did.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/result.h"
#include "migrate/batch_report.h"

namespace bgdb::cli {

struct PaceOptions {
  std::string batch_time;
  int64_t max_rate = 0;
  std::string lag_max;
  int max_active = 0;
  std::string wait_max;
  int jobs = 1;
  Result<migrate::Pace> pace() const;
};
void add_pace_options(CLI::App& command, PaceOptions& options);

std::string batch_text(const migrate::BatchReport& batch);  // "public.users: 1,200,000 rows in 2,400 batches"
nlohmann::json batch_json(const migrate::BatchReport& batch);

}  // namespace bgdb::cli
