// Predicted against observed. A difference is an error of lint's, never of the migration's.
#pragma once

#include <string>
#include <vector>

#include "lint/effects.h"
#include "prove/observation.h"

namespace bgdb::prove {

// what: "lock", "rewrite", "scan", "index build", "failure". predicted, observed: a lock mode, "yes" or "no", or the
// words of a failure.
struct Difference {
  std::string what;
  std::string object;
  std::string predicted;
  std::string observed;
  bool operator==(const Difference&) const = default;
};
std::string to_string(const Difference& difference);

struct CompareOptions {
  // The statement reads and writes rows: which index it uses is the planner's choice, and which other tables its rows
  // lead to (foreign keys, triggers) depends on the rows. Scans and the locks of ordinary queries are not compared.
  bool rows = false;
  // Tables that the server may read in full or find through an index: a foreign key is checked by a query.
  Relations scanned_maybe{};
  // Tables that only triggers touch: whether they fire is up to the rows. Nothing stronger than predicted may be seen.
  Relations touched_maybe{};
};

// lint does not judge whether a statement fits the schema at all (names that are missing or taken, options of the wrong
// kind) nor whether the rows obey it. What it does claim to know: what depends on an object, what must stand outside a
// transaction, unsafe uses of a new enum value, casts that need USING.
bool must_be_predicted(const Error& failure);
// A refusal that comes from the rows: other rows would have passed.
bool about_rows(const Error& failure);

std::vector<Difference> compare(const lint::EffectSet& predicted, const Observation& observed,
                                const CompareOptions& options);

}  // namespace bgdb::prove
