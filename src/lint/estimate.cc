#include "lint/estimate.h"

#include <algorithm>
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

struct Size {
  int64_t rows = -1;
  int64_t bytes = -1;
};

// A partitioned table is as large as its partitions together; unknown when one of them is.
Size size_of(const schema::Catalog& catalog, const schema::Relation& relation) {
  if (relation.kind != schema::RelationKind::partitioned_table) return {relation.rows_estimate, relation.bytes};
  Size sum{0, 0};
  for (const auto* partition : catalog.partitions(relation.name)) {
    const auto size = size_of(catalog, *partition);
    if (size.bytes < 0) return {};
    sum.bytes += size.bytes;
    sum.rows = sum.rows < 0 || size.rows < 0 ? -1 : sum.rows + size.rows;
  }
  return sum;
}

// Something is known about the size of one of them. A replay of files knows no sizes.
bool sized(const std::vector<RelationEffect>& effects, const schema::Catalog& catalog) {
  return std::any_of(effects.begin(), effects.end(), [&](const auto& one) {
    const auto* relation = one.released ? catalog.relation(one.relation) : nullptr;
    return relation != nullptr && (relation->bytes >= 0 || relation->kind == schema::RelationKind::partitioned_table);
  });
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
  if (!sized(effects.scans, before) && !sized(effects.index_builds, before) && !sized(effects.rewrites, before))
    return {};
  std::map<QualifiedName, Work> heaviest;
  const auto note = [&](const std::vector<RelationEffect>& relations, Work work) {
    for (const auto& one : relations) {
      if (one.released) heaviest[one.relation] = work;
    }
  };
  note(effects.scans, Work::scan);
  note(effects.index_builds, Work::index_build);
  note(effects.rewrites, Work::rewrite);
  // The partitions of a table that is worked on are in its size.
  std::erase_if(heaviest, [&, all = heaviest](const auto& entry) {
    const auto* relation = before.relation(entry.first);
    return relation != nullptr && relation->partition_of && all.contains(*relation->partition_of);
  });
  std::vector<Estimate> out;
  for (const auto& [name, work] : heaviest) {
    const auto* relation = before.relation(name);
    if (relation == nullptr) continue;
    const auto size = size_of(before, *relation);
    if (size.bytes < 0) continue;
    const auto duration_ms =
        static_cast<int64_t>(static_cast<double>(size.bytes) * 1000.0 / static_cast<double>(bytes_per_second(work)));
    out.push_back({name, work, size.rows, size.bytes, duration_ms});
  }
  return out;
}

}  // namespace bgdb::lint
