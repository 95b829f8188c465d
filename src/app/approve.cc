#include "app/approve.h"

#include <nlohmann/json.hpp>

#include "core/sql_file.h"
#include "journal/journal.h"
#include "journal/state.h"

namespace bgdb::app {

Result<Approved> approve(const Config& config) {
  std::optional<Error> unreachable;
  for (const auto& [name, dsn] : config.sides()) {
    auto session = pg::Session::open({.dsn = dsn, .application_name = "bgdb approve"});
    if (!session) {
      unreachable = session.error().with_context(name);
      continue;
    }
    const auto side = BGDB_TRY(journal::read_side(*session));
    if (!side || side->role != journal::Role::active) continue;
    const Approved approved{journal::actor(), name, side->epoch};
    const nlohmann::json value = {{"by", approved.by}, {"epoch", approved.epoch}};
    auto transaction = BGDB_TRY(pg::Transaction::begin(*session));
    BGDB_CHECK(session->execute(core::sql_text("state/write_fact.sql"), {"approval", value.dump()}));
    BGDB_TRY(journal::append(*session, {.command = "approve", .step = "approved", .detail = value.dump()}));
    BGDB_CHECK(transaction.commit());
    return approved;
  }
  if (unreachable) return *unreachable;
  return fail(ErrorCode::refused, "no side serves: there is nothing to approve",
              "\"bgdb status\" says what is half done.");
}

}  // namespace bgdb::app
