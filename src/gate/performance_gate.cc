// Does the new side answer the application's own queries as fast as the old one? Both are asked the same time, by
// turns, in read-only transactions. A side without load answers faster than it will: so the limits are the operator's.
#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "core/interrupt.h"
#include "core/units.h"
#include "gate/probe.h"
#include "gate/standard.h"
#include "pg/session.h"

namespace bgdb::gate {
namespace {

using Steady = std::chrono::steady_clock;
// A run is heavy: gates are asked again and again while they must be stable.
constexpr std::chrono::seconds kGoodFor{60};

class Performance : public Gate {
 public:
  Performance(Place source, Place target, PerformanceLimits limits)
      : source_(std::move(source)), target_(std::move(target)), limits_(std::move(limits)) {}
  std::string name() const override { return "performance"; }

  Decision evaluate(milliseconds) override {
    const std::lock_guard lock(mutex_);
    if (last_.pass && Steady::now() < last_until_) return last_;
    Decision decision{.gate = name(), .limit = limit()};
    auto figures = measure();
    if (!figures) {
      decision.value = "unknown";
      decision.reason = "cannot be evaluated: " + figures.error().message;
      return decision;
    }
    auto& [old_side, new_side] = *figures;
    decision.value =
        fmt::format("p50 {:.1f}, p95 {:.1f} ms, {:.1f}% errors ({}: {:.1f}, {:.1f})", new_side.at(0.5),
                    new_side.at(0.95), 100 * new_side.error_rate(), source_.name, old_side.at(0.5), old_side.at(0.95));
    decision.reason = objection(old_side, new_side);
    decision.pass = decision.reason.empty();
    if (decision.pass)
      decision.reason = fmt::format("{} answers", core::format_count(static_cast<int64_t>(new_side.ms.size())));
    last_ = decision;
    last_until_ = Steady::now() + kGoodFor;
    return decision;
  }

 private:
  std::string limit() const {
    std::string text = fmt::format("errors {:g}%", 100 * limits_.error_rate_max);
    if (limits_.p50_max.count() > 0) text = fmt::format("p50 {} ms, ", limits_.p50_max.count()) + text;
    if (limits_.p95_max.count() > 0) text = fmt::format("p95 {} ms, ", limits_.p95_max.count()) + text;
    if (limits_.slower_max > 0) text += fmt::format(", {:g}x of {}", limits_.slower_max, source_.name);
    return text;
  }

  std::string objection(const ProbeFigures& old_side, const ProbeFigures& new_side) const {
    if (new_side.error_rate() > limits_.error_rate_max) return "queries fail: " + new_side.error;
    if (new_side.ms.empty()) return "no query was answered";
    const auto above = [&](double part, milliseconds max) {
      return max.count() > 0 && new_side.at(part) > static_cast<double>(max.count());
    };
    if (above(0.5, limits_.p50_max)) return "half of the answers take too long";
    if (above(0.95, limits_.p95_max)) return "the slowest answers take too long";
    if (limits_.slower_max > 0 && !old_side.ms.empty() && new_side.at(0.95) > limits_.slower_max * old_side.at(0.95)) {
      return fmt::format("{} is slower than {} allows", target_.name, source_.name);
    }
    return {};
  }

  Result<pg::Session> open(const Place& place) const { return open_probe(place, limits_.duration); }

  // Query by query, both sides by turns: what disturbs the machine disturbs both.
  Result<std::pair<ProbeFigures, ProbeFigures>> measure() {
    auto old_session = BGDB_TRY(open(source_));
    auto new_session = BGDB_TRY(open(target_));
    std::pair<ProbeFigures, ProbeFigures> figures;
    const auto until = Steady::now() + limits_.duration;
    const auto& old_queries = limits_.source_queries.empty() ? limits_.queries : limits_.source_queries;
    for (size_t i = 0; Steady::now() < until && !core::interrupted(); ++i) {
      ask_timed(old_session, old_queries[i % old_queries.size()], figures.first);
      ask_timed(new_session, limits_.queries[i % limits_.queries.size()], figures.second);
      for (auto* session : {&old_session, &new_session}) {
        if (!session->alive()) return fail(ErrorCode::connection, "a session was lost");
      }
    }
    return figures;
  }

  Place source_;
  Place target_;
  PerformanceLimits limits_;
  std::mutex mutex_;
  Decision last_;
  Steady::time_point last_until_;
};

}  // namespace

std::unique_ptr<Gate> make_performance_gate(const Place& source, const Place& target, const PerformanceLimits& limits) {
  return std::make_unique<Performance>(source, target, limits);
}

}  // namespace bgdb::gate
