// The window after the switch: figures, alerts and what they ask for, links kept running, reminders before it ends.
// What it finds is told; what it does is a command that anybody could have run (`bgdb rollback`).
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/release/alerts.h"
#include "app/release/context.h"
#include "app/release/metrics.h"
#include "app/release/standing_parts.h"
#include "app/returned.h"
#include "app/sync.h"
#include "core/clock.h"
#include "core/units.h"

namespace bgdb::app {
namespace {

using std::chrono::seconds;

constexpr seconds kRemindAt[] = {seconds(86'400), seconds(14'400), seconds(3'600), seconds(600)};
constexpr auto kLinksAgainAfter = std::chrono::seconds(60);
// Between two runs nobody looks. What was out of its limit before a longer break need not have been so all along.
constexpr int64_t kBreakMaxMs = 60'000;

class Watch {
 public:
  explicit Watch(ReleaseContext& context) : context_(context) {
    for (const auto& alert : context.config.release.alerts) states_.emplace_back(alert);
  }

  Result<StageEnd> run() {
    for (;;) {
      const auto standing = BGDB_TRY(look());
      if (standing && standing->refusal && !context_.config.shared()) retire_returned_side();
      // A rollback by hand passes through a moment in which nobody serves.
      refused_ = standing && standing->refusal ? refused_ + 1 : 0;
      if (standing && !std::exchange(epoch_, standing->epoch)) read_timers();
      if (standing && refused_ != 1 && over(*standing)) return end_of(*standing);
      if (standing && !context_.config.shared()) {
        keep_links(*standing);
        remind(*standing);
      }
      if (const auto end = BGDB_TRY(ask_alerts())) return *end;
      keep_timers();
      BGDB_CHECK(rest(context_.config.release.watch_every));
    }
  }

 private:
  // nullopt: a database cannot be read now. That is said once, and looked at again: nothing is concluded from it.
  Result<std::optional<Standing>> look() {
    auto standing = read_standing(context_.config);
    if (!standing && standing.error().code == ErrorCode::interrupted) return standing.error();
    if (standing) {
      unreadable_.clear();
      return std::optional<Standing>(*std::move(standing));
    }
    const auto& text = standing.error().message;
    if (text != unreadable_) context_.tell("alert", "watch", "cannot look: " + text);
    unreadable_ = text;
    return std::optional<Standing>();
  }

  void retire_returned_side() {
    const auto returned = retire_returned(context_.config);
    if (returned && *returned) context_.tell("alert", "watch", (*returned)->text() + ": retired");
  }

  bool over(const Standing& standing) const {
    for (const auto& stage : standing.stages) {
      if (stage.name == "watch") return stage.is != StageState::Is::due || standing.rolled_back || standing.refusal;
    }
    return true;
  }

  StageEnd end_of(const Standing& standing) const {
    if (standing.refusal) return {3, standing.refusal->message};
    if (standing.rolled_back) return {1, "rolled back: blue serves again"};
    for (const auto& state : states_) {
      if (state.firing()) return {1, "the window has ended, but an alert fires: " + state.text()};
    }
    return {};
  }

  // Without them there is no way back.
  void keep_links(const Standing& standing) {
    if (standing.serving != "green") return;
    const auto lag = read_lag(context_.config);
    if (!lag) return;
    std::string problem;
    for (const auto& sample : *lag) {
      if (!sample.problem.empty()) problem = sample.link + " link: " + sample.problem;
    }
    if (problem.empty()) {
      if (std::exchange(links_down_, false)) context_.tell("cleared", "watch", "both links stream again");
      return;
    }
    if (!std::exchange(links_down_, true)) context_.tell("alert", "watch", "the way back stands still: " + problem);
    const auto now = core::system_clock().now();
    if (now - links_tried_ < kLinksAgainAfter) return;
    links_tried_ = now;
    const auto started = start_links(context_);
    if (!started || started->status != 0) {
      context_.say("warning", "watch", started ? started->text : started.error().message);
    }
  }

  void remind(const Standing& standing) {
    if (!standing.window_left_s) return;
    const seconds left(*standing.window_left_s);
    const seconds* due = nullptr;
    for (const auto& at : kRemindAt) {
      if (left <= at && at < context_.config.watch_window) due = &at;
    }
    if (due == nullptr || due == reminded_) return;
    reminded_ = due;
    context_.tell(
        "reminder", "watch",
        fmt::format("the way back stays open for {} more; then finalize ends it", core::format_duration(left)));
  }

  Result<std::optional<StageEnd>> ask_alerts() {
    const auto samples = measure(context_.config, context_.config.release.alerts);
    const auto now = core::system_clock().now();
    for (size_t i = 0; i < states_.size(); ++i) {
      auto& state = states_[i];
      switch (state.take(samples[i], now)) {
        case AlertTurn::none:
          break;
        case AlertTurn::clears:
          context_.tell("cleared", "watch", state.text());
          break;
        case AlertTurn::blind:
          context_.tell("alert", "watch", "blind: " + state.text());
          break;
        case AlertTurn::sees:
          context_.tell("cleared", "watch", state.text());
          break;
        case AlertTurn::fires:
          // First what brings clients back, then the talk about it.
          if (const auto end = BGDB_TRY(act(state))) return end;
          context_.tell("alert", "watch", fmt::format("{} -> {}", state.text(), state.alert().action));
          break;
        case AlertTurn::still_fires:
          if (state.alert().action != "rollback") break;
          if (const auto end = BGDB_TRY(act(state))) return end;
      }
    }
    return std::optional<StageEnd>();
  }

  Result<std::optional<StageEnd>> act(const AlertState& state) {
    if (state.alert().action == "hold") {
      BGDB_CHECK(hold(state.text()));
      return std::optional<StageEnd>();
    }
    if (state.alert().action != "rollback") return std::optional<StageEnd>();
    context_.say("alert", "watch", state.text() + " -> rollback");
    const int status = BGDB_TRY(run_stage_command(context_, {"rollback", "--yes"}));
    if (status == 0) {
      context_.tell("alert", "watch", state.text() + " -> rolled back, blue serves");
      return std::optional<StageEnd>(StageEnd{1, "rolled back by an alert: " + state.text()});
    }
    if (status == 2) {
      // Past its point of no return it can only be finished; before it this does nothing.
      const int resumed = BGDB_TRY(run_stage_command(context_, {"rollback", "--resume"}));
      if (resumed == 0) return std::optional<StageEnd>(StageEnd{1, "rolled back by an alert: " + state.text()});
    }
    context_.tell("failure", "watch",
                  fmt::format("{}: bgdb rollback ended with status {}; it is tried again while the alert fires",
                              state.text(), status));
    return std::optional<StageEnd>();
  }

  Result<void> hold(const std::string& text) {
    auto session = BGDB_TRY(open_side_session(context_.config, side(), "bgdb release"));
    BGDB_CHECK(write_release_fact(session, kHoldFact, nlohmann::json(text).dump()));
    return context_.book.record(side(), "hold", nlohmann::json{{"alert", text}}.dump());
  }

  std::string side() const { return context_.config.shared() ? "blue" : "green"; }  // whose window this is

  // A run that is started over and over would else never see `for` pass. By the server's clock alone; a side that
  // cannot be asked has its timers in memory.
  void read_timers() {
    auto session = open_side_session(context_.config, side(), "bgdb release");
    if (!session) return;
    const auto kept = session->query(
        "select value::text as value, (extract(epoch from clock_timestamp() - at) * 1000)::bigint as age from "
        "bgdb.fact "
        "where key = $1",
        {kTimersFact});
    if (!kept || kept->empty()) return;
    const auto value = nlohmann::json::parse(kept->text(0, "value"), nullptr, false);
    const auto age = kept->integer(0, "age");
    timers_kept_ = true;
    if (!value.is_object() || value.value("epoch", int64_t{-1}) != epoch_ || age > kBreakMaxMs) return;
    const auto now = core::system_clock().now();
    const auto out_ms = value.value("out_ms", nlohmann::json::object());
    for (auto& state : states_) {
      const auto out = out_ms.find(state.alert().name());
      if (out != out_ms.end()) state.was_out(now - milliseconds(out->get<int64_t>() + age));
    }
  }

  void keep_timers() {
    auto out = nlohmann::json::object();
    for (const auto& state : states_) {
      if (state.out_since()) out[state.alert().name()] = core::time_since(*state.out_since()).count();
    }
    if (!epoch_ || (out.empty() && !timers_kept_)) return;
    auto session = open_side_session(context_.config, side(), "bgdb release");
    if (!session) return;
    const nlohmann::json value = {{"epoch", *epoch_}, {"out_ms", out}};
    if (write_release_fact(*session, kTimersFact, value.dump())) timers_kept_ = !out.empty();
  }

  ReleaseContext& context_;
  std::vector<AlertState> states_;
  std::string unreadable_;
  int refused_ = 0;  // looks in a row
  std::optional<int64_t> epoch_;
  bool timers_kept_ = false;  // the fact may say something
  bool links_down_ = false;
  core::SteadyTime links_tried_{};
  const seconds* reminded_ = nullptr;
};

}  // namespace

Result<StageEnd> watch_release(ReleaseContext& context) {
  if (context.config.shared()) BGDB_CHECK(begin_shared_watch(context.config));
  return Watch(context).run();
}

}  // namespace bgdb::app
