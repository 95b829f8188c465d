#include "app/guards.h"

#include <fmt/format.h>

#include "core/clock.h"
#include "core/retry.h"
#include "core/sql_file.h"

namespace bgdb::app {

using std::chrono::milliseconds;

Result<std::vector<SwitchTable>> read_switch_tables(pg::Session& session, const std::string& publication) {
  const auto rows = BGDB_TRY(session.query(core::sql_text("cutover/list_tables.sql"), {publication}));
  std::vector<SwitchTable> tables;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& guard = rows.at(i, "guard");
    tables.push_back({{rows.text(i, "schema"), rows.text(i, "name")}, guard ? guard->at(0) : char{0}});
  }
  return tables;
}

Result<void> guard_tables(pg::Session& session, std::vector<SwitchTable>& tables, milliseconds lock_timeout,
                          milliseconds budget) {
  const auto deadline = core::system_clock().now() + budget;
  for (auto& table : tables) {
    const auto sql = guard_sql(table);
    if (sql.empty()) continue;
    const core::RetryPolicy policy{
        .attempts_max = 1'000,
        .backoff_first = milliseconds(20),
        .backoff_max = milliseconds(500),
        .budget = std::chrono::duration_cast<milliseconds>(deadline - core::system_clock().now())};
    auto guarded = core::with_retry(
        policy, core::system_clock(),
        [&]() -> Result<void> {
          auto transaction = BGDB_TRY(pg::Transaction::begin(session));
          BGDB_CHECK(session.execute(fmt::format("set local lock_timeout = '{}ms'", lock_timeout.count())));
          BGDB_CHECK(session.execute(sql));
          return transaction.commit();
        },
        [](const Error& error) { return error.code == ErrorCode::lock_timeout; }, [](const Error&, int) {});
    if (!guarded) {
      return guarded.error()
          .with_context("guard of " + table.name.display())
          .with_hint("A long transaction, an index build or a vacuum holds the table: see pg_locks.");
    }
    table.guard = 'O';
  }
  return {};
}

}  // namespace bgdb::app
