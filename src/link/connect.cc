#include "link/connect.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/sql_file.h"
#include "journal/state.h"
#include "replication/objects.h"
#include "replication/timeline.h"

namespace bgdb::link {
namespace {

Result<PublishedStatus> read_link(const LinkOptions& options, Meter& meter) {
  auto target = BGDB_TRY(pg::Session::open({.dsn = options.target_dsn, .application_name = "bgdb"}));
  auto published = BGDB_TRY(read_published_status(target, options.name));
  if (!published) {
    return fail(ErrorCode::not_found, fmt::format("link {} is not set up in {}", options.name, target.host_display()),
                "run `bgdb clone` first");
  }
  if (published->slot != options.slot) {
    return fail(ErrorCode::refused,
                fmt::format("link {} in {} belongs to slot {}, not to {}", options.name, target.host_display(),
                            published->slot, options.slot),
                "is this the right database, and is `name` in bgdb.yml what it was at the clone?");
  }
  if (meter.status({}).transactions == 0) meter.go_on_from(published->status);
  return *std::move(published);
}

// A slot that is missing because the links were finalized is no gap: the fact is written before anything is dropped.
Result<bool> finalized(pg::Session& source, const LinkOptions& options) {
  const auto source_side = BGDB_TRY(journal::read_side(source));
  if (source_side && source_side->role == journal::Role::retired) return true;
  auto target = BGDB_TRY(pg::Session::open({.dsn = options.target_dsn, .application_name = "bgdb"}));
  const auto target_side = BGDB_TRY(journal::read_side(target));
  return target_side && target_side->role == journal::Role::retired;
}

// A table that the mapping knows and the publication does not (created after the clone, or created again) would be
// passed over in silence. Two sources of one target would truncate each other's rows.
Result<void> check_tables(pg::Session& source, const LinkOptions& options, const translate::Mapping& mapping) {
  const auto published = BGDB_TRY(replication::published_tables(source, options.slot));
  std::map<QualifiedName, QualifiedName> sources;
  for (const translate::TableMapping& table : mapping.tables) {
    if (!std::binary_search(published.begin(), published.end(), table.source)) {
      return fail(
          ErrorCode::refused,
          fmt::format("{} is not in publication {} of {}: it was created after the clone, or dropped and created "
                      "again, and its rows are not in the stream",
                      table.source.display(), options.slot, source.host_display()),
          "list it in tables.exclude, or start again from a clone");
    }
    const auto [other, alone] = sources.emplace(table.target, table.source);
    if (alone || other->second == table.source || table.merged) continue;
    return fail(ErrorCode::refused,
                fmt::format("{} and {} both go to {}: a TRUNCATE of one would take the other's rows",
                            other->second.display(), table.source.display(), table.target.display()),
                "map each table to a table of its own");
  }
  return {};
}

Result<replication::SlotInfo> usable_slot(const LinkOptions& options, const translate::Mapping& mapping) {
  auto source = BGDB_TRY(pg::Session::open({.dsn = options.source_dsn, .application_name = "bgdb"}));
  const auto slot = BGDB_TRY(replication::find_slot(source, options.slot));
  if (!slot) {
    if (BGDB_TRY(finalized(source, options))) {
      return fail(ErrorCode::not_found, fmt::format("link {} was removed by `bgdb finalize`", options.name));
    }
    return fail(ErrorCode::refused,
                fmt::format("replication slot {} does not exist on {}", options.slot, source.host_display()),
                replication::kBeginAgain);
  }
  if (slot->wal_status == "lost") {
    return fail(ErrorCode::refused,
                fmt::format("replication slot {} on {} is lost: its log was removed "
                            "(max_slot_wal_keep_size or idle_replication_slot_timeout)",
                            options.slot, source.host_display()),
                replication::kBeginAgain);
  }
  if (options.publication.empty()) BGDB_CHECK(check_tables(source, options, mapping));
  return *slot;
}

Result<void> check_no_gap(const LinkOptions& options, const replication::SlotInfo& slot, Lsn progress) {
  if (slot.confirmed_flush_lsn <= progress) return {};
  return fail(ErrorCode::refused,
              fmt::format("replication slot {} begins at {}, but the target has only what is before {}: the slot was "
                          "created again, or the target was restored to an earlier state",
                          options.slot, slot.confirmed_flush_lsn.to_string(), progress.to_string()),
              replication::kBeginAgain);
}

// The types that the mapping speaks of, as the stream numbers them, and the origins to pass by.
Result<Source> read_source(const LinkOptions& options, const translate::Mapping& mapping) {
  std::set<std::string> names;
  for (const translate::TableMapping& table : mapping.tables) {
    for (const translate::SourceColumn& column : table.source_columns) names.insert(column.type_sql);
  }
  auto source = BGDB_TRY(pg::Session::open({.dsn = options.source_dsn, .application_name = "bgdb"}));
  const auto rows =
      BGDB_TRY(source.query("select name, to_regtype(name)::oid::bigint as oid from unnest($1::text[]) as name where "
                            "to_regtype(name) is not null",
                            {pg::to_array_literal({names.begin(), names.end()})}));
  Source found;
  for (size_t i = 0; i < rows.size(); ++i) {
    found.types[rows.text(i, "name")] = static_cast<uint32_t>(rows.integer(i, "oid"));
  }
  for (const std::string& name : options.drop_origins) {
    found.drop_origins.push_back(BGDB_TRY(replication::origin_name(source, name)));
  }
  return found;
}

// `bgdb migrate` may have been at work while no link held its lock: the statements of before would write columns that
// are others now.
Result<void> check_target(pg::Session& target, const translate::Mapping& mapping, Seen& seen) {
  std::vector<pg::Value> schemas, names;
  for (const translate::TableMapping& table : mapping.tables) {
    schemas.emplace_back(table.target.schema);
    names.emplace_back(table.target.name);
  }
  const std::string columns = BGDB_TRY(target.scalar(core::sql_text("link/describe_tables.sql"),
                                                     {pg::to_array_literal(schemas), pg::to_array_literal(names)}));
  if (seen.target_columns.empty()) seen.target_columns = columns;
  if (seen.target_columns == columns) return {};
  return fail(
      ErrorCode::refused,
      fmt::format("the tables of {} were changed while the link was not connected, and its mapping was derived for "
                  "those of before",
                  target.host_display()),
      "start `bgdb sync` again: it derives the mapping anew. The slot keeps everything");
}

}  // namespace

bool worth_retrying(const Error& error) {
  if (error.code == ErrorCode::refused || error.code == ErrorCode::divergence) return false;
  if (error.retry != Retry::never) return true;
  return error.sqlstate == "55006" || error.sqlstate.starts_with("53") || error.sqlstate == "57014";
}

Result<Connected> connect(const LinkOptions& options, const translate::Mapping& mapping, Meter& meter, Seen& seen) {
  const auto slot =
      BGDB_TRY(usable_slot(options, mapping));  // before the origin is taken: finalize may be dropping both
  const PublishedStatus link = BGDB_TRY(read_link(options, meter));
  auto applier = BGDB_TRY(Applier::open(options, mapping, meter, BGDB_TRY(read_source(options, mapping))));
  BGDB_CHECK(check_target(applier->session(), mapping, seen));  // behind its lock: no migration from here on
  auto stream = BGDB_TRY(
      pg::ReplicationStream::open({.dsn = options.source_dsn, .application_name = "bgdb link " + options.name}));
  const auto system = BGDB_TRY(stream.identify_system());
  if (system.system_identifier != link.source_system) {
    return fail(
        ErrorCode::refused,
        fmt::format("the source of link {} is another server than at the clone (system identifier {} instead of {})",
                    options.name, system.system_identifier, link.source_system),
        replication::kBeginAgain);
  }
  BGDB_CHECK(replication::check_timeline(applier->session(), options.slot, stream, system, applier->progress()));
  BGDB_CHECK(check_no_gap(options, slot, applier->progress()));
  // The server would pass over everything below our position without a word.
  if (applier->progress() > system.xlog_position) {
    return fail(ErrorCode::refused,
                fmt::format("the source of link {} is at {}, but the target has applied up to {}: the source was "
                            "restored to an earlier state, or a standby that was behind took its place",
                            options.name, system.xlog_position.to_string(), applier->progress().to_string()),
                replication::kBeginAgain);
  }
  auto started = stream.start(
      options.slot, applier->progress(),
      {{"proto_version", "1"},
       {"publication_names", quote_ident(options.publication.empty() ? options.slot : options.publication)},
       {"messages", "true"}});
  if (!started) {
    if (started.error().sqlstate == "42704") BGDB_TRY(usable_slot(options, mapping));  // dropped this moment: by whom?
    return std::move(started).error();
  }
  return Connected{std::move(applier), std::move(stream)};
}

}  // namespace bgdb::link
