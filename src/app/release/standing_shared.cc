// Strategy shared: one database. The front door's weight, the files that have run and what was written down about the
// old version are the facts.
#include <fmt/format.h>

#include "app/release/book.h"
#include "app/release/standing_parts.h"
#include "core/sql_file.h"
#include "core/units.h"
#include "journal/state.h"

namespace bgdb::app {
namespace {

using Is = StageState::Is;

StageState watch_state(const Config& config, const pg::Rows& rows, Standing& standing) {
  StageState state{"watch", Is::due, "not begun", {}};
  if (rows.empty() || !rows.at(0, "watched_s")) return state;
  const int64_t window = std::chrono::duration_cast<std::chrono::seconds>(config.watch_window).count();
  const int64_t left = window - rows.integer(0, "watched_s");
  standing.window_left_s = left;
  state.is = left > 0 ? Is::due : Is::done;
  state.fact = fmt::format("{} {}", core::format_duration(std::chrono::seconds(std::abs(left))),
                           left > 0 ? "left" : "over the window");
  return state;
}

StageState retire_state(const pg::Rows& rows, bool contract_waits) {
  StageState state{"retire", Is::due, "the old version was not declared gone", {"migrate", "--retire"}};
  if (!contract_waits) {
    state.is = Is::not_needed;
    state.fact = "no contract file waits";
  } else if (!rows.empty() && rows.text(0, "retired") == "t") {
    state.is = Is::done;
    state.fact = "the old version was declared gone";
  }
  return state;
}

}  // namespace

Result<void> begin_shared_watch(const Config& config) {
  auto session = BGDB_TRY(open_side_session(config, "blue", "bgdb release"));
  BGDB_CHECK(journal::install_state(session));
  return session.execute(core::sql_text("release/begin_watch.sql"));
}

Result<Standing> read_shared_standing(const Config& config, pg::Session& database) {
  Standing standing;
  standing.serving = "blue";
  const bool installed = BGDB_TRY(journal::state_installed(database));
  if (installed) {
    standing.hook_side = "blue";
    standing.hooks = BGDB_TRY(read_hooks(database));
    standing.hold = BGDB_TRY(read_release_fact(database, kHoldFact)).value_or("");
  }
  const auto rows = installed ? BGDB_TRY(database.query(core::sql_text("release/read_shared.sql"))) : pg::Rows{};
  auto expand = BGDB_TRY(migrate_state(config, "expand", {"migrate", "--phase", "expand"}));
  StageState backfill{"backfill", Is::due, "after migrate", {"migrate", "--phase", "backfill"}};
  if (expand.is != Is::due) backfill = BGDB_TRY(migrate_state(config, "backfill", backfill.command));
  const auto contract_files = migrate_state(config, "contract", {"migrate", "--phase", "contract"});
  const bool waits = !contract_files || contract_files->is == Is::due;
  standing.stages.push_back({"lint", expand.is == Is::due ? Is::due : Is::done, "", {"lint"}});
  standing.stages.push_back(std::move(expand));
  standing.stages.push_back(std::move(backfill));
  standing.stages.push_back(shift_state(config));
  standing.stages.push_back(watch_state(config, rows, standing));
  standing.stages.push_back(retire_state(rows, waits));
  if (contract_files) {
    standing.stages.push_back(*contract_files);
  } else {
    standing.stages.push_back(
        {"contract", Is::due, contract_files.error().message, {"migrate", "--phase", "contract"}});
  }
  return standing;
}

}  // namespace bgdb::app
