#include "app/demo/figures.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace bgdb::app::demo {

bool Figures::all_held() const {
  return !checks.empty() && std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.pass; });
}

double Figures::stall_max_ms() const {
  double longest = 0;
  for (const auto& one : switches) longest = std::max(longest, one.stall.max_ms);
  return longest;
}

std::string to_json(const Figures& figures) {
  nlohmann::ordered_json json;
  json["held"] = figures.all_held();
  json["seconds"] = figures.seconds;
  json["stall_max_ms"] = figures.stall_max_ms();
  json["switches"] = nlohmann::ordered_json::array();
  for (const auto& one : figures.switches) {
    json["switches"].push_back({{"name", one.name},
                                {"command_ms", one.command_ms},
                                {"operations", one.stall.operations},
                                {"stall_p50_ms", one.stall.p50_ms},
                                {"stall_p99_ms", one.stall.p99_ms},
                                {"stall_max_ms", one.stall.max_ms},
                                {"failed_statements", one.failed_statements},
                                {"late_operations", one.late_operations}});
  }
  json["clients"] = {{"count", figures.clients},
                     {"acknowledged", figures.acknowledged},
                     {"unknown", figures.unknown},
                     {"reconnects", figures.reconnects},
                     {"failed", figures.failed}};
  json["invariants"] = nlohmann::ordered_json::array();
  for (const auto& check : figures.checks) {
    json["invariants"].push_back({{"name", check.name}, {"pass", check.pass}, {"detail", check.detail}});
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<void> write_figures(const Figures& figures, const std::string& path) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << to_json(figures);
  if (!out.flush()) return fail(ErrorCode::io, "cannot write " + path, "does its folder exist, and is there room?");
  return {};
}

}  // namespace bgdb::app::demo
