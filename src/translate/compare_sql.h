// The SQL texts that compare one table through its mapping. A row is hashed by what its values are, not by how a
// session prints them: types whose hash follows equality are hashed as they are (numeric 1.0 and 1.00 are one value),
// all others by their text under the settings of kCompareSettings (-0 and 0, json texts and enum labels differ as they
// should). Hashes of one row are equal on every server of one architecture and major version 14 to 18.
//
// Keys travel as text of the target's key columns.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "translate/mapping.h"

namespace bgdb::translate {

enum class CompareSide { source, target };

// Both sides must have them in force, else texts differ that mean the same.
extern const std::vector<std::pair<std::string, std::string>> kCompareSettings;

// How the key can be walked through.
enum class KeyOrder {
  same,       // both servers sort it alike: a range of keys holds the same rows on both sides
  collation,  // the same where both servers sort text alike
  none,       // the key is computed, or there is none: only whole tables can be compared
};

class TableComparison {
 public:
  // Failure: unsupported, when a column cannot be computed on the source server.
  static Result<TableComparison> of(const TableMapping& table);

  const TableMapping& table() const { return table_; }
  const std::vector<std::string>& key() const { return table_.target_key; }
  const std::vector<std::string>& columns() const { return columns_; }
  KeyOrder key_order() const { return key_order_; }

  // Parameters of a range: the keys behind which it begins ($1..$k, when `after`) and with which it ends (the next
  // ones, when `upto`). REQUIRES: key_order() is not none.
  struct Range {
    bool after = false;
    bool upto = false;
  };
  // One row (rows, digest): equal when the rows of the range are.
  std::string digest(CompareSide side, Range range) const;
  // Key columns k1.. and `hash` of each row of the range.
  std::string hashes(CompareSide side, Range range) const;
  // The key of the row `rows` behind $1..$k on the source: no row when fewer are left.
  std::string boundary(bool after, int64_t rows) const;

  // The whole table in `buckets` by key (by row, when there is no key): (bucket, rows, digest).
  std::string bucket_digests(CompareSide side, int buckets) const;
  // As hashes(), the rows of buckets = any($1::int[]).
  std::string bucket_hashes(CompareSide side, int buckets) const;

  // Rows whose keys are in the arrays $1..$k (text[]): as hashes(), or each column's text as c1...
  std::string hashes_of_keys(CompareSide side) const;
  std::string values_of_keys(CompareSide side) const;

 private:
  TableComparison() = default;
  std::string rows(CompareSide side, const std::string& condition) const;
  std::string range_condition(CompareSide side, Range range) const;
  std::string key_texts() const;
  std::string hash() const;
  std::string bucket(int buckets) const;
  std::pair<std::string, std::string> keys_conditions(CompareSide side) const;  // inside, outside

  TableMapping table_;
  std::vector<std::string> columns_;
  std::vector<std::string> canonical_;    // per column: what is hashed
  std::vector<std::string> bound_types_;  // per key column: what a range's bound is cast to
  KeyOrder key_order_ = KeyOrder::none;
};

}  // namespace bgdb::translate
