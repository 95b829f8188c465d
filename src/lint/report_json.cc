// JSON as documented in docs/lint-json.md. Written file by file: nothing is kept.
#include <nlohmann/json.hpp>

#include "lint/report.h"
#include "lint/report_parts.h"

namespace bgdb::lint {

using Json = nlohmann::ordered_json;

namespace {

constexpr int kVersion = 1;

Json effects_json(const std::vector<Effect>& effects) {
  auto out = Json::array();
  for (const auto& effect : effects) out.push_back({{"kind", effect.kind}, {"object", effect.object}});
  return out;
}

Json relations_json(const std::vector<RelationEffect>& relations) {
  auto out = Json::array();
  for (const auto& relation : relations) {
    if (relation.released) out.push_back(relation.relation.display());
  }
  return out;
}

Json locks_json(const std::vector<LockEffect>& locks) {
  auto out = Json::array();
  for (const auto& lock : locks) {
    if (lock.released) out.push_back({{"relation", lock.relation.display()}, {"mode", to_string(lock.mode)}});
  }
  return out;
}

Json estimates_json(const std::vector<Estimate>& estimates) {
  auto out = Json::array();
  for (const auto& one : estimates) {
    Json entry = {{"relation", one.relation.display()}, {"work", to_string(one.work)}};
    if (one.rows >= 0) entry["rows"] = one.rows;
    entry["bytes"] = one.bytes;
    entry["estimated_ms"] = one.duration_ms;
    out.push_back(std::move(entry));
  }
  return out;
}

Json statement_json(const StatementReport& statement) {
  const auto& effects = statement.effects;
  const auto& verdict = statement.verdict;
  Json out;
  out["index"] = statement.index;
  out["line"] = statement.span.line;
  out["column"] = statement.span.column;
  out["end_line"] = statement.span.end_line;
  out["kind"] = statement.kind;
  out["phase"] = to_string(verdict.phase);
  out["verdict"] = to_string(verdict.safety);
  out["reason"] = verdict.reason;
  out["old_version"] = to_string(verdict.old_version);
  out["rollback"] = to_string(verdict.rollback);
  out["replication"] = to_string(verdict.replication);
  if (!verdict.replication_reason.empty()) out["replication_reason"] = verdict.replication_reason;
  out["lock"] = {{"class", to_string(verdict.lock)},
                 {"mode", to_string(verdict.lock_mode)},
                 {"relations", verdict.lock_relations}};
  if (verdict.lock == LockCost::none) out["lock"] = {{"class", "none"}};
  out["locks"] = locks_json(effects.locks);
  out["rewrites"] = relations_json(effects.rewrites);
  out["scans"] = relations_json(effects.scans);
  if (!statement.estimates.empty()) out["estimates"] = estimates_json(statement.estimates);
  out["breaks"] = effects_json(effects.breaks);
  out["narrows"] = effects_json(effects.narrows);
  out["widens"] = effects_json(effects.widens);
  out["loses"] = effects_json(effects.loses);
  out["irreversible"] = effects_json(effects.irreversible);
  out["fails"] = effects_json(effects.fails);
  out["unknown"] = effects.unknown;
  out["in_transaction"] = statement.in_transaction;
  return out;
}

Json finding_json(const Finding& finding, const std::string& print) {
  Json out;
  out["rule"] = finding.rule;
  out["severity"] = to_string(finding.severity);
  out["line"] = finding.span.line;
  out["column"] = finding.span.column;
  out["end_line"] = finding.span.end_line;
  out["end_column"] = finding.span.end_column;
  if (finding.statement >= 0) out["statement"] = finding.statement;
  out["message"] = finding.message;
  if (!finding.why.empty()) out["why"] = finding.why;
  if (!finding.instead.empty()) out["instead"] = finding.instead;
  if (!finding.rewrite.empty()) out["rewrite"] = finding.rewrite;
  out["fingerprint"] = print;
  return out;
}

Json file_json(const FileReport& report) {
  Json out;
  out["path"] = report.path;
  out["framework"] = report.framework;
  out["verdict"] = to_string(report.verdict.safety);
  out["reason"] = report.verdict.reason;
  out["statements"] = Json::array();
  for (const auto& statement : report.statements) out["statements"].push_back(statement_json(statement));
  out["findings"] = Json::array();
  const auto prints = fingerprints(report);
  for (size_t i = 0; i < report.findings.size(); ++i) {
    out["findings"].push_back(finding_json(report.findings[i], prints[i]));
  }
  return out;
}

Json summary_json(const Summary& summary) {
  Json out;
  out["files"] = summary.files;
  out["statements"] = summary.statements;
  out["findings"] = {{"error", count_of(summary, Severity::error)},
                     {"warning", count_of(summary, Severity::warning)},
                     {"info", count_of(summary, Severity::info)}};
  out["verdicts"] = Json::object();
  for (const auto& [safety, files] : summary.verdicts) out["verdicts"][std::string(to_string(safety))] = files;
  if (!summary.skipped.empty()) out["skipped"] = summary.skipped;
  if (!summary.notes.empty()) out["notes"] = summary.notes;
  out["verdict"] = to_string(summary.verdict.safety);
  return out;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class JsonReporter : public Reporter {
 public:
  JsonReporter(std::ostream& out, bool lines) : out_(out), lines_(lines) {}

  void file(const FileReport& report) override {
    if (lines_) {
      out_ << dump(file_json(report)) << '\n' << std::flush;
      return;
    }
    out_ << (first_ ? "{\"version\":" + std::to_string(kVersion) + ",\"files\":[\n" : ",\n") << dump(file_json(report));
    first_ = false;
  }

  void finish(const Summary& summary) override {
    if (lines_) return;
    if (first_) out_ << "{\"version\":" << kVersion << ",\"files\":[";
    out_ << "],\n\"summary\":" << dump(summary_json(summary)) << "}\n";
  }

 private:
  std::ostream& out_;
  bool lines_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<Reporter> json_reporter(std::ostream& out, bool lines) {
  return std::make_unique<JsonReporter>(out, lines);
}

void explain_json(const FileReport& report, std::ostream& out) {
  out << dump(file_json(report)) << '\n';
}

}  // namespace bgdb::lint
