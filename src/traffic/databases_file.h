// The file of [databases] lines that pgbouncer.ini includes: one entry rewritten, everything else kept as it stands.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "pg/conninfo.h"

namespace bgdb::traffic {

// `text` with host, port and dbname of the entry `database` replaced; its other keys, comments and other entries stay.
// not_found when there is no such entry.
Result<std::string> with_endpoint(std::string_view text, std::string_view database, const pg::Endpoint& endpoint);

// Reads, changes and replaces the file (temporary file + rename, owner and mode kept, synced). Does nothing when it is
// right already.
Result<void> rewrite_databases_file(const std::string& path, std::string_view database, const pg::Endpoint& endpoint);

// The file can be read, holds the entry, and its folder takes a new file: asked before the switch, when it still
// matters little.
Result<void> check_databases_file(const std::string& path, std::string_view database);

}  // namespace bgdb::traffic
