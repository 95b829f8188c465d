// The options that `bgdb lint` and `bgdb explain` share.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "app/lint_run.h"

namespace bgdb::cli {

struct LintOptions {
  std::vector<std::string> paths;
  app::LintRequest request;
  std::vector<std::string> severities;  // rule=severity
};

// The schema in force, the server's version, the framework, standard input's name.
void add_judging_options(CLI::App& command, LintOptions& options);
// Fills the request from what was parsed, reads standard input when it is asked for.
Result<app::LintRequest> request_from(const LintOptions& options, const std::string& config_path);
// "3 rules, with id, severity, section and title" as a table or as JSON.
void list_rules(const lint::RuleBook& rules, bool json);

}  // namespace bgdb::cli
