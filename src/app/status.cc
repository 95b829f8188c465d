#include "app/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "app/returned.h"
#include "app/switch_spec.h"
#include "core/sql_file.h"
#include "core/units.h"
#include "gate/standard.h"

namespace bgdb::app {
namespace {

Result<pg::Session> open_to_look(const std::string& dsn) {
  return pg::Session::open({.dsn = dsn,
                            .application_name = "bgdb status",
                            .settings = {{"statement_timeout", "10s"}, {"lock_timeout", "5s"}}});
}

bool no_state(const Error& error) {
  return error.sqlstate == "42P01" || error.sqlstate == "3F000";
}

std::optional<double> number(const pg::Value& value) {
  if (!value) return std::nullopt;
  return std::strtod(value->c_str(), nullptr);
}

std::optional<int64_t> integer(const pg::Value& value) {
  if (!value) return std::nullopt;
  return std::strtoll(value->c_str(), nullptr, 10);
}

Result<void> read_side(pg::Session& session, const Config& config, SideStatus& side) {
  const auto rows = BGDB_TRY(
      session.query(core::sql_text("cutover/read_side_status.sql"), {config.slot("forward"), config.slot("reverse")}));
  if (rows.empty()) return fail(ErrorCode::not_found, kNoState);
  side.role = rows.text(0, "role");
  side.epoch = rows.integer(0, "epoch");
  side.since = rows.text(0, "since");
  side.since_s = rows.integer(0, "since_s");
  side.guards_on = rows.integer(0, "guards_on");
  side.guards_off = rows.integer(0, "guards_off");
  side.quarantined = rows.integer(0, "quarantined");
  side.slot = rows.at(0, "slot").value_or("");
  side.slot_state = rows.at(0, "slot_state").value_or("");
  side.slot_retained_bytes = integer(rows.at(0, "retained")).value_or(0);
  return {};
}

Result<void> read_links(pg::Session& session, std::vector<LinkLine>& links) {
  const auto rows = BGDB_TRY(session.query(core::sql_text("cutover/read_links.sql")));
  for (size_t i = 0; i < rows.size(); ++i) {
    links.push_back({.name = rows.text(i, "name"),
                     .state = rows.text(i, "state"),
                     .lag_ms = number(rows.at(i, "lag_ms")),
                     .lag_bytes = integer(rows.at(i, "lag_bytes")),
                     .drain_ms = number(rows.at(i, "drain_ms")),
                     .rows_applied = rows.integer(i, "rows_applied"),
                     .conflicts = rows.integer(i, "conflicts"),
                     .message = rows.text(i, "message"),
                     .age_ms = integer(rows.at(i, "age_ms"))});
  }
  return {};
}

void sort_events(std::vector<Event>& events, int64_t limit) {
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.record.at < b.record.at; });
  if (limit > 0 && events.size() > static_cast<size_t>(limit)) {
    events.erase(events.begin(), events.end() - static_cast<ptrdiff_t>(limit));
  }
}

// A lost side came back. Nothing may be done next but to end that.
void conclude_two_active(Status& status, const SideStatus& blue, const SideStatus& green) {
  status.two_active = true;
  if (blue.epoch == green.epoch) {
    status.active = "nobody";
    status.advice = "both sides say active with the same epoch, which no switch ever wrote: stop the clients";
    return;
  }
  const bool green_older = green.epoch < blue.epoch;
  status.active = green_older ? "blue" : "green";
  const Returned returned{green_older ? "green" : "blue", std::min(blue.epoch, green.epoch), status.active,
                          std::max(blue.epoch, green.epoch)};
  status.advice = "TWO SIDES TAKE WRITES: " + returned.text() + ". " + kReturnedHint;
}

// Shortly before its end the window says so.
std::string window_advice(const Config& config, int64_t left_s) {
  const auto window = core::format_duration(config.watch_window);
  const auto span = core::format_duration(std::chrono::seconds(std::abs(left_s)));
  if (left_s < 0) {
    return fmt::format("the window of {} ended {} ago: \"bgdb finalize\" ends the way back, or raise watch.window",
                       window, span);
  }
  const int64_t window_s = std::chrono::duration_cast<std::chrono::seconds>(config.watch_window).count();
  if (left_s > window_s / 10) return {};
  return fmt::format("the window of {} ends in {}: \"bgdb rollback\" while it is open, then \"bgdb finalize\"", window,
                     span);
}

// Who serves, and what may be done next.
void conclude(Status& status, const Config& config) {
  const auto& blue = status.sides[0];
  const auto& green = status.sides[1];
  status.active = blue.role == "active" ? "blue" : green.role == "active" ? "green" : "nobody";
  if (blue.role == "active" && green.role == "active") {
    conclude_two_active(status, blue, green);
    return;
  }
  const bool retired = blue.role == "retired" || green.role == "retired";
  if (status.active == "blue" && !retired) status.next = "cutover";
  if (status.active == "green" && !retired) {
    status.next = "rollback";
    status.window_left_s =
        std::chrono::duration_cast<std::chrono::seconds>(config.watch_window).count() - green.since_s;
    status.advice = window_advice(config, *status.window_left_s);
  }
  if (retired) status.advice = "the window is closed: a new release begins with \"bgdb clone\" into an empty green";
  if (status.active != "nobody") return;
  if (!blue.error.empty() || !green.error.empty()) {
    status.active = "unknown";
    return;
  }
  const std::string command = blue.epoch > green.epoch ? "cutover" : "rollback";
  status.advice = "a " + command + " is half done: run \"bgdb " + command + " --resume\"";
}

}  // namespace

Status read_status(const Config& config) {
  Status status;
  for (const auto& [name, dsn] : config.sides()) {
    SideStatus side;
    side.name = name;
    auto session = open_to_look(dsn);
    Result<void> read = session ? read_side(*session, config, side) : Result<void>(session.error());
    if (read) read = read_links(*session, status.links);
    if (!read) side.error = no_state(read.error()) ? kNoState : read.error().message;
    if (read) {
      if (auto records = journal::read(*session, 8)) {
        for (auto& record : *records) status.events.push_back({name, std::move(record)});
      }
    }
    status.sides.push_back(std::move(side));
  }
  std::sort(status.links.begin(), status.links.end(),
            [](const LinkLine& a, const LinkLine& b) { return a.name < b.name; });
  sort_events(status.events, 8);
  conclude(status, config);
  if (!status.next.empty()) {
    const auto direction = status.next == "cutover" ? Direction::cutover : Direction::rollback;
    status.gates = gate::evaluate_all(gate::make_gates(gate_inputs(config, direction)), gate_timeout(config));
  }
  return status;
}

Events read_events(const Config& config, int64_t limit) {
  Events read;
  for (const auto& [name, dsn] : config.sides()) {
    auto session = open_to_look(dsn);
    auto records = session ? journal::read(*session, limit) : Result<std::vector<journal::Record>>(session.error());
    if (!records) {
      // Without bgdb's schema nothing was ever recorded there.
      if (!no_state(records.error())) read.unread.push_back(records.error().with_context(name));
      continue;
    }
    for (auto& record : *records) read.events.push_back({name, std::move(record)});
  }
  sort_events(read.events, limit);
  return read;
}

std::vector<JournalVerdict> check_journals(const Config& config) {
  std::vector<JournalVerdict> verdicts;
  for (const auto& [name, dsn] : config.sides()) {
    JournalVerdict verdict{.side = name, .records = 0, .intact = true, .problem = {}};
    const auto checked = [&, &name = name, &dsn = dsn]() -> Result<journal::Verdict> {
      auto session = BGDB_TRY(open_to_look(dsn));
      auto chain = BGDB_TRY(journal::check(session));
      if (!chain.intact) return chain;
      const auto mirror = BGDB_TRY(journal::check_mirror(session, journal_mirror_path(config), name));
      if (!mirror.intact) return mirror;
      return chain;
    }();
    if (checked) {
      verdict.records = checked->records;
      verdict.intact = checked->intact;
      verdict.problem = checked->problem;
    } else if (!no_state(checked.error())) {
      verdict.intact = false;
      verdict.problem = "cannot be checked: " + checked.error().message;
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace bgdb::app
