// What a look at the two databases found: a row of `bgdb doctor`, a line of a clone that was refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bgdb::clone {

enum class FindingState { ok, warn, fail };
std::string_view to_string(FindingState state);

// A statement that may be run without harm while clients work: short locks, no rewrite, no restart.
struct Fix {
  std::string side;  // blue | green
  std::string sql;
};

struct Finding {
  FindingState state = FindingState::ok;
  std::string check;   // replica identity
  std::string object;  // blue | green | public.orders
  std::string found{};
  std::string cure{};
  std::optional<Fix> fix{};
};

// Collects them. A check that was begun and found nothing is a row of its own: ok.
class Findings {
 public:
  void begin(std::string check, std::string object);
  void fail(std::string found, std::string cure) { add(FindingState::fail, {}, std::move(found), std::move(cure)); }
  void warn(std::string found, std::string cure = {}) {
    add(FindingState::warn, {}, std::move(found), std::move(cure));
  }
  // About another object than the one the check was begun with; empty: the same one.
  void add(FindingState state, std::string object, std::string found, std::string cure, std::optional<Fix> fix = {});
  std::vector<Finding> take();

 private:
  void close();
  std::vector<Finding> list_;
  std::string check_;
  std::string object_;
  bool clean_ = true;
};

}  // namespace bgdb::clone
