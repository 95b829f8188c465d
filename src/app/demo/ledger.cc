#include "app/demo/ledger.h"

#include <algorithm>
#include <cmath>

namespace bgdb::app::demo {
namespace {

int64_t total(const std::map<std::string, std::set<std::string>>& refs) {
  size_t count = 0;
  for (const auto& [table, set] : refs) count += set.size();
  return static_cast<int64_t>(count);
}

double quantile(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<size_t>(std::ceil(part * static_cast<double>(sorted.size())));
  return sorted[std::min(sorted.size(), std::max<size_t>(rank, 1)) - 1];
}

}  // namespace

int64_t Ledger::acknowledged_count() const {
  return static_cast<int64_t>(samples.size());
}
int64_t Ledger::unknown_count() const {
  return total(unknown);
}

int64_t Ledger::failed_count() const {
  int64_t count = 0;
  for (const auto& [what, times] : failed) count += times;
  return count;
}

void Ledger::merge(const Ledger& other) {
  samples.insert(samples.end(), other.samples.begin(), other.samples.end());
  for (const auto& [table, refs] : other.acknowledged) acknowledged[table].insert(refs.begin(), refs.end());
  for (const auto& [table, refs] : other.unknown) unknown[table].insert(refs.begin(), refs.end());
  emails.insert(other.emails.begin(), other.emails.end());
  for (const auto& [what, times] : other.failed) failed[what] += times;
  reconnects += other.reconnects;
}

Stall stall_between(const Ledger& ledger, Instant from, Instant to) {
  std::vector<double> latencies_ms;
  for (const auto& sample : ledger.samples) {
    if (sample.acked < from || sample.wanted > to) continue;
    latencies_ms.push_back(std::chrono::duration<double, std::milli>(sample.acked - sample.wanted).count());
  }
  std::sort(latencies_ms.begin(), latencies_ms.end());
  return {.operations = static_cast<int64_t>(latencies_ms.size()),
          .p50_ms = quantile(latencies_ms, 0.50),
          .p99_ms = quantile(latencies_ms, 0.99),
          .max_ms = latencies_ms.empty() ? 0 : latencies_ms.back()};
}

int64_t late_operations(const Ledger& ledger, int from, int to, Instant earliest, Instant latest) {
  const auto counts = [&](const Sample& sample) { return sample.begun >= earliest && sample.begun <= latest; };
  Instant first_on_new = Instant::max();
  for (const auto& sample : ledger.samples) {
    if (counts(sample) && sample.version == to) first_on_new = std::min(first_on_new, sample.acked);
  }
  return std::count_if(ledger.samples.begin(), ledger.samples.end(), [&](const Sample& sample) {
    return counts(sample) && sample.version == from && sample.begun > first_on_new;
  });
}

}  // namespace bgdb::app::demo
