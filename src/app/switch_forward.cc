// Steps 8 to 10 over real databases: past the point of no return, each repeated until it is done.
#include <fmt/format.h>

#include "app/front_door.h"
#include "app/switch_wiring.h"
#include "core/log.h"
#include "pg/deadline.h"

namespace bgdb::app {

// `side` is taken by comparing epochs: an operator who slept through a later switch changes nothing.
Result<void> SwitchWiring::activate_target(int64_t epoch) {
  auto* session = BGDB_TRY(target());
  auto activated = [&]() -> Result<void> {
    auto transaction = BGDB_TRY(pg::Transaction::begin(*session));
    BGDB_CHECK(session->execute("set local lock_timeout = '3s'"));
    const auto rows =
        BGDB_TRY(session->query("update bgdb.side set role = 'active', epoch = $1, since = clock_timestamp(), by = $2,"
                                " writer_pid = null, writer_started = null where role = 'standby' and epoch < $1",
                                {std::to_string(epoch), "bgdb " + spec_.command}));
    if (rows.affected != 1) {
      const auto now = BGDB_TRY(session->query("select role, epoch from bgdb.side"));
      if (!now.empty() && now.text(0, "role") == "active" && now.integer(0, "epoch") == epoch) return {};
      return fail(ErrorCode::refused,
                  fmt::format("{} is not a standby of an epoch before {}", spec_.target.name, epoch),
                  "Another switch came after this one; see \"bgdb status\".");
    }
    return transaction.commit();
  }();
  if (!activated) return activated.error().with_context("activating " + spec_.target.name);
  return {};
}

Result<void> SwitchWiring::point_traffic() {
  return driver_->point_to({spec_.target.name, spec_.target.dsn}, milliseconds(10'000));
}

Result<void> SwitchWiring::resume_traffic() {
  BGDB_CHECK(driver_->resume(milliseconds(5'000)));
  guardian_.dismiss();
  return {};
}

Result<void> SwitchWiring::check_front_door(int64_t epoch) {
  const auto dsn = driver_->front_door_dsn();
  return dsn.empty() ? Result<void>() : expect_front_door(dsn, epoch);
}

Result<int> SwitchWiring::evict_sessions() {
  auto* session = BGDB_TRY(source());
  const auto count = BGDB_TRY(session->scalar(
      "select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity"
      " where datid = (select oid from pg_database where datname = current_database())"
      " and backend_type = 'client backend' and pid <> pg_backend_pid() and application_name not like 'bgdb%'"));
  if (count != "0") remark(fmt::format("{} client sessions on {} were ended", count, spec_.source.name));
  return std::stoi(count);
}

// nextval ignores every lock: what sessions drew on the source until they were gone.
Result<void> SwitchWiring::top_up_sequences() {
  auto session = source();
  if (!session) {
    remark(fmt::format("{} cannot be asked for its sequences any more; the margin covers what was drawn last",
                       spec_.source.name));
    return {};
  }
  if (sequences_.empty()) {  // --resume
    BGDB_CHECK(read_counterparts());
    sequences_ = BGDB_TRY(read_sequence_names(**session));
  }
  const auto states = BGDB_TRY(read_sequences(**session));
  return raise_target_sequences(states);
}

}  // namespace bgdb::app
