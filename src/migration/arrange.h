// A candidate -> a history: which of its files run, in which order. Internal to migration/.
#pragma once

#include "migration/group.h"

namespace bgdb::migration {

// `named`: paths that were given one by one; they are kept whatever they are called.
Set arrange(const Candidate& candidate, const Source& source, bool named);
// Versions used twice, successors, the last version: what only the whole history tells.
void look_around(Set& set);

}  // namespace bgdb::migration
