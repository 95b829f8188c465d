// No driver: clients find the active side themselves (or the operator moves them). Every call succeeds and does
// nothing; the guards keep writes off the wrong side.
#pragma once

#include "traffic/make.h"

namespace bgdb::traffic {

Result<std::unique_ptr<Driver>> make_none(const DriverSpec& spec);

}  // namespace bgdb::traffic
