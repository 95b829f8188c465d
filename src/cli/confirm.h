// The question before something that cannot be taken back.
#pragma once

#include <string>

#include "cli/command.h"

namespace bgdb::cli {

// True when the operator agrees: --yes, or "yes" typed on a terminal. Without a terminal only --yes agrees.
bool confirmed(const Global& global, const std::string& question);
// What a command reports when they do not.
core::Error not_confirmed();

}  // namespace bgdb::cli
