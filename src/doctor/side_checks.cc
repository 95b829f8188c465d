#include "doctor/side_checks.h"

#include <fmt/format.h>

#include "core/sql_file.h"
#include "core/units.h"
#include "doctor/grants.h"
#include "introspect/firing.h"
#include "pg/replication_stream.h"

namespace bgdb::doctor {
namespace {

using clone::FindingState;

constexpr int64_t kLongTransactionMs = 60'000;
constexpr int64_t kIdleSlotBytes = int64_t{1} << 30;

Result<std::vector<std::string>> texts(const std::string& array) {
  std::vector<std::string> list;
  for (const auto& value : BGDB_TRY(pg::parse_array_literal(array))) list.push_back(value.value_or(""));
  return list;
}

}  // namespace

Result<void> check_rights(const SideToCheck& side, clone::Findings& findings) {
  const auto rights = BGDB_TRY(side.session->query(core::sql_text("doctor/read_rights.sql"), {kOriginFunctions}));
  const std::string user = quote_ident(rights.text(0, "user_name"));
  findings.begin("origin functions", side.name);
  if (const auto missing = BGDB_TRY(texts(rights.text(0, "missing_origin_functions"))); !missing.empty()) {
    findings.fail(
        fmt::format("role {} may not execute {} functions of replication origins on {} ({})", user, missing.size(),
                    side.name, missing.front()),
        fmt::format("on {}, as a superuser: bgdb doctor --print-grants --role {} prints them", side.name, user));
  }
  findings.begin("ownership", side.name);
  const auto owners = BGDB_TRY(side.session->query(core::sql_text("doctor/list_owners.sql"), {""}));
  for (size_t i = 0; i < owners.size(); ++i) {
    if (owners.boolean(i, "member")) continue;
    const std::string owner = quote_ident(owners.text(i, "owner"));
    const bool superuser = owners.boolean(i, "superuser");
    findings.fail(
        fmt::format("role {} has not the rights of {}, who owns {} and {} objects in all on {}: it could not publish, "
                    "lock and guard them",
                    user, owner, owners.text(i, "example"), owners.text(i, "objects"), side.name),
        superuser ? fmt::format("on {}: give what superuser {} owns to a role of the application (alter ... owner to "
                                "...), and grant that to {}; or use a superuser",
                                side.name, owner, user)
                  : fmt::format("on {}, as a superuser: grant {} to {}", side.name, owner, user));
  }
  findings.begin("other sessions", side.name);
  if (!rights.boolean(0, "reads_stats")) {
    findings.fail(fmt::format("role {} does not see what other sessions do on {}: long transactions would be missed",
                              user, side.name),
                  fmt::format("on {}, as a superuser: grant pg_read_all_stats to {}", side.name, user));
  }
  if (!rights.boolean(0, "may_signal")) {
    findings.fail(fmt::format("role {} may not end the sessions that stay on {} after a switch", user, side.name),
                  fmt::format("on {}, as a superuser: grant pg_signal_backend to {}", side.name, user));
  }
  return {};
}

Result<void> check_tables(const SideToCheck& side, clone::Findings& findings) {
  const auto rows = BGDB_TRY(side.session->query(core::sql_text("doctor/list_tables.sql")));
  const auto each = [&](const auto& look) -> Result<void> {
    for (size_t i = 0; i < rows.size(); ++i) {
      const QualifiedName name{rows.text(i, "schema"), rows.text(i, "name")};
      if (!side.takes_part(name) && !side.takes_part({rows.text(i, "root_schema"), rows.text(i, "root_name")}))
        continue;
      BGDB_CHECK(look(i, name));
    }
    return {};
  };
  findings.begin("row security", side.name);
  BGDB_CHECK(each([&](size_t i, const QualifiedName& name) -> Result<void> {
    if (!rows.boolean(i, "row_security")) return {};
    findings.add(FindingState::fail, name.display(),
                 fmt::format("row security of {} holds for bgdb's role on {}: rows would be left out", name.display(),
                             side.name),
                 fmt::format("on {}, as a superuser: alter role ... bypassrls", side.name));
    return {};
  }));
  findings.begin("triggers", side.name);
  std::vector<QualifiedName> tables;
  BGDB_CHECK(each([&](size_t, const QualifiedName& name) -> Result<void> {
    tables.push_back(name);
    return {};
  }));
  for (const auto& firing : BGDB_TRY(introspect::list_firing(*side.session, tables, side.accepted_triggers))) {
    findings.add(FindingState::fail, firing.table.display(),
                 fmt::format("{} {} acts on replicated rows, too: what it writes on {} comes on top of what the other "
                             "side sends; `bgdb sync` refuses",
                             firing.kind, firing.name, side.name),
                 introspect::cure_of(firing, side.name));
  }
  return {};
}

Result<void> check_server_state(const SideToCheck& side, clone::Findings& findings) {
  const auto limits = BGDB_TRY(side.session->query(core::sql_text("doctor/read_limits.sql")));
  findings.begin("slot limits", side.name);
  if (const int64_t keep = limits.integer(0, "slot_keep_mb"); keep >= 0) {
    findings.warn(
        fmt::format("max_slot_wal_keep_size on {} is {}: a link that falls further behind loses its slot, and "
                    "the release begins again",
                    side.name, core::format_bytes(keep << 20)),
        fmt::format("on {}: alter system set max_slot_wal_keep_size = -1; select pg_reload_conf(); and watch "
                    "the disk (bgdb lag)",
                    side.name));
  }
  if (const auto& idle = limits.at(0, "slot_idle_timeout")) {
    findings.warn(
        fmt::format("idle_replication_slot_timeout on {} is {}: a link that is stopped for longer loses its slot",
                    side.name, *idle),
        fmt::format("on {}: alter system set idle_replication_slot_timeout = 0; select pg_reload_conf()", side.name));
  }
  findings.begin("slots", side.name);
  const auto slots =
      BGDB_TRY(side.session->query(core::sql_text("doctor/list_slots.sql"), {std::to_string(kIdleSlotBytes)}));
  for (size_t i = 0; i < slots.size(); ++i) {
    const std::string& status = slots.text(i, "wal_status");
    const std::string& name = slots.text(i, "name");
    const bool ended = status == "lost", endangered = status == "unreserved";
    findings.add(ended || endangered ? FindingState::fail : FindingState::warn, name,
                 ended        ? fmt::format("slot {} on {} is lost: its log was removed", name, side.name)
                 : endangered ? fmt::format("slot {} on {} will be lost at the next checkpoint", name, side.name)
                              : fmt::format("nobody reads slot {} on {}, which keeps {} of log", name, side.name,
                                            core::format_bytes(slots.integer(i, "retained"))),
                 endangered ? fmt::format("start `bgdb sync`; on {}: raise max_slot_wal_keep_size", side.name)
                            : fmt::format("if nobody needs it, on {}: select pg_drop_replication_slot({})", side.name,
                                          quote_literal(name)));
  }
  findings.begin("locks", side.name);
  if (limits.integer(0, "tables") * 2 > limits.integer(0, "lock_room")) {
    findings.fail(
        fmt::format("{} has room for {} locks, a switch needs one on each of {} tables", side.name,
                    limits.integer(0, "lock_room"), limits.integer(0, "tables")),
        fmt::format("on {}: alter system set max_locks_per_transaction = 256; then restart the server", side.name));
  }
  findings.begin("running transactions", side.name);
  if (limits.integer(0, "prepared") > 0 && side.name != "blue") {  // blue's are the clone's own check
    findings.fail(fmt::format("{} prepared transactions on {}", limits.integer(0, "prepared"), side.name),
                  "commit or roll them back: rollback prepared " + quote_literal(limits.text(0, "prepared_example")));
  }
  if (const int64_t age = limits.integer(0, "long_ms"); age > kLongTransactionMs) {
    findings.warn(
        fmt::format("a transaction on {} runs for {} ({}): a slot cannot be made before it ends", side.name,
                    core::format_duration(std::chrono::milliseconds(age)), limits.text(0, "long_who")),
        fmt::format("wait; or on {}: select pg_terminate_backend({})", side.name, limits.text(0, "long_pid")));
  }
  findings.begin("sequences", side.name);
  const auto sequences = BGDB_TRY(side.session->query(core::sql_text("doctor/list_near_end_sequences.sql")));
  for (size_t i = 0; i < sequences.size(); ++i) {
    const std::string& name = sequences.text(i, "name");
    findings.add(
        FindingState::warn, name,
        sequences.boolean(i, "cycles")
            ? fmt::format("sequence {} on {} begins again at its end: a switch, which skips ahead, may give a "
                          "number twice",
                          name, side.name)
            : fmt::format("sequence {} on {} has used {} % of its range", name, side.name,
                          sequences.integer(i, "used")),
        sequences.boolean(i, "cycles") ? "" : fmt::format("on {}: alter sequence {} as bigint", side.name, name));
  }
  return {};
}

Result<void> check_settings(const SideToCheck& side, clone::Findings& findings) {
  findings.begin("settings", side.name);
  const auto rows = BGDB_TRY(side.session->query(core::sql_text("doctor/list_settings.sql")));
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string& who = rows.text(i, "who");
    const std::string cure = fmt::format("on {}: {}", side.name, rows.text(i, "undo"));
    if (rows.text(i, "name") == "session_replication_role") {
      findings.add(FindingState::fail, who,
                   fmt::format("session_replication_role is replica for {} on {}: such sessions pass over bgdb's "
                               "guards, foreign keys and triggers, whichever side serves",
                               who, side.name),
                   cure);
    } else {
      findings.add(
          FindingState::warn, who,
          fmt::format("transactions are read-only for {} on {}: clients cannot write when it serves", who, side.name),
          cure);
    }
  }
  return {};
}

Result<void> check_collations(const SideToCheck& side, clone::Findings& findings) {
  findings.begin("collation versions", side.name);
  const auto stale = BGDB_TRY(side.session->query(core::sql_text("doctor/list_stale_collations.sql")));
  for (size_t i = 0; i < stale.size(); ++i) {
    findings.warn(fmt::format("collation {} on {} was {} when its indexes were built and is {} now: they may miss rows",
                              stale.text(i, "name"), side.name, stale.text(i, "recorded"), stale.text(i, "actual")),
                  fmt::format("on {}: reindex what uses it, then alter collation {} refresh version", side.name,
                              stale.text(i, "name")));
  }
  if (side.session->server_version() < 150000) return {};
  const auto whole = BGDB_TRY(side.session->query(
      "select datcollversion as recorded, pg_database_collation_actual_version(oid) as actual, quote_ident(datname) as "
      "name from pg_database where datname = current_database() and datcollversion <> "
      "pg_database_collation_actual_version(oid)"));
  if (whole.empty()) return {};
  findings.warn(
      fmt::format("the collation of {}'s database was {} when its indexes were built and is {} now: indexes on "
                  "text may miss rows",
                  side.name, whole.text(0, "recorded"), whole.text(0, "actual")),
      fmt::format("on {}: reindex database {}; alter database {} refresh collation version", side.name,
                  whole.text(0, "name"), whole.text(0, "name")));
  return {};
}

Result<void> check_stream(const SideToCheck& side, clone::Findings& findings) {
  findings.begin("replication connection", side.name);
  auto stream = pg::ReplicationStream::open({.dsn = side.dsn, .application_name = "bgdb doctor"});
  auto asked = stream ? stream->identify_system() : Result<pg::IdentifySystem>(stream.error());
  if (asked) return {};
  if (asked.error().code == ErrorCode::interrupted) return fail(asked.error());
  findings.fail(
      fmt::format("no replication connection to {}: {}", side.name, asked.error().message),
      fmt::format("{}.dsn must lead to the server itself, not to a pooler, and pg_hba.conf must let its user in "
                  "for this database; the role needs REPLICATION",
                  side.name));
  return {};
}

}  // namespace bgdb::doctor
