// What hangs on an old column gets a twin on the new one: built while both versions run, renamed to the old name by
// contract. What could refuse the old version's rows (because values convert with loss) waits for contract. Internal to
// rewrite/.
#pragma once

#include <string>
#include <vector>

#include "rewrite/draft.h"

namespace bgdb::rewrite {

struct Carried {
  std::string expand_sql;             // constraints as NOT VALID
  std::vector<Step> expand_unlocked;  // indexes, concurrently
  std::string validate_sql;           // backfill, outside a transaction
  std::vector<Step> contract_before;  // unique indexes that had to wait, concurrently
  std::string swap_sql;               // behind DROP COLUMN and RENAME COLUMN, in their transaction
  std::string validate_after_sql;     // contract, outside a transaction
};
Carried carry_dependents(const Draft& draft, const QualifiedName& table);

}  // namespace bgdb::rewrite
