#include "app/release/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "app/status.h"
#include "app/switch_spec.h"
#include "gate/http_client.h"
#include "gate/probe.h"
#include "gate/standard.h"

namespace bgdb::app {
namespace {

constexpr milliseconds kProbeAtMost{2'000};
constexpr milliseconds kPrometheusWithin{5'000};

Sample missing(const std::string& problem) {
  return {std::nullopt, problem};
}

class Measure {
 public:
  explicit Measure(const Config& config) : config_(config) {}

  Sample one(const ReleaseAlert& alert) {
    const auto& metric = alert.metric;
    if (metric == "prometheus") return prometheus(alert);
    if (metric == "health_failures") return health();
    if (metric == "error_rate" || metric == "p50_ms" || metric == "p95_ms") return probed(metric);
    return from_status(metric);
  }

 private:
  // Where clients are: through the front door when there is one.
  Sample probed(const std::string& metric) {
    if (!figures_) {
      const auto& limits = config_.gates.performance;
      const auto& door = config_.traffic.front_door_dsn;
      const bool green = config_.shared() || status().active == "green";
      const auto dsn = config_.shared() || !green ? config_.blue_dsn : config_.green_dsn;
      const auto& queries = green || limits.source_queries.empty() ? limits.queries : limits.source_queries;
      figures_ = gate::probe({green ? "green" : "blue", door.empty() ? dsn : door}, queries,
                             std::min(limits.duration, kProbeAtMost));
    }
    if (metric == "error_rate") return {figures_->error_rate(), figures_->error};
    if (figures_->ms.empty()) return missing("no query was answered: " + figures_->error);
    return {figures_->at(metric == "p50_ms" ? 0.5 : 0.95), ""};
  }

  Sample health() {
    std::vector<std::unique_ptr<gate::Gate>> gates;
    const auto inputs = gate_inputs(config_, Direction::cutover);
    const auto& target = config_.shared() ? inputs.source : inputs.target;
    for (const auto& health : inputs.health) gates.push_back(gate::make_health_gate(inputs.source, target, health));
    const auto decisions = gate::evaluate_all(gates, gate_timeout(config_));
    const auto failed =
        std::count_if(decisions.begin(), decisions.end(), [](const auto& decision) { return !decision.pass; });
    return {static_cast<double>(failed), ""};
  }

  Sample prometheus(const ReleaseAlert& alert) {
    const auto values = gate::prometheus_values(alert.url, alert.query, kPrometheusWithin);
    if (!values) return missing(values.error().message);
    if (values->empty()) return missing("the query finds no series");
    return {alert.above ? *std::max_element(values->begin(), values->end())
                        : *std::min_element(values->begin(), values->end()),
            ""};
  }

  // The link that leaves the side that serves: what the way back has to carry.
  Sample from_status(const std::string& metric) {
    const auto& now = status();
    if (config_.shared()) return missing("there are no links with strategy shared");
    const std::string leading = now.active == "green" ? "reverse" : "forward";
    if (metric == "rollback_held") {
      return {static_cast<double>(
                  std::count_if(now.gates.begin(), now.gates.end(), [](const auto& gate) { return !gate.pass; })),
              ""};
    }
    if (metric == "quarantined" || metric == "slot_bytes") {
      double sum = 0;
      for (const auto& side : now.sides) {
        if (!side.error.empty()) return missing(side.name + ": " + side.error);
        sum += static_cast<double>(metric == "quarantined" ? side.quarantined : side.slot_retained_bytes);
      }
      return {sum, ""};
    }
    for (const auto& link : now.links) {
      if (link.name != leading) continue;
      if (link.state != "streaming") return missing(leading + " link: " + link.state);
      if (metric == "lag_ms" && link.lag_ms) return {*link.lag_ms, ""};
      if (metric == "lag_bytes" && link.lag_bytes) return {static_cast<double>(*link.lag_bytes), ""};
    }
    return missing(leading + " link: no sample");
  }

  const Status& status() {
    if (!status_) status_ = read_status(config_);
    return *status_;
  }

  const Config& config_;
  std::optional<Status> status_;
  std::optional<gate::ProbeFigures> figures_;
};

}  // namespace

std::vector<Sample> measure(const Config& config, const std::vector<ReleaseAlert>& alerts) {
  Measure measure(config);
  std::vector<Sample> samples;
  for (const auto& alert : alerts) samples.push_back(measure.one(alert));
  return samples;
}

}  // namespace bgdb::app
