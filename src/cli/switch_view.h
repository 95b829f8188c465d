// How cutover and rollback are shown; both are the same switch.
#pragma once

#include <string>

#include "app/switch_run.h"
#include "cli/command.h"

namespace bgdb::cli {

// What the command line said.
struct SwitchFlags {
  bool dry_run = false;
  bool resume = false;
  bool abort = false;
  std::string take_over;
  bool target_lost = false;
  std::string accept;
};

// Adds --dry-run, --resume, --abort and runs the switch.
void add_switch(CLI::App& app, const Global& global, Exit& exit, app::Direction direction);

}  // namespace bgdb::cli
