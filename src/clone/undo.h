// Taking back an unfinished clone: first what could fill blue's disk, then what stands on green.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "pg/session.h"

namespace bgdb::clone {

// The publication that says of each row in which partition it is; only a clone that is continued reads it. At most 63
// bytes, like the slot's name.
std::string leaf_publication(const std::string& slot);

// Slot and publications on blue. Idempotent; sentences of what was done.
Result<std::vector<std::string>> undo_blue(pg::Session& blue, const std::string& slot);
// The link from green to blue, which `bgdb sync` makes: its tables are going. Idempotent.
Result<std::vector<std::string>> undo_reverse(pg::Session& blue, pg::Session& green);
// The objects that the clone created (by its own list), origin, link row, standby row and facts, in one transaction.
Result<std::vector<std::string>> undo_green(pg::Session& green, const std::string& slot);

}  // namespace bgdb::clone
