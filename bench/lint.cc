// MB/s, files/s and peak memory of `bgdb lint --format json` on a large tree of migrations, against squawk on the same
// files and against PostgreSQL's bare parser on as many threads.
//   bench_lint [--files N] [--runs N] [--keep DIR] [--json FILE]
#include <fcntl.h>
#include <pg_query.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdlib>

#include "bench/lint_tree.h"
#include "bench/report.h"
#include "core/process.h"

extern "C" {
#include <pg_query/pg_query_internal.h>
}

namespace {

using namespace bgdb;
namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

struct Run {
  double seconds = 0;
  double peak_mb = 0;
  int status = 0;
};

// A program with its output in a file: wall time and its own peak memory.
Run timed(const std::vector<std::string>& argv, const fs::path& output) {
  std::vector<char*> arguments;
  for (const auto& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const auto begin = Steady::now();
  const pid_t child = fork();
  if (child == 0) {
    const int file = open(output.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (file < 0 || dup2(file, STDOUT_FILENO) < 0) _exit(126);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  struct rusage usage {};
  wait4(child, &status, 0, &usage);
  return {seconds_since(begin), static_cast<double>(usage.ru_maxrss) / 1024,
          WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
}

std::vector<std::string> read_all(const fs::path& root) {
  std::vector<std::string> texts;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return texts;
}

enum class Parse { raw, json };

// The parser alone on every text, in memory, on all cores. An error ends a file early, so only texts that parse count.
double bare_parse(const std::vector<std::string>& texts, Parse how) {
  std::atomic<size_t> next = 0, bytes = 0;
  const auto work = [&] {
    for (size_t i = next++; i < texts.size(); i = next++) {
      if (how == Parse::json) {
        const auto result = pg_query_parse(texts[i].c_str());
        if (result.error == nullptr) bytes += texts[i].size();
        pg_query_free_parse_result(result);
        continue;
      }
      const auto memory = pg_query_enter_memory_context();
      const auto result = pg_query_raw_parse(texts[i].c_str());
      if (result.error == nullptr) bytes += texts[i].size();
      if (result.error != nullptr) pg_query_free_error(result.error);
      std::free(result.stderr_buffer);
      pg_query_exit_memory_context(memory);
    }
  };
  const auto begin = Steady::now();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  return static_cast<double>(bytes) / 1e6 / seconds_since(begin);
}

// The native program inside squawk's npm package; empty when it cannot be had.
std::string install_squawk() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const fs::path folder =
      (cache != nullptr ? fs::path(cache) : fs::path(home == nullptr ? "/tmp" : home) / ".cache") / "bgdb-bench-squawk";
  const auto find = [&]() -> std::string {
    std::error_code problem;
    const auto packages = folder / "node_modules" / "@squawk-cli";
    for (const auto& entry : fs::directory_iterator(packages, problem)) {
      if (fs::exists(entry.path() / "bin" / "squawk")) return (entry.path() / "bin" / "squawk").string();
    }
    return {};
  };
  if (auto known = find(); !known.empty()) return known;
  std::error_code problem;
  fs::create_directories(folder, problem);
  const auto installed = core::run_process(
      {.argv = {"npm", "install", "--no-audit", "--no-fund", "--prefix", folder.string(), "squawk-cli@2.66.0"},
       .timeout = std::chrono::minutes(3)});
  if (!installed || installed->exit_status != 0) {
    fmt::print(stderr, "bench lint: squawk cannot be installed, its rows are left out: {}\n",
               installed ? installed->stderr_text : installed.error().message);
  }
  return find();
}

struct Settings {
  size_t files = 12'000;
  size_t many_files = 50'000;
  int runs = 3;
  std::string keep, json_file;
};

struct Medians {
  double ours = 0, squawk = 0, raw = 0, json = 0;  // seconds, seconds, MB/s, MB/s
  double ours_peak = 0, squawk_peak = 0;
};

Run lint(const fs::path& root, const fs::path& scratch) {
  const auto run =
      timed({BGDB_BINARY, "lint", "--format", "json", "--fail-on", "never", root.string()}, scratch / "ours.json");
  if (run.status != 0) {
    fmt::print(stderr, "bench lint: bgdb lint ended with {}\n", run.status);
    std::exit(2);
  }
  return run;
}

Medians measure(const fs::path& root, const fs::path& scratch, const std::string& squawk, const Settings& settings) {
  std::vector<double> ours, theirs, raw, json;
  Medians medians;
  const auto texts = read_all(root);
  for (int i = 0; i < settings.runs; ++i) {
    const auto run = lint(root, scratch);
    ours.push_back(run.seconds);
    medians.ours_peak = std::max(medians.ours_peak, run.peak_mb);
    if (!squawk.empty()) {
      const auto other = timed({squawk, "--reporter", "json", root.string() + "/**/*.sql"}, scratch / "squawk.json");
      theirs.push_back(other.seconds);
      medians.squawk_peak = std::max(medians.squawk_peak, other.peak_mb);
    }
    raw.push_back(bare_parse(texts, Parse::raw));
    json.push_back(bare_parse(texts, Parse::json));
  }
  medians.ours = bench::median(ours);
  medians.squawk = bench::median(theirs);
  medians.raw = bench::median(raw);
  medians.json = bench::median(json);
  return medians;
}

void add_rows(std::vector<bench::Row>& rows, const std::string& name, const bench::TreeSize& size, const Medians& m,
              bool squawk) {
  const double mb = static_cast<double>(size.bytes) / 1e6, files = static_cast<double>(size.files);
  const double speed = mb / m.ours;
  if (squawk) {
    rows.push_back({name, "MB/s", speed, mb / m.squawk, "squawk 2.66.0", m.squawk / m.ours, 10, m.ours_peak});
    rows.push_back(
        {name, "files/s", files / m.ours, files / m.squawk, "squawk 2.66.0", m.squawk / m.ours, 10, m.ours_peak});
    rows.push_back(
        {name, "MB peak", m.ours_peak, m.squawk_peak, "squawk 2.66.0", m.squawk_peak / m.ours_peak, 1, m.ours_peak});
  }
  rows.push_back({name, "MB/s", speed, m.json, "pg_query_parse, all cores", speed / m.json, 0.5, m.ours_peak});
  rows.push_back({name, "MB/s", speed, m.raw, "raw parse, all cores", speed / m.raw, 0.5, m.ours_peak});
  rows.push_back({name, "MB peak", m.ours_peak, 50, "the bound", 50 / m.ours_peak, 1, m.ours_peak});
}

int run(const Settings& settings) {
  std::string scratch_text = (fs::temp_directory_path() / "bgdb-bench-lint-XXXXXX").string();
  if (mkdtemp(scratch_text.data()) == nullptr) return 2;
  const fs::path scratch = scratch_text;
  const auto squawk = install_squawk();
  std::vector<bench::Row> rows;
  const auto one = [&](const std::string& name, size_t files, bool large) {
    const fs::path root = settings.keep.empty() ? scratch / "tree" : fs::path(settings.keep) / name;
    const auto size = bench::Tree(root, 42).write(files, large);
    fmt::print(stderr, "{}: {} files, {:.1f} MB, {} projects\n", name, size.files,
               static_cast<double>(size.bytes) / 1e6, size.projects);
    add_rows(rows, name, size, measure(root, scratch, squawk, settings), !squawk.empty());
    if (settings.keep.empty()) fs::remove_all(root);
  };
  one(fmt::format("{} files", settings.files), settings.files, true);
  one("one 4 MB file", 0, true);
  one(fmt::format("{} files", settings.many_files), settings.many_files, true);
  bench::report("lint", fmt::format("{} cores", std::thread::hardware_concurrency()), rows, settings.json_file);
  fs::remove_all(scratch);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("speed and memory of bgdb lint on a large tree");
  Settings settings;
  app.add_option("--files", settings.files, "files of the first tree");
  app.add_option("--many-files", settings.many_files, "files of the largest tree");
  app.add_option("--runs", settings.runs, "runs per case; medians are reported");
  app.add_option("--keep", settings.keep, "write the trees into this folder and keep them");
  app.add_option("--json", settings.json_file, "also write the figures to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(settings);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "bench lint: {}\n", problem.what());
    return 2;
  }
}
