// PgBouncer through its admin console: PAUSE, the included databases file rewritten, RELOAD, RESUME. Several bouncers
// on this machine may share the file. Facts: reference of fence and drain, sections 1 and 2.
#pragma once

#include "traffic/make.h"

namespace bgdb::traffic {

Result<std::unique_ptr<Driver>> make_pgbouncer(const DriverSpec& spec);

}  // namespace bgdb::traffic
