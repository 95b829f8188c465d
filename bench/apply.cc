// Rows per second while draining a backlog: the relay against a native subscription and against decoding alone, same
// source, same backlog, same machine. Beside the rates it shows where the time goes: processor time per row of the
// walsender, of the applying backend and of this process, which says what bounds the rate on a busy machine, too.
//   bench_apply [--rows N] [--runs N] [--case NAME] [--json FILE]
//
// What is fair: each engine has a slot of its own on the same log and a database of its own on one target server, with
// the same tables, vacuumed, in memory; both commit asynchronously. Their order changes from run to run; autovacuum is
// off and a checkpoint comes before each, so that none works behind another's measurement. Each clock starts when that
// engine streams: a subscription's launcher may let its worker wait for seconds.
// "decode only" is our receiver throwing everything away: what the walsender can do at best. pg_recvlogical is shown
// beside it: it empties its socket message by message, which makes the walsender send each by itself.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <sstream>

#include "bench/link_pair.h"
#include "bench/report.h"
#include "core/process.h"
#include "pg/replication_stream.h"
#include "replication/pgoutput.h"

namespace {

using namespace bgdb;
using Seconds = std::chrono::duration<double>;
using Steady = std::chrono::steady_clock;

struct Case {
  std::string name;
  int64_t rows;
  double reach;
  std::string prepare;   // on every database
  std::string workload;  // on the source
  bool pgbench = false;
  // Through a mapping: native carries the same rows as they are. What has to be alike then are these two queries.
  std::optional<bench::LinkPair::Green> green{};
  std::string facts{}, green_facts{};
};

struct Bench {
  bench::LinkServers servers;
  std::string bin_dir;
};

Result<void> run_program(std::vector<std::string> argv) {
  const auto result = BGDB_TRY(core::run_process({.argv = argv, .timeout = std::chrono::minutes(10)}));
  if (result.exit_status != 0) return fail(ErrorCode::io, argv[0] + ": " + result.stderr_text);
  return {};
}

// Waits until the row that ends the backlog stands on the target.
Result<double> wait_for_end(pg::Session& target, Steady::time_point begin) {
  while (true) {
    if (BGDB_TRY(target.scalar("select count(*) from bench_end")) != "0") return Seconds(Steady::now() - begin).count();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (Steady::now() - begin > std::chrono::minutes(10))
      return fail(ErrorCode::timeout, "the backlog was not applied within 10 minutes");
  }
}

// Processor seconds of one server process.
double cpu_seconds(int64_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (text.rfind(')') == std::string::npos) return 0;
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// Processor seconds of the walsender and of the session that applies (`pattern`: its application name).
Result<std::pair<double, double>> server_cpu(pg::Session& source, pg::Session& target, const std::string& pattern) {
  const auto sum = [](const pg::Rows& rows) {
    double seconds = 0;
    for (size_t i = 0; i < rows.size(); ++i) seconds += cpu_seconds(rows.integer(i, "pid"));
    return seconds;
  };
  const auto senders = BGDB_TRY(source.query("select pid from pg_stat_activity where backend_type = 'walsender'"));
  const auto appliers = BGDB_TRY(target.query(
      "select pid from pg_stat_activity where application_name ~ $1 or backend_type ~ 'logical replication worker'",
      {pattern}));
  return std::pair(sum(senders), sum(appliers));
}

struct Cost {  // processor seconds
  double walsender = 0, apply = 0, ours = 0;
};
struct Measured {
  double recvlogical = 0, decode = 0, native = 0, ours = 0;
  Cost native_cost, cost;
};

// One backlog, and each engine's turn at it.
struct Stage {
  Bench& bench;
  const Case& test;
  const std::string &recvlogical_slot, &decode_slot, &end;
  bench::LinkPair& pair;

  double rate(double seconds) const { return static_cast<double>(test.rows) / seconds; }

  Result<void> recvlogical(Measured& measured) const {
    const auto begin = Steady::now();
    BGDB_CHECK(run_program({bench.bin_dir + "/pg_recvlogical", "-d", pair.source_dsn, "--slot", recvlogical_slot,
                            "--start", "-f", "/dev/null", "--fsync-interval=0", "--endpos", end, "-o",
                            "proto_version=1", "-o", "publication_names=" + pair.slot, "--no-loop"}));
    measured.recvlogical = rate(Seconds(Steady::now() - begin).count());
    return {};
  }

  Result<void> discard(Measured& measured) const {
    auto stream = BGDB_TRY(pg::ReplicationStream::open({.dsn = pair.source_dsn}));
    BGDB_CHECK(stream.start(decode_slot, Lsn{},
                            {{"proto_version", "1"}, {"publication_names", pair.slot}, {"messages", "true"}}));
    const auto begin = Steady::now();
    const Lsn until = BGDB_TRY(Lsn::parse(end));
    for (Lsn reached; reached < until;) {
      const auto message = BGDB_TRY(stream.receive(std::chrono::milliseconds(0)));
      if (!message) {  // as the relay gathers: the window closes meanwhile
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        continue;
      }
      if (message->kind == pg::StreamMessage::Kind::keepalive) {
        reached = message->end;
        if (message->reply_requested) BGDB_CHECK(stream.send_status(reached, reached, reached));
      } else if (const Lsn commit = replication::commit_end(message->payload); commit.valid()) {
        reached = commit;
      }
    }
    measured.decode = rate(Seconds(Steady::now() - begin).count());
    return {};
  }

  Result<void> native_worker(Measured& measured) const {
    BGDB_CHECK(pair.start_native());
    measured.native = rate(BGDB_TRY(wait_for_end(pair.native, Steady::now())));
    std::tie(measured.native_cost.walsender, measured.native_cost.apply) =
        BGDB_TRY(server_cpu(pair.source, pair.native, "^$"));
    return pair.stop_native();
  }

  Result<void> relay(Measured& measured) const {
    const double own_cpu = cpu_seconds(::getpid());
    auto link = link::make_relay(pair.options(), pair.mapping);
    BGDB_CHECK(link->start());
    const auto begin = Steady::now();
    auto applied = wait_for_end(pair.ours, begin);
    measured.cost.ours = cpu_seconds(::getpid()) - own_cpu;
    std::tie(measured.cost.walsender, measured.cost.apply) = BGDB_TRY(server_cpu(pair.source, pair.ours, "^bgdb link"));
    const auto status = link->status();
    link->stop();
    if (!applied) return applied.error().with_context(status.message);
    measured.ours = rate(*applied);
    return {};
  }
};

std::string digest(const std::string& rows) {
  return fmt::format(
      "select count(*)::text || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text from ({}) t",
      rows);
}

// Both targets hold the same rows.
Result<void> same_rows(const Case& test, bench::LinkPair& pair) {
  const auto compare = [&](const std::string& what, const std::string& theirs,
                           const std::string& mine) -> Result<void> {
    const auto left = BGDB_TRY(pair.native.scalar(theirs)), right = BGDB_TRY(pair.ours.scalar(mine));
    if (left == right) return {};
    return fail(ErrorCode::divergence, fmt::format("{} differs: native {}, ours {}", what, left, right));
  };
  if (test.green) return compare(test.name, digest(test.facts), digest(test.green_facts));
  for (const auto& table : pair.tables) {
    const std::string rows = "select * from " + table.sql();
    BGDB_CHECK(compare(table.display(), digest(rows), digest(rows)));
  }
  return {};
}

Result<Measured> run_case(Bench& bench, const Case& test, int run) {
  const std::string name = fmt::format("{}_{}", test.name, run);
  const std::string end_table = "; create table bench_end (id int primary key)";
  auto green = test.green;
  if (green) green->prepare += end_table;
  auto pair = BGDB_TRY(bench::LinkPair::make(bench.servers, name, test.prepare + end_table, green));
  auto& source = pair.source;
  const std::string recvlogical_slot = "rec_" + name, decode_slot = "dec_" + name;
  for (const auto& made : {recvlogical_slot, decode_slot}) {
    BGDB_CHECK(source.execute("select pg_copy_logical_replication_slot($1, $2)", {pair.slot, made}));
  }

  if (test.pgbench) {
    BGDB_CHECK(run_program({bench.bin_dir + "/pgbench", "-n", "-c", "4", "-j", "2", "-t",
                            std::to_string(test.rows / 16), "-h", "127.0.0.1", "-p",
                            std::to_string(bench.servers.source->port()), "-U", "postgres", "src_" + name}));
  } else {
    BGDB_TRY(source.script(test.workload));
  }
  BGDB_TRY(source.script("insert into bench_end values (1)"));
  const auto end = BGDB_TRY(source.scalar("select pg_current_wal_lsn()"));

  const Stage stage{bench, test, recvlogical_slot, decode_slot, end, pair};
  Measured measured;
  const std::function<Result<void>()> engines[] = {
      [&] { return stage.recvlogical(measured); },
      [&] { return stage.discard(measured); },
      [&] { return stage.native_worker(measured); },
      [&] { return stage.relay(measured); },
  };
  for (size_t i = 0; i < std::size(engines); ++i) {
    BGDB_TRY(source.script("checkpoint"));
    BGDB_TRY(pair.ours.script("checkpoint"));
    BGDB_CHECK(engines[(i + static_cast<size_t>(run)) % std::size(engines)]());
  }

  for (const auto& dropped : {pair.slot, recvlogical_slot, decode_slot})
    BGDB_CHECK(replication::drop_slot(source, dropped));
  BGDB_CHECK(same_rows(test, pair));
  return measured;
}

std::vector<Case> plain_cases(int64_t rows) {
  const std::string table =
      "create table t (id bigint primary key, n int not null, v text, at timestamptz not null default '2026-01-01')";
  const std::string filled = fmt::format(
      "{}; insert into t select g, g, 'value ' || g, '2026-01-01' from generate_series(1, {}) g", table, rows);
  const std::string tpcb =
      "create table pgbench_accounts (aid int primary key, bid int, abalance int, filler char(84)); create table "
      "pgbench_branches (bid int primary "
      "key, bbalance int, filler char(88)); create table pgbench_tellers (tid int primary key, bid int, tbalance int, "
      "filler char(84)); create table "
      "pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22), id bigserial primary "
      "key); insert into "
      "pgbench_accounts select g, 1 + (g - 1) / 100000, 0, '' from generate_series(1, 1000000) g; insert into "
      "pgbench_branches select g, 0, '' from "
      "generate_series(1, 10) g; insert into pgbench_tellers select g, 1 + (g - 1) / 10, 0, '' from generate_series(1, "
      "100) g";
  return {
      {"tpcb", rows, 1.5, tpcb, "", true},
      {"inserts_one", rows, 1.3, table,
       fmt::format("insert into t select g, g, 'value ' || g, '2026-01-01' from generate_series(1, {}) g", rows)},
      {"inserts_1000", rows, 1.3, table,
       fmt::format("do $$ begin for i in 0..{}/1000 - 1 loop insert into t select g, g, 'value ' || g, '2026-01-01' "
                   "from generate_series(i * 1000 + 1, "
                   "(i + 1) * 1000) g; commit; end loop; end $$",
                   rows)},
      {"updates", rows, 1.5, filled, "update t set n = n + 1"},
      {"deletes", rows, 1.5, filled, "delete from t"},
  };
}

// What a release may ask of the same rows: renamed and cast columns, a computed one, a table split in two, two merged.
std::vector<Case> mapped_cases(int64_t rows) {
  const std::string source =
      "create table t (id bigint primary key, n int not null, v text, at timestamptz not null default '2026-01-01')";
  const std::string filled = fmt::format(
      "{}; insert into t select g, g, 'value ' || g, '2026-01-01' from generate_series(1, {}) g", source, rows);
  const auto insert_parts = [](const std::string& range) {
    return fmt::format("insert into a select g, g from {0} g; insert into b select g, 'value ' || g from {0} g", range);
  };
  const std::string cast =
      "create table t (id bigint primary key, amount bigint not null, v varchar(40), day date not null, "
      "even boolean not null)";
  const std::string cast_yaml =
      "tables:\n  t:\n    renames: { n: amount }\n    forward: { day: \"(at at time zone 'UTC')::date\", even: "
      "\"n % 2 = 0\" }\n    reverse: { at: \"day::timestamptz\" }\n    lossy: { at: measured here, day: measured here, "
      "v: measured here }\n";
  const std::string split =
      "create table t (id bigint primary key, n bigint not null); create table t_facts (t_id bigint primary key, v "
      "text, "
      "at timestamptz not null)";
  const std::string split_yaml = "tables:\n  t:\n    split:\n      t: {}\n      t_facts: { renames: { id: t_id } }\n";
  const auto fill = [&](const std::string& columns) {
    return fmt::format(fmt::runtime(columns), fmt::arg("rows", rows));
  };
  const bench::LinkPair::Green cast_green{
      fill(cast +
           "; insert into t select g, g, 'value ' || g, '2026-01-01', g % 2 = 0 from generate_series(1, {rows}) g"),
      cast_yaml};
  const bench::LinkPair::Green split_green{
      fill(split +
           "; insert into t select g, g from generate_series(1, {rows}) g; insert into t_facts select g, 'value ' || "
           "g, '2026-01-01' from generate_series(1, {rows}) g"),
      split_yaml};
  const bench::LinkPair::Green merged{"create table a (id bigint primary key, n int not null, v text)",
                                      "tables:\n  a: { to: a }\n  b: { to: a, renames: { b_id: id } }\n"};
  const std::string cast_rows = "select id, n::bigint, v, (at at time zone 'UTC')::date, n % 2 = 0 from t";
  const std::string split_rows = "select id, n::bigint, v, at from t";
  const std::string split_back = "select id, n, v, at from t join t_facts on t_id = id";
  return {
      {"cast_updates", rows, 0, filled, "update t set n = n + 1", false, cast_green, cast_rows, "select * from t"},
      {"split_updates", rows, 0, filled, "update t set n = n + 1, v = v || '.'", false, split_green, split_rows,
       split_back},
      {"split_deletes", rows, 0, filled, "delete from t", false, split_green, split_rows, split_back},
      {"merge_inserts", rows, 0,
       "create table a (id bigint primary key, n int not null); create table b (b_id bigint "
       "primary key, v text)",
       fmt::format("do $$ begin for i in 0..{}/1000 - 1 loop {}; commit; end loop; end $$", rows,
                   insert_parts("generate_series(i * 500 + 1, (i + 1) * 500)")),
       false, merged, "select id, n, v from a join b on b_id = id", "select * from a"},
  };
}

Result<int> run(int64_t rows, int runs, const std::string& only, const std::string& json_file) {
  Bench bench;
  bench.servers = BGDB_TRY(bench::LinkServers::start());
  bench.bin_dir = BGDB_TRY(scratch::find_postgres_bin_dir());
  std::vector<Case> cases = plain_cases(rows);
  for (auto& test : mapped_cases(rows)) cases.push_back(std::move(test));
  std::vector<bench::Row> table_rows;
  std::vector<std::string> costs;
  for (const auto& test : cases) {
    if (!only.empty() && only != test.name) continue;
    std::vector<double> recvlogical, decode, native, ours;
    Cost cost, native_cost;
    for (int i = 0; i < runs; ++i) {
      const auto measured = BGDB_TRY(run_case(bench, test, i));
      recvlogical.push_back(measured.recvlogical);
      decode.push_back(measured.decode);
      native.push_back(measured.native);
      ours.push_back(measured.ours);
      cost = measured.cost;
      native_cost = measured.native_cost;
    }
    const double micros = 1e6 / static_cast<double>(test.rows);
    costs.push_back(
        fmt::format("{:<14} relay: walsender {:.1f}, backend {:.1f}, bgdb {:.1f}; native: walsender {:.1f}, "
                    "worker {:.1f}",
                    test.name, cost.walsender * micros, cost.apply * micros, cost.ours * micros,
                    native_cost.walsender * micros, native_cost.apply * micros));
    const double mine = bench::median(ours);
    table_rows.push_back({test.name, "rows/s", mine, bench::median(native), "native", mine / bench::median(native),
                          test.reach, bench::peak_mb()});
    table_rows.push_back({test.name, "rows/s", mine, bench::median(decode), "decode only", mine / bench::median(decode),
                          test.green ? 0 : 0.9, bench::peak_mb()});
    table_rows.push_back({test.name, "rows/s", mine, bench::median(recvlogical), "pg_recvlogical",
                          mine / bench::median(recvlogical), 0, bench::peak_mb()});
  }
  auto session = BGDB_TRY(pg::Session::open({.dsn = bench.servers.source->dsn()}));
  bench::report("apply", bench::machine(BGDB_TRY(session.scalar("show server_version"))), table_rows, json_file);
  fmt::print("\nprocessor microseconds per row (last run)\n");
  for (const auto& line : costs) fmt::print("{}\n", line);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("rows/s of the relay draining a backlog");
  int64_t rows = 500'000;
  int runs = 3;
  std::string only, json_file;
  app.add_option("--rows", rows, "rows per case");
  app.add_option("--runs", runs, "runs per case; medians are reported");
  app.add_option("--case", only,
                 "tpcb | inserts_one | inserts_1000 | updates | deletes | cast_updates | split_updates | split_deletes "
                 "| merge_inserts");
  app.add_option("--json", json_file, "also write the figures to this file");
  CLI11_PARSE(app, argc, argv);
  const auto result = run(rows, runs, only, json_file);
  if (!result) {
    fmt::print(stderr, "bench apply: {}\n", result.error().to_string());
    return 2;
  }
  return *result;
}
