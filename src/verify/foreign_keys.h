// Foreign keys of the target, checked with its rows as they are: replication passes them by (session_replication_role =
// replica), so a row that came that way may refer to nothing, for instance where only the new schema has the key.
#pragma once

#include <string>
#include <vector>

#include "core/ident.h"
#include "core/progress.h"
#include "core/result.h"

namespace bgdb::verify {

struct ForeignKey {
  std::string name;  // schema.table.constraint, each quoted where needed
  std::string table;
  std::string referenced;
  int64_t rows = 0;     // that refer to no row; at most kBrokenRowsMax are counted
  std::string example;  // the values of one of them: (7,3)
};

inline constexpr int64_t kBrokenRowsMax = 1'000;

// All that claim to hold (not NOT VALID) on these tables of the target, by name. Each is one statement, so one
// snapshot; transactions of the source arrive whole. Any thread; opens `jobs` sessions. Failure: connection, sql,
// interrupted.
Result<std::vector<ForeignKey>> check_foreign_keys(const std::string& target_dsn,
                                                   const std::vector<QualifiedName>& tables, int jobs,
                                                   core::Progress& progress);

// As the fact "foreign_keys" of the target, which the gate of that name reads.
std::string foreign_keys_fact(const std::vector<ForeignKey>& keys);

}  // namespace bgdb::verify
