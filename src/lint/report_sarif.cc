// SARIF 2.1.0 for code scanning, with partialFingerprints that survive moved lines; and GitHub's workflow annotations.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <set>

#include "lint/report.h"

namespace bgdb::lint {

using Json = nlohmann::ordered_json;

namespace {

// FNV-1a: a stable identity of text, nothing secret.
uint64_t fingerprint(std::string_view text) {
  uint64_t hash = 1469598103934665603ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

std::string_view sarif_level(Severity severity) {
  if (severity == Severity::error) return "error";
  return severity == Severity::warning ? "warning" : "note";
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string uri(const std::string& path) {
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || std::string_view("-._~/").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

// Code points of the line in front of a 1-based byte column.
int code_points_before(const std::string& text, int line, int column) {
  size_t at = 0;
  for (int i = 1; i < line; ++i) {
    const auto end = text.find('\n', at);
    if (end == std::string::npos) return column - 1;
    at = end + 1;
  }
  int count = 0;
  for (int i = 1; i < column && at < text.size(); ++i, ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80) ++count;
  }
  return count;
}

class SarifReporter : public Reporter {
 public:
  SarifReporter(std::ostream& out, const RuleBook& rules) : out_(out), rules_(rules) {}

  void file(const FileReport& report) override {
    begin();
    for (const auto& finding : report.findings) {
      out_ << (first_ ? "\n" : ",\n") << dump(result(report, finding));
      first_ = false;
    }
  }

  void finish(const Summary&) override {
    begin();
    out_ << "]}]}\n";
  }

 private:
  void begin() {
    if (begun_) return;
    begun_ = true;
    auto rules = Json::array();
    for (const auto& rule : rules_.rules()) {
      rules.push_back({{"id", rule.id},
                       {"shortDescription", {{"text", rule.title}}},
                       {"fullDescription", {{"text", rule.why}}},
                       {"defaultConfiguration",
                        {{"level", rule.severity == Severity::off ? "none" : sarif_level(rule.severity)}}}});
    }
    const Json driver = {{"name", "bgdb"},
                         {"informationUri", "https://www.postgresql.org/docs/current/sql-altertable.html"},
                         {"rules", rules}};
    out_ << "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\"tool\":"
         << dump({{"driver", driver}}) << ",\"columnKind\":\"unicodeCodePoints\",\"results\":[";
  }

  Json result(const FileReport& report, const Finding& finding) const {
    const auto statement = report.text.substr(std::min(finding.span.offset, report.text.size()), finding.span.length);
    const auto print = fmt::format("{:016x}", fingerprint(report.path + "\n" + finding.rule + "\n" + statement));
    // SARIF counts code points, we count bytes.
    const auto column = [&](int line, int bytes) { return code_points_before(report.text, line, bytes) + 1; };
    Json region = {{"startLine", finding.span.line},
                   {"startColumn", column(finding.span.line, finding.span.column)},
                   {"endLine", finding.span.end_line},
                   {"endColumn", column(finding.span.end_line, finding.span.end_column)}};
    return {{"ruleId", finding.rule},
            {"level", sarif_level(finding.severity)},
            {"message", {{"text", finding.message + (finding.why.empty() ? "" : "\n" + finding.why)}}},
            {"locations", Json::array({{{"physicalLocation",
                                         {{"artifactLocation", {{"uri", uri(report.path)}}}, {"region", region}}}}})},
            {"partialFingerprints", {{"bgdb/v1", print}}}};
  }

  std::ostream& out_;
  const RuleBook& rules_;
  bool begun_ = false;
  bool first_ = true;
};

// ::error file=...,line=...::message ; data and properties are escaped in two ways.
std::string escape(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else if (property && c == ':')
      out += "%3A";
    else if (property && c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

class GithubReporter : public Reporter {
 public:
  explicit GithubReporter(std::ostream& out) : out_(out) {}

  void file(const FileReport& report) override {
    for (const auto& finding : report.findings) {
      const auto level = finding.severity == Severity::info ? std::string_view("notice") : to_string(finding.severity);
      out_ << fmt::format("::{} file={},line={},col={},endLine={},title={}::{}\n", level, escape(report.path, true),
                          finding.span.line, finding.span.column, finding.span.end_line, escape(finding.rule, true),
                          escape(finding.message + (finding.why.empty() ? "" : "\n" + finding.why), false));
    }
    out_ << std::flush;
  }

  void finish(const Summary& summary) override {
    out_ << fmt::format("{} files, {} statements, verdict {}\n", summary.files, summary.statements,
                        to_string(summary.verdict.safety));
  }

 private:
  std::ostream& out_;
};

}  // namespace

std::unique_ptr<Reporter> sarif_reporter(std::ostream& out, const RuleBook& rules) {
  return std::make_unique<SarifReporter>(out, rules);
}
std::unique_ptr<Reporter> github_reporter(std::ostream& out) {
  return std::make_unique<GithubReporter>(out);
}

}  // namespace bgdb::lint
