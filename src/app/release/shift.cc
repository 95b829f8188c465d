#include <fmt/format.h>

#include "app/release/context.h"
#include "app/release/standing_parts.h"
#include "app/shift.h"

namespace bgdb::app {

StageState shift_state(const Config& config) {
  StageState state{"traffic", StageState::Is::not_needed, "no traffic.steps in bgdb.yml", {"traffic", "shift"}};
  if (config.traffic.steps.empty()) return state;
  const auto percent = read_shift(config);
  state.is = percent && *percent == 100 ? StageState::Is::done : StageState::Is::due;
  state.fact = percent ? fmt::format("{} % of clients go to green", *percent) : percent.error().message;
  return state;
}

Result<StageEnd> shift_stage(ReleaseContext& context) {
  const auto end = BGDB_TRY(run_shift(context.config, [&](const std::string& event, const std::string& text) {
    if (event == "alert") {
      context.tell(event, "traffic", text);
    } else {
      context.say(event, "traffic", text);
    }
  }));
  return StageEnd{end.went_back ? 1 : 0, end.text};
}

}  // namespace bgdb::app
