#include "gate/standard.h"

namespace bgdb::gate {

std::unique_ptr<Gate> make_health_gate(const Place& source, const Place& target, const Health& health) {
  if (health.kind == "command") return make_command_health_gate(health);
  if (health.kind == "http") return make_http_health_gate(health);
  if (health.kind == "prometheus") return make_prometheus_gate(health);
  if (health.kind == "alertmanager") return make_alertmanager_gate(health);
  return make_sql_health_gate(health.on == source.name ? source : target, health);
}

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
  gates.push_back(make_triggers_gate(inputs.target, inputs.slot_back, inputs.accepted_triggers));
  gates.push_back(make_triggers_gate(inputs.source, inputs.slot_out, inputs.accepted_triggers));
  if (inputs.target_is_new) {
    gates.push_back(make_constraints_gate(inputs.target, inputs.slot_back));
    gates.push_back(make_ready_tables_gate(inputs.target, inputs.slot_back));
  }
  if (inputs.soak_min > milliseconds(0)) {
    gates.push_back(make_soak_gate(inputs.target, inputs.link_out, inputs.soak_min));
  }
  if (inputs.verify_within > milliseconds(0)) {
    gates.push_back(make_verify_gate(inputs.target, inputs.verify_within));
  }
  for (const auto& health : inputs.health) gates.push_back(make_health_gate(inputs.source, inputs.target, health));
  if (!inputs.performance.queries.empty()) {
    gates.push_back(make_performance_gate(inputs.source, inputs.target, inputs.performance));
  }
  if (inputs.approval.needed) gates.push_back(make_approval_gate(inputs.source, inputs.approval));
  return gates;
}

}  // namespace bgdb::gate
