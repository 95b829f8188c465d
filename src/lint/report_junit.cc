// JUnit XML: a suite for each file, a case for each finding; a file without findings has one case that passed. The root
// carries no totals: they are known only at the end, readers add them up themselves, and nothing has to be kept.
#include <fmt/format.h>

#include <algorithm>

#include "core/display.h"
#include "lint/report.h"
#include "lint/report_parts.h"

namespace bgdb::lint {

namespace {

// XML 1.0 has no way to write most control characters, nor U+FFFE and U+FFFF.
std::string xml(std::string_view text) {
  std::string out;
  const auto valid = core::valid_utf8(text);
  for (size_t i = 0; i < valid.size(); ++i) {
    const char c = valid[i];
    const bool no_character = valid.compare(i, 2, "\xEF\xBF") == 0 && static_cast<unsigned char>(valid[i + 2]) >= 0xBE;
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\n') {
      out += "&#10;";
    } else if (c == '\t') {
      out += "&#9;";
    } else if (no_character) {
      out += "\xEF\xBF\xBD";
      i += 2;
    } else {
      out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return out;
}

class JunitReporter : public Reporter {
 public:
  JunitReporter(std::ostream& out, const ReportOptions& options) : out_(out), options_(options) {}

  void file(const FileReport& report) override {
    begin();
    const auto failures = std::count_if(report.findings.begin(), report.findings.end(),
                                        [&](const auto& one) { return one.severity >= options_.failure; });
    const auto path = xml(plain_path(report.path));
    out_ << fmt::format("<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\">\n", path,
                        std::max<size_t>(report.findings.size(), 1), failures);
    if (report.findings.empty()) {
      out_ << fmt::format("<testcase name=\"{}\" classname=\"{}\"/>\n", to_string(report.verdict.safety), path);
    }
    for (const auto& finding : report.findings) test_case(path, finding);
    out_ << "</testsuite>\n";
  }

  void finish(const Summary&) override {
    begin();
    out_ << "</testsuites>\n";
  }

 private:
  void begin() {
    if (!begun_) out_ << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"bgdb lint\">\n";
    begun_ = true;
  }

  void test_case(const std::string& path, const Finding& finding) {
    const bool failed = finding.severity >= options_.failure;
    const auto body = fmt::format("{}:{}:{}: {}\n{}", path, finding.span.line, finding.span.column,
                                  xml(finding.message), xml(finding.why));
    out_ << fmt::format("<testcase name=\"line {}: {}\" classname=\"{}\" file=\"{}\" line=\"{}\">", finding.span.line,
                        xml(finding.rule), path, path, finding.span.line);
    if (failed) {
      out_ << fmt::format("<failure type=\"{}\" message=\"{}\">{}</failure>", to_string(finding.severity),
                          xml(finding.message), body);
    } else {
      out_ << "<system-out>" << body << "</system-out>";
    }
    out_ << "</testcase>\n";
  }

  std::ostream& out_;
  ReportOptions options_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<Reporter> junit_reporter(std::ostream& out, const ReportOptions& options) {
  return std::make_unique<JunitReporter>(out, options);
}

}  // namespace bgdb::lint
