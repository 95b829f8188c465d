#include "app/teardown.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "core/clock.h"
#include "core/ident.h"
#include "core/retry.h"
#include "replication/objects.h"

namespace bgdb::app {

using std::chrono::milliseconds;

namespace {

// Until nobody is in the way any more, within `budget`. `busy` are the SQLSTATEs of somebody in the way.
template <class Body>
Result<void> until_free(milliseconds budget, std::initializer_list<const char*> busy, Body&& body) {
  const core::RetryPolicy policy{
      .attempts_max = 1'000, .backoff_first = milliseconds(20), .backoff_max = milliseconds(100), .budget = budget};
  return core::with_retry(
      policy, core::system_clock(), std::forward<Body>(body),
      [&](const Error& error) {
        return std::any_of(busy.begin(), busy.end(), [&](const char* state) { return error.sqlstate == state; });
      },
      [](const Error&, int) {});
}

}  // namespace

Result<void> drop_slot_in_use(pg::Session& session, const std::string& side, const std::string& slot) {
  auto dropped = until_free(milliseconds(20'000), {"55006"}, [&]() -> Result<void> {
    const auto rows = BGDB_TRY(session.query(
        "select pg_terminate_backend(active_pid, 1000) from pg_replication_slots where slot_name = $1 and active"
        " and database = current_database()",
        {slot}));
    // Names are shared by all databases of a server: the same one elsewhere is another project's.
    return session.execute(
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1"
        " and database = current_database()",
        {slot});
  });
  if (!dropped) return dropped.error().with_context("slot " + slot + " on " + side);
  return {};
}

Result<void> cut_link(pg::Session& session, const std::string& side, const std::string& link,
                      const std::string& origin) {
  auto dropped = until_free(milliseconds(10'000), {"55006", "55000"}, [&]() -> Result<void> {
    // The applier of a link whose slot is gone has nothing left to do.
    BGDB_CHECK(
        session.execute("select pg_terminate_backend(pid, 1000) from pg_stat_activity where application_name = $1"
                        " and datid = (select oid from pg_database where datname = current_database())",
                        {"bgdb link " + link}));
    return replication::drop_origin(session, origin);
  });
  if (!dropped) return dropped.error().with_context("origin " + origin + " on " + side);
  return session.execute("delete from bgdb.link where name = $1", {link});
}

Result<int> drop_guards(pg::Session& session, const std::string& side) {
  const auto rows = BGDB_TRY(session.query(
      "select n.nspname as schema, c.relname as name from pg_trigger t join pg_class c on c.oid = t.tgrelid"
      " join pg_namespace n on n.oid = c.relnamespace where t.tgname = 'bgdb_guard' and not t.tgisinternal order by 1, "
      "2"));
  for (size_t i = 0; i < rows.size(); ++i) {
    const QualifiedName table{rows.text(i, "schema"), rows.text(i, "name")};
    auto dropped = until_free(milliseconds(60'000), {"55P03"}, [&] {  // the session's lock_timeout
      return session.execute("drop trigger if exists bgdb_guard on " + table.sql());
    });
    if (!dropped) return dropped.error().with_context("guard of " + table.display() + " on " + side);
  }
  return static_cast<int>(rows.size());
}

}  // namespace bgdb::app
