#include "journal/state.h"

#include "core/sql_file.h"

namespace bgdb::journal {

Result<void> install_state(pg::Session& session) {
  auto transaction = BGDB_TRY(pg::Transaction::begin(session));
  // Two commands at once on a fresh database: CREATE ... IF NOT EXISTS alone can collide in the catalog.
  BGDB_CHECK(session.execute("select pg_advisory_xact_lock(hashtext('bgdb'), hashtext('state'))"));
  BGDB_TRY(session.script(core::sql_text("state/create.sql")));
  return transaction.commit();
}

Result<bool> state_installed(pg::Session& session) {
  return BGDB_TRY(session.scalar(
             "select to_regclass('bgdb.side') is not null and to_regclass('bgdb.fact') is not null")) == "t";
}

Result<std::optional<Side>> read_side(pg::Session& session) {
  if (!BGDB_TRY(state_installed(session))) return std::optional<Side>();
  const auto rows = BGDB_TRY(session.query("select role, epoch, since, by from bgdb.side"));
  if (rows.empty()) return std::optional<Side>();
  Side side;
  side.role = core::role_of(rows.text(0, "role"));
  side.epoch = rows.integer(0, "epoch");
  side.since = rows.text(0, "since");
  side.by = rows.text(0, "by");
  return std::optional(side);
}

}  // namespace bgdb::journal
