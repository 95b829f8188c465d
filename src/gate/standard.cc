#include "gate/standard.h"

namespace bgdb::gate {

std::vector<std::unique_ptr<Gate>> make_gates(const Inputs& inputs) {
  std::vector<std::unique_ptr<Gate>> gates;
  gates.push_back(make_live_gate(inputs.target, inputs.link_out));
  gates.push_back(make_live_gate(inputs.source, inputs.link_back));
  gates.push_back(make_lag_gate(inputs.target, inputs.link_out, inputs.lag_bytes_max, inputs.lag_ms_max));
  gates.push_back(make_drain_gate(inputs.target, inputs.link_out, inputs.drain_ms_max));
  gates.push_back(make_quarantine_gate(inputs.target, inputs.link_out));
  gates.push_back(make_quarantine_gate(inputs.source, inputs.link_back));
  gates.push_back(make_drift_gate(inputs.source));
  gates.push_back(make_drift_gate(inputs.target));
  gates.push_back(make_slot_gate(inputs.source, inputs.slot_out));
  gates.push_back(make_slot_gate(inputs.target, inputs.slot_back));
  gates.push_back(make_prepared_gate(inputs.source));
  gates.push_back(make_long_transaction_gate(inputs.source, inputs.long_transaction_max));
  gates.push_back(make_guards_gate(inputs.target, inputs.slot_back));
  if (inputs.soak_min > milliseconds(0)) {
    gates.push_back(make_soak_gate(inputs.target, inputs.link_out, inputs.soak_min));
  }
  if (inputs.verify_within > milliseconds(0)) {
    gates.push_back(make_verify_gate(inputs.target, inputs.verify_within));
  }
  for (const auto& health : inputs.health) {
    if (health.kind == "command") {
      gates.push_back(make_command_health_gate(health));
    } else if (health.kind == "http") {
      gates.push_back(make_http_health_gate(health));
    } else {
      gates.push_back(make_sql_health_gate(health.on == inputs.source.name ? inputs.source : inputs.target, health));
    }
  }
  return gates;
}

}  // namespace bgdb::gate
