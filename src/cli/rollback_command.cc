// bgdb rollback: switch(green, blue).
#include "cli/commands.h"
#include "cli/switch_view.h"

namespace bgdb::cli {

void add_rollback(CLI::App& app, const Global& global, Exit& exit) {
  add_switch(app, global, exit, app::Direction::rollback);
}

}  // namespace bgdb::cli
