#include "traffic/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/contains.h"
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
    // Where clients are weighed and never switched, one side alone is a weight too.
    if (!spec_.commands.contains("switch")) return set_weight(target.name == "green" ? 100 : 0, timeout);
    BGDB_TRY(run("switch", &target, timeout));
    return {};
  }

  bool has_weights() const override { return spec_.commands.contains("weigh"); }
  Result<void> set_weight(int percent, milliseconds timeout) override {
    if (!has_weights()) return Driver::set_weight(percent, timeout);
    BGDB_TRY(run("weigh", nullptr, timeout, std::to_string(percent)));
    return {};
  }
  Result<int> weight(milliseconds timeout) override {
    if (!has_weights()) return Driver::weight(timeout);
    const std::string text = BGDB_TRY(run("weight", nullptr, timeout));
    const auto end = text.find_last_not_of(" \r\n") + 1;
    int percent = -1;
    const auto [at, error] = std::from_chars(text.data(), text.data() + end, percent);
    if (error == std::errc() && at == text.data() + end && percent >= 0 && percent <= 100) return percent;
    return fail(ErrorCode::io, "traffic command weight did not print a number from 0 to 100: " + text.substr(0, 100));
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

  Result<std::string> run(const std::string& action, const Target* target, milliseconds timeout,
                          const std::string& percent = {}) {
    core::ProcessOptions options;
    options.argv = spec_.commands.at(action);
    if (!percent.empty()) {
      options.argv.push_back(percent);
      options.environment["BGDB_PERCENT"] = percent;
    }
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
  if (!spec.commands.contains("switch") && !spec.commands.contains("weigh")) {
    return fail(ErrorCode::config, "traffic.driver is command, but traffic.commands.switch is missing",
                "Name an executable that leads clients to the side given as its last argument.");
  }
  for (const auto& [action, argv] : spec.commands) {
    const auto known = {"pause", "switch", "resume", "current", "weigh", "weight"};
    if (!core::contains(known, action)) {
      return fail(ErrorCode::config, "traffic.commands: unknown action " + action,
                  "Known: pause, switch, resume, current, weigh, weight.");
    }
    if (argv.empty()) return fail(ErrorCode::config, "traffic.commands." + action + " is empty");
  }
  if (spec.commands.contains("pause") != spec.commands.contains("resume")) {
    return fail(ErrorCode::config, "traffic.commands: pause and resume go together",
                "Give both, or neither when clients cannot be paused.");
  }
  if (spec.commands.contains("weigh") != spec.commands.contains("weight")) {
    return fail(ErrorCode::config, "traffic.commands: weigh and weight go together",
                "weigh sets the share of green (its last argument), weight prints it.");
  }
  return std::unique_ptr<Driver>(std::make_unique<Command>(spec));
}

}  // namespace bgdb::traffic
