// FileReports -> text on a stream, one file after the other; finish() closes the document.
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "core/result.h"
#include "lint/finding.h"

namespace bgdb::lint {

class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void file(const FileReport& report) = 0;
  virtual void finish(const Summary& summary) = 0;
};

enum class Format { tty, json, jsonl, sarif, github };
Result<Format> format_from_string(std::string_view text);

// `colour` counts for tty only. `rules` must outlive the reporter.
std::unique_ptr<Reporter> make_reporter(Format format, std::ostream& out, const RuleBook& rules, bool colour);

// Pieces that share a file each; used by make_reporter.
std::unique_ptr<Reporter> tty_reporter(std::ostream& out, bool colour);
std::unique_ptr<Reporter> json_reporter(std::ostream& out, bool lines);
std::unique_ptr<Reporter> sarif_reporter(std::ostream& out, const RuleBook& rules);
std::unique_ptr<Reporter> github_reporter(std::ostream& out);

// `bgdb explain`: statement by statement.
void explain_text(const FileReport& report, std::ostream& out, bool colour);
void explain_json(const FileReport& report, std::ostream& out);

}  // namespace bgdb::lint
