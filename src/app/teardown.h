// Taking away what a release put into a database. Each call looks first, waits for nobody for ever, and may be
// repeated.
#pragma once

#include <string>

#include "core/result.h"
#include "pg/session.h"

namespace bgdb::app {

// The process that reads the slot is ended and the slot dropped before it comes back.
Result<void> drop_slot_in_use(pg::Session& session, const std::string& side, const std::string& slot);
// On the link's target: its applier is ended, its origin and its row are gone. Nothing of it arrives here any more.
Result<void> cut_link(pg::Session& session, const std::string& side, const std::string& link,
                      const std::string& origin);
// DROP TRIGGER needs a strong lock for a moment, so each table on its own. Returns how many there were.
Result<int> drop_guards(pg::Session& session, const std::string& side);

}  // namespace bgdb::app
