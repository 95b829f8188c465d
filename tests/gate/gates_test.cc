// Gates against a real database: each passes, holds with a reason that names the cure, and holds when it cannot know.
#include "core/sql_file.h"
#include "gate/standard.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

using namespace bgdb;
using namespace std::chrono_literals;
using gate::Decision;

namespace {

struct Side {
  std::string dsn = test::fresh_database();
  pg::Session session = test::connect(dsn);
  gate::Place place{"green", dsn};
  Side() { REQUIRE_OK(session.script(core::sql_text("state/create.sql"))); }
  void link(const std::string& assignments) {
    REQUIRE_OK(session.script(
        "insert into bgdb.link (name, slot, publication, origin, source_system, start_lsn, state, lag_bytes, lag_ms, "
        "drain_ms, beat_at) values ('forward', 's', 's', 's', '1', '0/1', 'streaming', 0, 1, 1, clock_timestamp()) on "
        "conflict (name) do update set state = 'streaming', lag_bytes = 0, lag_ms = 1, drain_ms = 1, conflicts = 0, "
        "message = null, beat_at = clock_timestamp(); update bgdb.link set " +
        assignments));
  }
};

Decision ask(const std::unique_ptr<gate::Gate>& gate) {
  return gate->evaluate(5s);
}
void holds(const Decision& decision, const std::string& because) {
  INFO(decision.reason);
  CHECK_FALSE(decision.pass);
  CHECK(decision.reason.find(because) != std::string::npos);
}
void passes(const Decision& decision) {
  INFO(decision.reason);
  CHECK(decision.pass);
}

}  // namespace

TEST_CASE("lag: fresh samples are judged, missing and stale ones hold") {
  Side side;
  const auto lag = gate::make_lag_gate(side.place, "forward", 1000, 100ms);
  holds(ask(lag), "never set up");
  side.link("lag_ms = 5");
  passes(ask(lag));
  side.link("lag_ms = 500");
  holds(ask(lag), "in time");
  side.link("lag_bytes = 5000");
  holds(ask(lag), "in bytes");
  side.link("lag_ms = null");
  holds(ask(lag), "no sample");
  side.link("beat_at = clock_timestamp() - interval '1 minute'");
  holds(ask(lag), "old");
  side.link("state = 'failed', message = 'row 7 is missing'");
  holds(ask(lag), "row 7 is missing");
}

TEST_CASE("drain: the rate decides, on an idle link the heartbeat") {
  Side side;
  const auto drain = gate::make_drain_gate(side.place, "forward", 100ms);
  side.link("drain_ms = 99");
  passes(ask(drain));
  side.link("drain_ms = 101");
  holds(ask(drain), "longer");
  side.link("drain_ms = null, lag_ms = 2");
  passes(ask(drain));
  side.link("drain_ms = null, lag_ms = null");
  holds(ask(drain), "no sample");
}

TEST_CASE("a link that is stopped or silent is not live") {
  Side side;
  const auto live = gate::make_live_gate(side.place, "forward");
  side.link("state = 'streaming'");
  passes(ask(live));
  side.link("state = 'stopped'");
  holds(ask(live), "stopped");
  side.link("beat_at = null");
  holds(ask(live), "not reported");
}

TEST_CASE("quarantine holds until every row is accepted, a conflict holds") {
  Side side;
  const auto gate = gate::make_quarantine_gate(side.place, "forward");
  side.link("state = 'streaming'");
  passes(ask(gate));
  REQUIRE_OK(side.session.script(
      "insert into bgdb.quarantine (link, source_lsn, relation, operation, row_data, error) values ('forward', '0/1', "
      "'public.t', 'insert', '{}', 'cannot cast')"));
  holds(ask(gate), "cannot cast");
  REQUIRE_OK(side.session.script("update bgdb.quarantine set accepted_by = 'ann'"));
  passes(ask(gate));
  side.link("conflicts = 1");
  holds(ask(gate), "differed");
}

TEST_CASE("a slot must exist and be read") {
  Side side;
  const auto gate = gate::make_slot_gate(side.place, "gate_slot");
  holds(ask(gate), "does not exist");
  REQUIRE_OK(side.session.scalar("select pg_create_logical_replication_slot('gate_slot', 'pgoutput')"));
  holds(ask(gate), "nobody reads");
  REQUIRE_OK(side.session.scalar("select pg_drop_replication_slot('gate_slot')"));
}

TEST_CASE("a long transaction of a client holds and is named, bgdb's own are not counted") {
  Side side;
  const auto gate = gate::make_long_transaction_gate(side.place, 1ms);
  passes(ask(gate));
  auto client = REQUIRE_OK(pg::Session::open({.dsn = side.dsn, .application_name = "report"}));
  REQUIRE_OK(client.script("begin; select 1"));
  std::this_thread::sleep_for(20ms);
  holds(ask(gate), "application report");
}

TEST_CASE("every published table must be guarded, roots and leaves") {
  Side side;
  const auto gate = gate::make_guards_gate(side.place, "p");
  holds(ask(gate), "lists no table");
  REQUIRE_OK(side.session.script(
      "create table a (id int primary key); create table r (id int primary key) partition by range (id); create table "
      "l "
      "partition of r default; create publication p for table a, r with (publish_via_partition_root = true)"));
  const auto guard = [&](const char* table) {
    REQUIRE_OK(
        side.session.script(std::string("create trigger bgdb_guard before insert or update or delete or truncate on ") +
                            table + " for each statement execute function bgdb.refuse_write()"));
  };
  guard("a");
  guard("r");
  holds(ask(gate), "public.l");
  guard("l");
  passes(ask(gate));
  REQUIRE_OK(side.session.script("alter table a disable trigger bgdb_guard"));
  holds(ask(gate), "public.a");
}

TEST_CASE("sql health: true passes, false, NULL, no row and errors hold, nothing can be changed") {
  Side side;
  const auto check = [&](const std::string& query, std::chrono::milliseconds timeout = 2s) {
    return ask(gate::make_sql_health_gate(
        side.place, {.kind = "sql", .on = "green", .query = query, .url = {}, .run = {}, .timeout = timeout}));
  };
  passes(check("select count(*) >= 0 from bgdb.side"));
  passes(check("select 'anything'"));
  holds(check("select false"), "says no");
  holds(check("select null"), "says no");
  holds(check("select 1 where false"), "says no");
  holds(check("select * from missing"), "run \"bgdb clone\"");
  holds(check("select 1/0"), "division by zero");
  holds(check("create table x ()"), "read-only");
  holds(check("select pg_sleep(10)", 100ms), "cannot be evaluated");
}

TEST_CASE("command health: the exit status decides, and what it said is shown") {
  const auto check = [](std::vector<std::string> run) {
    return ask(gate::make_command_health_gate(
        {.kind = "command", .on = {}, .query = {}, .url = {}, .run = std::move(run), .timeout = 500ms}));
  };
  passes(check({"true"}));
  holds(check({"sh", "-c", "echo not yet >&2; exit 1"}), "not yet");
  holds(check({"sleep", "10"}), "");
  holds(check({"/nonexistent"}), "");
}

TEST_CASE("all gates are asked side by side, an unreachable side holds each") {
  const gate::Place nowhere{"green", "host=127.0.0.1 port=1 dbname=x connect_timeout=1"};
  const auto gates = gate::make_gates({.source = nowhere,
                                       .target = nowhere,
                                       .link_out = "forward",
                                       .link_back = "reverse",
                                       .slot_out = "a",
                                       .slot_back = "b",
                                       .health = {}});
  const auto decisions = gate::evaluate_all(gates, 1s);
  REQUIRE(decisions.size() == gates.size());
  for (size_t i = 0; i < gates.size(); ++i) {
    CHECK(decisions[i].gate == gates[i]->name());
    holds(decisions[i], "cannot be evaluated");
  }
  CHECK_FALSE(gate::all_pass(decisions));
}

TEST_CASE("verify: only a fresh comparison that found both sides equal passes") {
  Side side;
  const auto verified = gate::make_verify_gate(side.place, 1h);
  holds(ask(verified), "never compared");
  const auto note = [&](const std::string& state, const std::string& age) {
    REQUIRE_OK(side.session.query(core::sql_text("state/write_fact.sql"),
                                  {"verify", R"({"rows": 10, "chunks_left_out": 0, "state": ")" + state + R"("})"}));
    REQUIRE_OK(side.session.script("update bgdb.fact set at = clock_timestamp() - interval '" + age + "'"));
  };
  note("equal", "5 minutes");
  passes(ask(verified));
  note("equal", "2 hours");
  holds(ask(verified), "too old");
  note("different", "1 minute");
  holds(ask(verified), "did not find both sides equal");
  note("unsettled", "1 minute");
  holds(ask(verified), "did not find both sides equal");
}

TEST_CASE("ready tables: an invalid index and a column without statistics hold, empty tables do not") {
  Side side;
  REQUIRE_OK(side.session.script(
      "create table \"T a\" (id int primary key, v int, j json); create table nothing (id int primary key); create "
      "table r "
      "(id int primary key) partition by range (id); create table l partition of r default; create publication p for "
      "table \"T a\", nothing, r with (publish_via_partition_root = true)"));
  const auto gate = gate::make_ready_tables_gate(side.place, "p");
  passes(ask(gate));
  REQUIRE_OK(side.session.script("insert into \"T a\" values (1, 1, '{}'), (2, 1, null)"));
  holds(ask(gate), "on green, analyze public.\"T a\"");
  REQUIRE_OK(side.session.script("analyze \"T a\""));
  passes(ask(gate));
  REQUIRE_OK(side.session.script("alter table \"T a\" add column w int default 4"));
  holds(ask(gate), "statistics of column w");
  REQUIRE_OK(side.session.script("analyze \"T a\"; insert into l select generate_series(1, 10)"));
  holds(ask(gate), "analyze public.l");
  REQUIRE_OK(side.session.script("analyze l; delete from \"T a\"; analyze \"T a\""));
  passes(ask(gate));
  REQUIRE_OK(side.session.script("insert into \"T a\" values (1, 1, null), (2, 1, null); analyze \"T a\""));
  CHECK_FALSE(side.session.execute("create unique index concurrently twice on \"T a\" (v)").has_value());
  holds(ask(gate), "reindex index concurrently public.twice");
}
