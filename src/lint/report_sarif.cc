// SARIF 2.1.0 for code scanning: every rule with its page, results with partialFingerprints that survive moved lines.
#include <fmt/format.h>

#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "core/version.h"
#include "lint/report.h"
#include "lint/report_parts.h"
#include "lint/rule_docs.h"

namespace bgdb::lint {

using Json = nlohmann::ordered_json;

namespace {

std::string_view sarif_level(Severity severity) {
  if (severity == Severity::off) return "none";
  if (severity == Severity::error) return "error";
  return severity == Severity::warning ? "warning" : "note";
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A relative reference stays relative, so that the code host finds the file; an absolute path becomes a file URI.
std::string uri(const std::string& given) {
  const auto path = plain_path(given);
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || std::string_view("-._~/").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

// SARIF counts code points, we count bytes. A line of a megabyte is no line that somebody looks at: bytes will do.
constexpr size_t kCountedMax = 1 << 20;

int code_point_column(const std::string& text, size_t offset, int byte_column) {
  const auto before = static_cast<size_t>(byte_column - 1);
  if (before > kCountedMax || before > offset || offset > text.size()) return byte_column;
  int column = 1;
  for (size_t at = offset - before; at < offset; ++at) column += (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
  return column;
}

Json rule_json(std::string_view id, std::string_view title, std::string_view why, Severity severity) {
  return {{"id", id},
          {"name", id},
          {"shortDescription", {{"text", title}}},
          {"fullDescription", {{"text", why}}},
          {"defaultConfiguration", {{"level", sarif_level(severity)}}}};
}

class SarifReporter : public Reporter {
 public:
  SarifReporter(std::ostream& out, const RuleBook& rules) : out_(out), rules_(rules) {}

  void file(const FileReport& report) override {
    begin();
    const auto prints = fingerprints(report);
    for (size_t i = 0; i < report.findings.size(); ++i) {
      out_ << (first_ ? "\n" : ",\n") << dump(result(report, report.findings[i], prints[i]));
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
    const auto add = [&](std::string_view id, Json rule) {
      index_.emplace(id, rules.size());
      rules.push_back(std::move(rule));
    };
    for (const auto& rule : rules_.rules()) {
      auto json = rule_json(rule.id, rule.title, rule.why, rule.severity);
      json["help"] = {{"text", rule.why + (rule.instead.empty() ? "" : "\nInstead:\n" + rule.instead.example())},
                      {"markdown", rule_page(rule)}};
      json["properties"] = {{"tags", {rule.section}}, {"precision", "high"}};
      add(rule.id, std::move(json));
    }
    for (const auto& own : rules_.own_rules()) add(own.id, rule_json(own.id, own.title, own.title, own.severity));
    const Json driver = {
        {"name", "bgdb"}, {"version", core::kVersion}, {"semanticVersion", core::kVersion}, {"rules", rules}};
    out_ << "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\"tool\":"
         << dump({{"driver", driver}})
         << ",\"invocations\":[{\"executionSuccessful\":true}],\"columnKind\":\"unicodeCodePoints\",\"results\":[";
  }

  Json result(const FileReport& report, const Finding& finding, const std::string& print) const {
    const auto& span = finding.span;
    const Json region = {{"startLine", span.line},
                         {"startColumn", code_point_column(report.text, span.offset, span.column)},
                         {"endLine", span.end_line},
                         {"endColumn", code_point_column(report.text, span.offset + span.length, span.end_column)}};
    Json out = {
        {"ruleId", finding.rule},
        {"level", sarif_level(finding.severity)},
        {"message", {{"text", finding.message + (finding.why.empty() ? "" : "\n" + finding.why)}}},
        {"locations", Json::array({{{"physicalLocation",
                                     {{"artifactLocation", {{"uri", uri(report.path)}}}, {"region", region}}}}})},
        {"partialFingerprints", {{"bgdb/v1", print}}},
        {"properties", {{"verdict", to_string(report.verdict.safety)}}}};
    const auto rule = index_.find(finding.rule);
    if (rule != index_.end()) out["ruleIndex"] = rule->second;
    return out;
  }

  std::ostream& out_;
  const RuleBook& rules_;
  std::map<std::string, size_t, std::less<>> index_;
  bool begun_ = false;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<Reporter> sarif_reporter(std::ostream& out, const RuleBook& rules) {
  return std::make_unique<SarifReporter>(out, rules);
}

}  // namespace bgdb::lint
