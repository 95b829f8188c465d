#include "app/clone_wiring.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "app/mapping_wiring.h"
#include "core/interrupt.h"
#include "introspect/introspect.h"
#include "journal/state.h"
#include "link/link.h"
#include "link/setup.h"
#include "pg/replication_stream.h"
#include "replication/objects.h"
#include "translate/mapping.h"

namespace bgdb::app {
namespace {

using namespace std::chrono_literals;

constexpr const char* kLink = "clone";

// Leaves and plain tables, each to itself.
Result<translate::Mapping> mapping_of(const clone::CatchUp& catch_up, pg::Session& blue, pg::Session& green) {
  if (catch_up.mapping) return *catch_up.mapping;
  const auto blue_catalog = BGDB_TRY(introspect::read_catalog(blue, {.sizes = false}));
  const auto green_catalog = BGDB_TRY(introspect::read_catalog(green, {.sizes = false}));
  translate::DeriveInput input;
  input.blue = &blue_catalog;
  input.green = &green_catalog;
  for (const auto& [table, at] : catch_up.copied_at) input.tables.push_back(table);
  return BGDB_TRY(translate::derive(input)).forward;
}

// The link's row and origin, where an earlier attempt left them or at the slot's beginning.
Result<void> record(const clone::CatchUp& catch_up, const std::string& blue_dsn, pg::Session& blue,
                    pg::Session& green) {
  const auto published = BGDB_TRY(link::read_published_status(green, kLink));
  if (published && published->slot == catch_up.slot) return {};
  const auto slot = BGDB_TRY(replication::find_slot(blue, catch_up.slot));
  if (!slot) return fail(ErrorCode::refused, fmt::format("slot {} is gone from blue", catch_up.slot));
  auto stream = BGDB_TRY(pg::ReplicationStream::open({.dsn = blue_dsn, .application_name = "bgdb clone"}));
  const auto system = BGDB_TRY(stream.identify_system());
  // A run that died between its last step here and the fact that says so had the origin further than the slot knows.
  BGDB_CHECK(replication::create_origin(green, catch_up.slot));
  const Lsn progress = BGDB_TRY(replication::origin_progress(green, catch_up.slot));
  return link::record_link(green, {kLink, catch_up.slot}, system.system_identifier,
                           std::max(progress, slot->confirmed_flush_lsn));
}

Result<void> forget(pg::Session& green) {
  auto transaction = BGDB_TRY(pg::Transaction::begin(green));
  BGDB_CHECK(green.execute("delete from bgdb.marker where link = $1", {kLink}));
  BGDB_CHECK(green.execute("delete from bgdb.link where name = $1", {kLink}));
  return transaction.commit();
}

// However long it takes: a slot of ten hours holds much.
Result<void> wait(pg::Session& green, link::Link& relay, const std::string& marker, core::Progress& progress) {
  while (true) {
    auto reached = link::wait_marker(green, kLink, marker, 2s);
    if (reached || reached.error().code != ErrorCode::timeout) return reached;
    const auto status = relay.status();
    if (status.state == link::LinkState::failed) return fail(ErrorCode::divergence, status.message);
    if (status.lag_bytes) {
      progress.item("(changes since)", status.rows_applied, 0, "rows");
    }
  }
}

}  // namespace

std::function<Result<void>(const clone::CatchUp&, core::Progress&)> catch_up_by_relay(const std::string& blue_dsn,
                                                                                      const std::string& green_dsn) {
  return [=](const clone::CatchUp& catch_up, core::Progress& progress) -> Result<void> {
    auto blue = BGDB_TRY(pg::Session::open({.dsn = blue_dsn, .application_name = "bgdb clone"}));
    auto green = BGDB_TRY(pg::Session::open({.dsn = green_dsn, .application_name = "bgdb clone"}));
    BGDB_CHECK(record(catch_up, blue_dsn, blue, green));
    link::LinkOptions options;
    options.name = kLink;
    options.source_dsn = blue_dsn;
    options.target_dsn = green_dsn;
    options.slot = catch_up.slot;
    options.publication = catch_up.publication;
    options.copied_at = catch_up.copied_at;
    const auto relay = link::make_relay(std::move(options), BGDB_TRY(mapping_of(catch_up, blue, green)));
    BGDB_CHECK(relay->start());
    const auto marker =
        fmt::format("clone-{}-{}", ::getpid(), std::chrono::steady_clock::now().time_since_epoch().count());
    auto reached = Result<void>();
    if (auto emitted = link::emit_marker(blue, marker); !emitted) {
      reached = fail(emitted.error());
    } else {
      reached = wait(green, *relay, marker, progress);
    }
    relay->stop();
    progress.item_done("(changes since)");
    BGDB_CHECK(std::move(reached));
    return forget(green);
  };
}

std::function<Result<translate::Mapping>(pg::Session&, pg::Session&)> translation_of(const Config& config) {
  return [&config](pg::Session& blue, pg::Session& green) -> Result<translate::Mapping> {
    return BGDB_TRY(derive_mapping(config, blue, green)).forward;
  };
}

clone::CloneOptions clone_options(const Config& config) {
  return {.blue_dsn = config.blue_dsn,
          .green_dsn = config.green_dsn,
          .slot = config.slot("forward"),
          .takes_part = [&config](const QualifiedName& table) { return takes_part(config, table); },
          .slot_back = config.slot("reverse"),
          .accepted_triggers = config.link.accepted_triggers,
          .catch_up = catch_up_by_relay(config.blue_dsn, config.green_dsn)};
}

}  // namespace bgdb::app
