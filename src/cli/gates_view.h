// Gates for people and for machines: of `bgdb gate`, `status`, and a switch.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cutover/ports.h"
#include "gate/gate.h"

namespace bgdb::cli {

std::string gate_verdict(bool pass);
nlohmann::json gates_json(const std::vector<gate::Decision>& gates);
nlohmann::json gates_json(const std::vector<cutover::GateLine>& gates);
std::string gates_table(const std::vector<gate::Decision>& gates);
std::string gates_table(const std::vector<cutover::GateLine>& gates);

}  // namespace bgdb::cli
