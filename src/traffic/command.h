// The operator's own executables. Protocol (docs/design/traffic.md): `pause`, `switch` and `resume` are run with
// BGDB_ACTION, BGDB_TARGET (blue | green) and BGDB_TARGET_HOST/PORT/DATABASE in the environment, `switch` also with the
// target's name as its last argument, `weigh` with the percentage that goes to green (also BGDB_PERCENT), and `weight`
// prints that percentage; exit status 0 = done. `current` prints blue or green. Each is idempotent.
#pragma once

#include "traffic/make.h"

namespace bgdb::traffic {

Result<std::unique_ptr<Driver>> make_command(const DriverSpec& spec);

}  // namespace bgdb::traffic
