// bgdb cutover: switch(blue, green).
#include "cli/commands.h"
#include "cli/switch_view.h"

namespace bgdb::cli {

void add_cutover(CLI::App& app, const Global& global, Exit& exit) {
  add_switch(app, global, exit, app::Direction::cutover);
}

}  // namespace bgdb::cli
