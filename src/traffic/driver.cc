#include "traffic/driver.h"

namespace bgdb::traffic {
namespace {

Error no_weights(const std::string& driver) {
  return make_error(ErrorCode::refused,
                    "traffic.driver " + driver + " leads all clients to one side: it has no weights",
                    "Drivers with weights: haproxy, nginx, kubernetes (not kind service), command.");
}

}  // namespace

Result<void> Driver::set_weight(int, std::chrono::milliseconds) {
  return fail(no_weights(name()));
}

Result<int> Driver::weight(std::chrono::milliseconds) {
  return fail(no_weights(name()));
}

}  // namespace bgdb::traffic
