// GitLab's Code Quality report: one JSON array. GitLab drops findings with equal fingerprints.
#include <nlohmann/json.hpp>

#include "lint/report.h"
#include "lint/report_parts.h"

namespace bgdb::lint {

using Json = nlohmann::ordered_json;

namespace {

std::string_view gitlab_severity(Severity severity) {
  if (severity == Severity::error) return "critical";
  return severity == Severity::warning ? "major" : "info";
}

class GitlabReporter : public Reporter {
 public:
  explicit GitlabReporter(std::ostream& out) : out_(out) {}

  void file(const FileReport& report) override {
    const auto prints = fingerprints(report);
    for (size_t i = 0; i < report.findings.size(); ++i) {
      const auto& finding = report.findings[i];
      const Json entry = {{"description", finding.message},
                          {"check_name", finding.rule},
                          {"content", {{"body", finding.why}}},
                          {"fingerprint", prints[i]},
                          {"severity", gitlab_severity(finding.severity)},
                          {"location",
                           {{"path", plain_path(report.path)},
                            {"lines", {{"begin", finding.span.line}, {"end", finding.span.end_line}}}}}};
      out_ << (first_ ? "[\n" : ",\n") << entry.dump(-1, ' ', false, Json::error_handler_t::replace);
      first_ = false;
    }
  }

  void finish(const Summary&) override { out_ << (first_ ? "[]\n" : "\n]\n"); }

 private:
  std::ostream& out_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<Reporter> gitlab_reporter(std::ostream& out) {
  return std::make_unique<GitlabReporter>(out);
}

}  // namespace bgdb::lint
