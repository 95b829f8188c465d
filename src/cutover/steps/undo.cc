// The way back, before the point of no return. The server does most of it: an ended fence session is a rollback.
#include <nlohmann/json.hpp>

#include "cutover/context.h"

namespace bgdb::cutover {

Result<void> step_undo_fence(Context& context) {
  context.ports.drop_fence();
  return {};
}

Result<void> step_undo_traffic(Context& context) {
  BGDB_CHECK(context.ports.return_traffic());
  if (context.window_open) {
    context.window_open = false;
    context.report.pause_ms =
        std::chrono::duration<double, std::milli>(context.clock.now() - context.window_began).count();
  }
  return {};
}

Result<void> step_undo_record(Context& context) {
  nlohmann::json detail = {{"active", context.options.source_name}, {"pause_ms", context.report.pause_ms}};
  if (context.report.error) detail["reason"] = context.report.error->message;
  return context.ports.record_on_source({.step = "aborted", .detail = detail.dump()});
}

}  // namespace bgdb::cutover
