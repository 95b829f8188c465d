// Rows per second compared by verify, against both sides read at once, each by one backend: a bare scan (count(*),
// which looks into no row), and every row written out (COPY in binary to /dev/null), which any comparison from outside
// has to wait for.
//   bench_verify [--rows N] [--runs N] [--json FILE]
#include <CLI/CLI.hpp>
#include <chrono>
#include <future>

#include "bench/report.h"
#include "core/progress.h"
#include "introspect/introspect.h"
#include "scratch/server.h"
#include "translate/mapping.h"
#include "verify/verify.h"

namespace {

using namespace bgdb;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

struct Case {
  std::string name;
  std::string ddl;   // one table t
  std::string fill;  // {rows}
};

constexpr const char* kScan = "set max_parallel_workers_per_gather = 0; select count(*) from t";
constexpr const char* kReadOut = "copy t to '/dev/null' (format binary)";

Result<double> read_both(pg::Session& source, pg::Session& target, const char* sql) {
  const auto scan = [sql](pg::Session& session) { return session.script(sql); };
  const auto begin = Steady::now();
  auto other = std::async(std::launch::async, [&] { return scan(target); });
  auto mine = scan(source);
  auto theirs = other.get();
  BGDB_TRY(std::move(mine));
  BGDB_TRY(std::move(theirs));
  return seconds_since(begin);
}

Result<std::vector<bench::Row>> run_case(scratch::Postgres& blue, scratch::Postgres& green, const Case& test,
                                         int64_t rows, int runs) {
  BGDB_CHECK(blue.create_database(test.name));
  BGDB_CHECK(green.create_database(test.name));
  auto source = BGDB_TRY(pg::Session::open({.dsn = blue.dsn(test.name)}));
  auto target = BGDB_TRY(pg::Session::open({.dsn = green.dsn(test.name)}));
  for (auto* side : {&source, &target}) {
    BGDB_TRY(side->script(test.ddl));
    BGDB_TRY(side->script(fmt::format(fmt::runtime(test.fill), fmt::arg("rows", rows))));
    BGDB_TRY(side->script("vacuum (freeze, analyze) t"));
  }
  const auto source_catalog = BGDB_TRY(introspect::read_catalog(source));
  const auto target_catalog = BGDB_TRY(introspect::read_catalog(target));
  translate::DeriveInput input;
  input.blue = &source_catalog;
  input.green = &target_catalog;
  input.tables = {{"public", "t"}};
  const auto mapping = BGDB_TRY(translate::derive(input));
  verify::Options options;
  options.name = "bench";
  options.source_dsn = blue.dsn(test.name);
  options.target_dsn = green.dsn(test.name);
  options.tables = mapping.forward.tables;
  std::vector<double> ours, scans, readings;
  for (int i = 0; i < runs; ++i) {
    scans.push_back(static_cast<double>(rows) / BGDB_TRY(read_both(source, target, kScan)));
    readings.push_back(static_cast<double>(rows) / BGDB_TRY(read_both(source, target, kReadOut)));
    const auto begin = Steady::now();
    const auto report = BGDB_TRY(verify::run(options, core::silent_progress()));
    ours.push_back(static_cast<double>(rows) / seconds_since(begin));
    if (report.state() != verify::TableState::equal || report.rows != rows)
      return fail(ErrorCode::divergence, "the comparison of equal tables found a difference");
  }
  const double mine = bench::median(ours), scan = bench::median(scans), reading = bench::median(readings);
  return std::vector<bench::Row>{
      {test.name, "rows/s", mine, scan, "count(*) of both", mine / scan, 0.5, bench::peak_mb()},
      {test.name, "rows/s", mine, reading, "both written out", mine / reading, 0.5, bench::peak_mb()}};
}

Result<void> run(int64_t rows, int runs, const std::string& json_file) {
  auto workspace = BGDB_TRY(scratch::Workspace::create("bgdb-bench"));
  const std::vector<std::pair<std::string, std::string>> settings = {{"shared_buffers", "512MB"}};
  auto blue = BGDB_TRY(scratch::Postgres::start(*workspace, {.name = "blue", .settings = settings}));
  auto green = BGDB_TRY(scratch::Postgres::start(*workspace, {.name = "green", .settings = settings}));
  const std::vector<Case> cases = {
      {"accounts", "create table t (aid int primary key, bid int, abalance int, filler char(84))",
       "insert into t select g, 1 + g / 100000, 0, '' from generate_series(1, {rows}) g"},
      {"orders",
       "create table t (id bigint primary key, customer uuid not null, total numeric(12,2), note text, at timestamptz, "
       "data "
       "jsonb)",
       "insert into t select g, md5(g::text)::uuid, g / 7.0, 'note ' || g, '2026-01-01'::timestamptz + g * interval '1 "
       "s', "
       "jsonb_build_object('n', g, 'tags', array['a', 'b']) from generate_series(1, {rows}) g"},
      {"text_key", "create table t (id text primary key, v int)",
       "insert into t select md5(g::text), g from generate_series(1, {rows}) g"},
  };
  std::vector<bench::Row> table;
  for (const auto& test : cases) {
    const auto compared = BGDB_TRY(run_case(*blue, *green, test, rows, runs));
    table.insert(table.end(), compared.begin(), compared.end());
  }
  auto session = BGDB_TRY(pg::Session::open({.dsn = blue->dsn()}));
  bench::report("verify", bench::machine(BGDB_TRY(session.scalar("show server_version"))), table, json_file);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("rows/s compared by verify, against scanning both sides");
  int64_t rows = 1'000'000;
  int runs = 3;
  std::string json_file;
  app.add_option("--rows", rows)->check(CLI::PositiveNumber);
  app.add_option("--runs", runs)->check(CLI::PositiveNumber);
  app.add_option("--json", json_file);
  CLI11_PARSE(app, argc, argv);
  const auto done = run(rows, runs, json_file);
  if (!done) fmt::print(stderr, "bench verify: {}\n", done.error().to_string());
  return done ? 0 : 2;
}
