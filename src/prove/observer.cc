#include "prove/observer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "core/interrupt.h"
#include "prove/server_state.h"

namespace bgdb::prove {

namespace {

using Clock = std::chrono::steady_clock;

std::chrono::microseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
}

// A lost connection or Ctrl-C is the end of the run, not a property of the statement.
bool about_statement(const Error& error) {
  return !error.sqlstate.empty() && !core::interrupted() && error.retry != Retry::new_session;
}

// Holds one table each in one mode, so that they can be let go one by one.
struct Holder {
  pg::Session session;
  int32_t pid;
};

// Each table is held twice. SHARE UPDATE EXCLUSIVE makes the first request wait, ACCESS SHARE a later one that only
// readers stop: DETACH PARTITION CONCURRENTLY takes ACCESS EXCLUSIVE on the partition in its second transaction.
Result<std::vector<Holder>> hold(const std::string& dsn, const std::vector<QualifiedName>& tables) {
  constexpr size_t kMost = 12;
  std::vector<Holder> out;
  for (size_t i = 0; i < std::min(tables.size(), kMost); ++i) {
    for (const char* mode : {"share update exclusive", "access share"}) {
      auto session = BGDB_TRY(pg::Session::open({.dsn = dsn, .application_name = "bgdb prove"}));
      BGDB_CHECK(session.begin());
      // A view, or a table that is not there: nothing to hold.
      if (!session.script(fmt::format("lock table only {} in {} mode", tables[i].sql(), mode))) break;
      const auto pid = session.server_pid();
      out.push_back({std::move(session), pid});
    }
  }
  return out;
}

// The holders that the backend waits for, however it waits (for a lock, or for the end of a transaction).
Result<std::vector<Holder*>> in_the_way(pg::Session& watcher, int32_t backend, std::vector<Holder>& holders) {
  std::vector<Holder*> out;
  if (holders.empty()) return out;
  const auto text =
      BGDB_TRY(watcher.scalar("select pg_catalog.pg_blocking_pids($1::int)::text", {std::to_string(backend)}));
  for (const auto& pid : BGDB_TRY(pg::parse_array_literal(text))) {
    for (auto& holder : holders) {
      if (pid && *pid == std::to_string(holder.pid) && holder.session.in_transaction()) out.push_back(&holder);
    }
  }
  return out;
}

// One look at the backend; what it waits for is let go only after it was seen.
Result<void> watch(pg::Session& watcher, const StateQuery& query, std::vector<Holder>& holders, ServerState& seen) {
  const auto waited_for = BGDB_TRY(in_the_way(watcher, query.backend, holders));
  add_locks(seen, BGDB_TRY(read_state(watcher, query)));
  for (auto* holder : waited_for) BGDB_CHECK(holder->session.rollback());
  return {};
}

}  // namespace

Result<Observer> Observer::open(const std::string& dsn, const Settings& settings) {
  auto session = BGDB_TRY(pg::Session::open({.dsn = dsn, .application_name = "bgdb prove", .settings = settings}));
  auto watcher = BGDB_TRY(pg::Session::open({.dsn = dsn, .application_name = "bgdb prove watcher"}));
  return Observer(std::move(session), std::move(watcher), dsn);
}

Result<Observation> Observer::inside(const std::string& sql) {
  const StateQuery query{.backend = session_.server_pid()};
  const auto before = BGDB_TRY(read_state(session_, query));
  BGDB_CHECK(session_.script("savepoint bgdb_prove"));
  const auto start = Clock::now();
  const auto ran = session_.script(sql);
  const auto duration = since(start);
  if (!ran) {
    if (!about_statement(ran.error())) return ran.error();
    BGDB_CHECK(session_.script("rollback to savepoint bgdb_prove"));
    BGDB_CHECK(session_.script("release savepoint bgdb_prove"));
    auto out = observe_between(before, before);
    out.failure = ran.error();
    out.duration = duration;
    return out;
  }
  const auto after = BGDB_TRY(read_state(session_, query));
  BGDB_CHECK(session_.script("release savepoint bgdb_prove"));
  auto out = observe_between(before, after);
  out.duration = duration;
  return out;
}

// The cumulative counters of the session reach shared memory when it becomes idle; at once since PostgreSQL 15.
Result<void> Observer::flush_counters() {
  if (session_.server_version() < 150000) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    return session_.execute("select 1");
  }
  BGDB_CHECK(session_.execute("select pg_catalog.pg_stat_force_next_flush()"));
  return session_.execute("select 1");
}

Result<Observation> Observer::outside(const std::string& sql, const std::vector<QualifiedName>& held) {
  const StateQuery query{.backend = session_.server_pid(), .own_transaction = false, .waiting = true};
  BGDB_CHECK(flush_counters());
  const auto before = BGDB_TRY(read_state(watcher_, query));
  auto holders = BGDB_TRY(hold(dsn_, held));
  ServerState seen;
  std::atomic<bool> done = false;
  std::optional<Error> failure;
  const auto start = Clock::now();
  std::chrono::microseconds duration{};
  std::thread runner([&] {
    if (const auto ran = session_.script(sql); !ran) failure = ran.error();
    duration = since(start);
    done = true;
  });
  Result<void> watched;
  while (!done && watched) {
    watched = watch(watcher_, query, holders, seen);
  }
  if (!watched) (void)session_.cancel();
  holders.clear();  // their ends let the runner go on
  runner.join();
  BGDB_CHECK(std::move(watched));
  if (failure && !about_statement(*failure)) return *failure;
  BGDB_CHECK(flush_counters());
  auto after = BGDB_TRY(read_state(watcher_, query));
  add_locks(after, seen);
  forget_dead_indexes(before, after);
  auto out = observe_between(before, after);
  out.failure = std::move(failure);
  out.duration = duration;
  return out;
}

}  // namespace bgdb::prove
