// FileReports -> text on a stream, one file after the other; finish() closes the document. A reporter holds no file
// when the next one comes.
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "lint/finding.h"

namespace bgdb::lint {

class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void file(const FileReport& report) = 0;
  virtual void finish(const Summary& summary) = 0;
};

enum class Format { tty, verdicts, json, jsonl, sarif, github, gitlab, junit };
Result<Format> format_from_string(std::string_view text);
const std::vector<std::string>& format_names();

struct ReportOptions {
  bool colour = false;                 // tty and verdicts
  size_t width = 100;                  // tty: columns
  size_t findings_max = 20;            // tty and github: findings shown of one file; 0 = all
  bool quiet = false;                  // tty and verdicts: nothing but findings
  Severity failure = Severity::error;  // junit: findings from here up are failures
};

// `rules` must outlive the reporter.
std::unique_ptr<Reporter> make_reporter(Format format, std::ostream& out, const RuleBook& rules,
                                        const ReportOptions& options = {});

// Pieces that share a file each; used by make_reporter.
std::unique_ptr<Reporter> tty_reporter(std::ostream& out, const ReportOptions& options);
std::unique_ptr<Reporter> verdicts_reporter(std::ostream& out, const ReportOptions& options);
std::unique_ptr<Reporter> json_reporter(std::ostream& out, bool lines);
std::unique_ptr<Reporter> sarif_reporter(std::ostream& out, const RuleBook& rules);
std::unique_ptr<Reporter> github_reporter(std::ostream& out, const ReportOptions& options);
std::unique_ptr<Reporter> gitlab_reporter(std::ostream& out);
std::unique_ptr<Reporter> junit_reporter(std::ostream& out, const ReportOptions& options);

// "24 files, 37 statements: 14 errors, 10 warnings, 8 notes; 13 expand-safe, 11 rollback-breaking".
std::string summary_line(const Summary& summary, bool colour);

// `bgdb explain`: statement by statement.
void explain_text(const FileReport& report, std::ostream& out, const ReportOptions& options);
void explain_json(const FileReport& report, std::ostream& out);

}  // namespace bgdb::lint
