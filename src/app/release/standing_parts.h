// The parts of standing.h: how far migrations are, and strategy shared. Only for standing*.cc.
#pragma once

#include "app/release/standing.h"
#include "pg/session.h"

namespace bgdb::app {

// `phase` as `bgdb migrate --phase`. not_needed when there is no folder of migrations.
Result<StageState> migrate_state(const Config& config, const std::string& phase, std::vector<std::string> command);
// after_<stage> -> wanted | ran. REQUIRES: schema bgdb is there.
Result<std::map<std::string, std::string>> read_hooks(pg::Session& session);
// How far clients have been led to the new version: the front door's present weight.
StageState shift_state(const Config& config);
// The window of strategy shared begins now, unless it has begun.
Result<void> begin_shared_watch(const Config& config);
Result<Standing> read_shared_standing(const Config& config, pg::Session& database);

}  // namespace bgdb::app
