#include "migrate/exclusive.h"

#include <algorithm>

#include "core/ident.h"
#include "core/sql_file.h"

namespace bgdb::migrate {

Result<ExclusiveLocks> ExclusiveLocks::begin(pg::Session& session) {
  ExclusiveLocks locks;
  locks.before_ = BGDB_TRY(
      session.scalar("select coalesce(array_agg(oid), '{}') from pg_class where relkind in ('r', 'p', 'm', 'v')"));
  return locks;
}

Result<void> ExclusiveLocks::look(pg::Session& session, int line, core::SteadyTime asked) {
  const auto rows = BGDB_TRY(session.query(core::sql_text("migrate/list_exclusive.sql"), {before_}));
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto table = QualifiedName{rows.text(i, "schema"), rows.text(i, "name")}.display();
    const bool known =
        std::any_of(seen_.begin(), seen_.end(), [&](const Seen& seen) { return seen.lock.table == table; });
    if (!known) seen_.push_back({{table, line, milliseconds(0)}, asked});
  }
  return {};
}

std::vector<ExclusiveLock> ExclusiveLocks::end() const {
  const auto now = core::system_clock().now();
  std::vector<ExclusiveLock> locks;
  for (const auto& seen : seen_) {
    locks.push_back(seen.lock);
    locks.back().held = std::chrono::duration_cast<milliseconds>(now - seen.asked);
  }
  return locks;
}

}  // namespace bgdb::migrate
