#include "clone/jobs.h"

#include <algorithm>

namespace bgdb::clone {
namespace {

constexpr int64_t kSmallBytes = 8 << 20;
constexpr int64_t kBatchBytes = 16 << 20;
constexpr size_t kBatchTables = 100;  // each holds some locks until the transaction's end

void add_parts(std::vector<CopyJob>& jobs, const TablePlan& table, int workers, int64_t split_bytes) {
  const int64_t wanted = (table.bytes + split_bytes - 1) / split_bytes;
  const int parts = static_cast<int>(std::clamp<int64_t>(wanted, 1, std::max<int64_t>(2 * workers, 1)));
  const int64_t pages = (table.pages + parts - 1) / parts;
  for (int part = 0; part < parts; ++part) {
    CopyJob job{{&table}, false, parts, part * pages, part + 1 == parts ? -1 : (part + 1) * pages};
    jobs.push_back(std::move(job));
  }
}

}  // namespace

std::vector<CopyJob> deal(const std::vector<TablePlan>& tables, int workers, int64_t split_bytes, bool freeze) {
  std::vector<CopyJob> jobs;
  CopyJob batch;
  int64_t bytes = 0;
  const auto close = [&] {
    if (!batch.tables.empty()) jobs.push_back(std::move(batch));
    batch = {};
    bytes = 0;
  };
  for (const TablePlan& table : tables) {
    if (split_bytes > 0 && table.bytes > split_bytes && workers > 1) {
      add_parts(jobs, table, workers, split_bytes);
    } else if (table.bytes > kSmallBytes) {
      jobs.push_back({{&table}, freeze});
    } else {
      if (batch.tables.size() == kBatchTables || bytes + table.bytes > kBatchBytes) close();
      batch.tables.push_back(&table);
      bytes += table.bytes;
    }
  }
  close();
  return jobs;
}

}  // namespace bgdb::clone
