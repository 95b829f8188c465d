#include "clone/sessions.h"

#include <fmt/format.h>

#include "core/ident.h"
#include "journal/operator_lock.h"

namespace bgdb::clone {
namespace {

// One operator at a time, held until the session ends.
Result<void> lock_operator(pg::Session& session, std::string_view side) {
  if (BGDB_TRY(journal::take_operator_lock(session))) return {};
  return fail(ErrorCode::refused, fmt::format("another bgdb command is at work on {}", side),
              "wait for it; select pid, application_name from pg_stat_activity shows who");
}

}  // namespace

Result<pg::Session> open_side(const std::string& dsn, std::string_view side) {
  auto session = pg::Session::open({.dsn = dsn,
                                    .application_name = kApplication,
                                    .settings = {{"synchronous_commit", "on"},
                                                 // to compile a query over the catalog takes longer than to run it
                                                 {"jit", "off"}}});
  if (!session) return fail(session.error().with_context(side));
  return session;
}

Result<void> lock_operators(pg::Session& blue, pg::Session& green) {
  const char* identity =
      "select (select system_identifier from pg_control_system()) || '/' || oid from pg_database"
      " where datname = current_database()";
  // Else the lock on blue would look like somebody else's on green.
  if (BGDB_TRY(blue.scalar(identity)) == BGDB_TRY(green.scalar(identity))) {
    return fail(ErrorCode::config, "blue and green are the same database", "correct blue.dsn or green.dsn in bgdb.yml");
  }
  BGDB_CHECK(lock_operator(blue, "blue"));
  return lock_operator(green, "green");
}

Result<Snapshot> take_snapshot(const std::string& blue_dsn) {
  auto stream = BGDB_TRY(pg::ReplicationStream::open({.dsn = blue_dsn, .application_name = kApplication}));
  auto slot = stream.create_slot(fmt::format("bgdb_clone_{}", stream.session().server_pid()), true,
                                 pg::ReplicationStream::Lifetime::temporary);
  if (!slot) {
    if (slot.error().sqlstate != "53400") return fail(slot.error());
    return fail(
        slot.error().with_hint("going on needs one more replication slot for a while: raise "
                               "max_replication_slots on blue, or drop one that nobody uses"));
  }
  return Snapshot{std::move(stream), slot->snapshot_name, slot->consistent_point};
}

Result<pg::Session> open_in(const Snapshot& snapshot, const std::string& blue_dsn) {
  auto session = BGDB_TRY(open_side(blue_dsn, "blue"));
  BGDB_CHECK(session.begin("isolation level repeatable read read only"));
  BGDB_CHECK(session.execute("set transaction snapshot " + quote_literal(snapshot.name)));
  return session;
}

}  // namespace bgdb::clone
