// Constraints of the target that the server keeps by triggers, checked with its rows as they are: triggers are silent
// in a session that applies (session_replication_role = replica), so where only the new schema has such a constraint, a
// row that came by replication may break it. They are foreign keys, and unique and exclusion constraints that are
// DEFERRABLE.
#pragma once

#include <string>
#include <vector>

#include "core/ident.h"
#include "core/progress.h"
#include "core/result.h"

namespace bgdb::verify {

struct Constraint {
  std::string name;  // schema.table.constraint, each quoted where needed
  std::string table;
  std::string referenced;  // empty: not a foreign key
  int64_t rows = 0;        // that break it (unique, exclusion: pairs of rows); at most kBrokenRowsMax are counted
  std::string example;     // the values of one of them: (7,3)

  // "2 rows of public.o refer to no row of public.c", "1 pair of rows of public.o must not be there together"
  std::string what_is_broken() const;
};

inline constexpr int64_t kBrokenRowsMax = 1'000;

// All on these tables of the target, by name, but foreign keys that are NOT VALID. Each is one statement, so one
// snapshot; transactions of the source arrive whole. Any thread; opens `jobs` sessions. Failure: connection, sql,
// interrupted.
Result<std::vector<Constraint>> check_constraints(const std::string& target_dsn,
                                                  const std::vector<QualifiedName>& tables, int jobs,
                                                  core::Progress& progress);

// As the fact "constraints" of the target, which the gate of that name reads.
std::string constraints_fact(const std::vector<Constraint>& constraints);

}  // namespace bgdb::verify
