// What a server says about itself.
#include "clone/preflight.h"
#include "core/sql_file.h"

namespace bgdb::clone {

Result<Server> read_server(pg::Session& session) {
  const auto rows = BGDB_TRY(session.query(core::sql_text("clone/read_server.sql")));
  Server server;
  server.version = static_cast<int>(rows.integer(0, "version"));
  server.wal_level = rows.text(0, "wal_level");
  server.encoding = rows.text(0, "encoding");
  server.system_identifier = rows.text(0, "system_identifier");
  server.database = rows.text(0, "database");
  server.in_recovery = rows.boolean(0, "in_recovery");
  server.slots_free = rows.integer(0, "slots_free");
  server.senders_free = rows.integer(0, "senders_free");
  server.prepared_transactions = rows.integer(0, "prepared_transactions");
  server.large_objects = rows.integer(0, "large_objects");
  server.may_replicate = rows.boolean(0, "may_replicate");
  server.may_create = rows.boolean(0, "may_create");
  server.user = rows.text(0, "user_name");
  server.collation = rows.text(0, "collation");
  for (const auto& setting : BGDB_TRY(pg::parse_array_literal(rows.text(0, "settings")))) {
    server.settings.push_back(setting.value_or(""));
  }
  return server;
}

Result<std::optional<SlotElsewhere>> elsewhere(pg::Session& session, const std::vector<pg::Value>& slots) {
  const auto rows = BGDB_TRY(session.query(
      "select slot_name, coalesce(database, '(none)') as database from pg_replication_slots where slot_name "
      "= any ($1) and database is distinct from current_database() order by 1",
      {pg::to_array_literal(slots)}));
  if (rows.empty()) return std::optional<SlotElsewhere>();
  return std::optional(SlotElsewhere{rows.text(0, "slot_name"), rows.text(0, "database")});
}

}  // namespace bgdb::clone
