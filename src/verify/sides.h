// One worker's two sessions, asked at the same time. One thread each.
#pragma once

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "pg/session.h"
#include "translate/compare_sql.h"

namespace bgdb::verify {

using translate::CompareSide;
using Key = std::vector<pg::Value>;

struct Sides {
  pg::Session source;
  pg::Session target;

  static Result<Sides> open(const std::string& source_dsn, const std::string& target_dsn);
  pg::Session& at(CompareSide side) { return side == CompareSide::source ? source : target; }

  struct Both {
    pg::Rows source;
    pg::Rows target;
  };
  // Both statements run at once; the first error of the two.
  Result<Both> query(const std::string& on_source, const std::string& on_target,
                     const std::vector<pg::Value>& parameters);
};

Result<pg::Session> open_side(const std::string& dsn);

// {"1","2"} of each key column: parameters of TableComparison::*_of_keys().
std::vector<pg::Value> key_arrays(const std::vector<Key>& keys, size_t begin, size_t end);

}  // namespace bgdb::verify
