// Wall time of a whole clone (schema, rows, indexes, statistics, slot) against pg_dump with pg_restore, pgcopydb when
// it is installed, and one stream of frozen rows with the keys afterwards; all between the same two servers, in turn.
//   bench_clone [--scale N] [--tables N] [--runs N] [--json FILE]
#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <functional>

#include "app/clone_wiring.h"
#include "bench/report.h"
#include "clone/clone.h"
#include "core/process.h"
#include "pg/session.h"
#include "scratch/server.h"

namespace {

using namespace bgdb;
using Steady = std::chrono::steady_clock;

constexpr const char* kSlot = "bgdb_bench_forward";

struct Servers {
  std::unique_ptr<scratch::Workspace> workspace;
  std::unique_ptr<scratch::Postgres> blue;
  std::unique_ptr<scratch::Postgres> green;
  std::string tool(const std::string& name) const { return bin + "/" + name; }
  std::string bin;
};

Result<void> shell(const std::string& script) {
  const auto ran = BGDB_TRY(
      core::run_process({.argv = {"bash", "-c", "set -eo pipefail; " + script}, .timeout = std::chrono::minutes(30)}));
  if (ran.exit_status == 0) return {};
  return fail(ErrorCode::io, fmt::format("{}: {}", script, ran.stderr_text.substr(0, 2000)));
}

struct Case {
  std::string name;
  std::string database;
  std::vector<std::string> tables;  // for the frozen stream, largest first; empty: not measured
};

using Copy = std::function<Result<void>(const std::string& blue, const std::string& green)>;

struct Contender {
  std::string name;
  double reach = 0;
  Copy copy;
  std::vector<double> seconds{};
};

Result<void> clone_ours(const std::string& blue, const std::string& green) {
  const clone::CloneOptions options{.blue_dsn = blue,
                                    .green_dsn = green,
                                    .slot = kSlot,
                                    .takes_part = [](const QualifiedName&) { return true; },
                                    .catch_up = app::catch_up_by_relay(blue, green)};
  BGDB_TRY(clone::run_clone(options, core::silent_progress()));
  return {};
}

std::vector<Contender> contenders(const Servers& servers, const Case& test) {
  const std::string folder = servers.workspace->path() + "/dump";
  const std::string dump = servers.tool("pg_dump"), restore = servers.tool("pg_restore"), psql = servers.tool("psql");
  std::vector<Contender> all;
  all.push_back({"bgdb", 0, clone_ours});
  all.push_back({"pg_dump -j2, pg_restore -j2", 1 / 0.6, [=](const std::string& blue, const std::string& green) {
                   return shell(
                       fmt::format("rm -rf {0}; {1} -Fd -j2 -Z0 -f {0} -d '{2}'; {3} -j2 -d '{4}' {0}; rm -rf {0}",
                                   folder, dump, blue, restore, green));
                 }});
  if (shell("command -v pgcopydb")) {
    all.push_back({"pgcopydb clone", 1 / 0.8, [=](const std::string& blue, const std::string& green) {
                     return shell(fmt::format(
                         "rm -rf {0}; pgcopydb clone --dir {0} --table-jobs 2 --index-jobs 2 "
                         "--source '{1}' --target '{2}' >{0}.log 2>&1 || {{ tail -5 {0}.log >&2; exit 1; }}",
                         folder, blue, green));
                   }});
  }
  if (test.tables.empty()) return all;
  const auto tables = test.tables;
  all.push_back(
      {"one frozen stream, then keys", 1, [=](const std::string& blue, const std::string& green) {
         std::string script = fmt::format("{} --section=pre-data -d '{}' | {} -q -d '{}';", dump, blue, psql, green);
         for (const auto& table : tables) {
           script += fmt::format(
               "{0} -d '{1}' -c 'copy {3} to stdout' | {0} -q -d '{2}' -c 'begin' -c 'truncate {3}' -c 'copy {3} "
               "from stdin with (freeze)' -c 'commit';",
               psql, blue, green, table);
         }
         script += fmt::format("{} --section=post-data -d '{}' | {} -q -d '{}'; {} -q -d '{}' -c analyze", dump, blue,
                               psql, green, psql, green);
         return shell(script);
       }});
  return all;
}

Result<double> measure(const Servers& servers, const Case& test, const Contender& contender) {
  BGDB_CHECK(servers.green->create_database("copy"));
  auto admin = BGDB_TRY(pg::Session::open({.dsn = servers.green->dsn()}));
  auto blue = BGDB_TRY(pg::Session::open({.dsn = servers.blue->dsn(test.database)}));
  for (auto* side : {&admin, &blue}) BGDB_CHECK(side->execute("checkpoint"));
  const auto begin = Steady::now();
  BGDB_CHECK(contender.copy(servers.blue->dsn(test.database), servers.green->dsn("copy")));
  const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();
  auto copy = BGDB_TRY(pg::Session::open({.dsn = servers.green->dsn("copy")}));
  const std::string count =
      "select count(*) from pg_class where relkind in ('r', 'i') and relnamespace = 'public'::regnamespace";
  if (BGDB_TRY(copy.scalar(count)) != BGDB_TRY(blue.scalar(count))) {
    return fail(ErrorCode::divergence, contender.name + " did not copy everything");
  }
  BGDB_CHECK(admin.script("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'copy'"));
  (void)blue.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots");
  for (const std::string name : {kSlot}) (void)blue.execute("drop publication if exists " + name);
  (void)blue.script("drop schema if exists bgdb cascade");
  BGDB_CHECK(admin.execute("drop database copy with (force)"));
  return seconds;
}

Result<std::vector<bench::Row>> run_case(const Servers& servers, const Case& test, int runs) {
  auto all = contenders(servers, test);
  for (int i = 0; i < runs; ++i) {
    for (auto& contender : all) {
      contender.seconds.push_back(BGDB_TRY(measure(servers, test, contender)));
      fmt::print(stderr, "{} {}: {:.2f} s\n", test.name, contender.name, contender.seconds.back());
    }
  }
  std::vector<bench::Row> rows;
  const double ours = bench::median(all[0].seconds) * 1000;
  for (size_t i = 1; i < all.size(); ++i) {
    const double theirs = bench::median(all[i].seconds) * 1000;
    rows.push_back({test.name, "ms", ours, theirs, all[i].name, theirs / ours, all[i].reach, bench::peak_mb()});
  }
  return rows;
}

Result<void> fill(const Servers& servers, int scale, int tables) {
  BGDB_CHECK(servers.blue->create_database("bench"));
  BGDB_CHECK(shell(fmt::format("{} -i -q -s {} '{}'", servers.tool("pgbench"), scale, servers.blue->dsn("bench"))));
  // A table without a key cannot be replicated.
  auto bench = BGDB_TRY(pg::Session::open({.dsn = servers.blue->dsn("bench")}));
  BGDB_TRY(bench.script("alter table pgbench_history add column id bigserial primary key"));
  BGDB_CHECK(servers.blue->create_database("many"));
  auto many = BGDB_TRY(pg::Session::open({.dsn = servers.blue->dsn("many")}));
  for (int i = 0; i < tables; ++i) {
    BGDB_TRY(many.script(
        fmt::format("create table t{0} (id bigint generated by default as identity primary key, owner int not "
                    "null, note text, at timestamptz default now()); create index on t{0} (owner); insert "
                    "into t{0} (owner, note) select i % 7, 'note ' || i from generate_series(1, 100) i",
                    i)));
  }
  for (auto* session : {&bench, &many}) BGDB_CHECK(session->execute("vacuum analyze"));
  return {};
}

Result<void> run(int scale, int tables, int runs, const std::string& json_file) {
  Servers servers;
  servers.workspace = BGDB_TRY(scratch::Workspace::create("bgdb-bench"));
  const std::vector<std::pair<std::string, std::string>> settings = {{"shared_buffers", "512MB"},
                                                                     {"max_wal_size", "4GB"},
                                                                     {"maintenance_work_mem", "512MB"},
                                                                     {"max_locks_per_transaction", "64"}};
  servers.blue = BGDB_TRY(scratch::Postgres::start(*servers.workspace, {.name = "blue", .settings = settings}));
  servers.green = BGDB_TRY(scratch::Postgres::start(*servers.workspace, {.name = "green", .settings = settings}));
  servers.bin = BGDB_TRY(scratch::find_postgres_bin_dir());
  BGDB_CHECK(fill(servers, scale, tables));
  const std::vector<Case> cases = {{fmt::format("pgbench scale {}", scale),
                                    "bench",
                                    {"pgbench_accounts", "pgbench_tellers", "pgbench_branches", "pgbench_history"}},
                                   {fmt::format("{} small tables", tables), "many", {}}};
  std::vector<bench::Row> table;
  for (const auto& test : cases) {
    const auto rows = BGDB_TRY(run_case(servers, test, runs));
    table.insert(table.end(), rows.begin(), rows.end());
  }
  auto session = BGDB_TRY(pg::Session::open({.dsn = servers.blue->dsn()}));
  bench::report("clone", bench::machine(BGDB_TRY(session.scalar("show server_version"))), table, json_file);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("wall time of a clone, against pg_dump with pg_restore, pgcopydb, and one frozen stream");
  int scale = 50, tables = 2000, runs = 3;
  std::string json_file;
  app.add_option("--scale", scale)->check(CLI::PositiveNumber);
  app.add_option("--tables", tables)->check(CLI::PositiveNumber);
  app.add_option("--runs", runs)->check(CLI::PositiveNumber);
  app.add_option("--json", json_file);
  CLI11_PARSE(app, argc, argv);
  const auto done = run(scale, tables, runs, json_file);
  if (!done) fmt::print(stderr, "bench clone: {}\n", done.error().to_string());
  return done ? 0 : 2;
}
