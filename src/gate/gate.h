// A gate: one question whose answer allows or holds the switch. A decision always carries its reason and its numbers. A
// gate that could not be evaluated holds.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace bgdb::gate {

struct Decision {
  std::string gate;  // "lag", "drain", "health: select 1"
  bool pass = false;
  std::string value{};   // "12 ms, 0 B"
  std::string limit{};   // "500 ms, 1.0 MiB"
  std::string reason{};  // one sentence, also when it passes
};

class Gate {
 public:
  virtual ~Gate() = default;
  virtual std::string name() const = 0;
  // Bounded by `timeout`. Thread: any one; gates run side by side.
  virtual Decision evaluate(std::chrono::milliseconds timeout) = 0;
};

// Runs all side by side; order of the result = order of `gates`. A gate that does not answer in time holds.
std::vector<Decision> evaluate_all(const std::vector<std::unique_ptr<Gate>>& gates, std::chrono::milliseconds timeout);
bool all_pass(const std::vector<Decision>& decisions);

}  // namespace bgdb::gate
