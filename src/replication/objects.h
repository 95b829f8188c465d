// Slots, publications, origins: creating, finding, dropping; each idempotent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/ident.h"
#include "core/lsn.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::replication {

// What is left when a link cannot go on: for hints.
inline constexpr const char* kBeginAgain =
    "this link cannot go on: changes may be missing. While blue serves begin again, with `bgdb clone --abort "
    "--complete` and `bgdb clone`; once green serves there is no way back any more";

struct SlotInfo {
  std::string name;
  bool active = false;
  std::string wal_status;  // reserved | extended | unreserved | lost
  std::optional<int64_t> safe_wal_size_bytes;
  Lsn restart_lsn;
  Lsn confirmed_flush_lsn;
  int64_t retained_bytes = 0;  // current WAL minus restart_lsn
};

Result<std::optional<SlotInfo>> find_slot(pg::Session& session, std::string_view name);
// Waits for the holder to go for a moment; not an error when there is no such slot.
Result<void> drop_slot(pg::Session& session, std::string_view name);

// Rows of partitions come as their root's, or as those of the leaves. REQUIRES: every table has a replica identity
// (else the application's UPDATEs fail).
enum class PublishAs { root, leaves };
Result<void> create_publication(pg::Session& session, std::string_view name, const std::vector<QualifiedName>& tables,
                                PublishAs as = PublishAs::root);
// What it publishes, sorted; empty when there is none.
Result<std::vector<QualifiedName>> published_tables(pg::Session& session, std::string_view name);
Result<void> drop_publication(pg::Session& session, std::string_view name);

// Origins are shared by all databases of a server, and so are projects' names: `name` is one of this database, and on
// the server it is called <name>_<oid of the database>.
Result<std::string> origin_name(pg::Session& session, std::string_view name);
Result<void> create_origin(pg::Session& session, std::string_view name);
Result<void> drop_origin(pg::Session& session, std::string_view name);
// How far what is on the target's disk goes; 0/0 when nothing was applied yet. REQUIRES: journal::install_state().
Result<Lsn> origin_progress(pg::Session& session, std::string_view name);
// Flushes what was committed under the origin (as the server calls it), and says how far that goes. REQUIRES: all of it
// was committed: from 16 on a rolled back transaction moves the origin as well.
Result<Lsn> flush_origin(pg::Session& session, const std::string& origin);
// Sets the progress of an origin nobody uses (start of a clone: the slot's consistent point). As origin_progress().
Result<void> advance_origin(pg::Session& session, std::string_view name, Lsn lsn);

}  // namespace bgdb::replication
