// Added latency of an idle link: from the client's COMMIT on the source until the row can be read on the target, by the
// relay and by a native subscription. One row at a time, with pauses of changing length, so that no timer is met in
// step. The two take turns and never run together; both commit asynchronously on the target. The relay is a process of
// its own with a session of its own, as `bgdb sync` is and as the subscription's worker is: in ours it would share a
// processor's time with the thread that looks for the row as fast as it can.
//   bench_lag [--rows N] [--json FILE]
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <random>
#include <thread>

#include "bench/link_pair.h"
#include "bench/report.h"

namespace {

using namespace bgdb;
using Steady = std::chrono::steady_clock;

double at(std::vector<double> sorted, double part) {
  std::sort(sorted.begin(), sorted.end());
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(part * static_cast<double>(sorted.size())))];
}

// Milliseconds of each row.
Result<std::vector<double>> ways(pg::Session& source, pg::Session& target, int rows, int first) {
  std::vector<double> measured;
  std::mt19937 random(static_cast<unsigned>(first));
  for (int i = 0; i < rows; ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds(5'000 + random() % 20'000));
    const std::string id = std::to_string(first + i);
    BGDB_CHECK(source.execute("insert into t values ($1, 'x')", {id}));
    const auto committed = Steady::now();
    while (BGDB_TRY(target.query("select from t where id = $1", {id})).empty()) {
      if (Steady::now() - committed > std::chrono::seconds(20)) return fail(ErrorCode::timeout, "a row did not arrive");
    }
    measured.push_back(std::chrono::duration<double, std::milli>(Steady::now() - committed).count());
  }
  return measured;
}

class RelayProcess {
 public:
  // Returns when it streams.
  static Result<std::unique_ptr<RelayProcess>> start(const bench::LinkPair& pair) {
    int ends[2];
    if (::pipe(ends) != 0) return fail(ErrorCode::io, "no pipe");
    std::unique_ptr<RelayProcess> process(new RelayProcess(::fork()));
    if (process->pid_ == 0) run(pair, ends[1]);
    ::close(ends[1]);
    char streams = 0;
    const bool told = ::read(ends[0], &streams, 1) == 1;
    ::close(ends[0]);
    if (!told) return fail(ErrorCode::io, "the relay did not start");
    return process;
  }
  ~RelayProcess() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  explicit RelayProcess(pid_t pid) : pid_(pid) {}
  [[noreturn]] static void run(const bench::LinkPair& pair, int streams) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setsid();
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &ending, nullptr);  // before there are threads: they inherit it
    auto relay = link::make_relay(pair.options(), pair.mapping);
    if (const auto started = relay->start(); !started) {
      fmt::print(stderr, "{}\n", started.error().to_string());
      ::_exit(2);
    }
    if (::write(streams, "s", 1) != 1) ::_exit(2);
    int signal = 0;
    ::sigwait(&ending, &signal);
    relay->stop();
    ::_exit(0);
  }
  pid_t pid_;
};

Result<int> run(int rows, const std::string& json_file) {
  const auto servers = BGDB_TRY(bench::LinkServers::start());
  auto pair = BGDB_TRY(bench::LinkPair::make(servers, "lag", "create table t (id int primary key, v text)"));
  constexpr int kWarm = 50;
  BGDB_CHECK(pair.start_native());
  BGDB_TRY(ways(pair.source, pair.native, kWarm, 0));
  const auto native = BGDB_TRY(ways(pair.source, pair.native, rows, kWarm));
  BGDB_CHECK(pair.stop_native());

  auto relay = BGDB_TRY(RelayProcess::start(pair));
  const int second = kWarm + rows;
  BGDB_TRY(ways(pair.source, pair.ours, kWarm, second));
  const auto ours = BGDB_TRY(ways(pair.source, pair.ours, rows, second + kWarm));
  relay.reset();
  BGDB_CHECK(replication::drop_slot(pair.source, pair.slot));

  std::vector<bench::Row> table;
  for (const auto& [name, part] : {std::pair{"p50", 0.5}, {"p99", 0.99}}) {
    const double mine = at(ours, part) * 1000, theirs = at(native, part) * 1000;
    table.push_back({name, "microseconds", mine, theirs, "native", theirs / mine, 1.0, bench::peak_mb()});
  }
  auto session = BGDB_TRY(pg::Session::open({.dsn = servers.source->dsn()}));
  bench::report("lag", bench::machine(BGDB_TRY(session.scalar("show server_version"))), table, json_file);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("latency that an idle link adds");
  int rows = 1'000;
  std::string json_file;
  app.add_option("--rows", rows, "rows per engine");
  app.add_option("--json", json_file, "also write the figures to this file");
  CLI11_PARSE(app, argc, argv);
  const auto result = run(rows, json_file);
  if (!result) {
    fmt::print(stderr, "bench lag: {}\n", result.error().to_string());
    return 2;
  }
  return *result;
}
