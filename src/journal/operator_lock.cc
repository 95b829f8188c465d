#include "journal/operator_lock.h"

#include "core/clock.h"
#include "core/interrupt.h"

namespace bgdb::journal {

Result<bool> take_operator_lock(pg::Session& session, std::chrono::milliseconds wait) {
  const auto deadline = core::system_clock().now() + wait;
  for (;;) {
    const auto got = BGDB_TRY(session.scalar("select pg_try_advisory_lock(hashtext('bgdb'), hashtext('operator'))"));
    if (got == "t") return true;
    if (core::system_clock().now() >= deadline || core::interrupted()) return false;
    core::system_clock().sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace bgdb::journal
