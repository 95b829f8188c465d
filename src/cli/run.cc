#include "cli/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/commands.h"
#include "cli/output.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/nearest.h"
#include "core/version.h"

namespace bgdb::cli {
namespace {

constexpr int kInterruptedStatus = 130;
constexpr int kUsageStatus = 2;

struct Group {
  const char* title;
  std::vector<const char*> names;
};

const std::vector<Group>& groups() {
  static const std::vector<Group> all = {
      {"Set up", {"init", "doctor"}},
      {"Before the merge", {"lint", "explain", "rewrite", "prove", "rehearse"}},
      {"Release night",
       {"release", "clone", "migrate", "backfill", "mapping", "sync", "verify", "lag", "snapshot", "gate", "approve",
        "traffic", "cutover"}},
      {"The hours after", {"status", "rollback", "restore", "finalize", "cleanup", "journal"}},
      {"See it work", {"demo"}},
  };
  return all;
}

std::string top_level_help(const CLI::App& app) {
  std::string text =
      fmt::format("bgdb {} - reversible PostgreSQL releases\n\nUsage: bgdb COMMAND [OPTIONS]\n", core::kVersion);
  for (const auto& group : groups()) {
    std::string lines;
    for (const char* name : group.names) {
      for (const auto* command : app.get_subcommands([&](const CLI::App* sub) { return sub->get_name() == name; })) {
        lines += fmt::format("  {:<10} {}\n", name, command->get_description());
      }
    }
    if (!lines.empty()) text += fmt::format("\n{}\n{}", styled(group.title, Style::bold), lines);
  }
  text += fmt::format("\n{}\n", styled("Everywhere", Style::bold));
  text +=
      "  --config FILE   bgdb.yml to use (default: in this folder or above)\n"
      "  --json          machine-readable report on stdout\n"
      "  --yes           do not ask for confirmations\n"
      "  --verbose       tell on stderr what happens\n"
      "  --no-color      no colours (also: NO_COLOR=1)\n"
      "  --version       print the version\n"
      "\nExit status: 0 fine, 1 findings or a closed gate, 2 usage, configuration or internal error, 3 refused for "
      "safety,\n130 interrupted by Ctrl-C.\n"
      "`bgdb COMMAND --help` tells more, with an example.\n";
  return text;
}

// The subcommand that was asked for, down to the last level ("mapping derive").
const CLI::App* chosen_command(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return command;
}

std::string full_name(const CLI::App* command) {
  std::string name;
  for (; command->get_parent() != nullptr; command = command->get_parent()) name = " " + command->get_name() + name;
  return "bgdb" + name;
}

std::vector<std::string> known_options(const CLI::App* command) {
  std::vector<std::string> names;
  for (; command != nullptr; command = command->get_parent()) {
    for (const auto* option : command->get_options()) {
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

std::vector<std::string> known_subcommands(const CLI::App* command) {
  std::vector<std::string> names;
  for (const auto* sub : command->get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

// One line, so that it also fits behind the lines of `sync --json` and `lag --watch --json`.
void print_json(const std::string& command, const core::Error& error, int status) {
  nlohmann::json json = {{"command", command},
                         {"status", status},
                         {"error",
                          {{"code", core::to_string(error.code)},
                           {"message", error.message},
                           {"object", error.object},
                           {"hint", error.hint},
                           {"sqlstate", error.sqlstate}}}};
  print(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  std::fflush(stdout);
}

int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const auto* command = chosen_command(app);
  const auto name = full_name(command);
  std::string message = error.what();
  std::string hint = fmt::format("see `{} --help`", name);
  if (const auto extras = app.remaining(true); !extras.empty()) {
    const bool option = extras[0].starts_with("-");
    const bool names_command = !option && !known_subcommands(command).empty();
    message = fmt::format("unknown {} '{}'", option ? "option" : names_command ? "command" : "argument", extras[0]);
    const auto meant = option          ? core::nearest(extras[0].substr(0, extras[0].find('=')), known_options(command))
                       : names_command ? core::nearest(extras[0], known_subcommands(command))
                                       : std::string();
    if (!meant.empty()) hint = fmt::format("did you mean `{}`? ({})", meant, hint);
  }
  fmt::print(stderr, "{}: {}\n  {}\n", name, message, hint);
  if (json_enabled()) {
    print_json(name == "bgdb" ? "" : name.substr(5), make_error(core::ErrorCode::usage, message, hint), kUsageStatus);
  }
  return kUsageStatus;
}

// An example per command, where the command itself set no footer.
const std::map<std::string, const char*>& examples() {
  static const std::map<std::string, const char*> all = {
      {"init", "bgdb init"},
      {"lint", "bgdb lint migrations/"},
      {"explain", "bgdb explain migrations/V2.4.0__rename_email.sql"},
      {"rewrite", "bgdb rewrite migrations/V2.4.0__rename_email.sql -o migrations/"},
      {"prove", "bgdb prove migrations/V2.4.0__rename_email.sql"},
      {"clone", "bgdb clone"},
      {"migrate", "bgdb migrate"},
      {"mapping", "bgdb mapping derive"},
      {"sync", "bgdb sync"},
      {"lag", "bgdb lag --watch"},
      {"gate", "bgdb gate"},
      {"cutover", "bgdb cutover --dry-run && bgdb cutover"},
      {"rollback", "bgdb rollback --dry-run"},
      {"approve", "bgdb approve"},
      {"finalize", "bgdb finalize"},
      {"cleanup", "bgdb cleanup --dry-run"},
      {"status", "bgdb status --json"},
      {"journal", "bgdb journal"},
      {"demo", "bgdb demo"},
  };
  return all;
}

void add_commands(CLI::App& app, Global& global, Exit& exit) {
  for (const auto& entry : commands()) {
    entry.add(app, global, exit);
    auto* command = app.get_subcommand_ptr(entry.name).get();
    const auto example = examples().find(entry.name);
    if (command->get_footer().empty() && example != examples().end()) {
      command->footer(fmt::format("Example:\n  {}\n", example->second));
    }
  }
}

int guarded_run(CLI::App& app, int argc, char* argv[], const bool& version, const Exit& exit) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const auto* command = chosen_command(app);
    const auto name = full_name(command);
    print(command == &app ? top_level_help(app) : command->help(name.substr(0, name.rfind(' '))));
    return 0;
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bgdb: internal error: {}\n  please report this with the command you ran\n", error.what());
    return kUsageStatus;
  }
  if (version) {
    print(fmt::format("bgdb {}\n", core::kVersion));
    return 0;
  }
  if (app.get_subcommands().empty()) {
    print(top_level_help(app));
    return kUsageStatus;
  }
  if (std::fflush(stdout) != 0) print("");
  return exit.status;
}

}  // namespace

int report(const std::string& command, const core::Error& error) {
  std::fflush(stdout);
  // Ctrl-C ends what others do for us, too: whatever fails after it was interrupted.
  if (error.code == core::ErrorCode::interrupted || (core::interrupted() && error.code != core::ErrorCode::refused)) {
    fmt::print(stderr, "bgdb {}: interrupted\n", command);
    if (error.message != "interrupted") fmt::print(stderr, "  {}\n", error.message);  // where, and what was taken back
    if (!error.hint.empty()) fmt::print(stderr, "  {}\n", error.hint);
    if (json_enabled()) print_json(command, error, kInterruptedStatus);
    return kInterruptedStatus;
  }
  std::string detail = error.sqlstate.empty() ? "" : fmt::format(" [{}]", error.sqlstate);
  if (!error.sql_file.empty()) detail += fmt::format(" (in {})", error.sql_file);
  fmt::print(stderr, "{} {}{}\n", styled(fmt::format("bgdb {}:", command), Style::red, stderr), error.message, detail);
  if (!error.hint.empty()) fmt::print(stderr, "  {}\n", error.hint);
  if (json_enabled()) print_json(command, error, error.exit_status());
  return error.exit_status();
}

int run(int argc, char* argv[]) {
  core::install_interrupt_handlers();
  Global global;
  Exit exit;
  bool no_color = false;
  bool version = false;
  CLI::App app("Reversible PostgreSQL releases", "bgdb");
  app.fallthrough();
  app.require_subcommand(0, 1);
  app.add_option("--config", global.config_path, "bgdb.yml to use")->type_name("FILE");
  app.add_flag("--json", global.json, "Machine-readable report");
  app.add_flag("--yes", global.yes, "Do not ask for confirmations");
  app.add_flag("--verbose", global.verbose, "Tell on stderr what happens");
  app.add_flag("--no-color", no_color, "No colours");
  app.add_flag("--version", version, "Print the version");
  app.parse_complete_callback([&] {
    if (no_color) disable_color();
    set_json(global.json);
    core::set_log_level(global.verbose ? core::LogLevel::debug : core::LogLevel::warning);
  });
  add_commands(app, global, exit);
  // A command line that cannot be read is answered in JSON as well.
  set_json(std::any_of(argv, argv + argc, [](const char* argument) { return std::string_view(argument) == "--json"; }));
  return guarded_run(app, argc, argv, version, exit);
}

}  // namespace bgdb::cli
