// The last word on a rewrite's own output: what lint calls a break of the old version must not be in expand.
#pragma once

#include "rewrite/rewrite.h"

namespace bgdb::app {

// Adds a refusal to the plan for each error about the old version that lint finds in its expand steps.
Result<void> refuse_unsafe(rewrite::Plan& plan, const schema::Catalog& before);

}  // namespace bgdb::app
