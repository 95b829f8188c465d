// Which tables are copied, published and guarded, and which only get their schema.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/ident.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::clone {

struct TablePlan {
  QualifiedName name;
  QualifiedName root;        // of its partition tree; itself for a plain table
  bool partitioned = false;  // holds no rows of its own
  bool unlogged = false;
  bool has_key = false;
  std::string possible_key{};  // without a key: a unique index that could be the replica identity
  bool takes_part = false;
  bool binary = false;  // COPY's binary form is the same on both servers
  std::string columns;  // quoted, generated ones left out
  int64_t rows_estimate = -1;
  int64_t bytes = 0;
  int64_t pages = 0;  // of the heap
};

struct Plan {
  std::vector<TablePlan> tables;                 // all of blue's, by name
  std::vector<QualifiedName> published() const;  // roots and plain tables that take part
  std::vector<TablePlan> copied() const;         // tables with rows that take part, largest first
  std::vector<QualifiedName> guarded() const;    // everything that takes part, leaves too
  std::vector<QualifiedName> left_out() const;   // roots and plain tables that do not
  bool partitioned() const;                      // a partitioned table takes part
};

// A table takes part when it or the root of its partition tree does.
Result<Plan> read_plan(pg::Session& blue, const std::function<bool(const QualifiedName&)>& takes_part);

}  // namespace bgdb::clone
