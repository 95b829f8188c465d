// The gates of contract, where two versions share a database: what must hold before the old one's half is removed.
#pragma once

#include <memory>
#include <vector>

#include "app/config.h"
#include "gate/gate.h"

namespace bgdb::app {

// REQUIRES: config.shared().
std::vector<std::unique_ptr<gate::Gate>> make_shared_gates(const Config& config);

}  // namespace bgdb::app
