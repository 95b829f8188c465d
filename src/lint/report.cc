#include "lint/report.h"

#include <fmt/format.h>

namespace bgdb::lint {

Result<Format> format_from_string(std::string_view text) {
  if (text == "tty") return Format::tty;
  if (text == "json") return Format::json;
  if (text == "jsonl") return Format::jsonl;
  if (text == "sarif") return Format::sarif;
  if (text == "github") return Format::github;
  return fail(ErrorCode::usage, fmt::format("unknown format '{}'", text), "known: tty, json, jsonl, sarif, github");
}

std::unique_ptr<Reporter> make_reporter(Format format, std::ostream& out, const RuleBook& rules, bool colour) {
  switch (format) {
    case Format::tty:
      return tty_reporter(out, colour);
    case Format::json:
      return json_reporter(out, false);
    case Format::jsonl:
      return json_reporter(out, true);
    case Format::sarif:
      return sarif_reporter(out, rules);
    case Format::github:
      return github_reporter(out);
  }
  return tty_reporter(out, colour);
}

}  // namespace bgdb::lint
