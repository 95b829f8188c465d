#include "cli/gates_view.h"

#include <nlohmann/json.hpp>

#include "cli/output.h"

namespace bgdb::cli {
namespace {

// A gate's decision, and the line that a switch keeps of it: the same fields.
template <class Gate>
nlohmann::json list_json(const std::vector<Gate>& gates) {
  auto json = nlohmann::json::array();
  for (const auto& gate : gates) {
    json.push_back({{"gate", gate.gate},
                    {"pass", gate.pass},
                    {"value", gate.value},
                    {"limit", gate.limit},
                    {"reason", gate.reason}});
  }
  return json;
}

template <class Gate>
std::string list_table(const std::vector<Gate>& gates) {
  Table table({"", "gate", "value", "limit", "reason"});
  for (const auto& gate : gates) table.add({gate_verdict(gate.pass), gate.gate, gate.value, gate.limit, gate.reason});
  return table.render();
}

}  // namespace

std::string gate_verdict(bool pass) {
  return pass ? styled("pass", Style::green) : styled("hold", Style::red);
}

nlohmann::json gates_json(const std::vector<gate::Decision>& gates) {
  return list_json(gates);
}

nlohmann::json gates_json(const std::vector<cutover::GateLine>& gates) {
  return list_json(gates);
}

std::string gates_table(const std::vector<gate::Decision>& gates) {
  return list_table(gates);
}

std::string gates_table(const std::vector<cutover::GateLine>& gates) {
  return list_table(gates);
}

}  // namespace bgdb::cli
