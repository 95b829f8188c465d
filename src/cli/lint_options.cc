#include "cli/lint_options.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cli/output.h"
#include "core/contains.h"
#include "core/interrupt.h"

namespace bgdb::cli {
namespace {

// A pipe or a file; not a terminal, not /dev/null.
bool stdin_is_piped() {
  struct stat status {};
  return ::fstat(STDIN_FILENO, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISREG(status.st_mode));
}

Result<std::string> read_stdin() {
  std::string text;
  char buffer[1 << 16];
  while (true) {
    const auto size = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (core::interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(ErrorCode::io, fmt::format("cannot read standard input: {}", std::strerror(errno)));
    if (size == 0) return text;
    text.append(buffer, static_cast<size_t>(size));
  }
}

}  // namespace

void add_judging_options(CLI::App& command, LintOptions& options) {
  auto& request = options.request;
  command
      .add_option("--pg-version", request.server_version,
                  "Major version of the server, 14 to 18 (default: of the server or the dump, else 15)")
      ->check(CLI::Range(14, 18))
      ->type_name("N");
  command.add_option("--dsn", request.dsn, "The schema in force is that of this server; table sizes become estimates");
  command.add_option("--schema", request.schema_file, "The schema in force, as pg_dump --schema-only writes it")
      ->type_name("FILE");
  command.add_option("--framework", request.framework, "flyway, golang-migrate, goose, dbmate ... (default: detected)");
  command
      .add_option("--stdin-filepath", request.stdin_path,
                  "The name of standard input; among numbered migrations also its place")
      ->type_name("FILE");
}

Result<app::LintRequest> request_from(const LintOptions& options, const std::string& config_path) {
  auto request = options.request;
  request.config_path = config_path;
  request.paths = options.paths;
  for (const auto& text : options.severities) {
    const auto equals = text.find('=');
    const auto severity =
        equals == std::string::npos ? std::nullopt : lint::severity_from_string(text.substr(equals + 1));
    if (!severity) return fail(ErrorCode::usage, fmt::format("--severity {} is not rule=error|warning|info|off", text));
    request.severities.emplace_back(text.substr(0, equals), *severity);
  }
  const bool dash = core::contains(request.paths, "-");
  if (dash && request.paths.size() > 1) {
    return fail(ErrorCode::usage, "- cannot be mixed with files",
                "run bgdb once for standard input and once for the files");
  }
  const bool git = request.staged || (!request.since.empty() && request.since != "none");
  const bool implied = request.paths.empty() && !git && stdin_is_piped();
  if (!dash && request.stdin_path.empty() && !implied) return request;
  if (implied && request.stdin_path.empty() && app::has_migrations_folder(config_path)) return request;
  auto text = BGDB_TRY(read_stdin());
  if (implied && text.empty() && request.stdin_path.empty())
    return request;  // an empty pipe is what CI gives everybody
  request.paths.clear();
  request.stdin_text = std::move(text);
  if (request.stdin_path.empty()) request.stdin_path = "stdin.sql";
  return request;
}

void list_rules(const lint::RuleBook& rules, bool json) {
  Table table({"rule", "severity", "section", "what"});
  auto list = nlohmann::json::array();
  const auto add = [&](std::string_view id, lint::Severity severity, std::string_view section, std::string_view title) {
    table.add({std::string(id), std::string(lint::to_string(severity)), std::string(section), std::string(title)});
    list.push_back({{"id", id}, {"severity", lint::to_string(severity)}, {"section", section}, {"title", title}});
  };
  for (const auto& rule : rules.rules()) add(rule.id, rule.severity, rule.section, rule.title);
  for (const auto& own : rules.own_rules()) add(own.id, own.severity, "linter", own.title);
  print(json ? nlohmann::json({{"version", 1}, {"rules", list}}).dump() + "\n" : table.render());
}

}  // namespace bgdb::cli
