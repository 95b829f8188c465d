// Row security policies compared: whether one lets through what another one did. Internal to lint/.
#pragma once

#include "schema/catalog.h"

namespace bgdb::lint {

// What the policy called `name` let through in `start` is let through in `end`, as far as can be told; `unseen`: the
// answer when only `end` has it.
bool policy_came_back(const schema::Relation* start, const schema::Relation* end, const std::string& name, bool unseen);

}  // namespace bgdb::lint
