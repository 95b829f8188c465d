// How cutover and rollback are shown; both are the same switch.
#pragma once

#include "app/switch_run.h"
#include "cli/command.h"

namespace bgdb::cli {

struct SwitchFlags {
  bool dry_run = false;
  bool resume = false;
  bool abort = false;
  bool force_yes = false;
};

// Adds --dry-run, --resume, --abort and runs the switch.
void add_switch(CLI::App& app, const Global& global, Exit& exit, app::Direction direction);

}  // namespace bgdb::cli
