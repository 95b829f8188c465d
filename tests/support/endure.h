// One row of the chaos table: bgdb is stopped at a step of the switch, something goes wrong, bgdb goes on.
#pragma once

#include <functional>

#include "support/night.h"

namespace bgdb::test {

struct Fault {
  const char* name;
  const char* at;       // where bgdb is stopped
  const char* outcome;  // who serves afterwards; a third party may still have to resume: "green by --resume"
  std::function<void(Night&)> happens;
  std::function<void(Night&)> is_over = [](Night&) {};
  bool links_stand = true;  // false: the fault takes a link away for good, so nothing flows afterwards
};

// Makes the fault; then, with nobody acting or one --resume, all must be well. Prints fault, step, outcome and the
// seconds until clients were served. A switch that came through is rolled back, so that the next fault can happen.
void endure(Night& night, const Fault& fault);

}  // namespace bgdb::test
