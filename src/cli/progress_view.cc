// Progress on a terminal (one bar per running item, redrawn in place), as plain lines, or as JSON lines. Drawing is
// limited to ten times a second on a terminal and to one line per item and two seconds elsewhere.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "cli/output.h"
#include "core/clock.h"
#include "core/units.h"

namespace bgdb::cli {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

struct Item {
  int64_t done = 0;
  int64_t total = 0;
  int64_t base = -1;  // done when we first heard of it: what an earlier run did says nothing about the rate
  std::string unit;
  SteadyClock::time_point started = SteadyClock::now();
  SteadyClock::time_point shown{};
};

std::string amount(int64_t value, const std::string& unit) {
  return unit == "bytes" ? core::format_bytes(value) : core::format_count(value) + (unit.empty() ? "" : " " + unit);
}

// "12.0 MiB of 40.0 MiB · 8.1 MiB/s · 3.5 s left"
std::string figures(const Item& item) {
  std::string text = amount(item.done, item.unit);
  if (item.total > 0) text += " of " + amount(item.total, item.unit);
  const auto seconds = std::chrono::duration<double>(SteadyClock::now() - item.started).count();
  if (seconds < 0.2 || item.done <= item.base) return text;
  const double rate = static_cast<double>(item.done - item.base) / seconds;
  text += fmt::format(" · {}/s", amount(static_cast<int64_t>(rate), item.unit));
  if (item.total > item.done) {
    text += fmt::format(" · {} left", core::format_duration(milliseconds(static_cast<int64_t>(
                                          1000.0 * static_cast<double>(item.total - item.done) / rate))));
  }
  return text;
}

class Base : public core::Progress {
 public:
  void stage(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    on_stage(std::string(name));
  }
  void item(std::string_view name, int64_t done, int64_t total, std::string_view unit) override {
    const std::lock_guard lock(mutex_);
    auto& item = items_[std::string(name)];
    item.done = done;
    if (item.base < 0) item.base = done;
    item.total = total;
    item.unit = unit;
    on_item(std::string(name), item);
  }
  void item_done(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    const auto found = items_.find(std::string(name));
    Item item = found == items_.end() ? Item{} : found->second;
    if (found != items_.end()) items_.erase(found);
    on_item_done(std::string(name), item);
  }
  void note(std::string_view text) override {
    const std::lock_guard lock(mutex_);
    on_note(std::string(text));
  }

 protected:
  virtual void on_stage(const std::string& name) = 0;
  virtual void on_item(const std::string& name, Item& item) = 0;
  virtual void on_item_done(const std::string& name, const Item& item) = 0;
  virtual void on_note(const std::string& text) = 0;
  std::mutex mutex_;
  std::map<std::string, Item> items_;
};

class Bars final : public Base {
 public:
  ~Bars() override { erase(); }

 protected:
  void on_stage(const std::string& name) override { above(styled(name, Style::bold, stderr)); }
  void on_item(const std::string&, Item&) override {
    const auto now = SteadyClock::now();
    if (now - drawn_at_ < milliseconds(100)) return;
    draw();
  }
  void on_item_done(const std::string& name, const Item& item) override {
    const auto text =
        item.done > 0 ? fmt::format("  {} {}", name, styled(figures(item), Style::dim, stderr)) : "  " + name;
    above(text);
  }
  void on_note(const std::string& text) override { above("  " + text); }

 private:
  void erase() {
    if (lines_ > 0) fmt::print(stderr, "\x1b[{}A\x1b[J", lines_);
    lines_ = 0;
  }
  void above(const std::string& text) {
    erase();
    fmt::print(stderr, "{}\n", fit(text, terminal_width(stderr) - 1));
    draw();
  }
  void draw() {
    constexpr size_t kBarsMax = 8;
    constexpr size_t kBarWidth = 24;
    erase();
    const size_t width = terminal_width(stderr) - 1;
    for (const auto& [name, item] : items_) {
      if (lines_ == kBarsMax) break;
      const double part =
          item.total > 0 ? std::min(1.0, static_cast<double>(item.done) / static_cast<double>(item.total)) : 0;
      const auto filled = static_cast<size_t>(part * kBarWidth);
      std::string bar;
      for (size_t i = 0; i < kBarWidth; ++i) bar += i < filled ? "█" : "░";
      const auto line =
          fmt::format("  {} {} {}", pad(fit(name, 28), 28), styled(bar, Style::cyan, stderr), figures(item));
      fmt::print(stderr, "{}\n", fit(line, width));
      ++lines_;
    }
    std::fflush(stderr);
    drawn_at_ = SteadyClock::now();
  }
  size_t lines_ = 0;
  SteadyClock::time_point drawn_at_{};
};

class Lines final : public Base {
 protected:
  void on_stage(const std::string& name) override { fmt::print(stderr, "{}\n", name); }
  void on_item(const std::string& name, Item& item) override {
    const auto now = SteadyClock::now();
    if (item.shown == SteadyClock::time_point{}) item.shown = now;
    if (now - item.shown < milliseconds(2000)) return;
    item.shown = now;
    fmt::print(stderr, "  {}: {}\n", name, figures(item));
  }
  void on_item_done(const std::string& name, const Item& item) override {
    fmt::print(stderr, "  {}: {}\n", name, item.done > 0 ? figures(item) : "done");
  }
  void on_note(const std::string& text) override { fmt::print(stderr, "  {}\n", text); }
};

class JsonLines final : public Base {
 protected:
  void on_stage(const std::string& name) override { emit({{"event", "stage"}, {"name", name}}); }
  void on_item(const std::string& name, Item& item) override {
    const auto now = SteadyClock::now();
    if (now - item.shown < milliseconds(500)) return;
    item.shown = now;
    emit({{"event", "item"}, {"name", name}, {"done", item.done}, {"total", item.total}, {"unit", item.unit}});
  }
  void on_item_done(const std::string& name, const Item& item) override {
    emit({{"event", "item_done"}, {"name", name}, {"done", item.done}, {"unit", item.unit}});
  }
  void on_note(const std::string& text) override { emit({{"event", "note"}, {"text", text}}); }

 private:
  static void emit(const nlohmann::json& event) {
    fmt::print(stderr, "{}\n", event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
};

}  // namespace

std::unique_ptr<core::Progress> make_progress(bool json) {
  if (json) return std::make_unique<JsonLines>();
  if (isatty(STDERR_FILENO) == 1) return std::make_unique<Bars>();
  return std::make_unique<Lines>();
}

}  // namespace bgdb::cli
