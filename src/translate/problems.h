// Everything a derivation objects to, collected so that people see all of it at once.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"

namespace bgdb::translate {

class Problems {
 public:
  // `what` names table and column; `cure` is a key of mapping.yml or a statement.
  void add(std::string what, std::string cure) { list_.push_back({std::move(what), std::move(cure)}); }
  bool empty() const { return list_.empty(); }
  Error to_error() const;

 private:
  struct Problem {
    std::string what;
    std::string cure;
  };
  std::vector<Problem> list_;
};

}  // namespace bgdb::translate
