// A link's objects: publication and slot on the source, origin and the row in bgdb.link on the target. Everything is
// found before it is made, so that a set-up that died is done again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/ident.h"
#include "core/lsn.h"
#include "core/result.h"
#include "pg/replication_stream.h"
#include "pg/session.h"

namespace bgdb::link {

struct LinkObjects {
  std::string name;  // forward | reverse
  std::string slot;  // also publication and origin
};

// The target's part, in one durable transaction: the origin stands at `start_lsn`, bgdb.link says so. `start_lsn` is
// the consistent point of the slot. REQUIRES: bgdb's state is installed; what the source held at start_lsn is on the
// target.
Result<void> record_link(pg::Session& target, const LinkObjects& objects, std::string_view source_system,
                         Lsn start_lsn);

struct SetUpLink {
  Lsn start_lsn;
  bool created = false;       // false: it was there already
  std::string snapshot_name;  // when asked for and created
  // Holds the snapshot while it lives.
  std::optional<pg::ReplicationStream> holder;
};

// The whole of it. A slot without a row in bgdb.link is a set-up that died before it was recorded: made again. A row
// without its slot is a gap: refused. `export_snapshot`: for a clone; without it both sides must be equal already and
// the source must not be written by clients until this returns.
Result<SetUpLink> set_up_link(const pg::SessionOptions& source_options, pg::Session& source, pg::Session& target,
                              const LinkObjects& objects, const std::vector<QualifiedName>& tables,
                              bool export_snapshot);

// The slot goes first: it alone can fill a disk. Every step may be repeated; a missing object is no error. REQUIRES: no
// process runs the link.
Result<void> drop_link_objects(pg::Session& source, pg::Session& target, const LinkObjects& objects);

}  // namespace bgdb::link
