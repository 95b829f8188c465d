#include "traffic/command.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/process.h"
#include "pg/conninfo.h"

namespace bgdb::traffic {
namespace {

using std::chrono::milliseconds;

std::string shown(const std::vector<std::string>& argv) {
  std::string text;
  for (const auto& word : argv) text += (text.empty() ? "" : " ") + word;
  return text;
}

class Command : public Driver {
 public:
  explicit Command(DriverSpec spec) : spec_(std::move(spec)) {}

  std::string name() const override { return "command"; }
  bool can_pause() const override { return spec_.commands.contains("pause"); }
  Result<void> pause(milliseconds timeout) override { return run_if_there("pause", nullptr, timeout); }
  Result<void> resume(milliseconds timeout) override { return run_if_there("resume", nullptr, timeout); }
  std::string front_door_dsn() const override { return spec_.front_door_dsn; }

  Result<void> point_to(const Target& target, milliseconds timeout) override {
    BGDB_TRY(run("switch", &target, timeout));
    return {};
  }

  Result<std::string> current(milliseconds timeout) override {
    if (!spec_.commands.contains("current")) return std::string();
    std::string text = BGDB_TRY(run("current", nullptr, timeout));
    text.erase(std::find_if_not(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; }),
               text.end());
    for (const auto& target : spec_.targets) {
      if (text == target.name) return text;
    }
    return std::string();
  }

  std::vector<std::string> describe(const Target& target) const override {
    std::vector<std::string> lines;
    for (const auto* action : {"pause", "switch", "resume"}) {
      const auto found = spec_.commands.find(action);
      if (found == spec_.commands.end()) continue;
      lines.push_back(fmt::format("{}: {}{}", action, shown(found->second),
                                  std::string_view(action) == "switch" ? " " + target.name : ""));
    }
    return lines;
  }

 private:
  Result<void> run_if_there(const std::string& action, const Target* target, milliseconds timeout) {
    if (!spec_.commands.contains(action)) return {};
    BGDB_TRY(run(action, target, timeout));
    return {};
  }

  Result<std::string> run(const std::string& action, const Target* target, milliseconds timeout) {
    core::ProcessOptions options;
    options.argv = spec_.commands.at(action);
    options.environment["BGDB_ACTION"] = action;
    if (target != nullptr) {
      options.argv.push_back(target->name);
      const auto endpoint = BGDB_TRY(pg::endpoint_of(target->dsn));
      options.environment["BGDB_TARGET"] = target->name;
      options.environment["BGDB_TARGET_HOST"] = endpoint.host;
      options.environment["BGDB_TARGET_PORT"] = endpoint.port;
      options.environment["BGDB_TARGET_DATABASE"] = endpoint.database;
    }
    options.timeout = std::max(milliseconds(1), std::min(timeout, spec_.command_timeout));
    auto result = core::run_process(options);
    if (!result) return result.error().with_context(fmt::format("traffic command {}", action));
    if (result->exit_status != 0) {
      std::string text = result->stderr_text.substr(0, 300);
      while (!text.empty() && text.back() == '\n') text.pop_back();
      return fail(ErrorCode::io,
                  fmt::format("traffic command {} ({}) ended with status {}: {}", action, shown(options.argv),
                              result->exit_status, text),
                  "Run it by hand; it must be repeatable and end with status 0.");
    }
    return result->stdout_text;
  }

  DriverSpec spec_;
};

}  // namespace

Result<std::unique_ptr<Driver>> make_command(const DriverSpec& spec) {
  if (const auto found = spec.commands.find("switch"); found == spec.commands.end() || found->second.empty()) {
    return fail(ErrorCode::config, "traffic.driver is command, but traffic.commands.switch is missing",
                "Name an executable that leads clients to the side given as its last argument.");
  }
  for (const auto& [action, argv] : spec.commands) {
    if (action != "pause" && action != "switch" && action != "resume" && action != "current") {
      return fail(ErrorCode::config, "traffic.commands: unknown action " + action,
                  "Known: pause, switch, resume, current.");
    }
    if (argv.empty()) return fail(ErrorCode::config, "traffic.commands." + action + " is empty");
  }
  if (spec.commands.contains("pause") != spec.commands.contains("resume")) {
    return fail(ErrorCode::config, "traffic.commands: pause and resume go together",
                "Give both, or neither when clients cannot be paused.");
  }
  return std::unique_ptr<Driver>(std::make_unique<Command>(spec));
}

}  // namespace bgdb::traffic
