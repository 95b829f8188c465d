// What all steps share: sessions, operator lock, facts, journal, gates. What makes the window short is in
// switch_prepare.cc, the fence in switch_fence.cc, what follows it in switch_forward.cc.
#include "app/switch_wiring.h"

#include <fmt/format.h>
#include <algorithm>
#include <random>

#include "app/operator_lock.h"
#include "core/clock.h"
#include "core/contains.h"
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
  if (!core::contains(remarks_, text)) remarks_.push_back(std::move(text));
}

Result<pg::Session*> SwitchWiring::operator_session(std::optional<pg::Session>& session, const gate::Place& place) {
  if (session && session->alive()) return &*session;
  session.reset();
  auto opened = pg::Session::open({.dsn = place.dsn,
                                   .application_name = operator_application_name(spec_.command),
                                   .settings = {{"statement_timeout", "30s"},
                                                {"lock_timeout", "10s"},
                                                {"row_security", "off"},  // an error instead of rows not seen
                                                {"synchronous_commit", "on"}}});
  if (!opened) return opened.error().with_context(place.name);
  BGDB_CHECK(take_operator_lock(*opened, place.name, spec_.take_over));
  session.emplace(*std::move(opened));
  return &*session;
}

// Blue first, always. One database that cannot be reached is no reason to refuse here: abort must work without it.
Result<void> SwitchWiring::lock_operator() {
  std::optional<Error> unreached;
  for (const bool of_source : {spec_.source_is_blue(), !spec_.source_is_blue()}) {
    const auto session = of_source ? source() : target();
    if (session) continue;
    if (session.error().code != ErrorCode::connection) return session.error();
    if (unreached) {
      return fail(ErrorCode::connection,
                  fmt::format("neither side answers, so nobody knows who serves or is at work: {}; {}",
                              unreached->message, session.error().message),
                  "Make both databases reachable, then run the command again.");
    }
    unreached = session.error();
    remark("whether another operator is at work there is not known: " + unreached->message);
  }
  spec_.take_over.clear();  // once: whoever comes later is another
  return {};
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
  return std::optional(
      cutover::SideFact{.role = core::role_of(rows->text(0, "role")), .epoch = rows->integer(0, "epoch")});
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

Result<void> SwitchWiring::round_trips(pg::Session& source, pg::Session& target, const std::string& purpose,
                                       milliseconds timeout) {
  static std::mt19937_64 random{std::random_device{}()};
  const auto deadline = core::system_clock().now() + timeout;
  const std::string id = fmt::format("{}-{:016x}", purpose, random());
  for (auto* session : {&source, &target}) {
    auto emitted = link::emit_marker(*session, id);
    if (!emitted) {
      return emitted.error().with_context("marker on " + (session == &source ? spec_.source : spec_.target).name);
    }
  }
  const auto arrives = [&](pg::Session& at, const std::string& link) -> Result<void> {
    const auto rest = std::chrono::duration_cast<milliseconds>(deadline - core::system_clock().now());
    auto arrived = link::wait_marker(at, link, id, std::max(milliseconds(1), rest));
    if (!arrived) return arrived.error().with_hint("Is \"bgdb sync\" running? \"bgdb lag\" shows both links.");
    return {};
  };
  BGDB_CHECK(arrives(target, spec_.link_out));
  return arrives(source, spec_.link_back);
}

Result<void> SwitchWiring::prove_links() {
  auto* from = BGDB_TRY(source());
  auto* to = BGDB_TRY(target());
  return round_trips(*from, *to, "proof", milliseconds(10'000));
}

Result<std::vector<QualifiedName>> SwitchWiring::read_sequence_names(pg::Session& session) {
  const auto rows = BGDB_TRY(session.query(core::sql_text("cutover/list_sequences.sql")));
  std::vector<QualifiedName> names;
  for (size_t i = 0; i < rows.size(); ++i) names.push_back({rows.text(i, "schema"), rows.text(i, "name")});
  return names;
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
  mirror_fenced();
  mirror(place, entry);
  return {};
}

void SwitchWiring::mirror_fenced() {
  if (fenced_record_) mirror(spec_.source, *fenced_record_);
  fenced_record_.reset();
}

Result<void> SwitchWiring::record_on_source(const cutover::Note& note) {
  return record(*BGDB_TRY(source()), spec_.source, note);
}

Result<void> SwitchWiring::record_on_target(const cutover::Note& note) {
  return record(*BGDB_TRY(target()), spec_.target, note);
}

}  // namespace bgdb::app
