// What every benchmark reports: a table for people and, with --json FILE, machine-readable rows. `ratio` is better when
// larger, whatever the unit; always against a yardstick measured in the same run.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace bgdb::bench {

struct Row {
  std::string name;
  std::string unit;
  double ours = 0;
  double yardstick = 0;
  std::string yardstick_name;
  double ratio = 0;
  double reach = 0;
  double peak_mb = 0;
};

inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Peak resident memory of this process so far.
inline double peak_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

inline void report(const std::string& bench, const std::string& machine, const std::vector<Row>& rows,
                   const std::string& json_file) {
  fmt::print("{:<34} {:>12} {:>12}  {:<28} {:>7} {:>7} {:>8}\n", bench, "ours", "yardstick", "of", "ratio", "reach",
             "peak MB");
  nlohmann::ordered_json out = {{"bench", bench}, {"machine", machine}, {"rows", nlohmann::ordered_json::array()}};
  for (const auto& row : rows) {
    fmt::print("{:<34} {:>12.0f} {:>12.0f}  {:<28} {:>6.2f}x {:>6.2f}x {:>8.0f}\n", row.name, row.ours, row.yardstick,
               row.yardstick_name + ", " + row.unit, row.ratio, row.reach, row.peak_mb);
    out["rows"].push_back({{"case", row.name},
                           {"unit", row.unit},
                           {"ours", row.ours},
                           {"yardstick", row.yardstick},
                           {"yardstick_name", row.yardstick_name},
                           {"ratio", row.ratio},
                           {"reach", row.reach},
                           {"peak_mb", row.peak_mb}});
  }
  if (!json_file.empty()) std::ofstream(json_file) << out.dump(2) << "\n";
}

inline std::string machine(const std::string& server_version) {
  return fmt::format("{} cores, PostgreSQL {}", std::thread::hardware_concurrency(), server_version);
}

}  // namespace bgdb::bench
