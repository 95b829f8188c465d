// `bgdb doctor`: whether a release can be carried out between two databases, before anybody relies on it. Looks only.
// What a clone checks before it begins (clone/preflight.h) is part of it; the rest is here.
#pragma once

#include <vector>

#include "clone/clone.h"
#include "clone/finding.h"
#include "core/result.h"

namespace bgdb::doctor {

// Every check, good ones too, in the order of reading. Once there is a clone, what only matters before one is left out.
// Failure: only when a database cannot be asked.
Result<std::vector<clone::Finding>> examine(const clone::CloneOptions& options);

// Runs the fix of a finding, waiting for locks two seconds at most. REQUIRES: finding.fix.
Result<void> cure(const clone::CloneOptions& options, const clone::Finding& finding);

}  // namespace bgdb::doctor
