#include "link/connect.h"

#include <fmt/format.h>

#include "replication/objects.h"

namespace bgdb::link {
namespace {

constexpr const char* kGapHint =
    "changes may be missing; this link cannot go on. Remove the link's objects and start again from a clone";

Result<PublishedStatus> read_link(const LinkOptions& options, Meter& meter) {
  auto target =
      BGDB_TRY(pg::Session::open({.dsn = options.target_dsn, .application_name = "bgdb link " + options.name}));
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

Result<void> check_slot(const LinkOptions& options, Lsn progress) {
  auto source =
      BGDB_TRY(pg::Session::open({.dsn = options.source_dsn, .application_name = "bgdb link " + options.name}));
  const auto slot = BGDB_TRY(replication::find_slot(source, options.slot));
  if (!slot) {
    return fail(ErrorCode::refused,
                fmt::format("replication slot {} does not exist on {}", options.slot, source.host_display()), kGapHint);
  }
  if (slot->wal_status == "lost") {
    return fail(ErrorCode::refused,
                fmt::format("replication slot {} on {} is lost: its log was removed "
                            "(max_slot_wal_keep_size or idle_replication_slot_timeout)",
                            options.slot, source.host_display()),
                kGapHint);
  }
  if (slot->confirmed_flush_lsn > progress) {
    return fail(ErrorCode::refused,
                fmt::format("replication slot {} begins at {}, but the target has only what is before {}: the slot was "
                            "created again, or the target was restored to an earlier state",
                            options.slot, slot->confirmed_flush_lsn.to_string(), progress.to_string()),
                kGapHint);
  }
  return {};
}

}  // namespace

bool worth_retrying(const Error& error) {
  if (error.code == ErrorCode::refused || error.code == ErrorCode::divergence) return false;
  if (error.retry != Retry::never) return true;
  return error.sqlstate == "55006" || error.sqlstate.starts_with("53") || error.sqlstate == "57014";
}

Result<Connected> connect(const LinkOptions& options, const translate::Mapping& mapping, Meter& meter) {
  const PublishedStatus link = BGDB_TRY(read_link(options, meter));
  auto applier = BGDB_TRY(Applier::open(options, mapping, meter));
  auto stream = BGDB_TRY(
      pg::ReplicationStream::open({.dsn = options.source_dsn, .application_name = "bgdb link " + options.name}));
  const auto system = BGDB_TRY(stream.identify_system());
  if (system.system_identifier != link.source_system) {
    return fail(
        ErrorCode::refused,
        fmt::format("the source of link {} is another server than at the clone (system identifier {} instead of {})",
                    options.name, system.system_identifier, link.source_system),
        kGapHint);
  }
  BGDB_CHECK(check_slot(options, applier->progress()));
  BGDB_CHECK(
      stream.start(options.slot, applier->progress(),
                   {{"proto_version", "1"}, {"publication_names", quote_ident(options.slot)}, {"messages", "true"}}));
  return Connected{std::move(applier), std::move(stream)};
}

}  // namespace bgdb::link
