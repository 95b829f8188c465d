#include "verify/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/clock.h"
#include "core/interrupt.h"
#include "verify/confirm.h"

namespace bgdb::verify {
namespace {

using translate::TableComparison;

constexpr int kWholeLooksMax = 5;
constexpr int64_t kRowsAtOnce = 400'000;  // hashes held at a time

struct Digest {
  int64_t rows = 0;
  std::string digest;
  bool operator==(const Digest&) const = default;
};

Digest digest_of(const pg::Rows& rows) {
  return {rows.integer(0, "rows"), rows.text(0, "digest")};
}

// Keys whose hash is not the same on both sides, or that only one side has.
std::vector<Key> unequal(const Sides::Both& both) {
  std::map<Key, const std::string*> left;
  for (const auto& row : both.source.values) left.emplace(Key(row.begin(), row.end() - 1), &*row.back());
  std::vector<Key> suspects;
  for (const auto& row : both.target.values) {
    Key key(row.begin(), row.end() - 1);
    const auto found = left.find(key);
    const bool equal = found != left.end() && *found->second == *row.back();
    if (found != left.end()) left.erase(found);
    if (!equal) suspects.push_back(std::move(key));
  }
  for (const auto& [key, hash] : left) suspects.push_back(key);
  return suspects;
}

// Confirms as many suspects as are wanted.
Result<void> judge(Sides& sides, const TableComparison& table, std::vector<Key> suspects, int64_t room,
                   const Options& options, Plan::Outcome& outcome) {
  // Under load most suspects are rows on their way: they must not use up the room of real differences.
  const auto limit = static_cast<size_t>(room);
  for (size_t begin = 0; begin < suspects.size(); begin += 500) {
    if (outcome.differences.size() >= limit) {
      outcome.more = true;
      return {};
    }
    const auto end = std::min(suspects.size(), begin + 500);
    const std::vector<Key> some(suspects.begin() + static_cast<std::ptrdiff_t>(begin),
                                suspects.begin() + static_cast<std::ptrdiff_t>(end));
    auto confirmed = BGDB_TRY(confirm(sides, table, some, options.settle));
    outcome.unsettled += confirmed.unsettled;
    for (auto& difference : confirmed.differences) {
      if (outcome.differences.size() >= limit) {
        outcome.more = true;
        return {};
      }
      outcome.differences.push_back(std::move(difference));
    }
  }
  return {};
}

Result<Plan::Outcome> compare_range(Sides& sides, const TableComparison& table, const Chunk& chunk, int64_t room,
                                    const Options& options) {
  const TableComparison::Range range{!chunk.after.empty(), !chunk.upto.empty()};
  std::vector<pg::Value> parameters = chunk.after;
  parameters.insert(parameters.end(), chunk.upto.begin(), chunk.upto.end());
  const auto both = BGDB_TRY(
      sides.query(table.digest(CompareSide::source, range), table.digest(CompareSide::target, range), parameters));
  Plan::Outcome outcome;
  const auto left = digest_of(both.source), right = digest_of(both.target);
  outcome.rows = left.rows;
  if (left == right) return outcome;
  const auto hashes = BGDB_TRY(
      sides.query(table.hashes(CompareSide::source, range), table.hashes(CompareSide::target, range), parameters));
  BGDB_CHECK(judge(sides, table, unequal(hashes), room, options, outcome));
  return outcome;
}

Result<Plan::Outcome> compare_buckets(Sides& sides, const TableComparison& table, const Chunk& chunk, int64_t room,
                                      const Options& options) {
  const auto both = BGDB_TRY(sides.query(table.bucket_digests(CompareSide::source, chunk.buckets),
                                         table.bucket_digests(CompareSide::target, chunk.buckets), {}));
  const auto by_bucket = [](const pg::Rows& rows) {
    std::map<std::string, Digest> digests;
    for (size_t i = 0; i < rows.size(); ++i)
      digests[rows.text(i, "bucket")] = {rows.integer(i, "rows"), rows.text(i, "digest")};
    return digests;
  };
  auto left = by_bucket(both.source), right = by_bucket(both.target);
  Plan::Outcome outcome;
  std::map<std::string, int64_t> differing;  // bucket -> rows of both sides
  for (const auto& [bucket, digest] : left) {
    outcome.rows += digest.rows;
    if (!(right[bucket] == digest)) differing[bucket] = digest.rows + right[bucket].rows;
  }
  for (const auto& [bucket, digest] : right) {
    if (left.count(bucket) == 0) differing[bucket] = digest.rows;
  }
  while (!differing.empty() && !outcome.more) {
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    std::vector<pg::Value> some;
    for (int64_t rows = 0; !differing.empty() && (some.empty() || rows < kRowsAtOnce);) {
      rows += differing.begin()->second;
      some.emplace_back(differing.begin()->first);
      differing.erase(differing.begin());
    }
    const auto hashes =
        BGDB_TRY(sides.query(table.bucket_hashes(CompareSide::source, chunk.buckets),
                             table.bucket_hashes(CompareSide::target, chunk.buckets), {pg::to_array_literal(some)}));
    BGDB_CHECK(judge(sides, table, unequal(hashes), room, options, outcome));
  }
  return outcome;
}

// A table without a key has no row that could be looked at again: all of it, until it is equal once.
Result<Plan::Outcome> compare_whole(Sides& sides, const TableComparison& table, const Options& options) {
  Plan::Outcome outcome;
  for (int look = 1;; ++look) {
    const auto before = digest_of(BGDB_TRY(sides.source.query(table.digest(CompareSide::source, {}))));
    if (options.settle) BGDB_CHECK(options.settle());
    const auto both =
        BGDB_TRY(sides.query(table.digest(CompareSide::source, {}), table.digest(CompareSide::target, {}), {}));
    const auto left = digest_of(both.source), right = digest_of(both.target);
    outcome.rows = left.rows;
    if (left == right || before == right) return outcome;
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    if (before == left && (look > 1 || !options.settle)) {
      Difference difference;
      difference.columns.push_back({"(rows)", std::to_string(left.rows), std::to_string(right.rows)});
      outcome.differences.push_back(std::move(difference));
      return outcome;
    }
    if (look == kWholeLooksMax) {
      outcome.unsettled = 1;
      return outcome;
    }
  }
}

}  // namespace

Result<Plan::Outcome> compare(Sides& sides, const TableComparison& table, const Chunk& chunk, int64_t room,
                              const Options& options) {
  switch (chunk.method) {
    case Method::ranges:
      return compare_range(sides, table, chunk, room, options);
    case Method::buckets:
      return compare_buckets(sides, table, chunk, room, options);
    case Method::whole:
      return compare_whole(sides, table, options);
  }
  return Plan::Outcome{};
}

}  // namespace bgdb::verify
