// What `bgdb lint` and `bgdb explain` do once their options are known: bgdb.yml, rules, the schema to start from, the
// files that git says changed, then the linter.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/config.h"
#include "core/result.h"
#include "lint/linter.h"

namespace bgdb::app {

// Empty fields: not given, bgdb.yml or the default decides.
struct LintRequest {
  std::string config_path;
  std::vector<std::string> paths;         // files and folders; "-" alone: standard input
  std::optional<std::string> stdin_text;  // with "-"
  std::string stdin_path;                 // the name, and the place among other migrations, of standard input
  int server_version = 0;
  std::string framework, baseline, since, schema_file, dsn, rules_folder, fail_on;
  bool staged = false;
  std::string release;  // "file" | "set"
  std::vector<std::pair<std::string, lint::Severity>> severities;
  std::vector<std::string> exclude;
  bool rule_pages = false;  // a report shows the rules' pages
};

struct FailOn {
  lint::Severity severity = lint::Severity::error;  // off: no severity fails
  std::set<lint::Safety> verdicts;
  bool fails(const lint::Summary& summary) const;
};
// "warning", "never", "error,rollback-breaking" ...
Result<FailOn> parse_fail_on(std::string_view text);

// Everything that a run needs. Holds the exported index of --staged until it is gone.
struct LintPlan {
  lint::RuleBook rules;
  lint::Options options;
  FailOn fail_on;
  std::vector<std::string> paths;
  std::optional<std::string> stdin_text;
  std::string stdin_path;
  bool from_git = false;                                   // paths are what changed; there may be none
  std::string since;                                       // for messages
  std::function<std::string(const std::string&)> display;  // path that was read -> path to show
  std::shared_ptr<void> keep;
};

// True when bgdb.yml names a folder of migrations that is there: what is judged when nothing is given.
bool has_migrations_folder(const std::string& config_path);
// The rules alone: built in, then rules_dir, then severities.
Result<lint::RuleBook> load_rules(const LintRequest& request);
Result<LintPlan> plan_lint(const LintRequest& request);
Result<lint::Summary> run_lint(const LintPlan& plan, const lint::Linter::Sink& sink);

}  // namespace bgdb::app
