#include "verify/confirm.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "core/clock.h"
#include "core/interrupt.h"

namespace bgdb::verify {
namespace {

using namespace std::chrono_literals;
using Hashes = std::map<Key, std::string>;  // no entry: no such row

constexpr int kLooksMax = 20;
constexpr auto kPauseFirst = 20ms;
constexpr auto kPauseMax = 1'000ms;
constexpr size_t kKeysAtOnce = 500;

Result<Hashes> look(Sides& sides, CompareSide side, const translate::TableComparison& table,
                    const std::vector<Key>& keys) {
  Hashes hashes;
  const auto sql = table.hashes_of_keys(side);
  for (size_t begin = 0; begin < keys.size(); begin += kKeysAtOnce) {
    const auto end = std::min(keys.size(), begin + kKeysAtOnce);
    const auto rows = BGDB_TRY(sides.at(side).query(sql, key_arrays(keys, begin, end)));
    for (const auto& row : rows.values) {
      Key key(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(table.key().size()));
      hashes[std::move(key)] = row.back().value_or("");
    }
  }
  return hashes;
}

const std::string* find(const Hashes& hashes, const Key& key) {
  const auto found = hashes.find(key);
  return found == hashes.end() ? nullptr : &found->second;
}

bool same(const std::string* a, const std::string* b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b;
}

// Keys whose source row stood still while replication caught up and whose target row is not what it says.
struct Look {
  std::vector<Key> standing;  // different, and the source did not change
  std::vector<Key> moving;    // the source changed meanwhile
};

Result<Look> look_again(Sides& sides, const translate::TableComparison& table, const std::vector<Key>& keys,
                        const std::function<Result<void>()>& settle) {
  const auto before = BGDB_TRY(look(sides, CompareSide::source, table, keys));
  if (settle) BGDB_CHECK(settle());
  const auto target = BGDB_TRY(look(sides, CompareSide::target, table, keys));
  const auto after = BGDB_TRY(look(sides, CompareSide::source, table, keys));
  Look result;
  for (const Key& key : keys) {
    const auto* first = find(before, key);
    const auto* there = find(target, key);
    if (same(first, there)) continue;
    (same(first, find(after, key)) ? result.standing : result.moving).push_back(key);
  }
  return result;
}

Result<std::vector<Difference>> describe(Sides& sides, const translate::TableComparison& table,
                                         const std::vector<Key>& keys) {
  std::vector<Difference> differences;
  const auto on_source = table.values_of_keys(CompareSide::source),
             on_target = table.values_of_keys(CompareSide::target);
  const auto width = table.key().size();
  for (size_t begin = 0; begin < keys.size(); begin += kKeysAtOnce) {
    const auto end = std::min(keys.size(), begin + kKeysAtOnce);
    const auto both = BGDB_TRY(sides.query(on_source, on_target, key_arrays(keys, begin, end)));
    const auto by_key = [&](const pg::Rows& rows) {
      std::map<Key, const std::vector<pg::Value>*> index;
      for (const auto& row : rows.values)
        index[Key(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(width))] = &row;
      return index;
    };
    const auto left = by_key(both.source), right = by_key(both.target);
    for (size_t i = begin; i < end; ++i) {
      const auto a = left.find(keys[i]), b = right.find(keys[i]);
      if (a == left.end() && b == right.end()) continue;
      Difference difference;
      for (const auto& part : keys[i]) difference.key.push_back(part.value_or("NULL"));
      difference.kind = b == right.end()  ? DifferenceKind::missing
                        : a == left.end() ? DifferenceKind::extra
                                          : DifferenceKind::different;
      for (size_t c = 0; difference.kind == DifferenceKind::different && c < table.columns().size(); ++c) {
        const size_t value = width + 2 * c, hash = value + 1;
        if ((*a->second)[hash] == (*b->second)[hash]) continue;
        difference.columns.push_back({table.columns()[c], (*a->second)[value], (*b->second)[value]});
      }
      const bool mended = difference.kind == DifferenceKind::different && difference.columns.empty();
      if (!mended) differences.push_back(std::move(difference));
    }
  }
  return differences;
}

}  // namespace

Result<Confirmed> confirm(Sides& sides, const translate::TableComparison& table, std::vector<Key> suspects,
                          const std::function<Result<void>()>& settle) {
  Confirmed confirmed;
  std::vector<Key> different;
  auto pause = std::chrono::milliseconds(kPauseFirst);
  for (int attempt = 1; !suspects.empty() && attempt <= kLooksMax; ++attempt) {
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    auto result = BGDB_TRY(look_again(sides, table, suspects, settle));
    // Twice: between two equal looks at the source it may have been another row for a moment.
    if (settle && !result.standing.empty()) {
      auto again = BGDB_TRY(look_again(sides, table, result.standing, settle));
      result.standing = std::move(again.standing);
      result.moving.insert(result.moving.end(), again.moving.begin(), again.moving.end());
    }
    different.insert(different.end(), result.standing.begin(), result.standing.end());
    suspects = std::move(result.moving);
    if (suspects.empty()) break;
    core::system_clock().sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(kPauseMax));
  }
  confirmed.unsettled = static_cast<int64_t>(suspects.size());
  confirmed.differences = BGDB_TRY(describe(sides, table, different));
  return confirmed;
}

}  // namespace bgdb::verify
