// What keeps two runs, a run and what is left of a dead one, and a run and the links from getting in each other's way.
// All are session locks: they end with us, however we end. Internal to migrate/.
#pragma once

#include "core/result.h"
#include "pg/session.h"

namespace bgdb::migrate {

// One operator at a time.
Result<void> lock_operator(pg::Session& session);
// A statement of a run that was killed may still be at work on the server: its session holds the migrate lock.
Result<void> lock_out_survivors(pg::Session& session);
// A link that applies rows translates into the schema as it was when it started: what comes during the migration would
// miss what the migration adds. Links hold this lock shared (link/applier.cc), we hold it until our session ends.
Result<void> lock_out_links(pg::Session& session);

}  // namespace bgdb::migrate
