#include "clone/plain_copy.h"

#include <fmt/format.h>

#include <algorithm>

#include "clone/copier.h"
#include "clone/dump.h"
#include "clone/plan.h"
#include "clone/preflight.h"
#include "core/clock.h"
#include "core/interrupt.h"
#include "core/sql_file.h"

namespace bgdb::clone {
namespace {

Result<void> run_script(const std::string& dsn, const std::string& sql, const std::string& what) {
  auto session =
      BGDB_TRY(pg::Session::open({.dsn = dsn, .application_name = "bgdb rehearse"}));  // a dump sets settings
  if (const auto ran = session.script(sql); !ran) return fail(ran.error().with_context(what));
  return {};
}

// Sequences know no snapshot: their values are those of now.
Result<void> copy_sequences(pg::Session& source, pg::Session& target) {
  const auto names = BGDB_TRY(source.query(core::sql_text("clone/list_sequences.sql")));
  for (size_t i = 0; i < names.size(); ++i) {
    const auto& name = names.text(i, 0);
    if (BGDB_TRY(target.scalar("select to_regclass($1) is null", {name})) == "t") continue;
    const auto value = BGDB_TRY(source.query("select last_value, is_called from " + name));
    BGDB_CHECK(target.execute("select setval($1::regclass, $2::bigint, $3::boolean)",
                              {name, value.text(0, 0), value.text(0, 1)}));
  }
  return {};
}

}  // namespace

Result<PlainCopyReport> copy_plainly(const PlainCopyOptions& options, core::Progress& progress) {
  const auto begun = core::system_clock().now();
  progress.stage("schema");
  auto source = BGDB_TRY(pg::Session::open({.dsn = options.source_dsn, .application_name = "bgdb rehearse"}));
  const auto server = BGDB_TRY(read_server(source));
  BGDB_CHECK(source.begin("isolation level repeatable read read only"));  // holds the snapshot
  const auto snapshot = BGDB_TRY(source.scalar("select pg_export_snapshot()"));
  const auto plan = BGDB_TRY(read_plan(source, [](const QualifiedName& name) { return name.schema != "bgdb"; }));
  const auto pg_dump = options.pg_dump.empty() ? BGDB_TRY(find_pg_dump(server.version)) : options.pg_dump;
  const auto dump = BGDB_TRY(dump_schema(pg_dump, options.source_dsn, snapshot));
  BGDB_CHECK(run_script(options.target_dsn, dump.pre_data, "the server does not take the schema"));
  progress.stage("data");
  PlainCopyReport report;
  auto copied = BGDB_TRY(copy_tables({.blue_dsn = options.source_dsn,
                                      .green_dsn = options.target_dsn,
                                      .snapshot = snapshot,
                                      .encoding = server.encoding,
                                      .workers = options.workers},
                                     plan.copied(), progress));
  if (!copied.put_off.empty()) {
    return fail(ErrorCode::refused, copied.put_off[0], "try again when that has ended");
  }
  report.tables = std::move(copied.tables);
  std::sort(report.tables.begin(), report.tables.end(), [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  for (const auto& table : report.tables) {
    report.rows += table.rows;
    report.bytes += table.bytes;
  }
  progress.stage("indexes and constraints");
  BGDB_CHECK(run_script(options.target_dsn, dump.post_data, "building indexes and constraints of the copy"));
  auto target = BGDB_TRY(pg::Session::open({.dsn = options.target_dsn, .application_name = "bgdb rehearse"}));
  BGDB_CHECK(copy_sequences(source, target));
  BGDB_CHECK(source.rollback());
  if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
  progress.stage("statistics");
  BGDB_CHECK(target.execute("analyze"));
  report.took = core::time_since(begun);
  return report;
}

}  // namespace bgdb::clone
