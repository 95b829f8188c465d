// The figures that alerts are about, read at one moment. Each metric that several alerts share is measured once.
#pragma once

#include <map>
#include <string>

#include "app/config.h"
#include "app/release/alerts.h"

namespace bgdb::app {

// One sample for each alert, in their order.
std::vector<Sample> measure(const Config& config, const std::vector<ReleaseAlert>& alerts);

}  // namespace bgdb::app
