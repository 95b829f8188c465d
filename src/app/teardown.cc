#include "app/teardown.h"

#include "core/clock.h"
#include "core/ident.h"
#include "core/retry.h"
#include "replication/objects.h"

namespace bgdb::app {

using std::chrono::milliseconds;

Result<void> drop_slot_in_use(pg::Session& session, const std::string& side, const std::string& slot) {
  const core::RetryPolicy policy{.attempts_max = 200,
                                 .backoff_first = milliseconds(20),
                                 .backoff_max = milliseconds(100),
                                 .budget = milliseconds(20'000)};
  auto dropped = core::with_retry(
      policy, core::system_clock(),
      [&]() -> Result<void> {
        const auto rows = BGDB_TRY(session.query(
            "select pg_terminate_backend(active_pid, 1000) from pg_replication_slots where slot_name = $1 and active",
            {slot}));
        return session.execute(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1", {slot});
      },
      [](const Error& error) { return error.sqlstate == "55006"; }, [](const Error&, int) {});
  if (!dropped) return dropped.error().with_context("slot " + slot + " on " + side);
  return {};
}

Result<void> cut_link(pg::Session& session, const std::string& side, const std::string& link,
                      const std::string& origin) {
  const core::RetryPolicy policy{.attempts_max = 100,
                                 .backoff_first = milliseconds(20),
                                 .backoff_max = milliseconds(100),
                                 .budget = milliseconds(10'000)};
  auto dropped = core::with_retry(
      policy, core::system_clock(),
      [&]() -> Result<void> {
        // The applier of a link whose slot is gone has nothing left to do.
        BGDB_CHECK(
            session.execute("select pg_terminate_backend(pid, 1000) from pg_stat_activity where application_name = $1"
                            " and datid = (select oid from pg_database where datname = current_database())",
                            {"bgdb link " + link}));
        return replication::drop_origin(session, origin);
      },
      [](const Error& error) { return error.sqlstate == "55006" || error.sqlstate == "55000"; },
      [](const Error&, int) {});
  if (!dropped) return dropped.error().with_context("origin " + origin + " on " + side);
  return session.execute("delete from bgdb.link where name = $1", {link});
}

Result<int> drop_guards(pg::Session& session, const std::string& side) {
  const auto rows = BGDB_TRY(session.query(
      "select n.nspname as schema, c.relname as name from pg_trigger t join pg_class c on c.oid = t.tgrelid"
      " join pg_namespace n on n.oid = c.relnamespace where t.tgname = 'bgdb_guard' and not t.tgisinternal order by 1, "
      "2"));
  const core::RetryPolicy policy{.attempts_max = 50,
                                 .backoff_first = milliseconds(50),
                                 .backoff_max = milliseconds(1'000),
                                 .budget = milliseconds(60'000)};
  for (size_t i = 0; i < rows.size(); ++i) {
    const QualifiedName table{rows.text(i, "schema"), rows.text(i, "name")};
    auto dropped = core::with_retry(
        policy, core::system_clock(),
        [&] { return session.execute("drop trigger if exists bgdb_guard on " + table.sql()); },
        [](const Error& error) { return error.code == ErrorCode::lock_timeout; }, [](const Error&, int) {});
    if (!dropped) return dropped.error().with_context("guard of " + table.display() + " on " + side);
  }
  return static_cast<int>(rows.size());
}

}  // namespace bgdb::app
