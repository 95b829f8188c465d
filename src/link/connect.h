// Opens both ends of a relay after asking whether it may go on at all: same source, slot there and not ahead of what
// the target has. Every time, also after each lost connection.
#pragma once

#include <memory>
#include <string>

#include "link/applier.h"
#include "link/link.h"
#include "link/meter.h"
#include "pg/replication_stream.h"

namespace bgdb::link {

// What a mapping was made for, as first seen: later connections must find the same.
struct Seen {
  std::string target_columns;
};

struct Connected {
  std::unique_ptr<Applier> applier;
  pg::ReplicationStream stream;
};

// Error refused: the link can never go on (another server, the slot is gone, a gap, another schema than `seen`);
// not_found: it was never set up, or was finalized. Others may pass (worth_retrying).
Result<Connected> connect(const LinkOptions& options, const translate::Mapping& mapping, Meter& meter, Seen& seen);

// Connections, restarts, deadlocks, a slot or origin that another session still holds.
bool worth_retrying(const Error& error);

}  // namespace bgdb::link
