// Which history of the source a target took part in. A standby that was promoted begins a new timeline at some position
// of the old one; what the old primary wrote behind it is on the target, but not on the source any more, and the new
// primary fills those positions with other rows, which a stream would pass over as applied already.
#pragma once

#include "core/lsn.h"
#include "core/result.h"
#include "pg/replication_stream.h"
#include "pg/session.h"

namespace bgdb::replication {

// The target begins to follow the source's present timeline.
Result<void> note_timeline(pg::Session& target, std::string_view slot, const pg::IdentifySystem& source);
// The target holds all up to `applied` of the timeline noted: is that part of the source's history? Notes the present
// one then. Error refused: it is not.
Result<void> check_timeline(pg::Session& target, std::string_view slot, pg::ReplicationStream& source,
                            const pg::IdentifySystem& now, Lsn applied);

}  // namespace bgdb::replication
