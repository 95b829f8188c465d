// What a real server did for one statement, in the words of lint/effects.h, so that the two can be compared.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/ident.h"
#include "lint/effects.h"

namespace bgdb::prove {

using Locks = std::map<QualifiedName, lint::LockMode>;  // the strongest mode on each relation
using Relations = std::set<QualifiedName>;

// Names are those before the statement; what it created itself is left out, since nobody can wait for it.
// A lock on an index or an owned sequence appears only when it is stronger than the one on its table.
struct Observation {
  Relations existed;       // before the statement, with indexes and sequences
  Locks held_before;       // by earlier statements of the same transaction
  Locks locks;             // behind the statement, earlier ones included
  Relations covered;       // indexes and sequences under a stronger or equal lock on their table
  Relations rewrites;      // tables with a new file
  Relations scans;         // tables read in full
  Relations index_builds;  // tables of which an index was built, the table itself not rewritten
  std::optional<Error> failure;
  std::chrono::microseconds duration{};
};

}  // namespace bgdb::prove
