#include "lint/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace bgdb::lint {

const std::vector<std::string>& format_names() {
  static const std::vector<std::string> names = {"tty",   "verdicts", "json",   "jsonl",
                                                 "sarif", "github",   "gitlab", "junit"};
  return names;
}

Result<Format> format_from_string(std::string_view text) {
  const auto& names = format_names();
  const auto found = std::find(names.begin(), names.end(), text);
  if (found != names.end()) return static_cast<Format>(found - names.begin());
  return fail(ErrorCode::usage, fmt::format("unknown format '{}'", text),
              fmt::format("known: {}", fmt::join(names, ", ")));
}

std::unique_ptr<Reporter> make_reporter(Format format, std::ostream& out, const RuleBook& rules,
                                        const ReportOptions& options) {
  switch (format) {
    case Format::tty:
      return tty_reporter(out, options);
    case Format::verdicts:
      return verdicts_reporter(out, options);
    case Format::json:
      return json_reporter(out, false);
    case Format::jsonl:
      return json_reporter(out, true);
    case Format::sarif:
      return sarif_reporter(out, rules);
    case Format::github:
      return github_reporter(out, options);
    case Format::gitlab:
      return gitlab_reporter(out);
    case Format::junit:
      return junit_reporter(out, options);
  }
  return tty_reporter(out, options);
}

}  // namespace bgdb::lint
