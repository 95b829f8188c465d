// Every function looks first and acts then, so that each may be repeated after a crash at any line.
#include "replication/objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "core/clock.h"
#include "core/sql_file.h"
#include "core/text.h"

namespace bgdb::replication {
namespace {

Result<Lsn> lsn_of(const pg::Value& value) {
  return value ? Lsn::parse(*value) : Result<Lsn>(Lsn{});
}

// What a role without superuser needs for origins (docs: 9.27.6).
Error origin_error(Error error) {
  if (error.sqlstate != "42501") return error;
  return error.with_context("replication origins are not permitted")
      .with_hint("as a superuser: grant execute on all functions named pg_replication_origin_* to bgdb's role");
}

// The server process of a link that has just ended holds slot and origin for a moment longer. Inside a transaction the
// first refusal has ended it.
Result<void> when_free(pg::Session& session, const std::string& what, const std::function<Result<void>()>& drop) {
  constexpr int kAttempts = 50;
  for (int attempt = 1;; ++attempt) {
    auto dropped = drop();
    if (dropped) return dropped;
    const bool in_use = dropped.error().sqlstate == "55006";
    if (!in_use || attempt == kAttempts || session.in_transaction()) {
      Error error = dropped.error().with_context(what);
      return in_use ? error.with_hint("a process still uses it: stop `bgdb sync`, then try again") : error;
    }
    core::system_clock().sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace

Result<std::optional<SlotInfo>> find_slot(pg::Session& session, std::string_view name) {
  const auto rows = BGDB_TRY(session.query(
      "select active, coalesce(wal_status, '') as wal_status, safe_wal_size, restart_lsn, confirmed_flush_lsn, "
      "coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint as retained "
      "from pg_replication_slots where slot_name = $1 and database = current_database()",
      {std::string(name)}));
  if (rows.empty()) return std::optional<SlotInfo>();
  SlotInfo slot;
  slot.name = name;
  slot.active = rows.boolean(0, "active");
  slot.wal_status = rows.text(0, "wal_status");
  if (rows.at(0, "safe_wal_size")) slot.safe_wal_size_bytes = rows.integer(0, "safe_wal_size");
  slot.restart_lsn = BGDB_TRY(lsn_of(rows.at(0, "restart_lsn")));
  slot.confirmed_flush_lsn = BGDB_TRY(lsn_of(rows.at(0, "confirmed_flush_lsn")));
  slot.retained_bytes = rows.integer(0, "retained");
  return std::optional(std::move(slot));
}

Result<void> drop_slot(pg::Session& session, std::string_view name) {
  return when_free(session, fmt::format("cannot drop replication slot {}", name), [&]() -> Result<void> {
    if (!BGDB_TRY(find_slot(session, name))) return {};
    auto dropped = session.execute("select pg_drop_replication_slot($1)", {std::string(name)});
    // Somebody else dropped it meanwhile.
    return dropped || dropped.error().sqlstate != "42704" ? dropped : Result<void>();
  });
}

Result<std::vector<QualifiedName>> published_tables(pg::Session& session, std::string_view name) {
  const auto rows = BGDB_TRY(session.query(
      "select n.nspname, c.relname from pg_publication p join pg_publication_rel r on r.prpubid = p.oid "
      "join pg_class c on c.oid = r.prrelid join pg_namespace n on n.oid = c.relnamespace where p.pubname = $1",
      {std::string(name)}));
  std::vector<QualifiedName> tables;
  for (size_t row = 0; row < rows.size(); ++row) tables.push_back({rows.text(row, 0), rows.text(row, 1)});
  std::sort(tables.begin(), tables.end());
  return tables;
}

Result<void> create_publication(pg::Session& session, std::string_view name, const std::vector<QualifiedName>& tables,
                                PublishAs as) {
  if (tables.empty()) {
    return fail(ErrorCode::refused, fmt::format("publication {} would publish no table", name),
                "check tables.include in bgdb.yml");
  }
  std::vector<QualifiedName> wanted = tables;
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  std::vector<std::string> names;
  for (const QualifiedName& table : wanted) names.push_back(table.sql());
  const std::string list = core::join(names);
  const auto found = BGDB_TRY(session.query("select 1 from pg_publication where pubname = $1", {std::string(name)}));
  if (found.empty()) {
    return session.execute(fmt::format("create publication {} for table {} with (publish_via_partition_root = {})",
                                       quote_ident(name), list, as == PublishAs::root));
  }
  if (BGDB_TRY(published_tables(session, name)) == wanted) return {};
  return session.execute(fmt::format("alter publication {} set table {}", quote_ident(name), list));
}

Result<void> drop_publication(pg::Session& session, std::string_view name) {
  return session.execute("drop publication if exists " + quote_ident(name));
}

Result<std::string> origin_name(pg::Session& session, std::string_view name) {
  return session.scalar(core::sql_text("replication/read_origin_name.sql"), {std::string(name)});
}

Result<void> create_origin(pg::Session& session, std::string_view name) {
  const auto created =
      session.execute("select pg_replication_origin_create($1) where pg_replication_origin_oid($1) is null",
                      {BGDB_TRY(origin_name(session, name))});
  if (!created) return origin_error(created.error());
  return {};
}

Result<void> drop_origin(pg::Session& session, std::string_view name) {
  const auto origin = BGDB_TRY(origin_name(session, name));
  return when_free(session, fmt::format("cannot drop replication origin {}", origin), [&]() -> Result<void> {
    const auto dropped = session.execute(
        "select pg_replication_origin_drop($1) where pg_replication_origin_oid($1) is not null", {origin});
    if (!dropped) return origin_error(dropped.error());
    if (BGDB_TRY(session.scalar("select to_regclass('bgdb.progress') is not null")) != "t") return {};
    return session.execute("delete from bgdb.progress where origin = $1", {std::string(name)});
  });
}

Result<Lsn> origin_progress(pg::Session& session, std::string_view name) {
  const auto rows = session.query(core::sql_text("replication/read_progress.sql"),
                                  {std::string(name), BGDB_TRY(origin_name(session, name))});
  if (!rows) return origin_error(rows.error());
  return lsn_of(rows->at(0, "lsn"));
}

Result<Lsn> flush_origin(pg::Session& session, const std::string& origin) {
  const auto rows = session.query("select pg_replication_origin_progress($1, true) as lsn", {origin});
  if (!rows) return origin_error(rows.error());
  return lsn_of(rows->at(0, "lsn"));
}

Result<void> advance_origin(pg::Session& session, std::string_view name, Lsn lsn) {
  if (session.in_transaction()) {
    const auto set = session.execute(core::sql_text("replication/set_progress.sql"),
                                     {std::string(name), lsn.to_string(), BGDB_TRY(origin_name(session, name))});
    return set ? Result<void>() : Result<void>(origin_error(set.error()));
  }
  auto transaction = BGDB_TRY(pg::Transaction::begin(session));
  BGDB_CHECK(session.execute("set local synchronous_commit = on"));
  BGDB_CHECK(advance_origin(session, name, lsn));
  return transaction.commit();
}

}  // namespace bgdb::replication
