// GitHub's workflow commands: ::error file=...,line=...::message. GitHub shows ten annotations of each kind a step, so
// what comes behind them is printed as plain lines, which the log keeps.
#include <fmt/format.h>

#include <map>

#include "core/display.h"
#include "lint/report.h"
#include "lint/report_parts.h"

namespace bgdb::lint {

namespace {

constexpr int kAnnotationsMax = 10;

// Data and properties are escaped in two ways. Other control characters are blanked.
std::string escape(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%') {
      out += "%25";
    } else if (c == '\r') {
      out += "%0D";
    } else if (c == '\n') {
      out += "%0A";
    } else if (property && c == ':') {
      out += "%3A";
    } else if (property && c == ',') {
      out += "%2C";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
  }
  return core::valid_utf8(out);
}

// A line that the runner cannot take for a command: it looks for "::" at the start and for "##[" anywhere.
std::string plain(std::string_view text) {
  auto out = core::valid_utf8(core::printable(text));
  for (size_t at = out.find("##["); at != std::string::npos; at = out.find("##[", at)) out.insert(at + 2, " ");
  return "- " + out;
}

class GithubReporter : public Reporter {
 public:
  GithubReporter(std::ostream& out, const ReportOptions& options) : out_(out), options_(options) {}

  void file(const FileReport& report) override {
    const auto shown = worst_findings(report, options_.findings_max);
    for (const auto i : shown) {
      const auto& finding = report.findings[i];
      if (annotations_[finding.severity]++ < kAnnotationsMax) {
        annotate(report, finding);
      } else {
        out_ << plain(fmt::format("{}:{}:{}: {}[{}]: {}", report.path, finding.span.line, finding.span.column,
                                  to_string(finding.severity), finding.rule, finding.message))
             << '\n';
      }
    }
    if (shown.size() < report.findings.size()) {
      out_ << plain(fmt::format("{}: {} more findings (--max-findings 0 shows all)", report.path,
                                report.findings.size() - shown.size()))
           << '\n';
    }
    out_ << std::flush;
  }

  void finish(const Summary& summary) override { out_ << summary_line(summary, false) << '\n'; }

 private:
  void annotate(const FileReport& report, const Finding& finding) {
    const auto level = finding.severity == Severity::info ? std::string_view("notice") : to_string(finding.severity);
    const auto& span = finding.span;
    auto message = finding.message;
    if (!finding.why.empty()) message += "\n" + finding.why;
    if (!finding.instead.empty()) message += "\nInstead:\n" + finding.instead;
    const auto end_column = span.end_line == span.line && span.end_column > span.column
                                ? fmt::format(",endColumn={}", span.end_column)
                                : "";
    out_ << fmt::format("::{} file={},line={},endLine={},col={}{},title={}::{}\n", level,
                        escape(plain_path(report.path), true), span.line, span.end_line, span.column, end_column,
                        escape(finding.rule, true), escape(message, false));
  }

  std::ostream& out_;
  ReportOptions options_;
  std::map<Severity, int> annotations_;
};

}  // namespace

std::unique_ptr<Reporter> github_reporter(std::ostream& out, const ReportOptions& options) {
  return std::make_unique<GithubReporter>(out, options);
}

}  // namespace bgdb::lint
