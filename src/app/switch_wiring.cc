// Steps 0 to 2 and what all steps share: sessions, operator lock, facts, journal, gates. The fence is in
// switch_fence.cc, what follows it in switch_forward.cc.
#include "app/switch_wiring.h"

#include <fmt/format.h>
#include <algorithm>
#include <random>

#include "app/operator_lock.h"
#include "core/log.h"
#include "core/sql_file.h"
#include "link/link.h"

namespace bgdb::app {

Result<std::unique_ptr<SwitchWiring>> SwitchWiring::make(SwitchSpec spec) {
  std::unique_ptr<SwitchWiring> wiring(new SwitchWiring(std::move(spec)));
  wiring->driver_ = BGDB_TRY(traffic::make_driver(wiring->spec_.traffic));
  return wiring;
}

void SwitchWiring::remark(std::string text) {
  if (std::find(remarks_.begin(), remarks_.end(), text) == remarks_.end()) remarks_.push_back(std::move(text));
}

Result<pg::Session*> SwitchWiring::operator_session(std::optional<pg::Session>& session, const gate::Place& place) {
  if (session && session->alive()) return &*session;
  session.reset();
  auto opened = pg::Session::open({.dsn = place.dsn,
                                   .application_name = operator_application_name(spec_.command),
                                   .settings = {{"statement_timeout", "30s"},
                                                {"lock_timeout", "10s"},
                                                {"idle_session_timeout", "0"},
                                                {"synchronous_commit", "on"}}});
  if (!opened) return opened.error().with_context(place.name);
  BGDB_CHECK(take_operator_lock(*opened, place.name));
  session.emplace(*std::move(opened));
  return &*session;
}

// Blue first, always. A database that cannot be reached is no reason to refuse here: abort must work without it.
Result<void> SwitchWiring::lock_operator() {
  const auto take = [&](bool of_source) -> Result<void> {
    auto session = of_source ? source() : target();
    if (session || session.error().code == ErrorCode::connection) return {};
    return session.error();
  };
  BGDB_CHECK(take(spec_.source_is_blue()));
  return take(!spec_.source_is_blue());
}

// `for share` waits for a fence transaction in flight: without it a COMMIT that is under way would be missed.
Result<std::optional<cutover::SideFact>> SwitchWiring::read_fact(std::optional<pg::Session>& session,
                                                                 const gate::Place& place) {
  auto opened = operator_session(session, place);
  if (!opened) {
    if (opened.error().code != ErrorCode::connection) return opened.error();
    core::log_warning("{} cannot be asked: {}", place.name, opened.error().message);
    return std::optional<cutover::SideFact>();
  }
  const auto no_state = [&] {
    return fail(ErrorCode::refused, place.name + " has no bgdb state, so nobody knows who serves",
                "Run \"bgdb clone\" and \"bgdb sync\" first.");
  };
  auto rows = (*opened)->query("select role, epoch from bgdb.side for share");
  if (!rows) {
    if (rows.error().sqlstate == "42P01" || rows.error().sqlstate == "3F000") return no_state();
    if (!(*opened)->alive()) return std::optional<cutover::SideFact>();
    return rows.error().with_context(place.name);
  }
  if (rows->empty()) return no_state();
  const auto& role = rows->text(0, "role");
  return std::optional(cutover::SideFact{.role = role == "active"    ? cutover::Role::active
                                                 : role == "retired" ? cutover::Role::retired
                                                                     : cutover::Role::standby,
                                         .epoch = rows->integer(0, "epoch")});
}

Result<cutover::Facts> SwitchWiring::observe() {
  cutover::Facts facts;
  facts.source = BGDB_TRY(read_fact(source_, spec_.source));
  facts.target = BGDB_TRY(read_fact(target_, spec_.target));
  return facts;
}

std::vector<cutover::GateLine> SwitchWiring::gates() {
  if (gates_.empty()) gates_ = gate::make_gates(spec_.gates);
  std::vector<cutover::GateLine> lines;
  for (auto& decision : gate::evaluate_all(gates_, spec_.gate_timeout)) {
    lines.push_back({decision.gate, decision.pass, decision.value, decision.limit, decision.reason});
  }
  return lines;
}

Result<void> SwitchWiring::round_trip(const gate::Place& from, pg::Session& source, pg::Session& target,
                                      const std::string& link, const std::string& purpose, milliseconds timeout) {
  static std::mt19937_64 random{std::random_device{}()};
  const std::string id = fmt::format("{}-{:016x}", purpose, random());
  auto emitted = link::emit_marker(source, id);
  if (!emitted) return emitted.error().with_context("marker on " + from.name);
  auto arrived = link::wait_marker(target, link, id, timeout);
  if (!arrived) return arrived.error().with_hint("Is \"bgdb sync\" running? \"bgdb lag\" shows both links.");
  return {};
}

Result<void> SwitchWiring::prove_links() {
  auto* from = BGDB_TRY(source());
  auto* to = BGDB_TRY(target());
  BGDB_CHECK(round_trip(spec_.source, *from, *to, spec_.link_out, "proof", milliseconds(5'000)));
  return round_trip(spec_.target, *to, *from, spec_.link_back, "proof", milliseconds(5'000));
}

Result<std::vector<SwitchTable>> SwitchWiring::read_tables(pg::Session& session, const std::string& publication) {
  const auto rows = BGDB_TRY(session.query(core::sql_text("cutover/list_tables.sql"), {publication}));
  std::vector<SwitchTable> tables;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& guard = rows.at(i, "guard");
    tables.push_back({{rows.text(i, "schema"), rows.text(i, "name")}, guard ? guard->at(0) : char{0}});
  }
  return tables;
}

Result<std::vector<QualifiedName>> SwitchWiring::read_sequence_names(pg::Session& session) {
  const auto rows = BGDB_TRY(session.query(core::sql_text("cutover/list_sequences.sql")));
  std::vector<QualifiedName> names;
  for (size_t i = 0; i < rows.size(); ++i) names.push_back({rows.text(i, "schema"), rows.text(i, "name")});
  return names;
}

Result<void> SwitchWiring::prepare() {
  auto* session = BGDB_TRY(source());
  BGDB_TRY(target());
  tables_ = BGDB_TRY(read_tables(*session, spec_.slot_out));
  if (tables_.empty()) {
    return fail(ErrorCode::refused,
                fmt::format("publication {} lists no table on {}", spec_.slot_out, spec_.source.name),
                "Run \"bgdb sync\" first.");
  }
  sequences_ = BGDB_TRY(read_sequence_names(*session));
  marker_.emplace(BGDB_TRY(pg::Session::open(
      {.dsn = spec_.source.dsn, .application_name = "bgdb marker", .settings = {{"synchronous_commit", "on"}}})));
  BGDB_CHECK(open_fence());
  BGDB_CHECK(driver_->check());
  const auto leads_to = BGDB_TRY(driver_->current(milliseconds(5'000)));
  if (!leads_to.empty() && leads_to != spec_.source.name) {
    return fail(
        ErrorCode::refused,
        fmt::format("{} leads clients to {}, although {} is active", driver_->name(), leads_to, spec_.source.name),
        fmt::format("Lead them to {} first.", spec_.source.name));
  }
  return {};
}

void SwitchWiring::mirror(const gate::Place& place, const journal::Record& record) {
  if (spec_.journal_mirror.empty()) return;
  if (auto written = journal::mirror(spec_.journal_mirror, place.name, record); !written) {
    remark("the journal's local copy was not written: " + written.error().message);
  }
}

Result<void> SwitchWiring::record(pg::Session& session, const gate::Place& place, const cutover::Note& note) {
  const auto entry =
      BGDB_TRY(journal::append(session, {.command = spec_.command, .step = note.step, .detail = note.detail}));
  mirror(place, entry);
  return {};
}

Result<void> SwitchWiring::record_on_source(const cutover::Note& note) {
  return record(*BGDB_TRY(source()), spec_.source, note);
}

Result<void> SwitchWiring::record_on_target(const cutover::Note& note) {
  return record(*BGDB_TRY(target()), spec_.target, note);
}

}  // namespace bgdb::app
