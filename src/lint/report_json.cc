// JSON as documented in docs/lint-json.md. Written file by file: nothing is kept.
#include <algorithm>

#include "core/json_writer.h"
#include "lint/report.h"
#include "lint/report_parts.h"

namespace bgdb::lint {

using Writer = core::JsonWriter;

namespace {

constexpr int kVersion = 1;
constexpr size_t kPieceBytes = 64 << 10;

void effects_json(Writer& out, std::string_view name, const std::vector<Effect>& effects) {
  out.key(name);
  out.open_array();
  for (const auto& effect : effects) {
    out.open_object();
    out.field("kind", effect.kind);
    out.field("object", effect.object);
    out.close_object();
  }
  out.close_array();
}

void relations_json(Writer& out, std::string_view name, const std::vector<RelationEffect>& relations) {
  out.key(name);
  out.open_array();
  for (const auto& relation : relations) {
    if (relation.released) out.value(relation.relation.display());
  }
  out.close_array();
}

void locks_json(Writer& out, const std::vector<LockEffect>& locks) {
  out.key("locks");
  out.open_array();
  for (const auto& lock : locks) {
    if (!lock.released) continue;
    out.open_object();
    out.field("relation", lock.relation.display());
    out.field("mode", to_string(lock.mode));
    out.close_object();
  }
  out.close_array();
}

void estimates_json(Writer& out, const std::vector<Estimate>& estimates) {
  if (estimates.empty()) return;
  out.key("estimates");
  out.open_array();
  for (const auto& one : estimates) {
    out.open_object();
    out.field("relation", one.relation.display());
    out.field("work", to_string(one.work));
    if (one.rows >= 0) out.field("rows", one.rows);
    out.field("bytes", one.bytes);
    out.field("estimated_ms", one.duration_ms);
    out.close_object();
  }
  out.close_array();
}

void verdict_json(Writer& out, const Verdict& verdict) {
  out.field("phase", to_string(verdict.phase));
  out.field("verdict", to_string(verdict.safety));
  out.field("reason", verdict.reason);
  out.field("old_version", to_string(verdict.old_version));
  out.field("rollback", to_string(verdict.rollback));
  out.field("replication", to_string(verdict.replication));
  if (!verdict.replication_reason.empty()) out.field("replication_reason", verdict.replication_reason);
  out.key("lock");
  out.open_object();
  out.field("class", to_string(verdict.lock));
  if (verdict.lock != LockCost::none) {
    out.field("mode", to_string(verdict.lock_mode));
    out.texts("relations", verdict.lock_relations);
  }
  out.close_object();
}

// Most statements do nothing to released objects.
constexpr std::string_view kNothing =
    R"("locks":[],"rewrites":[],"scans":[],"breaks":[],"narrows":[],"widens":[],"loses":[],"irreversible":[],)"
    R"("fails":[],"unknown":[])";

bool nothing_to_tell(const StatementReport& statement) {
  const auto& effects = statement.effects;
  const auto none_released = [](const auto& list) {
    return std::none_of(list.begin(), list.end(), [](const auto& one) { return one.released; });
  };
  return none_released(effects.locks) && none_released(effects.rewrites) && none_released(effects.scans) &&
         effects.breaks.empty() && effects.narrows.empty() && effects.widens.empty() && effects.loses.empty() &&
         effects.irreversible.empty() && effects.fails.empty() && effects.unknown.empty() &&
         statement.estimates.empty();
}

void effects_json(Writer& out, const StatementReport& statement) {
  const auto& effects = statement.effects;
  locks_json(out, effects.locks);
  relations_json(out, "rewrites", effects.rewrites);
  relations_json(out, "scans", effects.scans);
  estimates_json(out, statement.estimates);
  effects_json(out, "breaks", effects.breaks);
  effects_json(out, "narrows", effects.narrows);
  effects_json(out, "widens", effects.widens);
  effects_json(out, "loses", effects.loses);
  effects_json(out, "irreversible", effects.irreversible);
  effects_json(out, "fails", effects.fails);
  out.texts("unknown", effects.unknown);
}

void statement_json(Writer& out, const StatementReport& statement) {
  out.open_object();
  out.field("index", statement.index);
  out.field("line", statement.span.line);
  out.field("column", statement.span.column);
  out.field("end_line", statement.span.end_line);
  out.field("kind", statement.kind);
  verdict_json(out, statement.verdict);
  if (nothing_to_tell(statement)) {
    out.fields(kNothing);
  } else {
    effects_json(out, statement);
  }
  out.field("in_transaction", statement.in_transaction);
  out.close_object();
}

void finding_json(Writer& out, const Finding& finding, const std::string& print) {
  out.open_object();
  out.field("rule", finding.rule);
  out.field("severity", to_string(finding.severity));
  out.field("line", finding.span.line);
  out.field("column", finding.span.column);
  out.field("end_line", finding.span.end_line);
  out.field("end_column", finding.span.end_column);
  if (finding.statement >= 0) out.field("statement", finding.statement);
  out.field("message", finding.message);
  if (!finding.why.empty()) out.field("why", finding.why);
  if (!finding.instead.empty()) out.field("instead", finding.instead);
  if (!finding.rewrite.empty()) out.field("rewrite", finding.rewrite);
  out.field("fingerprint", print);
  out.close_object();
}

// Reports of large files are written piece by piece.
void file_json(Writer& out, const FileReport& report, std::ostream& stream) {
  out.open_object();
  out.field("path", report.path);
  out.field("framework", report.framework);
  out.field("verdict", to_string(report.verdict.safety));
  out.field("reason", report.verdict.reason);
  out.key("statements");
  out.open_array();
  for (const auto& statement : report.statements) {
    statement_json(out, statement);
    if (out.text().size() > kPieceBytes) out.drain(stream);
  }
  out.close_array();
  out.key("findings");
  out.open_array();
  const auto prints = fingerprints(report);
  for (size_t i = 0; i < report.findings.size(); ++i) finding_json(out, report.findings[i], prints[i]);
  out.close_array();
  out.close_object();
  out.drain(stream);
}

void summary_json(Writer& out, const Summary& summary) {
  out.open_object();
  out.field("files", summary.files);
  out.field("statements", summary.statements);
  out.key("findings");
  out.open_object();
  out.field("error", count_of(summary, Severity::error));
  out.field("warning", count_of(summary, Severity::warning));
  out.field("info", count_of(summary, Severity::info));
  out.close_object();
  out.key("verdicts");
  out.open_object();
  for (const auto& [safety, files] : summary.verdicts) out.field(to_string(safety), files);
  out.close_object();
  if (!summary.skipped.empty()) out.texts("skipped", summary.skipped);
  if (!summary.notes.empty()) out.texts("notes", summary.notes);
  out.field("verdict", to_string(summary.verdict.safety));
  out.close_object();
}

class JsonReporter : public Reporter {
 public:
  JsonReporter(std::ostream& out, bool lines) : out_(out), lines_(lines) {}

  void file(const FileReport& report) override {
    if (!lines_) out_ << (first_ ? "{\"version\":" + std::to_string(kVersion) + ",\"files\":[\n" : ",\n");
    first_ = false;
    json_.clear();
    file_json(json_, report, out_);
    if (lines_) out_ << '\n' << std::flush;
  }

  void finish(const Summary& summary) override {
    if (lines_) return;
    if (first_) out_ << "{\"version\":" << kVersion << ",\"files\":[";
    json_.clear();
    summary_json(json_, summary);
    out_ << "],\n\"summary\":" << json_.text() << "}\n";
  }

 private:
  std::ostream& out_;
  bool lines_;
  bool first_ = true;
  Writer json_;
};

}  // namespace

std::unique_ptr<Reporter> json_reporter(std::ostream& out, bool lines) {
  return std::make_unique<JsonReporter>(out, lines);
}

void explain_json(const FileReport& report, std::ostream& out) {
  Writer json;
  file_json(json, report, out);
  out << '\n';
}

}  // namespace bgdb::lint
