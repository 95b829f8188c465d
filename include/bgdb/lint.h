// Judge the text of a migration. Pure: no database, no files; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bgdb {

struct LintOptions {
  int server_version = 15;  // PostgreSQL major version, 14 to 18
  std::string framework;    // "flyway", "goose" ...; empty: told from the path and the text
  std::string schema_sql;   // statements that make the schema before this migration; may be empty
};

struct LintResult {
  // "expand-safe" | "contract-safe" | "rollback-breaking" | "not-analysed"
  std::string verdict;
  int errors = 0;
  int warnings = 0;
  std::string json;   // one file object as in docs/lint-json.md
  std::string error;  // not empty: the input or an option cannot be used; everything else is unset
};

// `path` is used for its name only (framework, version). A text that does not parse is a finding, not an error.
LintResult lint_text(std::string_view path, std::string_view text, const LintOptions& options = {});

}  // namespace bgdb
