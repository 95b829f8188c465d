// bgdb lag: how far the standby is behind, by heartbeats and by log positions. Exit status 1 when it is too far, or
// unknown.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/sync.h"
#include "cli/commands.h"
#include "cli/link_view.h"
#include "core/clock.h"
#include "core/interrupt.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

using namespace std::chrono_literals;

struct LagOptions {
  bool watch = false;
  std::string bytes_max;  // "1MiB" or a plain number of bytes
  std::string ms_max;     // "500ms", "2s" or a plain number of milliseconds
};

bool plain_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

Result<app::LagLimits> limits_of(const LagOptions& options, const app::Config& config) {
  app::LagLimits limits{config.gates.lag_bytes_max, config.gates.lag_ms_max};
  if (!options.bytes_max.empty()) {
    limits.bytes_max =
        BGDB_TRY(core::parse_size(plain_number(options.bytes_max) ? options.bytes_max + "B" : options.bytes_max));
  }
  if (!options.ms_max.empty()) {
    limits.ms_max =
        BGDB_TRY(core::parse_duration(plain_number(options.ms_max) ? options.ms_max + "ms" : options.ms_max));
  }
  return limits;
}

std::string state_of(const app::LagSample& sample) {
  return sample.published ? sample.published->state_text : "none";
}

std::string to_text(const std::vector<app::LagSample>& samples, const app::LagVerdict& verdict) {
  Table table = link_table();
  for (const auto& sample : samples) {
    add_link_row(table, sample.link + (sample.leading ? " *" : ""), sample.from, sample.to,
                 sample.published ? sample.published->status : link::LinkStatus{}, state_of(sample));
  }
  std::string text = table.render();
  for (const auto& sample : samples) {
    if (!sample.problem.empty()) text += fmt::format("{}: {}\n", sample.link, sample.problem);
  }
  return text +
         styled(verdict.within ? "within limits: " : "above limits: ", verdict.within ? Style::green : Style::red) +
         verdict.reason + "\n";
}

std::string to_json(const std::vector<app::LagSample>& samples, const app::LagVerdict& verdict, int indent) {
  auto links = nlohmann::json::array();
  for (const auto& sample : samples) {
    auto one =
        link_json(sample.link, sample.published ? sample.published->status : link::LinkStatus{}, state_of(sample));
    one["from"] = sample.from;
    one["to"] = sample.to;
    one["leading"] = sample.leading;
    one["problem"] = sample.problem;
    one["age_ms"] = sample.published && sample.published->age ? nlohmann::json(sample.published->age->count())
                                                              : nlohmann::json(nullptr);
    links.push_back(std::move(one));
  }
  return nlohmann::json{{"links", links}, {"within", verdict.within}, {"reason", verdict.reason}}.dump(indent) + "\n";
}

Result<int> run(const Global& global, const LagOptions& options) {
  const auto config = BGDB_TRY(app::load_parallel_config(global.config_path));
  const auto limits = BGDB_TRY(limits_of(options, config));
  while (true) {
    const auto samples = BGDB_TRY(app::read_lag(config));
    const auto verdict = app::judge_lag(samples, limits);
    print(global.json ? to_json(samples, verdict, options.watch ? -1 : 2) : to_text(samples, verdict));
    std::fflush(stdout);
    if (options.watch && !core::interrupted()) core::system_clock().sleep_for(1s);
    if (!options.watch || core::interrupted()) return verdict.within ? 0 : 1;
  }
}

}  // namespace

void add_lag(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("lag", "How far the standby is behind; exit status 1 when too far or unknown");
  auto options = std::make_shared<LagOptions>();
  command->add_flag("--watch", options->watch, "Again each second until Ctrl-C");
  command->add_option("--max-bytes", options->bytes_max,
                      "Most bytes of log behind, e.g. 1MiB (default gates.lag_bytes_max)");
  command->add_option("--max-ms", options->ms_max, "Most time behind, e.g. 500ms (default gates.lag_ms_max)");
  command->footer(
      "The star marks the link whose source is the active side; only it is judged. No sample, a sample older than 5 s "
      "and a "
      "link\nthat does not stream count as above the limits.\n\nExamples:\n  bgdb lag\n  bgdb lag --watch\n  bgdb lag "
      "--max-bytes 64kB --max-ms 100 --json\n");
  command->callback([&global, &exit, options] {
    const auto status = run(global, *options);
    exit.status = status ? *status : report("lag", status.error());
  });
}

}  // namespace bgdb::cli
