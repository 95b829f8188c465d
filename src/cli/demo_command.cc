// bgdb demo: the whole release night on two throwaway servers on this machine, live on the terminal.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <mutex>

#include "app/demo/night.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

using app::demo::Check;
using app::demo::Figures;

// One line per thing that happens; below them, on a terminal, the live line.
class TerminalView final : public app::demo::View {
 public:
  void step(std::string_view title) override {
    const auto elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
    line(fmt::format("\n{} {}", styled(fmt::format("{:5.1f} s", elapsed), Style::dim), styled(title, Style::bold)));
  }
  void command(std::string_view text) override { line("        " + styled(fmt::format("$ {}", text), Style::cyan)); }
  void output(std::string_view text) override { line("        " + styled(text, Style::dim)); }
  void result(std::string_view text, bool good) override {
    line(fmt::format("        {} {}", styled(good ? "✓" : "✗", good ? Style::green : Style::red), text));
  }
  void live(std::string_view text) override {
    if (!live_) return;
    const std::lock_guard lock(mutex_);
    live_text_ = text;
    draw_live();
  }
  void checks(const std::vector<Check>& checks) override {
    Table table({"invariant", "", "found"});
    for (const auto& check : checks) {
      table.add({check.name, check.pass ? styled("PASS", Style::green) : styled("FAIL", Style::red), check.detail});
    }
    line(table.render());
  }

 private:
  void line(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (live_ && !live_text_.empty()) fmt::print("\r\x1b[K");
    print(text + "\n");
    draw_live();
  }
  void draw_live() {
    if (!live_) return;
    if (live_text_.empty()) {
      print("\r\x1b[K");
    } else {
      print("\r\x1b[K" + fit("        " + styled(live_text_, Style::yellow), terminal_width(stdout) - 1));
    }
  }

  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  const bool live_ = isatty(STDOUT_FILENO) == 1;
  std::mutex mutex_;
  std::string live_text_;
};

// With --json and no file only the figures go to stdout.
class SilentView final : public app::demo::View {
 public:
  void step(std::string_view) override {}
  void command(std::string_view) override {}
  void output(std::string_view) override {}
  void result(std::string_view, bool) override {}
  void live(std::string_view) override {}
  void checks(const std::vector<Check>&) override {}
};

std::string closing_tables(const Figures& figures) {
  Table switches({"switch", "command", "stall p50", "p99", "max", "operations", "failed"},
                 {false, true, true, true, true, true, true});
  for (const auto& one : figures.switches) {
    switches.add({one.name, fmt::format("{:.0f} ms", one.command_ms), fmt::format("{:.1f} ms", one.stall.p50_ms),
                  fmt::format("{:.1f} ms", one.stall.p99_ms), fmt::format("{:.0f} ms", one.stall.max_ms),
                  core::format_count(one.stall.operations), core::format_count(one.failed_statements)});
  }
  std::string text = switches.render();
  text += fmt::format("\n{} clients: {} operations acknowledged, {} with unknown outcome, {} reconnects\n",
                      figures.clients, core::format_count(figures.acknowledged), figures.unknown, figures.reconnects);
  for (const auto& [what, times] : figures.failed) text += fmt::format("  failed {} times: {}\n", times, what);
  const bool held = figures.all_held();
  text +=
      fmt::format("\n{} in {:.0f} s; the largest stall a client saw was {:.0f} ms\n",
                  held ? styled("All invariants held", Style::green) : styled("AN INVARIANT DID NOT HOLD", Style::red),
                  figures.seconds, figures.stall_max_ms());
  return text;
}

}  // namespace

void add_demo(CLI::App& app, const Global& global, Exit& exit) {
  struct Options {
    app::demo::NightOptions night;
    std::string figures_file;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("demo", "The whole release night on two throwaway servers on this machine");
  command->add_flag("--quick", options->night.quick, "Little data and short waits");
  command->add_flag("--keep", options->night.keep, "Leave the folder with data, logs and configuration");
  auto* json = command->add_option("--json", options->figures_file,
                                   "What was measured and checked as JSON: to FILE, or to stdout instead of the story");
  json->expected(0, 1)->type_name("[FILE]");
  command->footer(
      "Starts PostgreSQL and PgBouncer in a temporary folder, on free ports of 127.0.0.1, and takes them down again.\n"
      "Exit status 0: every invariant held; 1: one did not.\n\nExample:\n  bgdb demo --json night.json\n");
  command->callback([&global, &exit, options, json] {
    TerminalView terminal;
    SilentView silent;
    const bool json_only = global.json || (json->count() > 0 && options->figures_file.empty());
    app::demo::View& view = json_only ? static_cast<app::demo::View&>(silent) : terminal;
    const auto figures = app::demo::play_night(options->night, view);
    if (!figures) {
      exit.status = report("demo", figures.error());
      return;
    }
    print(json_only ? app::demo::to_json(*figures) : closing_tables(*figures));
    exit.status = figures->all_held() ? 0 : 1;
    if (options->figures_file.empty()) return;
    if (const auto written = app::demo::write_figures(*figures, options->figures_file); !written) {
      exit.status = report("demo", written.error());
    }
  });
}

}  // namespace bgdb::cli
