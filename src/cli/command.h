// One file per command: options -> service -> rendering. No logic here.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "core/error.h"

namespace bgdb::cli {

struct Global {
  std::string config_path;  // --config
  bool json = false;        // --json
  bool yes = false;         // --yes
  bool verbose = false;
};

// What a command's callback sets; main returns it.
struct Exit {
  int status = 0;
};

// Each command adds its subcommand to `app`; its callback does the work and sets exit.status.
using AddCommand = void (*)(CLI::App& app, const Global& global, Exit& exit);

// Prints "bgdb <command>: message / hint" to stderr; returns the exit status that fits.
int report(const std::string& command, const core::Error& error);

// The table of commands (cli/commands.cc) in the order of `bgdb --help`.
struct CommandEntry {
  const char* name;
  AddCommand add;
};

}  // namespace bgdb::cli
