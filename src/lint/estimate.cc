#include "lint/estimate.h"

#include <map>

namespace bgdb::lint {

namespace {

constexpr int64_t kMiB = 1 << 20;

int64_t bytes_per_second(Work work) {
  switch (work) {
    case Work::scan:
      return 200 * kMiB;
    case Work::index_build:
      return 50 * kMiB;
    case Work::rewrite:
      return 25 * kMiB;
  }
  return 25 * kMiB;
}

}  // namespace

std::string_view to_string(Work value) {
  switch (value) {
    case Work::scan:
      return "scan";
    case Work::index_build:
      return "index-build";
    case Work::rewrite:
      return "rewrite";
  }
  return "scan";
}

std::vector<Estimate> estimate(const Effects& effects, const schema::Catalog& before) {
  std::map<QualifiedName, Work> heaviest;
  const auto note = [&](const std::vector<RelationEffect>& relations, Work work) {
    for (const auto& one : relations) {
      if (one.released) heaviest[one.relation] = work;
    }
  };
  note(effects.scans, Work::scan);
  note(effects.index_builds, Work::index_build);
  note(effects.rewrites, Work::rewrite);
  std::vector<Estimate> out;
  for (const auto& [name, work] : heaviest) {
    const auto* relation = before.relation(name);
    if (relation == nullptr || relation->bytes < 0) continue;
    const auto duration_ms = static_cast<int64_t>(static_cast<double>(relation->bytes) * 1000.0 /
                                                  static_cast<double>(bytes_per_second(work)));
    out.push_back({name, work, relation->rows_estimate, relation->bytes, duration_ms});
  }
  return out;
}

}  // namespace bgdb::lint
