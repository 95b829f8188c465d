// bgdb __guardian: the process that resumes a paused pooler when bgdb dies (traffic/guardian.h). Not for people.
#include "cli/commands.h"
#include "traffic/guardian.h"

namespace bgdb::cli {

void add_guardian(CLI::App& app, const Global&, Exit& exit) {
  auto* command =
      app.add_subcommand("__guardian", "Resumes a paused pooler when bgdb dies; started by a switch, not by people");
  command->group("");  // hidden
  command->footer("Reads its orders from standard input.\n\nExample:\n  bgdb cutover --yes\n");
  command->callback([&exit] { exit.status = traffic::guardian_main(); });
}

}  // namespace bgdb::cli
