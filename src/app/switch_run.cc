#include "app/switch_run.h"

#include <fmt/format.h>

#include <sstream>

#include "app/front_door.h"
#include "app/guards.h"
#include "app/switch_wiring.h"
#include "core/clock.h"
#include "core/sql_file.h"
#include "journal/state.h"

namespace bgdb::app {
namespace {

cutover::Options options_of(const SwitchSpec& spec) {
  return {.source_name = spec.source.name,
          .target_name = spec.target.name,
          .command = spec.command,
          .pause_max = spec.pause_max,
          .lock_timeout = spec.lock_timeout,
          .lock_attempts = spec.lock_attempts,
          .stable_for = spec.stable_for};
}

cutover::SideFact fact_of(const journal::Side& side) {
  return {.role = side.role, .epoch = side.epoch};
}

// A statement of sql/ with what it is for, and without the notes to those who change it.
std::string shown(std::string_view path) {
  std::string text;
  bool notes = false;
  std::istringstream lines{std::string(core::sql_text(path))};
  for (std::string line; std::getline(lines, line);) {
    notes = line.starts_with("-- Parameters:") || (notes && line.starts_with("--"));
    if (!notes) text += line + "\n";
  }
  while (text.ends_with('\n')) text.pop_back();
  return text + ";";
}

class Planner {
 public:
  explicit Planner(Plan& plan) : plan_(plan) {}
  void add(const char* step, const std::string& where, std::string what) {
    while (!what.empty() && what.back() == '\n') what.pop_back();
    plan_.lines.push_back({step, where, std::move(what)});
  }

 private:
  Plan& plan_;
};

void plan_fence(Planner& plan, const SwitchSpec& spec, const std::vector<SwitchTable>& tables, size_t sequences,
                int64_t epoch) {
  const auto& source = spec.source.name;
  const auto& target = spec.target.name;
  const auto marker = [](const std::string& link) {
    return fmt::format("select pg_logical_emit_message(true, 'bgdb', 'marker:fence-...'); -- through link {}", link);
  };
  for (const auto& table : tables) {
    if (const auto sql = guard_sql(table); !sql.empty()) plan.add("intent", source, sql + ";");
  }
  plan.add("intent", source, hold_schema_sql(tables, milliseconds(5'000)) + ";  -- writers go on, DDL waits");
  plan.add("intent", source,
           "-- only while the link is behind the load: writers are held by the lock of fence for 20 ms at a time");
  plan.add("fence", source,
           fence_lock_sql(tables, spec.lock_timeout, spec.pause_max) +
               fmt::format(";  -- up to {} attempts within {} ms", spec.lock_attempts, spec.pause_max.count()));
  plan.add("drain", source, marker(spec.link_out));
  plan.add("drain", target,
           fmt::format("select 1 from bgdb.marker where link = '{}' and id = 'fence-...';", spec.link_out));
  plan.add("drain", target, marker(spec.link_back));
  if (sequences > 0) {
    plan.add("sequences", source, shown("cutover/read_drawn_sequences.sql"));
    plan.add("sequences", target, shown("cutover/raise_sequences.sql"));
    plan.add("sequences", target, shown("cutover/raise_own_sequences.sql") + "  -- only when there are such");
  }
  plan.add("final_facts", source, shown("cutover/count_objections.sql"));
  plan.add("commit", source,
           fmt::format("update bgdb.side set role = 'standby', epoch = {} where role = 'active' and epoch < {};\n"
                       "commit;  -- the point of no return: from here on the guards refuse",
                       epoch, epoch));
}

// The way in, as the switch itself will ask before it pauses anything.
cutover::GateLine ask_traffic(traffic::Driver& driver, const SwitchSpec& spec) {
  cutover::GateLine line{.gate = "traffic " + driver.name(),
                         .pass = false,
                         .value = "unknown",
                         .limit = "leads to " + spec.source.name,
                         .reason = "nothing tells where clients are led"};
  const auto checked = driver.check();
  const auto leads_to = checked ? driver.current(milliseconds(5'000)) : Result<std::string>(checked.error());
  if (!leads_to) {
    line.reason = leads_to.error().to_string();
    return line;
  }
  line.pass = leads_to->empty() || *leads_to == spec.source.name;
  if (!leads_to->empty()) {
    line.value = *leads_to;
    line.reason = line.pass ? "clients reach the side that serves" : "clients are led to the side that does not serve";
  }
  return line;
}

// As a client: it must reach the side that serves, or the check after the switch could not tell anything.
std::optional<cutover::GateLine> ask_door(const std::string& dsn, const SwitchSpec& spec, int64_t epoch) {
  if (dsn.empty()) return std::nullopt;
  const auto answer = ask_front_door(dsn);
  cutover::GateLine line{.gate = "front door",
                         .pass = answer && answer->role == "active" && answer->epoch == epoch,
                         .value = "unknown",
                         .limit = fmt::format("active, epoch {}", epoch),
                         .reason = {}};
  if (answer && !answer->role.empty()) line.value = fmt::format("{}, epoch {}", answer->role, answer->epoch);
  line.reason = !answer     ? answer.error().to_string()
                : line.pass ? "a client reaches " + spec.source.name
                            : "a client reaches another database than " + spec.source.name;
  return line;
}

}  // namespace

Result<SwitchOutcome> run_switch(const SwitchSpec& spec, cutover::Mode mode, const cutover::Observer& observer) {
  auto wiring = BGDB_TRY(SwitchWiring::make(spec));
  SwitchOutcome outcome;
  outcome.report = cutover::run_switch(*wiring, core::system_clock(), options_of(spec), mode, observer);
  outcome.remarks = wiring->remarks();
  return outcome;
}

int exit_status(const SwitchOutcome& outcome, cutover::Mode mode) {
  const auto& report = outcome.report;
  switch (report.end) {
    case cutover::End::switched:
      return 0;
    case cutover::End::back:
      if (mode == cutover::Mode::abort && !report.error) return 0;
      if (!report.error || report.gate_closed) return 1;
      return report.error->exit_status();
    case cutover::End::refused:
      if (report.gate_closed) return 1;
      return report.error ? report.error->exit_status() : 3;
    case cutover::End::incomplete:
      return 2;
  }
  return 2;
}

Result<Plan> plan_switch(const SwitchSpec& spec) {
  Plan plan;
  auto wiring = BGDB_TRY(SwitchWiring::make(spec));
  const auto open = [](const gate::Place& place) -> Result<pg::Session> {
    auto session = pg::Session::open(
        {.dsn = place.dsn, .application_name = "bgdb dry-run", .settings = {{"default_transaction_read_only", "on"}}});
    if (!session) return session.error().with_context(place.name);
    return session;
  };
  auto source = BGDB_TRY(open(spec.source));
  auto target = BGDB_TRY(open(spec.target));
  cutover::Facts facts;
  if (const auto side = BGDB_TRY(journal::read_side(source))) facts.source = fact_of(*side);
  if (const auto side = BGDB_TRY(journal::read_side(target))) facts.target = fact_of(*side);
  if (!facts.source || !facts.target) {
    return fail(ErrorCode::refused, "bgdb has no state in both databases yet",
                "Run \"bgdb clone\" and \"bgdb sync\" first.");
  }
  const auto standing = cutover::judge(facts);
  if (standing == cutover::Standing::retired) {
    return fail(ErrorCode::refused,
                fmt::format("the window is closed: one side is retired ({})",
                            cutover::describe(facts, spec.source.name, spec.target.name)),
                "A new release begins with \"bgdb clone\".");
  }
  if (standing == cutover::Standing::switched) {  // as the switch itself would
    return fail(ErrorCode::refused,
                fmt::format("{} is active already ({})", spec.target.name,
                            cutover::describe(facts, spec.source.name, spec.target.name)),
                "\"bgdb status\" shows what can be done next.");
  }
  plan.standing = fmt::format("{} ({})", cutover::to_string(standing),
                              cutover::describe(facts, spec.source.name, spec.target.name));
  plan.gates = wiring->gates();
  plan.gates.push_back(ask_traffic(wiring->driver(), spec));
  const int64_t serving_epoch = facts.source->epoch;
  if (auto line = ask_door(wiring->driver().front_door_dsn(), spec, serving_epoch)) plan.gates.push_back(*line);
  const auto tables = BGDB_TRY(read_switch_tables(source, spec.slot_out));
  const auto sequences = BGDB_TRY(wiring->read_sequence_names(source));
  const auto epoch = cutover::next_epoch(facts);

  Planner add(plan);
  for (const auto& place :
       {spec.source_is_blue() ? spec.source : spec.target, spec.source_is_blue() ? spec.target : spec.source}) {
    add.add("operator_lock", place.name, "select pg_try_advisory_lock(hashtext('bgdb'), hashtext('operator'));");
  }
  add.add("gates", spec.source.name, "select pg_logical_emit_message(true, 'bgdb', 'marker:proof-...');");
  add.add("gates", spec.target.name, "select pg_logical_emit_message(true, 'bgdb', 'marker:proof-...');");
  add.add("intent", spec.source.name, "insert into bgdb.journal ...;");
  const auto calls = wiring->driver().describe({spec.target.name, spec.target.dsn});
  // The driver's own order: what pauses, what points, what resumes.
  if (!calls.empty()) add.add("pause", "traffic", calls.front());
  if (tables.empty()) {
    add.add("fence", spec.source.name,
            fmt::format("-- publication {} lists no table: the switch would be refused", spec.slot_out));
  } else {
    plan_fence(add, spec, tables, sequences.size(), epoch);
  }
  add.add("activate", spec.target.name,
          fmt::format("update bgdb.side set role = 'active', epoch = {} where role = 'standby' and epoch < {};", epoch,
                      epoch));
  for (size_t i = 1; i < calls.size(); ++i) {
    add.add(i + 1 < calls.size() ? "point" : "resume_traffic", "traffic", calls[i]);
  }
  if (!wiring->driver().front_door_dsn().empty()) {
    add.add("front_door", "traffic",
            "select role, epoch from bgdb.side;  -- must say active, epoch " + std::to_string(epoch));
  }
  add.add("evict", spec.source.name,
          "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and "
          "application_name not like 'bgdb%' ...;");
  if (!sequences.empty()) add.add("top_up", spec.target.name, "-- sequences again, only upwards");
  add.add("finish", spec.target.name, "insert into bgdb.journal ...;");
  return plan;
}

}  // namespace bgdb::app
