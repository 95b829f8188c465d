// bgdb doctor: can this release be carried out? A table of checks, each with the statement that cures it.
#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "app/doctor.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace bgdb::cli {
namespace {

using clone::FindingState;

struct DoctorOptions {
  bool fix = false;
  bool print_grants = false;
  std::string role;
  std::string side;
};

std::string state_text(FindingState state) {
  const auto style = state == FindingState::ok     ? Style::green
                     : state == FindingState::warn ? Style::yellow
                                                   : Style::red;
  return styled(to_string(state), style);
}

std::string text_of(const std::vector<clone::Finding>& findings) {
  Table table({"check", "object", "state"});
  int failed = 0, warned = 0;
  for (const auto& finding : findings) {
    table.add({finding.check, finding.object, state_text(finding.state)});
    failed += finding.state == FindingState::fail ? 1 : 0;
    warned += finding.state == FindingState::warn ? 1 : 0;
  }
  std::string text = table.render();
  for (const auto& finding : findings) {
    if (finding.found.empty()) continue;
    text += fmt::format("\n{}: {}\n", state_text(finding.state), finding.found);
    if (!finding.cure.empty()) text += fmt::format("  cure: {}{}\n", finding.cure, finding.fix ? "  (--fix)" : "");
  }
  return text + fmt::format("\n{} checks: {} fail, {} warn\n", findings.size(), failed, warned);
}

nlohmann::json json_of(const std::vector<clone::Finding>& findings) {
  auto list = nlohmann::json::array();
  for (const auto& finding : findings) {
    nlohmann::json one = {{"check", finding.check},
                          {"object", finding.object},
                          {"state", to_string(finding.state)},
                          {"found", finding.found},
                          {"cure", finding.cure}};
    one["fix"] =
        finding.fix ? nlohmann::json{{"side", finding.fix->side}, {"sql", finding.fix->sql}} : nlohmann::json(nullptr);
    list.push_back(std::move(one));
  }
  return {{"ok", !app::any_failed(findings)}, {"checks", list}};
}

bool fixes_confirmed(const Global& global) {
  if (global.yes) return true;
  if (::isatty(STDIN_FILENO) == 0) return false;
  std::fprintf(stderr, "Run them? (yes): ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes";
}

// What was there before stays in the report when nothing can be fixed.
Result<std::vector<clone::Finding>> fix(const Global& global, const app::Config& config,
                                        std::vector<clone::Finding> findings) {
  std::string plan;
  for (const auto& finding : findings) {
    if (finding.fix) plan += fmt::format("on {}: {};\n", finding.fix->side, finding.fix->sql);
  }
  if (plan.empty()) return findings;
  fmt::print(stderr, "{}", plan);
  if (!fixes_confirmed(global)) {
    return fail(ErrorCode::usage, "not confirmed; nothing was changed", "run it with --yes, or answer on a terminal");
  }
  for (const auto& outcome : app::apply_fixes(config, findings)) {
    fmt::print(stderr, "{}: on {}: {}{}\n", outcome.problem.empty() ? "done" : "failed", outcome.fix.side,
               outcome.fix.sql, outcome.problem.empty() ? "" : " (" + outcome.problem + ")");
  }
  return app::examine(config);
}

void print_one(std::string_view side, const std::vector<std::string>& statements, bool headed) {
  if (headed) print(fmt::format("-- on {}, as a superuser, in its database\n", side));
  for (const auto& statement : statements) print(statement + "\n");
}

Result<int> run_grants(const Global& global, const app::Config& config, const DoctorOptions& options) {
  if (options.role.empty()) {
    return fail(ErrorCode::usage, "--print-grants needs --role NAME", "bgdb doctor --print-grants --role bgdb");
  }
  const auto grants = BGDB_TRY(app::print_grants(config, options.role));
  if (global.json) {
    print(nlohmann::json{{"blue", grants.blue}, {"green", grants.green}}.dump(2) + "\n");
    return 0;
  }
  if (options.side != "green") print_one("blue", grants.blue, true);
  if (options.side.empty()) print("\n");
  if (options.side != "blue") print_one("green", grants.green, true);
  return 0;
}

Result<int> run(const Global& global, const DoctorOptions& options) {
  const auto config = BGDB_TRY(app::load_parallel_config(global.config_path));
  if (options.print_grants) return run_grants(global, config, options);
  auto findings = BGDB_TRY(app::examine(config));
  if (options.fix) findings = BGDB_TRY(fix(global, config, std::move(findings)));
  print(global.json ? json_of(findings).dump(2) + "\n" : text_of(findings));
  return app::any_failed(findings) ? 1 : 0;
}

}  // namespace

void add_doctor(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("doctor", "Can this release be carried out? Checks of both databases, with cures");
  auto options = std::make_shared<DoctorOptions>();
  command->add_flag("--fix", options->fix, "Run the cures that are safe while clients work (asks, unless --yes)");
  auto* grants = command->add_flag("--print-grants", options->print_grants,
                                   "Print the rights a role needs on both sides, for a superuser to run");
  command->add_option("--role", options->role, "That role")->needs(grants);
  command->add_option("--side", options->side, "Only its rights there")
      ->check(CLI::IsMember({"blue", "green"}))
      ->needs(grants);
  command->footer(
      "Exit status 1 when a check fails. Before a clone it asks whether there can be one, later whether the release is "
      "still\nhealthy: slots, rights, limits.\n\nExamples:\n  bgdb doctor\n  bgdb doctor --fix --yes\n  bgdb doctor "
      "--print-grants --role bgdb --side blue | psql -d shop\n");
  command->callback([&global, &exit, options] {
    const auto status = run(global, *options);
    exit.status = status ? *status : report("doctor", status.error());
  });
}

}  // namespace bgdb::cli
