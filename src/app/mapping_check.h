// `bgdb mapping check`: real rows of one side are written with the link's own statements into a temporary table shaped
// like the other side's, and from there back; what does not come back equal is a difference. Nothing is kept.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "core/ident.h"
#include "core/result.h"

namespace bgdb::app {

struct MappingDifference {
  std::string way;  // blue -> green -> blue
  QualifiedName table;
  std::string column;  // empty: the row could not be written at all
  int64_t rows = 0;
  std::string key;  // of the first such row: id=7
  std::string before;
  std::string after;  // or what the server said
};

struct MappingCheck {
  int64_t tables = 0;
  int64_t rows = 0;
  std::vector<MappingDifference> differences;
  std::vector<std::string> not_back;  // columns that the way back does not carry: they are not compared
};

// At most `rows_max` rows of each table, from all over it. Failure: as derive_mapping().
Result<MappingCheck> check_mapping(const Config& config, int64_t rows_max);

}  // namespace bgdb::app
