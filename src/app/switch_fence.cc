// Steps 3 to 7 over real databases: lock, drain, sequences, last look, COMMIT; and the way back. Clients wait
// meanwhile: no step does more work when there are more tables, but for taking their locks.
#include <fmt/format.h>

#include <cmath>

#include "app/switch_wiring.h"
#include "core/sql_file.h"
#include "pg/deadline.h"

namespace bgdb::app {
namespace {

// Values skipped on the target: what sessions on the source can still draw before they are gone.
constexpr int kSequenceMargin = 1'000;
constexpr size_t kSequencesAtOnce = 50;
constexpr milliseconds kGuardianForward{60'000};
constexpr milliseconds kGuardianGrace{15'000};
// It waits for nothing but a processor, of which a server under full load may have none to spare.
constexpr milliseconds kGiveBack{2'000};

}  // namespace

// Its server process ends by itself when we die (client_connection_check_interval while a statement runs, the closed
// socket when idle) or freeze (idle_in_transaction_session_timeout, set with each transaction), or the network is cut
// (keepalives).
Result<void> SwitchWiring::open_fence() {
  auto opened = pg::Session::open({.dsn = spec_.source.dsn,
                                   .application_name = "bgdb fence",
                                   .settings = {{"client_connection_check_interval", "100ms"},
                                                {"tcp_keepalives_idle", "1"},
                                                {"tcp_keepalives_interval", "1"},
                                                {"tcp_keepalives_count", "2"},
                                                {"tcp_user_timeout", "3s"},
                                                {"synchronous_commit", "on"}}});
  if (!opened) return opened.error().with_context("fence session on " + spec_.source.name);
  fence_.emplace(*std::move(opened));
  fence_pid_ = fence_->server_pid();
  // An autovacuum in our way gives up when we have waited for deadlock_timeout; it is a superuser's setting.
  (void)fence_->execute("set deadlock_timeout = '50ms'");
  return {};
}

Result<void> SwitchWiring::lock_tables(milliseconds lock_timeout, milliseconds rest) {
  if (!fence_ || !fence_->alive()) return fail(ErrorCode::connection, "the fence session was lost");
  auto locked = pg::script_within(*fence_, fence_lock_sql(tables_, lock_timeout, rest), rest + milliseconds(200));
  if (locked) return {};
  // Writers that queued behind us go on between two attempts.
  if (locked.error().code == ErrorCode::timeout || !give_writers_back()) drop_fence();
  return locked.error()
      .with_context("fence on " + spec_.source.name)
      .with_hint("Something holds a lock on a table: see pg_locks, or raise switch.lock_timeout.");
}

Result<void> SwitchWiring::give_writers_back() {
  if (!fence_ || !fence_->alive()) return fail(ErrorCode::connection, "the fence session was lost");
  BGDB_TRY(pg::script_within(*fence_, "rollback to savepoint attempt; release savepoint attempt", kGiveBack));
  return {};
}

Result<void> SwitchWiring::drain(milliseconds rest) {
  if (!marker_ || !marker_->alive()) return fail(ErrorCode::connection, "the marker session was lost");
  return round_trips(*marker_, *BGDB_TRY(target()), "fence", rest);
}

Result<std::vector<SequenceState>> SwitchWiring::read_sequences(pg::Session& session) {
  std::vector<SequenceState> states;
  for (size_t first = 0; first < sequences_.size(); first += kSequencesAtOnce) {
    const auto count = std::min(kSequencesAtOnce, sequences_.size() - first);
    const auto rows = BGDB_TRY(session.query(read_sequences_sql(std::span(sequences_).subspan(first, count))));
    for (size_t i = 0; i < rows.size(); ++i) {
      states.push_back(
          {{rows.text(i, "schema"), rows.text(i, "name")}, rows.text(i, "last_value"), rows.boolean(i, "is_called")});
    }
  }
  return states;
}

Result<void> SwitchWiring::read_counterparts() {
  auto* green = BGDB_TRY(spec_.source_is_blue() ? target() : source());
  const auto rows = BGDB_TRY(green->query(core::sql_text("cutover/list_renamed_sequences.sql")));
  counterparts_.clear();
  for (size_t i = 0; i < rows.size(); ++i) {
    QualifiedName on_blue{rows.text(i, "old_schema"), rows.text(i, "old_name")};
    QualifiedName on_green{rows.text(i, "schema"), rows.text(i, "name")};
    if (!spec_.source_is_blue()) std::swap(on_blue, on_green);
    counterparts_.emplace(std::move(on_blue), std::move(on_green));
  }
  return {};
}

const QualifiedName& SwitchWiring::counterpart(const QualifiedName& sequence) const {
  const auto renamed = counterparts_.find(sequence);
  return renamed == counterparts_.end() ? sequence : renamed->second;
}

Result<void> SwitchWiring::raise_target_sequences(const std::vector<SequenceState>& states) {
  if (states.empty()) return {};
  std::vector<pg::Value> schemas;
  std::vector<pg::Value> names;
  std::vector<pg::Value> values;
  std::vector<pg::Value> called;
  for (const auto& state : states) {
    const auto& name = counterpart(state.name);
    schemas.emplace_back(name.schema);
    names.emplace_back(name.name);
    values.emplace_back(state.last_value);
    called.emplace_back(state.is_called ? "true" : "false");
  }
  const auto rows = BGDB_TRY(BGDB_TRY(target())->query(
      core::sql_text("cutover/raise_sequences.sql"),
      {pg::to_array_literal(schemas), pg::to_array_literal(names), pg::to_array_literal(values),
       pg::to_array_literal(called), std::to_string(kSequenceMargin)}));
  if (const auto& missing = rows.text(0, "missing"); !missing.empty()) {
    remark(
        fmt::format("sequences of {} without a counterpart on {}: {}", spec_.source.name, spec_.target.name, missing));
  }
  return {};
}

// A sequence that a migration made has nobody to ask; the rows that have arrived tell what it must not give
// again. Once the drain is done they are all there; without an index over such a column this reads the whole table.
Result<void> SwitchWiring::lead_own_sequences(milliseconds limit) {
  std::vector<pg::Value> schemas;
  std::vector<pg::Value> names;
  for (const auto& sequence : sequences_) {
    const auto& name = counterpart(sequence);
    schemas.emplace_back(name.schema);
    names.emplace_back(name.name);
  }
  auto* session = BGDB_TRY(target());
  auto transaction = BGDB_TRY(pg::Transaction::begin(*session));
  BGDB_CHECK(
      session->execute(fmt::format("set local statement_timeout = '{}ms'", std::max<int64_t>(1, limit.count()))));
  const auto led =
      session->query(core::sql_text("cutover/raise_own_sequences.sql"),
                     {std::to_string(kSequenceMargin), pg::to_array_literal(schemas), pg::to_array_literal(names)});
  if (!led) {
    return led.error()
        .with_context("sequences that only " + spec_.target.name + " has")
        .with_hint(
            "Each is led by the highest value in the column it fills: an index over that column makes it quick.");
  }
  BGDB_CHECK(transaction.commit());
  has_own_sequences_ = !led->empty();
  return {};
}

// prepare() left a margin; only what has used up half of it since, or was first drawn from since, is raised again.
Result<void> SwitchWiring::copy_sequences(milliseconds rest) {
  auto drawn = marker_->query(core::sql_text("cutover/read_drawn_sequences.sql"));
  if (!drawn) return drawn.error().with_context("sequences of " + spec_.source.name);
  std::vector<SequenceState> near;
  for (size_t i = 0; i < drawn->size(); ++i) {
    const QualifiedName name{drawn->text(i, "schema"), drawn->text(i, "name")};
    const auto known = raised_for_.find(name.sql());
    const auto moved = [&] {
      return std::abs(static_cast<double>(drawn->integer(i, "last_value")) - static_cast<double>(known->second)) >=
             std::abs(static_cast<double>(drawn->integer(i, "increment"))) * kSequenceMargin / 2;
    };
    if (known == raised_for_.end() || moved()) near.push_back({name, drawn->text(i, "last_value"), true});
  }
  auto raised = raise_target_sequences(near);
  if (!raised) return raised.error().with_context("sequences of " + spec_.target.name);
  return has_own_sequences_ ? lead_own_sequences(rest) : Result<void>();
}

Result<std::vector<std::string>> SwitchWiring::last_objections(milliseconds) {
  std::vector<std::string> objections;
  const auto look_at_link = [&](pg::Session& session, const gate::Place& place,
                                const std::string& link) -> Result<void> {
    const auto rows = BGDB_TRY(session.query(core::sql_text("gate/read_link.sql"), {link}));
    if (rows.empty()) {
      objections.push_back(fmt::format("link {} is gone", link));
      return {};
    }
    if (rows.text(0, "state") != "streaming") objections.push_back(fmt::format("link {} does not stream", link));
    if (rows.integer(0, "held_rows") > 0 || rows.integer(0, "conflicts") > 0) {
      objections.push_back(fmt::format("link {} has {} rows in quarantine on {} and {} conflicts", link,
                                       rows.integer(0, "held_rows"), place.name, rows.integer(0, "conflicts")));
    }
    return {};
  };
  BGDB_CHECK(look_at_link(*BGDB_TRY(target()), spec_.target, spec_.link_out));
  BGDB_CHECK(look_at_link(*marker_, spec_.source, spec_.link_back));
  const auto now = BGDB_TRY(marker_->query(core::sql_text("cutover/count_objections.sql"), {spec_.slot_out}));
  if (const auto prepared = now.integer(0, "prepared"); prepared != 0) {
    objections.push_back(fmt::format("{} prepared transactions on {}", prepared, spec_.source.name));
  }
  // The locks keep the published tables as they are; one that was added since is not locked.
  if (now.integer(0, "published") != published_) {
    objections.push_back(fmt::format("publication {} changed while the switch ran", spec_.slot_out));
  }
  return objections;
}

Result<void> SwitchWiring::commit_fence(int64_t epoch, milliseconds rest) {
  if (!fence_ || !fence_->alive()) return fail(ErrorCode::connection, "the fence session was lost");
  const auto limit = std::max<int64_t>(1, rest.count());
  BGDB_TRY(pg::script_within(*fence_,
                             fmt::format("set local statement_timeout = '{0}ms'; "
                                         "set local idle_in_transaction_session_timeout = '{0}ms'",
                                         limit),
                             rest + milliseconds(200)));
  const auto rows =
      BGDB_TRY(fence_->query("update bgdb.side set role = 'standby', epoch = $1, since = clock_timestamp(), by = $2"
                             " where role = 'active' and epoch < $1",
                             {std::to_string(epoch), "bgdb " + spec_.command}));
  if (rows.affected != 1) {
    return fail(ErrorCode::refused, spec_.source.name + " is not the active side any more",
                "Another operator switched meanwhile; see \"bgdb status\".");
  }
  auto record = BGDB_TRY(
      journal::append(*fence_, {.command = spec_.command,
                                .step = "point_of_no_return",
                                .detail = fmt::format(R"({{"fenced":"{}","epoch":{}}})", spec_.source.name, epoch)}));
  BGDB_CHECK(fence_->commit());
  guardian_.committed(kGuardianForward, kGuardianGrace);
  fenced_record_ = std::move(record);
  return {};
}

// Once its server process is gone the fence transaction is decided, one way or the other.
Result<cutover::Facts> SwitchWiring::settle() {
  fence_.reset();
  auto* session = BGDB_TRY(source());
  BGDB_CHECK(session->execute(
      "select pg_terminate_backend(pid, 1000) from pg_stat_activity where pid = $1 and application_name = 'bgdb fence'",
      {std::to_string(fence_pid_)}));
  auto facts = BGDB_TRY(observe());
  if (cutover::judge(facts) == cutover::Standing::fenced) guardian_.committed(kGuardianForward, kGuardianGrace);
  return facts;
}

// ROLLBACK, and when that does not work the end of the server process.
void SwitchWiring::drop_fence() {
  if (!fence_) return;
  const bool clean = fence_->alive() && (!fence_->in_transaction() ||
                                         pg::script_within(*fence_, "rollback", milliseconds(500)).has_value());
  fence_.reset();
  if (clean || !marker_ || !marker_->alive()) return;
  (void)marker_->execute(
      "select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and application_name = 'bgdb fence'",
      {std::to_string(fence_pid_)});
}

Result<void> SwitchWiring::return_traffic() {
  const auto leads_to = BGDB_TRY(driver_->current(milliseconds(5'000)));
  if (!leads_to.empty() && leads_to != spec_.source.name) {
    BGDB_CHECK(driver_->point_to({spec_.source.name, spec_.source.dsn}, milliseconds(10'000)));
  }
  BGDB_CHECK(driver_->resume(milliseconds(5'000)));
  guardian_.dismiss();
  return {};
}

}  // namespace bgdb::app
