// bgdb explain: what each statement of a migration does: locks, rewrites, scans, what breaks, in which phase.
#include <fmt/format.h>

#include <iostream>
#include <iterator>

#include "cli/commands.h"
#include "cli/output.h"
#include "lint/linter.h"
#include "lint/report.h"

namespace bgdb::cli {

namespace {

struct ExplainOptions {
  std::string path;
  int server_version = 15;
};

Result<void> run_explain(const ExplainOptions& options, bool json) {
  const auto rules = BGDB_TRY(lint::RuleBook::built_in());
  lint::Options lint_options;
  lint_options.server_version = options.server_version;
  const bool colour = color_enabled(stdout);
  lint::Linter linter(rules, lint_options, [&](const lint::FileReport& report) {
    if (json) {
      lint::explain_json(report, std::cout);
    } else {
      lint::explain_text(report, std::cout, colour);
    }
  });
  if (options.path == "-") {
    BGDB_TRY(linter.run_text("stdin.sql", std::string(std::istreambuf_iterator<char>(std::cin), {})));
  } else {
    BGDB_TRY(linter.run({options.path}));
  }
  std::cout.flush();
  return {};
}

}  // namespace

void add_explain(CLI::App& app, const Global& global, Exit& exit) {
  auto* command =
      app.add_subcommand("explain", "Statement by statement: locks, rewrites, scans, what breaks, in which phase");
  auto options = std::make_shared<ExplainOptions>();
  command->add_option("file", options->path, "The migration; - reads standard input")->required();
  command->add_option("--pg-version", options->server_version, "Major version of the server")
      ->check(CLI::Range(9, 30))
      ->capture_default_str();
  command->footer("Example:\n  bgdb explain migrations/V2.4.0__rename_email.sql\n");
  command->callback([options, &global, &exit] {
    const auto done = run_explain(*options, global.json);
    exit.status = done ? 0 : report("explain", done.error());
  });
}

}  // namespace bgdb::cli
