// What drivers have in common that can refuse clients or lead them elsewhere, but not make them wait.
#pragma once

#include "traffic/make.h"

namespace bgdb::traffic {

class UnpausedDriver : public Driver {
 public:
  explicit UnpausedDriver(DriverSpec spec) : spec_(std::move(spec)) {}
  std::string name() const final { return spec_.driver; }
  bool can_pause() const final { return false; }
  Result<void> pause(std::chrono::milliseconds) final { return {}; }
  Result<void> resume(std::chrono::milliseconds) final { return {}; }
  std::string front_door_dsn() const final { return spec_.front_door_dsn; }

 protected:
  const DriverSpec spec_;
};

}  // namespace bgdb::traffic
