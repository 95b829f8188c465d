// Small entries in 256 buckets by hash, with O(1) copies: copies share the buckets below one root, and a change copies
// the way to its bucket, or nothing when nobody else holds it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/shared.h"

namespace bgdb::core {

template <class Entry>
class PersistentBuckets {
 public:
  using Bucket = std::vector<Entry>;

  // The entries whose hashes begin alike.
  const Bucket& at(uint64_t hash) const {
    static const Bucket kNone;
    if (!root_) return kNone;
    const auto& branch = (*root_)[hash >> 60];
    if (!branch) return kNone;
    const auto& bucket = (*branch)[hash >> 56 & 15];
    return bucket ? *bucket : kNone;
  }
  // The same to change.
  Bucket& edit(uint64_t hash) { return root_.own()[hash >> 60].own()[hash >> 56 & 15].own(); }

 private:
  using Branch = std::array<Shared<Bucket>, 16>;
  Shared<std::array<Shared<Branch>, 16>> root_;
};

}  // namespace bgdb::core
