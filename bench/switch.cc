// What clients notice of a switch: 8 of them behind PgBouncer, paced and saturated, with few and many tables; cutover
// and rollback by turns, as real `bgdb` processes. The yardstick is the same switch scripted with psql over native
// logical replication: PAUSE, wait until applied, sequences, rewrite, RELOAD, RESUME.
//   bench_switch [--tables 10,200,2000] [--runs N] [--seconds S] [--json FILE]
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "bench/report.h"
#include "core/process.h"
#include "pg/session.h"
#include "scratch/server.h"

namespace {

using namespace bgdb;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr int kClients = 8;
constexpr int kWrittenTables = 10;

double ms_between(Steady::time_point from, Steady::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

struct Answered {
  Steady::time_point began;
  double ms = 0;
};

// Clients that write through the pooler. `rate`: transactions per second in all, 0 = as fast as they can.
class Load {
 public:
  Load(std::string dsn, int rate) : dsn_(std::move(dsn)), rate_(rate), answered_(kClients) {
    for (int i = 0; i < kClients; ++i) threads_.emplace_back([this, i] { client(i); });
  }
  ~Load() { stop(); }
  void stop() {
    stop_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  int failed() const { return failed_; }
  // Latencies of what began between two moments; after stop().
  std::vector<double> between(Steady::time_point from, Steady::time_point to) const {
    std::vector<double> latencies;
    for (const auto& client : answered_) {
      for (const auto& one : client) {
        if (one.began >= from && one.began < to) latencies.push_back(one.ms);
      }
    }
    std::sort(latencies.begin(), latencies.end());
    return latencies;
  }

 private:
  void client(int number) {
    std::optional<pg::Session> session;
    auto due = Steady::now() + std::chrono::microseconds(number * 125);
    const auto pace = rate_ == 0 ? 0us : std::chrono::microseconds(1'000'000LL * kClients / rate_);
    for (int i = 0; !stop_; ++i) {
      if (!session) {
        if (auto opened = pg::Session::open({.dsn = dsn_, .application_name = "shop", .plain = true})) {
          session.emplace(*std::move(opened));
        } else {
          ++failed_;
          std::this_thread::sleep_for(20ms);
          continue;
        }
      }
      const auto began = Steady::now();
      const auto done = session->script(fmt::format(
          "begin; update t{0} set n = n + 1 where id = {1}; insert into t{0} (n, note) values ({2}, 'x'); commit",
          (number + i) % kWrittenTables + 1, number * 10 + i % 10 + 1, i));
      answered_[static_cast<size_t>(number)].push_back({began, ms_between(began, Steady::now())});
      if (!done) {
        ++failed_;
        session.reset();
      }
      due = std::max(due + pace, began);  // what a stall delayed is not made up for
      if (pace.count() > 0) std::this_thread::sleep_until(due);
    }
  }

  std::string dsn_;
  int rate_;
  std::vector<std::vector<Answered>> answered_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_{false};
  std::atomic<int> failed_{0};
};

struct Stall {
  double p50 = 0, p99 = 0, max = 0;
  double max_before = 0;  // the same load, as long before the switch as there was any
  int failed = 0;
  std::map<std::string, double> steps;
};

double at(const std::vector<double>& sorted, double part) {
  return sorted.empty()
             ? 0
             : sorted[std::min(sorted.size() - 1, static_cast<size_t>(part * static_cast<double>(sorted.size())))];
}

using Switch = std::function<Result<std::map<std::string, double>>()>;

// One switch under load; latencies of all that began within a second of it count.
Result<Stall> measure(const std::string& front_door, int rate, std::chrono::milliseconds warm, const Switch& perform) {
  Load load(front_door, rate);
  std::this_thread::sleep_for(warm / 4);  // connected by now
  const auto steady = Steady::now();
  std::this_thread::sleep_for(warm * 3 / 4);
  const auto from = Steady::now();
  const auto steps = BGDB_TRY(perform());
  const auto to = Steady::now() + 500ms;
  std::this_thread::sleep_for(1s);
  load.stop();
  const auto latencies = load.between(from, to);
  const auto before = load.between(steady, from);
  return Stall{at(latencies, 0.5),
               at(latencies, 0.99),
               latencies.empty() ? 0 : latencies.back(),
               before.empty() ? 0 : before.back(),
               load.failed(),
               steps};
}

class Servers {
 public:
  static Result<std::unique_ptr<Servers>> start() {
    auto servers = std::make_unique<Servers>();
    servers->workspace = BGDB_TRY(scratch::Workspace::create("bgdb-bench"));
    const std::vector<std::pair<std::string, std::string>> settings = {
        {"shared_buffers", "256MB"}, {"max_wal_size", "4GB"}, {"max_locks_per_transaction", "256"}};
    servers->blue = BGDB_TRY(scratch::Postgres::start(*servers->workspace, {.name = "blue", .settings = settings}));
    servers->green = BGDB_TRY(scratch::Postgres::start(*servers->workspace, {.name = "green", .settings = settings}));
    return servers;
  }
  std::unique_ptr<scratch::Workspace> workspace;
  std::unique_ptr<scratch::Postgres> blue;
  std::unique_ptr<scratch::Postgres> green;
};

Result<void> create_tables(const std::string& dsn, int tables) {
  auto session = BGDB_TRY(pg::Session::open({.dsn = dsn}));
  for (int first = 1; first <= tables; first += 100) {
    std::string sql;
    for (int i = first; i < first + 100 && i <= tables; ++i) {
      sql += fmt::format("create table t{0} (id bigserial primary key, n int not null, note text);", i);
      if (i <= kWrittenTables)
        sql += fmt::format("insert into t{0} (n, note) select g, 'x' from generate_series(1, 100) g;", i);
    }
    BGDB_TRY(session.script(sql));
  }
  return {};
}

// bgdb: clone, sync in the background, then switches there and back.
class Ours {
 public:
  static Result<std::unique_ptr<Ours>> start(Servers& servers, const std::string& name, int tables) {
    std::unique_ptr<Ours> ours(new Ours);
    BGDB_CHECK(servers.blue->create_database(name));
    BGDB_CHECK(servers.green->create_database(name));
    BGDB_CHECK(create_tables(servers.blue->dsn(name), tables));
    ours->bouncer_ =
        BGDB_TRY(scratch::PgBouncer::start(*servers.workspace, {{"shop", servers.blue->dsn(name)}}, {.name = name}));
    ours->config_ = fmt::format("{}/{}.yml", servers.workspace->path(), name);
    std::ofstream(ours->config_) << fmt::format(
        "name: {}\nblue: {{ dsn: \"{}\" }}\ngreen: {{ dsn: \"{}\" }}\n"
        "gates: {{ stable_for: 300ms, lag_bytes_max: 64MiB, lag_ms_max: 5000, drain_ms_max: 5000 }}\nswitch: {{ "
        "pause_max: 10s }}\n"
        "traffic: {{ driver: pgbouncer, admin_dsn: \"{}\", database: shop, databases_file: {}, front_door_dsn: \"{}\" "
        "}}\n",
        name, servers.blue->dsn(name), servers.green->dsn(name), ours->bouncer_->admin_dsn(),
        ours->bouncer_->databases_file(), ours->front_door());
    BGDB_TRY(ours->bgdb({"clone", "--yes"}));
    core::ProcessOptions sync{.argv = {BGDB_BINARY, "--config", ours->config_, "sync"}};
    sync.output_file = ours->config_ + ".log";
    sync.die_with_parent = true;
    ours->sync_ = BGDB_TRY(core::ChildProcess::start(sync));
    return ours;
  }
  std::string front_door() const { return bouncer_->dsn("shop"); }

  Result<void> wait_ready(bool rollback) const {
    Result<std::string> last = std::string();
    for (int i = 0; i < 120; ++i) {
      last = bgdb(rollback ? std::vector<std::string>{"gate", "--rollback"} : std::vector<std::string>{"gate"});
      if (last) return {};
      std::this_thread::sleep_for(500ms);
    }
    return last.error();
  }
  Result<std::map<std::string, double>> perform(const std::string& command) const {
    const auto json = nlohmann::json::parse(BGDB_TRY(bgdb({"--json", command, "--yes"})));
    std::map<std::string, double> steps;
    for (const auto& step : json["steps"]) steps[step["step"]] = step["ms"];
    return steps;
  }

 private:
  Result<std::string> bgdb(std::vector<std::string> arguments) const {
    core::ProcessOptions options{.argv = {BGDB_BINARY, "--config", config_}, .timeout = 120s};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    const auto result = BGDB_TRY(core::run_process(options));
    if (result.exit_status == 0) return result.stdout_text;
    return fail(ErrorCode::io, fmt::format("bgdb {}: status {}: {}{}", arguments.back(), result.exit_status,
                                           result.stdout_text, result.stderr_text));
  }
  std::unique_ptr<scratch::PgBouncer> bouncer_;
  std::string config_;
  core::ChildProcess sync_;
};

// The recipe of the handbooks: psql, a native subscription, PgBouncer. One way only; what flows back is not its
// business.
class Psql {
 public:
  static Result<std::unique_ptr<Psql>> start(Servers& servers, const std::string& name, int tables) {
    std::unique_ptr<Psql> psql(new Psql);
    psql->name_ = name;
    psql->blue_ = servers.blue->dsn(name);
    psql->green_ = servers.green->dsn(name);
    for (auto* side : {servers.blue.get(), servers.green.get()}) {
      BGDB_CHECK(side->create_database(name));
      BGDB_CHECK(create_tables(side->dsn(name), tables));
    }
    psql->bouncer_ = BGDB_TRY(scratch::PgBouncer::start(*servers.workspace, {{"shop", psql->blue_}}, {.name = name}));
    auto blue = BGDB_TRY(pg::Session::open({.dsn = psql->blue_}));
    auto green = BGDB_TRY(pg::Session::open({.dsn = psql->green_}));
    BGDB_TRY(blue.script("create publication " + name + " for all tables"));
    BGDB_TRY(green.script(fmt::format(
        "create subscription {0} connection '{1}' publication {0} with (copy_data = false)", name, psql->blue_)));
    return psql;
  }
  ~Psql() {
    if (auto green = pg::Session::open({.dsn = green_})) (void)green->script("drop subscription " + name_);
  }
  std::string front_door() const { return bouncer_->dsn("shop"); }

  Result<std::map<std::string, double>> perform() const {
    BGDB_TRY(run(bouncer_->admin_dsn(), "pause shop"));
    const auto end = BGDB_TRY(run(blue_, "select pg_current_wal_insert_lsn()"));
    while (BGDB_TRY(run(
               blue_, fmt::format("select confirmed_flush_lsn >= '{}' from pg_replication_slots where slot_name = '{}'",
                                  end, name_))) != "t") {
    }
    const auto raise =
        BGDB_TRY(run(blue_,
                     "select string_agg(format('select setval(%L, %s)', schemaname || '.' || sequencename, "
                     "last_value + 1000), ';') from pg_sequences where last_value is not null"));
    BGDB_TRY(run(green_, raise));
    std::ofstream(bouncer_->databases_file()) << "[databases]\nshop = " << green_ << "\n";
    BGDB_TRY(run(bouncer_->admin_dsn(), "reload"));
    BGDB_TRY(run(bouncer_->admin_dsn(), "resume shop"));
    return std::map<std::string, double>();
  }

 private:
  static Result<std::string> run(const std::string& dsn, const std::string& sql) {
    const auto result =
        BGDB_TRY(core::run_process({.argv = {"psql", "-XAtq", "-d", dsn, "-f", "-"}, .stdin_text = sql + ";\n"}));
    if (result.exit_status != 0 || result.stderr_text.find("ERROR") != std::string::npos)
      return fail(ErrorCode::io, "psql: " + result.stderr_text);
    return result.stdout_text.substr(0, result.stdout_text.find_last_not_of('\n') + 1);
  }
  std::string name_, blue_, green_;
  std::unique_ptr<scratch::PgBouncer> bouncer_;
};

struct Case {
  int tables = 10;
  int rate = 1'000;
};

Stall median_of(const std::vector<Stall>& stalls) {
  const auto middle = [&](auto value) {
    std::vector<double> values;
    for (const auto& stall : stalls) values.push_back(value(stall));
    return bench::median(values);
  };
  Stall all{middle([](const Stall& s) { return s.p50; }),
            middle([](const Stall& s) { return s.p99; }),
            middle([](const Stall& s) { return s.max; }),
            middle([](const Stall& s) { return s.max_before; }),
            0,
            {}};
  for (const auto& stall : stalls) all.failed += stall.failed;
  for (const auto& [step, ignored] : stalls.front().steps) {
    all.steps[step] =
        middle([&step = step](const Stall& s) { return s.steps.contains(step) ? s.steps.at(step) : 0.0; });
  }
  return all;
}

void show(const std::string& name, const Stall& stall, const Stall& yardstick) {
  fmt::print(
      "{:<34} p50 {:.1f}  p99 {:.1f}  max {:.1f} ms, {} failed; max without a switch {:.1f}   (psql: {:.1f} / {:.1f} / "
      "{:.1f} ms, {} failed)\n",
      name, stall.p50, stall.p99, stall.max, stall.failed, stall.max_before, yardstick.p50, yardstick.p99,
      yardstick.max, yardstick.failed);
  std::string steps;
  for (const auto* step : {"pause", "fence", "drain", "sequences", "final_facts", "commit", "activate", "point",
                           "resume_traffic", "front_door"}) {
    if (stall.steps.contains(step)) steps += fmt::format("  {} {:.1f}", step, stall.steps.at(step));
  }
  fmt::print("   {}\n", steps);
  std::fflush(stdout);
}

Result<void> run_case(Servers& servers, const Case& one, int runs, std::chrono::milliseconds warm,
                      std::vector<bench::Row>& rows) {
  static int count = 0;
  const std::string name = fmt::format("b{}", ++count);
  const std::string load = one.rate == 0 ? "saturated" : fmt::format("{} tps", one.rate);
  std::vector<Stall> recipe;
  for (int i = 0; i < runs; ++i) {
    const auto psql = BGDB_TRY(Psql::start(servers, fmt::format("{}p{}", name, i), one.tables));
    recipe.push_back(BGDB_TRY(measure(psql->front_door(), one.rate, warm, [&] { return psql->perform(); })));
  }
  const auto yardstick = median_of(recipe);
  const auto ours = BGDB_TRY(Ours::start(servers, name, one.tables));
  std::map<std::string, std::vector<Stall>> stalls;
  for (int i = 0; i < runs; ++i) {
    for (const std::string command : {"cutover", "rollback"}) {
      BGDB_CHECK(ours->wait_ready(command == "rollback"));
      stalls[command].push_back(
          BGDB_TRY(measure(ours->front_door(), one.rate, warm, [&] { return ours->perform(command); })));
    }
  }
  for (const auto& [command, all] : stalls) {
    const auto stall = median_of(all);
    const std::string title = fmt::format("{}, {} tables, {}", command, one.tables, load);
    show(title, stall, yardstick);
    const double limit = one.tables <= 10 ? 50 : 250;
    rows.push_back({title, "ms stall max", stall.max, yardstick.max, "psql script", yardstick.max / stall.max,
                    yardstick.max / limit, bench::peak_mb()});
  }
  return {};
}

Result<void> run(const std::vector<int>& tables, const std::vector<int>& rates, int runs, double seconds,
                 const std::string& json_file) {
  auto servers = BGDB_TRY(Servers::start());
  std::vector<bench::Row> rows;
  for (const int count : tables) {
    for (const int rate : rates) {
      BGDB_CHECK(run_case(*servers, {count, rate}, runs,
                          std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000)), rows));
    }
  }
  auto session = BGDB_TRY(pg::Session::open({.dsn = servers->blue->dsn()}));
  bench::report("switch", bench::machine(BGDB_TRY(session.scalar("show server_version"))), rows, json_file);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("what clients notice of a switch");
  std::vector<int> tables = {10, 200, 2'000};
  std::vector<int> rates = {1'000, 0};
  int runs = 3;
  double seconds = 2;
  std::string json_file;
  app.add_option("--tables", tables)->delimiter(',');
  app.add_option("--rates", rates, "Transactions per second, 0 = saturated")->delimiter(',');
  app.add_option("--runs", runs)->check(CLI::PositiveNumber);
  app.add_option("--seconds", seconds, "Load before each switch");
  app.add_option("--json", json_file);
  CLI11_PARSE(app, argc, argv);
  const auto done = run(tables, rates, runs, seconds, json_file);
  if (!done) fmt::print(stderr, "bench switch: {}\n", done.error().to_string());
  return done ? 0 : 2;
}
