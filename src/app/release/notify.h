// Tells people and machines what a release does: webhooks (JSON by POST) and commands (JSON on standard input). Nobody
// who cannot be told stops a release; it is said.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace bgdb::app {

struct Notice {
  std::string stage;  // clone
  std::string event;  // begin | end | failure | alert | cleared | reminder
  std::string text;   // one sentence
};

// Each target is bounded by its time limit. Returns a sentence for each that was not reached; never the address.
std::vector<std::string> notify(const Config& config, const Notice& notice);

}  // namespace bgdb::app
