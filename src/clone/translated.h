// A clone into a schema that green already has: what its mapping says of blue's leaves, what must hold before, and how
// green's tables are taken over and given back. Nothing of green's schema is ours, so nothing of it is ever dropped.
#pragma once

#include <string>
#include <vector>

#include "clone/plan.h"
#include "core/result.h"
#include "pg/session.h"
#include "translate/mapping.h"

namespace bgdb::clone {

// Leaves and plain tables of blue that have a counterpart, each with the rules of its root.
translate::Mapping by_leaves(const translate::Mapping& mapping, const Plan& blue);

// The mapped tables of green, with their partitions: roots first, then by name.
Result<std::vector<QualifiedName>> tables_of_target(pg::Session& green, const translate::Mapping& mapping);

// Those that hold rows.
Result<std::vector<QualifiedName>> filled(pg::Session& green, const std::vector<QualifiedName>& tables);

// Sentences that tell what was done. In the caller's transaction.
Result<std::vector<std::string>> give_back(pg::Session& green, const std::vector<std::string>& guarded);

}  // namespace bgdb::clone
