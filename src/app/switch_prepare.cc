// Before clients notice anything: everything that takes time, so that the window holds only what must be in it.
// Sessions, guards, the schema (held against DDL from here on), sequences, the guardian.
#include <fmt/format.h>

#include <algorithm>

#include "app/front_door.h"
#include "app/guards.h"
#include "app/switch_wiring.h"
#include "core/clock.h"
#include "core/interrupt.h"
#include "core/sql_file.h"
#include "core/units.h"
#include "cutover/come_near.h"
#include "introspect/introspect.h"
#include "pg/deadline.h"

namespace bgdb::app {
namespace {

// For locks that writers do not notice.
constexpr milliseconds kHoldPatience{5'000};
// `bgdb sync` put them there; what it could not is tried once more.
constexpr milliseconds kGuardBudget{10'000};
// The guardian acts a little after everything else has given up.
constexpr milliseconds kGuardianAfter{1'000};
// Until the pause begins, which sets the guardian's real deadline: coming near takes up to 15 s.
constexpr milliseconds kGuardianBefore{60'000};

// While writers are held before the window: how long the lock is waited for, and when the server lets them go should we
// freeze meanwhile.
constexpr milliseconds kPulseLock{15};
constexpr milliseconds kPulseLost{1'000};
// Columns without an index are read in full, while nobody waits.
constexpr milliseconds kOwnSequences{30'000};

}  // namespace

// What is asked behind the switch must be askable before it.
Result<void> SwitchWiring::check_front_door_before() {
  const auto door = driver_->front_door_dsn();
  if (door.empty()) return {};
  const auto answer = ask_front_door(door);
  // A pooler that a dead run left paused answers nobody; pause() mends that.
  if (!answer && answer.error().code == ErrorCode::timeout && driver_->can_pause()) return {};
  if (!answer) return answer.error();
  if (answer->role == "active") return {};
  return fail(ErrorCode::refused,
              fmt::format("the front door leads to a side that is {}, although {} is active",
                          answer->role.empty() ? "unknown" : answer->role, spec_.source.name),
              "traffic.front_door_dsn must reach the database that clients reach.");
}

Result<void> SwitchWiring::prepare() {
  auto* session = BGDB_TRY(source());
  BGDB_TRY(target());
  tables_ = BGDB_TRY(read_switch_tables(*session, spec_.slot_out));
  if (tables_.empty()) {
    return fail(ErrorCode::refused,
                fmt::format("publication {} lists no table on {}", spec_.slot_out, spec_.source.name),
                "Run \"bgdb sync\" first.");
  }
  BGDB_CHECK(driver_->check());
  const auto leads_to = BGDB_TRY(driver_->current(milliseconds(5'000)));
  if (!leads_to.empty() && leads_to != spec_.source.name) {
    return fail(
        ErrorCode::refused,
        fmt::format("{} leads clients to {}, although {} is active", driver_->name(), leads_to, spec_.source.name),
        fmt::format("Lead them to {} first.", spec_.source.name));
  }
  BGDB_CHECK(check_front_door_before());
  marker_.emplace(BGDB_TRY(pg::Session::open(
      {.dsn = spec_.source.dsn, .application_name = "bgdb marker", .settings = {{"synchronous_commit", "on"}}})));
  sequences_ = BGDB_TRY(read_sequence_names(*session));
  BGDB_CHECK(raise_sequences_ahead());
  BGDB_CHECK(remark_materialized_views());
  if (auto guarded = guard_tables(*session, tables_, spec_.lock_timeout, kGuardBudget); !guarded) {
    return guarded.error().with_context(spec_.source.name);
  }
  BGDB_CHECK(open_fence());
  BGDB_CHECK(hold_schema());
  BGDB_CHECK(check_schema());
  BGDB_CHECK(arm_guardian());
  return come_near();
}

Result<void> SwitchWiring::hold_schema() {
  auto held = pg::script_within(*fence_, hold_schema_sql(tables_, kHoldPatience), 2 * kHoldPatience);
  if (held) return {};
  return held.error()
      .with_context("keeping DDL out of " + spec_.source.name)
      .with_hint("Somebody changes, indexes or vacuums a table: see pg_stat_activity; nothing was paused.");
}

// Under the locks of hold_schema(): what is found stays true until the fence is gone.
Result<void> SwitchWiring::check_schema() {
  const auto now = BGDB_TRY(read_switch_tables(*marker_, spec_.slot_out));
  const bool same = std::equal(now.begin(), now.end(), tables_.begin(), tables_.end(),
                               [](const SwitchTable& a, const SwitchTable& b) { return a.name == b.name; });
  const auto known = BGDB_TRY(marker_->query(core::sql_text("gate/read_schema_fact.sql")));
  if (!same || known.empty() || known.text(0, "fingerprint") != BGDB_TRY(introspect::schema_fingerprint(*marker_))) {
    return fail(ErrorCode::refused, "the schema of " + spec_.source.name + " changed since sync began",
                "Start \"bgdb sync\" again: it derives the mapping anew, or says what does not fit.");
  }
  BGDB_CHECK(introspect::check_publication(*marker_));
  published_ = BGDB_TRY(marker_->query(core::sql_text("cutover/count_objections.sql"), {spec_.slot_out}))
                   .integer(0, "published");
  return {};
}

Result<void> SwitchWiring::raise_sequences_ahead() {
  BGDB_CHECK(read_counterparts());
  const auto drawn = BGDB_TRY(marker_->query(core::sql_text("cutover/read_drawn_sequences.sql")));
  BGDB_CHECK(raise_target_sequences(BGDB_TRY(read_sequences(*marker_))));
  raised_for_.clear();
  for (size_t i = 0; i < drawn.size(); ++i) {
    raised_for_[QualifiedName{drawn.text(i, "schema"), drawn.text(i, "name")}.sql()] = drawn.integer(i, "last_value");
  }
  return lead_own_sequences_ahead();
}

// Inside the window it is done once more, for the rows that came since: clients would wait for as long as it takes.
Result<void> SwitchWiring::lead_own_sequences_ahead() {
  for (const bool warm : {false, true}) {
    const auto began = core::system_clock().now();
    BGDB_CHECK(lead_own_sequences(kOwnSequences));
    const auto took = core::time_since(began);
    if (!has_own_sequences_ || took <= spec_.pause_max / 2) break;
    if (!warm) continue;
    return fail(ErrorCode::refused,
                fmt::format("to read how far sequences that only {} has must be led takes {}, and clients would wait "
                            "for it (switch.pause_max is {})",
                            spec_.target.name, core::format_duration(took), core::format_duration(spec_.pause_max)),
                fmt::format("On {}: create an index over each column that such a sequence fills; or raise "
                            "switch.pause_max.",
                            spec_.target.name));
  }
  return {};
}

Result<void> SwitchWiring::remark_materialized_views() {
  const auto rows = BGDB_TRY(BGDB_TRY(target())->query(core::sql_text("cutover/list_materialized_views.sql")));
  if (const auto& views = rows.at(0, "views"); views) {
    remark(fmt::format("materialized views of {} are as old as their last refresh there, replication does none: {}",
                       spec_.target.name, *views));
  }
  return {};
}

// A process of its own is started before clients wait for it.
Result<void> SwitchWiring::arm_guardian() {
  if (!driver_->can_pause()) return {};
  guardian_ = BGDB_TRY(traffic::Guardian::start(spec_.guardian_program, spec_.traffic, kGuardianBefore));
  return {};
}

// How long a marker takes now; `limit` when it does not arrive by then.
Result<milliseconds> SwitchWiring::marker_takes(milliseconds limit) {
  auto& clock = core::system_clock();
  const auto began = clock.now();
  const auto arrived = round_trips(*marker_, *BGDB_TRY(target()), "near", limit);
  if (!arrived && arrived.error().code != ErrorCode::timeout) return arrived.error();
  return arrived ? std::chrono::duration_cast<milliseconds>(clock.now() - began) : limit;
}

// Writers are held for a moment, by the fence's own lock, while the link comes nearer. When we die meanwhile, the end
// of the fence's session frees them. True when the link is so near that a marker arrived.
Result<bool> SwitchWiring::pulse() {
  if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
  const auto held = lock_tables(kPulseLock, kPulseLost);
  if (!held && held.error().code != ErrorCode::lock_timeout) return held.error();
  const auto took = BGDB_TRY(marker_takes(cutover::kPulse));
  if (held) BGDB_CHECK(give_writers_back());
  return took < cutover::kPulse;
}

Result<void> SwitchWiring::come_near() {
  const auto near = BGDB_TRY(cutover::come_near(
      core::system_clock(), {[this](milliseconds limit) { return marker_takes(limit); }, [this] { return pulse(); }}));
  if (near.last >= spec_.pause_max) {
    return fail(
        ErrorCode::timeout,
        fmt::format("link {} is {} ms behind or more: clients would wait for switch.pause_max ({} ms) in vain",
                    spec_.link_out, near.last.count(), spec_.pause_max.count()),
        "Nobody was paused. \"bgdb lag\" shows the links; wait for a quieter moment, or raise switch.pause_max.");
  }
  if (near.pulses == 0) return {};
  remark(fmt::format("link {} was {} ms behind: writers were held {} for up to {} ms before the switch{}",
                     spec_.link_out, near.first.count(), core::format_count(near.pulses, "time"),
                     cutover::kPulse.count(),
                     near.near ? "" : fmt::format(", but it is {} ms behind still", near.last.count())));
  return {};
}

Result<void> SwitchWiring::pause_traffic(milliseconds rest) {
  if (!driver_->can_pause()) return {};
  guardian_.expect(spec_.pause_max + kGuardianAfter);
  return driver_->pause(rest);
}

}  // namespace bgdb::app
