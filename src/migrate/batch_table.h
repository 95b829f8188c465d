// The tables whose rows a backfill walks over, and the SQL of one batch: by primary key, or by blocks where there is no
// key. Partitions are walked one by one. Internal to migrate/.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/ident.h"
#include "migrate/work.h"
#include "pg/session.h"

namespace bgdb::migrate {

// A place in the walk: the key's values, or {"block number"}. Empty: before the first row.
using Place = std::vector<std::string>;

class BatchTable {
 public:
  BatchTable(const Work& work, QualifiedName name, bool whole, std::vector<std::pair<std::string, std::string>> key,
             int64_t rows_estimate, int64_t blocks);

  const QualifiedName& name() const { return name_; }
  size_t place_size() const { return std::max<size_t>(key_.size(), 1); }
  int64_t rows_estimate() const { return rows_estimate_; }

  struct Bounds {
    Place first;
    Place last;  // what comes behind is new, and its writer filled it
  };
  // first empty: the table is empty.
  Result<Bounds> bounds(pg::Session& session) const;
  // Where the batch that begins at `low` ends (not included); empty: with `last` (included).
  Result<Place> next(pg::Session& session, const Place& low, const Place& last, int64_t rows) const;
  // Updates the rows from low to next (or last) that fulfil the condition; rows that others hold are left out. `stuck`
  // fulfil it still: their new value does not change that.
  struct Changed {
    int64_t rows = 0;
    int64_t stuck = 0;
  };
  Result<Changed> update(pg::Session& session, const Place& low, const Place& next, const Place& last) const;

 private:
  std::string range(const Place& low, const Place& next) const;

  const Work& work_;
  QualifiedName name_;
  std::string from_;                                      // "only public.users_p1 as users"
  std::string qualifier_;                                 // "users"
  std::vector<std::pair<std::string, std::string>> key_;  // name, type; empty: by blocks
  std::string keys_;                                      // "a, b"
  int64_t rows_estimate_ = 0;
  int64_t blocks_ = 0;
};

// Failure: not_found (no such table), refused (a view, a foreign table).
Result<std::vector<BatchTable>> list_batch_tables(pg::Session& session, const Work& work);

}  // namespace bgdb::migrate
