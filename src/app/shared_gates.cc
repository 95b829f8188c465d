#include "app/shared_gates.h"

#include <fmt/format.h>

#include "app/migrate_wiring.h"
#include "app/switch_spec.h"
#include "core/text.h"
#include "gate/standard.h"

namespace bgdb::app {
namespace {

// Everything before contract has run, and the old version is retired: what `bgdb migrate --phase contract` would say.
class ContractGate : public gate::Gate {
 public:
  explicit ContractGate(const Config& config) : config_(config) {}
  std::string name() const override { return "contract"; }
  gate::Decision evaluate(std::chrono::milliseconds) override {
    gate::Decision decision{.gate = name(), .limit = "old version retired, nothing left before it"};
    MigrateRequest request;
    request.phase = "contract";
    request.dry_run = true;
    const auto outcome = run_migrate(config_, request, core::silent_progress());
    decision.pass = outcome.has_value();
    if (!outcome) {
      decision.value = "refused";
      decision.reason = outcome.error().message;
      if (!outcome.error().hint.empty()) decision.reason += ": " + outcome.error().hint;
      return decision;
    }
    decision.value = fmt::format("{} waiting", outcome->report.pending);
    decision.reason = core::join(outcome->report.evidence, "; ");
    if (decision.reason.empty()) decision.reason = "no contract file waits";
    return decision;
  }

 private:
  const Config& config_;
};

}  // namespace

std::vector<std::unique_ptr<gate::Gate>> make_shared_gates(const Config& config) {
  const gate::Place database{"blue", config.blue_dsn};
  std::vector<std::unique_ptr<gate::Gate>> gates;
  gates.push_back(std::make_unique<ContractGate>(config));
  gates.push_back(gate::make_prepared_gate(database));
  gates.push_back(gate::make_long_transaction_gate(database, config.gates.long_transaction_max));
  for (const auto& health : gate_inputs(config, Direction::cutover).health) {
    gates.push_back(gate::make_health_gate(database, database, health));
  }
  return gates;
}

}  // namespace bgdb::app
