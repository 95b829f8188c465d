#include "app/sync.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/engine.h"
#include "app/guards.h"
#include "app/mapping_wiring.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/sql_file.h"
#include "core/units.h"
#include "introspect/firing.h"
#include "introspect/introspect.h"
#include "journal/journal.h"
#include "journal/state.h"
#include "link/setup.h"
#include "migrate/migrate.h"

namespace bgdb::app {
namespace {

using namespace std::chrono_literals;

constexpr auto kStaleAfter = 5s;  // links publish every second

struct Ends {
  const char* from;
  const char* to;
};
Ends ends_of(std::string_view link) {
  return link == "forward" ? Ends{"blue", "green"} : Ends{"green", "blue"};
}

link::LinkOptions link_options(const Config& config, const std::string& name) {
  const bool forward = name == "forward";
  link::LinkOptions options;
  options.name = name;
  options.slot = config.slot(name);
  options.source_dsn = forward ? config.blue_dsn : config.green_dsn;
  options.target_dsn = forward ? config.green_dsn : config.blue_dsn;
  // What `bgdb migrate` wrote while that side was the standby comes from the other side's rows.
  options.drop_origins = {config.slot(forward ? "reverse" : "forward"), migrate::kMigrateOrigin};
  options.batch_rows_max = config.link.batch_rows_max;
  options.queue_bytes_max = config.link.queue_bytes_max;
  return options;
}

// Both sides are equal up to what the forward link carries, and no client writes on green: from here on, whatever a
// client will ever write on green is in the slot.
Result<void> set_up_reverse(const Config& config, pg::Session& blue, pg::Session& green,
                            const translate::Mapping& mapping) {
  const link::LinkObjects objects{"reverse", config.slot("reverse")};
  if (const auto known = BGDB_TRY(link::read_published_status(blue, "reverse")); known && known->slot == objects.slot) {
    return {};  // connect() checks that its slot is still there
  }
  const auto side = BGDB_TRY(journal::read_side(green));
  if (!side || side->role != journal::Role::standby) {
    return fail(ErrorCode::refused,
                "the reverse link does not exist and green is not the guarded standby: clients may have written there",
                "a reverse link can only begin while green refuses clients' writes; start again from `bgdb clone`");
  }
  std::set<QualifiedName> tables;  // one that is split is in the mapping several times
  for (const auto& table : mapping.tables) tables.insert(table.source);
  const auto created = BGDB_TRY(link::set_up_link({.dsn = config.green_dsn, .application_name = "bgdb sync"}, green,
                                                  blue, objects, {tables.begin(), tables.end()}, false));
  if (created.created) {
    BGDB_TRY(journal::append(
        blue, {"sync", "reverse link created",
               fmt::format(R"({{"slot": "{}", "start_lsn": "{}"}})", objects.slot, created.start_lsn.to_string())}));
  }
  return {};
}

std::string problem_of(const std::optional<link::PublishedStatus>& published) {
  if (!published) return "not set up";
  if (!published->age) return "never ran";
  if (*published->age > kStaleAfter) {
    return fmt::format("stale: last heard of {} ago; is `bgdb sync` running?", core::format_duration(*published->age));
  }
  if (published->state_text != "streaming") {
    return published->status.message.empty() ? published->state_text
                                             : published->state_text + ": " + published->status.message;
  }
  if (!published->status.lag_bytes || !published->status.lag_ms) return "no sample yet";
  return {};
}

// Long before the switch needs them; a table that is busy now is guarded by the switch.
Result<void> guard_blue(const Config& config, pg::Session& blue) {
  auto tables = BGDB_TRY(read_switch_tables(blue, config.slot("forward")));
  auto guarded = guard_tables(blue, tables, config.switch_.lock_timeout, std::chrono::seconds(5));
  if (!guarded && guarded.error().code != ErrorCode::lock_timeout) return guarded;
  return {};
}

// What came out of it since an earlier sync is missing, whatever stands in it now.
Result<void> keep_publication(pg::Session& source, const std::string& name, const translate::Mapping& mapping) {
  std::vector<QualifiedName> tables;
  for (const auto& table : mapping.tables) tables.push_back(table.source);
  BGDB_CHECK(introspect::check_publication(source, tables));
  return source.execute(core::sql_text("replication/write_publication_fact.sql"), {name});
}

// Triggers are silent where the links write. One that is not would write on top of what the other side sends.
Result<void> refuse_firing(const Config& config, pg::Session& target, const char* side,
                           const translate::Mapping& mapping) {
  std::vector<QualifiedName> tables;
  for (const auto& table : mapping.tables) tables.push_back(table.target);
  const auto all = BGDB_TRY(introspect::list_firing(target, tables, config.link.accepted_triggers));
  if (all.empty()) return {};
  std::string names;
  for (const auto& firing : all) names += (names.empty() ? "" : ", ") + firing.name;
  return fail(
      ErrorCode::refused,
      fmt::format("{} on {} would act on replicated rows (ENABLE ALWAYS or REPLICA): what it writes comes on top "
                  "of what the other side sends",
                  names, side),
      introspect::cure_of(all.front(), side));
}

// Slot and origin have one user each: a second sync waits for the first to end, and then says this.
Error explained(Error error, const std::string& name) {
  if (error.sqlstate != "55006") return error;
  error.code = ErrorCode::refused;
  const auto cut = error.message.rfind(": ");
  error.message = fmt::format("link {} is in use by another process: {}", name,
                              cut == std::string::npos ? error.message : error.message.substr(cut + 2));
  error.hint = "is another `bgdb sync` at work? stop it first; the server's pg_stat_activity shows that process";
  return error;
}

}  // namespace

Result<std::unique_ptr<Sync>> Sync::start(const Config& config) {
  auto blue = BGDB_TRY(pg::Session::open({.dsn = config.blue_dsn, .application_name = "bgdb sync"}));
  auto green = BGDB_TRY(pg::Session::open({.dsn = config.green_dsn, .application_name = "bgdb sync"}));
  for (auto* session : {&blue, &green}) {
    if (!BGDB_TRY(journal::state_installed(*session))) continue;
    const auto side = BGDB_TRY(journal::read_side(*session));
    if (!side || side->role != journal::Role::retired) continue;
    return fail(ErrorCode::refused,
                fmt::format("the window is closed: {} is retired", session == &blue ? "blue" : "green"),
                "a new release begins with `bgdb clone` into an empty green");
  }
  if (!BGDB_TRY(journal::state_installed(green)) || !BGDB_TRY(link::read_published_status(green, "forward"))) {
    return fail(ErrorCode::refused, "there is no clone on green to keep current", "run `bgdb clone` first");
  }
  for (auto* session : {&blue, &green}) BGDB_CHECK(journal::install_state(*session));
  // No migration between the mapping and the links' own locks (link/applier.cc).
  for (auto* session : {&blue, &green}) {
    const auto locked =
        BGDB_TRY(session->scalar("select pg_try_advisory_lock_shared(hashtext('bgdb'), hashtext('apply'))"));
    if (locked == "t") continue;
    return fail(ErrorCode::refused, "`bgdb migrate` is at work on " + session->host_display(),
                "start `bgdb sync` when it has ended");
  }
  // Taken before the mapping is derived: DDL in between shows as drift, never the other way round.
  const auto blue_schema = BGDB_TRY(introspect::schema_fingerprint(blue));
  const auto green_schema = BGDB_TRY(introspect::schema_fingerprint(green));
  auto mapping = BGDB_TRY(derive_mapping(config, blue, green));
  for (const std::string& note : mapping.notes) core::log_warning("{}", note);
  BGDB_CHECK(refuse_firing(config, green, "green", mapping.forward));
  BGDB_CHECK(refuse_firing(config, blue, "blue", mapping.reverse));
  BGDB_CHECK(blue.execute(core::sql_text("sync/write_schema_fact.sql"), {blue_schema}));
  BGDB_CHECK(green.execute(core::sql_text("sync/write_schema_fact.sql"), {green_schema}));
  BGDB_CHECK(set_up_reverse(config, blue, green, mapping.reverse));
  BGDB_CHECK(guard_blue(config, blue));
  BGDB_CHECK(keep_publication(blue, config.slot("forward"), mapping.forward));
  BGDB_CHECK(keep_publication(green, config.slot("reverse"), mapping.reverse));
  std::unique_ptr<Sync> sync(new Sync());
  sync->engine_ = engine_choice(config, mapping, std::min(blue.server_version(), green.server_version()));
  for (const std::string name : {"forward", "reverse"}) {
    auto link = link::make_relay(link_options(config, name), name == "forward" ? mapping.forward : mapping.reverse);
    if (const auto started = link->start(); !started) return fail(explained(started.error(), name));
    sync->links_.push_back({name, ends_of(name).from, ends_of(name).to, std::move(link)});
  }
  // The first one to come out of the stream says since when green is in step (gate `soak`).
  BGDB_TRY(link::emit_marker(blue, "sync-" + core::wall_time_utc()));
  return sync;
}

Sync::~Sync() {
  stop();
}

bool Sync::all_ended() const {
  return std::all_of(links_.begin(), links_.end(), [](const RunningLink& running) {
    const auto state = running.link->status().state;
    return state == link::LinkState::failed || state == link::LinkState::stopped;
  });
}

bool Sync::any_failed() const {
  return std::any_of(links_.begin(), links_.end(), [](const RunningLink& running) {
    return running.link->status().state == link::LinkState::failed;
  });
}

void Sync::stop() {
  for (const RunningLink& running : links_) running.link->stop();
}

Result<std::vector<LagSample>> read_lag(const Config& config) {
  std::vector<LagSample> samples;
  bool green_active = false;
  for (const std::string name : {"forward", "reverse"}) {
    LagSample sample;
    sample.link = name;
    sample.from = ends_of(name).from;
    sample.to = ends_of(name).to;
    auto target = BGDB_TRY(pg::Session::open(
        {.dsn = name == "forward" ? config.green_dsn : config.blue_dsn, .application_name = "bgdb lag"}));
    if (BGDB_TRY(journal::state_installed(target))) {
      sample.published = BGDB_TRY(link::read_published_status(target, name));
      const auto side = BGDB_TRY(journal::read_side(target));
      if (name == "forward") green_active = side && side->role == journal::Role::active;
    }
    sample.problem = problem_of(sample.published);
    samples.push_back(std::move(sample));
  }
  samples[green_active ? 1 : 0].leading = true;
  return samples;
}

LagVerdict judge_lag(const std::vector<LagSample>& samples, const LagLimits& limits) {
  for (const LagSample& sample : samples) {
    if (!sample.leading) continue;
    if (!sample.problem.empty()) return {false, fmt::format("{}: {}", sample.link, sample.problem)};
    const auto& status = sample.published->status;
    if (*status.lag_bytes > limits.bytes_max) {
      return {false, fmt::format("{}: {} behind, allowed are {}", sample.link, core::format_bytes(*status.lag_bytes),
                                 core::format_bytes(limits.bytes_max))};
    }
    if (*status.lag_ms > static_cast<double>(limits.ms_max.count())) {
      return {false, fmt::format("{}: {:.0f} ms behind, allowed are {} ms", sample.link, *status.lag_ms,
                                 limits.ms_max.count())};
    }
    return {true, fmt::format("{}: {} and {:.1f} ms behind", sample.link, core::format_bytes(*status.lag_bytes),
                              *status.lag_ms)};
  }
  return {false, "no link leads"};
}

}  // namespace bgdb::app
