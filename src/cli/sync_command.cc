// bgdb sync: runs both links in the foreground; Ctrl-C or SIGTERM ends it after the running transaction, SIGHUP reads
// the configuration again (as a service; from a terminal that closes it ends it).
#include <fmt/format.h>
#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>

#include "app/returned.h"
#include "app/sync.h"
#include "cli/commands.h"
#include "cli/link_view.h"
#include "core/clock.h"
#include "core/interrupt.h"
#include "core/log.h"

namespace bgdb::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 100ms;
constexpr auto kDrawEvery = 500ms;  // on a terminal

std::string summary_line(const app::RunningLink& running, const link::LinkStatus& status) {
  return fmt::format("{} {}: {}, lag {}, {} rows, {} quarantined{}\n", core::wall_time_utc(), running.name,
                     state_name(status.state), status.lag_ms ? fmt::format("{:.1f} ms", *status.lag_ms) : "unknown",
                     status.rows_applied, status.quarantined, status.message.empty() ? "" : "; " + status.message);
}

// Draws on a terminal in place; elsewhere a line per link when its state changes and now and then; JSON lines each
// second.
class View {
 public:
  explicit View(bool json) : json_(json), terminal_(!json && ::isatty(STDOUT_FILENO) == 1) {}

  void show(const app::Sync& sync) {
    const auto now = std::chrono::steady_clock::now();
    std::string states;
    for (const auto& running : sync.links()) states += state_name(running.link->status().state) + " ";
    const auto every = terminal_ ? std::chrono::milliseconds(kDrawEvery) : json_ ? 1'000ms : 10'000ms;
    if (states == states_ && now - shown_at_ < every) return;
    states_ = states;
    shown_at_ = now;
    if (terminal_) {
      draw(sync);
    } else {
      lines(sync);
    }
  }

 private:
  void draw(const app::Sync& sync) {
    Table table = link_table(true);
    std::string messages;
    for (const auto& running : sync.links()) {
      const auto status = running.link->status();
      add_link_row(table, running.name, running.from, running.to, status, state_name(status.state),
                   rate(running.name, status));
      if (!status.message.empty()) messages += fit(running.name + ": " + status.message, terminal_width(stdout)) + "\n";
    }
    std::string text = table.render() + messages + styled("Ctrl-C stops\n", Style::dim);
    const auto height = std::count(text.begin(), text.end(), '\n');
    if (height_ > 0) text = fmt::format("\x1b[{}A\x1b[J", height_) + text;
    height_ = height;
    print(text);
    std::fflush(stdout);
  }
  // Since the last look; a link that was opened anew counts from zero again.
  double rate(const std::string& name, const link::LinkStatus& status) {
    const auto now = std::chrono::steady_clock::now();
    auto& before = seen_[name];
    const double elapsed = std::chrono::duration<double>(now - before.second).count();
    const auto rows = std::max<int64_t>(0, status.rows_applied - before.first);
    const bool first = before.second == std::chrono::steady_clock::time_point{};
    before = {status.rows_applied, now};
    return first || elapsed <= 0 ? 0 : static_cast<double>(rows) / elapsed;
  }
  void lines(const app::Sync& sync) {
    for (const auto& running : sync.links()) {
      const auto status = running.link->status();
      if (!json_) {
        print(summary_line(running, status));
        continue;
      }
      auto line = link_json(running.name, status, state_name(status.state));
      line["rows_per_second"] = rate(running.name, status);
      print(line.dump() + "\n");
    }
    std::fflush(stdout);
  }

  bool json_;
  bool terminal_;
  std::string states_;
  std::map<std::string, std::pair<int64_t, std::chrono::steady_clock::time_point>> seen_;
  std::chrono::steady_clock::time_point shown_at_{};
  int64_t height_ = 0;
};

// A side that was given up comes back while a link waits for it.
class ReturnWatch {
 public:
  explicit ReturnWatch(const app::Config& config) : config_(config) {}
  void look(const app::Sync& sync) {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_at_ < kLookEvery) return;
    looked_at_ = now;
    bool waits = false;
    for (const auto& running : sync.links()) {
      waits = waits || running.link->status().state != link::LinkState::streaming;
    }
    if (!waits) return;
    const auto returned = app::retire_returned(config_);
    if (returned && *returned) tell(**returned);
    if (!returned) report("sync", returned.error());
  }
  static void tell(const app::Returned& returned) {
    report("sync", make_error(ErrorCode::refused, returned.text() + ": it is retired now and refuses every client",
                              app::kReturnedHint));
  }

 private:
  static constexpr auto kLookEvery = 1s;
  const app::Config& config_;
  std::chrono::steady_clock::time_point looked_at_{};
};

// The links close where they are and open again under the new configuration; one that cannot be read changes nothing.
Result<void> start_again(const Global& global, app::Config& config, std::unique_ptr<app::Sync>& sync) {
  auto changed = app::load_parallel_config(global.config_path);
  if (!changed) {
    core::log_error("SIGHUP: the configuration stays as it was: {}", changed.error().to_string());
    return {};
  }
  config = std::move(*changed);
  sync->stop();
  sync = BGDB_TRY(app::Sync::start(config));
  core::log_warning("SIGHUP: running with {} as it is now", config.path);
  return {};
}

Result<int> run(const Global& global) {
  if (::isatty(STDIN_FILENO) == 0) core::catch_hangup();
  auto config = BGDB_TRY(app::load_parallel_config(global.config_path));
  if (const auto returned = BGDB_TRY(app::retire_returned(config))) ReturnWatch::tell(*returned);
  auto sync = BGDB_TRY(app::Sync::start(config));
  if (!global.json) print(fmt::format("engine {}\n", sync->engine()));
  std::fflush(stdout);
  View view(global.json);
  ReturnWatch returns(config);
  while (!core::interrupted() && !sync->all_ended()) {
    view.show(*sync);
    returns.look(*sync);
    if (core::take_hangup()) BGDB_CHECK(start_again(global, config, sync));
    core::system_clock().sleep_for(kTick);
  }
  const bool failed = sync->any_failed();
  sync->stop();
  view.show(*sync);
  return failed ? 1 : 0;
}

}  // namespace

void add_sync(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("sync", "Keep both sides current, in both directions, until stopped");
  command->footer(
      "Runs in the foreground from the clone to `bgdb finalize`; start it again whenever it was stopped or killed: it "
      "goes on\nwhere it was. The side without clients has nothing to send. A row that does not fit ends a link (exit "
      "status 1), a row\nthat cannot be translated goes to bgdb.quarantine.\n\nExamples:\n  bgdb sync\n  bgdb sync "
      "--json > sync.log &\n\nAs a service: packaging/systemd/bgdb-sync@.service. SIGTERM ends it cleanly; SIGHUP (not "
      "from a terminal) opens the\nlinks anew with the configuration as it is then.\n");
  command->callback([&global, &exit] {
    const auto status = run(global);
    exit.status = status ? *status : report("sync", status.error());
  });
}

}  // namespace bgdb::cli
