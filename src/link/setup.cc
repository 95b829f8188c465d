#include "link/setup.h"

#include <fmt/format.h>

#include "link/link.h"
#include "replication/objects.h"
#include "replication/timeline.h"

namespace bgdb::link {

Result<void> record_link(pg::Session& target, const LinkObjects& objects, std::string_view source_system,
                         Lsn start_lsn) {
  auto transaction = BGDB_TRY(pg::Transaction::begin(target));
  BGDB_CHECK(target.execute("set local synchronous_commit = on"));
  BGDB_CHECK(replication::create_origin(target, objects.slot));
  BGDB_CHECK(replication::advance_origin(target, objects.slot, start_lsn));
  BGDB_CHECK(target.execute(
      "insert into bgdb.link (name, slot, publication, origin, source_system, start_lsn) "
      "values ($1, $2, $2, $5, $3, $4::pg_lsn) on conflict (name) do update set slot = excluded.slot, "
      "publication = excluded.publication, origin = excluded.origin, source_system = excluded.source_system, "
      "start_lsn = excluded.start_lsn, state = 'created', applied_lsn = null, received_lsn = null, beat_at = null",
      {objects.name, objects.slot, std::string(source_system), start_lsn.to_string(),
       BGDB_TRY(replication::origin_name(target, objects.slot))}));
  return transaction.commit();
}

Result<SetUpLink> set_up_link(const pg::SessionOptions& source_options, pg::Session& source, pg::Session& target,
                              const LinkObjects& objects, const std::vector<QualifiedName>& tables,
                              bool export_snapshot) {
  const auto slot = BGDB_TRY(replication::find_slot(source, objects.slot));
  const auto recorded = BGDB_TRY(read_published_status(target, objects.name));
  const bool ours = recorded && recorded->slot == objects.slot;
  if (ours && !slot) {
    return fail(ErrorCode::refused,
                fmt::format("link {} was set up, but its slot {} is gone from {}", objects.name, objects.slot,
                            source.host_display()),
                replication::kBeginAgain);
  }
  SetUpLink result;
  if (ours) {
    result.start_lsn = recorded->start_lsn;
    return result;
  }
  if (slot) BGDB_CHECK(replication::drop_slot(source, objects.slot));
  BGDB_CHECK(replication::create_publication(source, objects.slot, tables));
  auto stream = BGDB_TRY(pg::ReplicationStream::open(source_options));
  const auto system = BGDB_TRY(stream.identify_system());
  BGDB_CHECK(replication::note_timeline(target, objects.slot, system));
  const auto created = BGDB_TRY(stream.create_slot(objects.slot, export_snapshot));
  BGDB_CHECK(record_link(target, objects, system.system_identifier, created.consistent_point));
  result.start_lsn = created.consistent_point;
  result.created = true;
  result.snapshot_name = created.snapshot_name;
  if (export_snapshot) result.holder = std::move(stream);
  return result;
}

Result<void> drop_link_objects(pg::Session& source, pg::Session& target, const LinkObjects& objects) {
  BGDB_CHECK(replication::drop_slot(source, objects.slot));
  BGDB_CHECK(replication::drop_publication(source, objects.slot));
  BGDB_CHECK(replication::drop_origin(target, objects.slot));
  return target.execute("delete from bgdb.link where name = $1", {objects.name});
}

}  // namespace bgdb::link
