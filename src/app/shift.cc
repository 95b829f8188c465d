#include "app/shift.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/release/alerts.h"
#include "app/release/book.h"
#include "app/release/context.h"
#include "app/release/metrics.h"
#include "app/switch_spec.h"
#include "core/clock.h"
#include "core/units.h"
#include "gate/gate.h"
#include "journal/state.h"

namespace bgdb::app {
namespace {

constexpr milliseconds kShiftPatience{10'000};
constexpr milliseconds kBackWithin{60'000};
constexpr int kBadLooksMax = 2;  // one failed look may be the checker's

// Two databases: what reaches green through this pool must not be able to write there.
Result<void> check_guarded(const Config& config) {
  if (config.shared()) return {};
  auto green = BGDB_TRY(open_side_session(config, "green", "bgdb traffic"));
  if (BGDB_TRY(journal::read_side(green))) return {};
  return fail(ErrorCode::refused, "green is no copy that bgdb guards: a client of the canary could write there",
              "Run \"bgdb clone\" first.");
}

class Shift {
 public:
  Shift(const Config& config, const TrafficConfig& traffic, traffic::Driver& driver, const ShiftSaid& said)
      : config_(config), traffic_(traffic), driver_(driver), said_(said), book_(config, "traffic") {
    for (const auto& alert : config.release.alerts) alerts_.emplace_back(alert);
    const auto inputs = gate_inputs(config, Direction::cutover);
    const auto& target = config.shared() ? inputs.source : inputs.target;
    for (const auto& health : inputs.health) health_.push_back(gate::make_health_gate(inputs.source, target, health));
  }

  Result<void> begin() {
    BGDB_CHECK(book_.hold_lock());
    BGDB_CHECK(check_guarded(config_));
    return driver_.check_weights();
  }

  Result<void> lead(int percent) {
    BGDB_CHECK(driver_.set_weight(percent, kShiftPatience));
    return book_.record("blue", "weight", nlohmann::json{{"green_percent", percent}}.dump());
  }

  Result<ShiftEnd> run() {
    int now = BGDB_TRY(driver_.weight(kShiftPatience));
    for (const auto& step : shift_steps(config_, traffic_)) {
      if (step.percent < now) continue;  // an earlier run came further
      if (step.percent != now) BGDB_CHECK(lead(step.percent));
      now = step.percent;
      say("line", fmt::format("{} % of clients go to green{}", now,
                              step.lasting.count() > 0 ? ", for " + core::format_duration(step.lasting) : ""));
      const auto objection = BGDB_TRY(hold(step.lasting));
      if (objection.empty()) continue;
      say("alert", fmt::format("{}: all clients go back to blue", objection));
      BGDB_CHECK(back());
      (void)book_.record("blue", "went back", nlohmann::json{{"from_percent", now}, {"why", objection}}.dump())
          .has_value();
      return ShiftEnd{0, true, fmt::format("went back from {} %: {}", now, objection)};
    }
    return ShiftEnd{now, false, fmt::format("{} % of clients go to green", now)};
  }

 private:
  void say(const std::string& event, const std::string& text) const {
    if (said_) said_(event, text);
  }

  // Looks at once, then again and again until the time is over. What speaks against the step; empty: nothing.
  Result<std::string> hold(milliseconds lasting) {
    const auto until = core::system_clock().now() + lasting;
    int bad_looks = 0;
    for (;;) {
      const auto objection = look();
      bad_looks = objection.empty() ? 0 : bad_looks + 1;
      if (bad_looks >= kBadLooksMax || alert_fired_) return objection;
      const auto now = core::system_clock().now();
      if (bad_looks == 0 && now >= until) return std::string();
      const auto left = std::chrono::duration_cast<milliseconds>(until - now);
      BGDB_CHECK(rest(std::clamp(left, milliseconds(100), config_.release.watch_every)));
    }
  }

  std::string look() {
    const auto samples = measure(config_, config_.release.alerts);
    const auto now = core::system_clock().now();
    for (size_t i = 0; i < alerts_.size(); ++i) {
      if (alerts_[i].take(samples[i], now); !alerts_[i].firing()) continue;
      alert_fired_ = true;
      return alerts_[i].text();
    }
    for (const auto& decision : gate::evaluate_all(health_, gate_timeout(config_))) {
      if (!decision.pass) return decision.gate + ": " + decision.reason;
    }
    return {};
  }

  // Clients are where they should not be: tried until it works.
  Result<void> back() {
    const auto until = core::system_clock().now() + kBackWithin;
    for (;;) {
      auto done = lead(0);
      if (done || core::system_clock().now() >= until) return done;
      say("alert", "cannot lead clients back yet: " + done.error().message);
      BGDB_CHECK(rest(milliseconds(500)));
    }
  }

  const Config& config_;
  const TrafficConfig& traffic_;
  traffic::Driver& driver_;
  const ShiftSaid& said_;
  ReleaseBook book_;
  std::vector<AlertState> alerts_;
  std::vector<std::unique_ptr<gate::Gate>> health_;
  bool alert_fired_ = false;
};

}  // namespace

Result<const TrafficConfig*> shifted_traffic(const Config& config) {
  if (config.shared()) return &config.traffic;
  if (!config.canary) {
    return fail(ErrorCode::refused,
                "strategy is parallel: clients that write through two ways would write two databases (split brain)",
                "A pool that only reads may be weighted: section canary of bgdb.yml with read_only: true.");
  }
  if (config.canary->read_only) return &*config.canary;
  return fail(ErrorCode::refused, "the canary's pool is not declared read-only: writers would write two databases",
              "When nothing writes through it, set canary.read_only: true; green's guards refuse writes all the same.");
}

std::vector<TrafficStep> shift_steps(const Config& config, const TrafficConfig& traffic) {
  auto steps = traffic.steps;
  if (config.shared() && !steps.empty() && steps.back().percent < 100) steps.push_back({100, milliseconds(0)});
  return steps;
}

Result<int> read_shift(const Config& config) {
  const auto* traffic = BGDB_TRY(shifted_traffic(config));
  const auto driver = BGDB_TRY(traffic::make_driver(driver_spec(config, *traffic)));
  return driver->weight(kShiftPatience);
}

Result<void> set_shift(const Config& config, int percent) {
  const auto* traffic = BGDB_TRY(shifted_traffic(config));
  const auto driver = BGDB_TRY(traffic::make_driver(driver_spec(config, *traffic)));
  Shift shift(config, *traffic, *driver, {});
  BGDB_CHECK(shift.begin());
  return shift.lead(percent);
}

Result<ShiftEnd> run_shift(const Config& config, const ShiftSaid& said) {
  const auto* traffic = BGDB_TRY(shifted_traffic(config));
  if (traffic->steps.empty()) {
    return fail(ErrorCode::config, "there are no steps: bgdb.yml says nothing about gradual traffic",
                "Write steps: [{ percent: 10, for: 5m }, { percent: 50, for: 10m }, { percent: 100 }].");
  }
  const auto driver = BGDB_TRY(traffic::make_driver(driver_spec(config, *traffic)));
  Shift shift(config, *traffic, *driver, said);
  BGDB_CHECK(shift.begin());
  return shift.run();
}

}  // namespace bgdb::app
