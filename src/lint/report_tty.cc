// For people: the statement with a caret, what breaks, why, and the safe way; the verdict of each file that has
// findings; one line at the end. What was said already is not said again: one frame for findings at one place, one
// "instead" for a rule in a file. Notes take two lines.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/display.h"
#include "lint/paint.h"
#include "lint/report.h"
#include "lint/report_parts.h"

namespace bgdb::lint {

namespace {

std::string_view colour_of(Severity severity) {
  if (severity == Severity::error) return "1;31";
  return severity == Severity::warning ? "1;33" : "1;36";
}

constexpr size_t kGutter = 8;       // "    1 | "
constexpr size_t kLabelWidth = 12;  // "   instead: "
constexpr size_t kLineBytesMax = 4096;

constexpr int kLinesMax = 4;

// The further lines of a statement: enough to recognise it.
void further_lines(std::ostream& out, const FileReport& report, const Finding& finding, size_t room,
                   const Paint& paint) {
  const std::string_view text = report.text;
  const auto& span = finding.span;
  size_t at = span.offset;
  for (int line = span.line + 1; line <= span.end_line; ++line) {
    at = std::min(text.find('\n', at), text.size() - 1) + 1;
    if (line - span.line == kLinesMax) {
      out << paint("2", "      | …") << '\n';
      return;
    }
    const auto source = text.substr(at, std::min(text.find('\n', at), text.size()) - at).substr(0, kLineBytesMax);
    out << paint("2", fmt::format("{:>5} |", line)) << ' ' << core::fit(core::valid_utf8(core::printable(source)), room)
        << '\n';
  }
}

void frame(std::ostream& out, const FileReport& report, const Finding& finding, size_t width, const Paint& paint) {
  const auto& span = finding.span;
  auto source = first_line(report, span);
  if (source.empty() || span.length == 0) return;
  size_t start = std::min(static_cast<size_t>(std::max(span.column, 1)) - 1, source.size());
  size_t length = span.end_line == span.line ? span.length : source.size() - start;
  const size_t room = std::max<size_t>(width, kGutter + 20) - kGutter;
  std::string text;
  if (core::display_width(source.substr(0, std::min(start + length, kLineBytesMax))) > room || start > kLineBytesMax) {
    source.remove_prefix(start);  // what is in front of it must make place
    text = start > 0 ? "…" : "";
    start = text.size();
  }
  text = core::valid_utf8(core::printable(text + std::string(source.substr(0, kLineBytesMax))));
  const auto shown = core::fit(text, room);
  start = std::min(start, shown.size());
  length = std::min(length, shown.size() - start);
  const auto blanks = core::display_width(std::string_view(shown).substr(0, start));
  const auto carets = std::max<size_t>(1, core::display_width(std::string_view(shown).substr(start, length)));
  out << paint("2", fmt::format("{:>5} |", span.line)) << ' ' << shown << '\n';
  out << paint("2", "      |") << ' ' << std::string(blanks, ' ')
      << paint(colour_of(finding.severity), std::string(carets, '^')) << '\n';
  further_lines(out, report, finding, room, paint);
}

class TtyReporter : public Reporter {
 public:
  TtyReporter(std::ostream& out, const ReportOptions& options) : out_(out), options_(options), paint_{options.colour} {}

  void file(const FileReport& report) override {
    if (report.findings.empty()) return;
    std::set<std::string> explained;
    std::set<int> sized;
    const Finding* previous = nullptr;
    bool framed = false;
    const auto shown = worst_findings(report, options_.findings_max);
    for (const auto i : shown) {
      const auto& finding = report.findings[i];
      const bool same_place = previous != nullptr && previous->span.offset == finding.span.offset &&
                              previous->span.length == finding.span.length;
      const bool note = finding.severity == Severity::info;
      if (previous != nullptr && !same_place && !(note && previous->severity == Severity::info)) out_ << '\n';
      previous = &finding;
      framed = framed && same_place;
      head(finding);
      out_ << paint_("2", "  --> ")
           << core::printable(fmt::format("{}:{}:{}", report.path, finding.span.line, finding.span.column)) << '\n';
      if (!framed && !note) frame(out_, report, finding, options_.width, paint_);
      framed = framed || !note;
      const bool first = explained.insert(finding.rule).second;
      if (first && !note) explain(report, finding);
      if (finding.statement >= 0 && sized.insert(finding.statement).second) sizes(report, finding.statement);
    }
    if (shown.size() < report.findings.size()) {
      out_ << fmt::format("\n{} more findings in this file (--max-findings 0 shows all)\n",
                          report.findings.size() - shown.size());
    }
    out_ << '\n';
    if (!options_.quiet) verdict(report);
    out_ << std::flush;
  }

  void finish(const Summary& summary) override {
    if (!options_.quiet) out_ << summary_line(summary, options_.colour) << '\n';
  }

 private:
  void head(const Finding& finding) {
    const auto label = fmt::format("{}[{}]", to_string(finding.severity), finding.rule);
    const auto lines = core::wrap(core::printable(label + ": " + finding.message), options_.width);
    out_ << paint_(colour_of(finding.severity), label) << paint_("1", lines[0].substr(label.size())) << '\n';
    for (size_t i = 1; i < lines.size(); ++i) out_ << "  " << paint_("1", lines[i]) << '\n';
  }

  void explain(const FileReport& report, const Finding& finding) {
    if (!finding.why.empty()) labelled("why", finding.why, true);
    if (!finding.instead.empty()) labelled("instead", finding.instead, false);
    if (!finding.rewrite.empty()) labelled("rewrite", "bgdb rewrite " + report.path, false);
  }

  // SQL keeps its lines, prose is wrapped.
  void labelled(std::string_view label, const std::string& text, bool prose) {
    const size_t room = prose ? std::max<size_t>(options_.width, 40) - kLabelWidth : std::string::npos;
    bool first = true;
    for (const auto& line : core::wrap(text, room)) {
      out_ << paint_("2", first ? fmt::format("{:>10}: ", label) : std::string(kLabelWidth, ' '))
           << core::printable(line) << '\n';
      first = false;
    }
  }

  void sizes(const FileReport& report, int index) {
    for (const auto& statement : report.statements) {
      if (statement.index != index) continue;
      for (const auto& estimate : statement.estimates) labelled("size", describe(estimate), true);
    }
  }

  void verdict(const FileReport& report) {
    const auto& verdict = report.verdict;
    out_ << core::printable(report.path) << ": " << paint_(colour_of(verdict.safety), to_string(verdict.safety))
         << '\n';
    for (const auto& line : core::wrap(verdict.reason, options_.width - 2))
      out_ << "  " << core::printable(line) << '\n';
    out_ << paint_("2", "  " + axes_text(verdict)) << "\n\n";
  }

  std::ostream& out_;
  ReportOptions options_;
  Paint paint_;
};

// A line for each file: the verdict and its axes.
class VerdictsReporter : public Reporter {
 public:
  VerdictsReporter(std::ostream& out, const ReportOptions& options)
      : out_(out), options_(options), paint_{options.colour} {}

  void file(const FileReport& report) override {
    const auto& verdict = report.verdict;
    line(paint_(colour_of(verdict.safety), fmt::format("{:<17}", to_string(verdict.safety))),
         to_string(verdict.old_version), to_string(verdict.rollback), to_string(verdict.replication),
         to_string(verdict.lock), to_string(verdict.phase), core::printable(report.path));
    out_ << std::flush;
  }

  void finish(const Summary& summary) override {
    if (!options_.quiet) out_ << '\n' << summary_line(summary, options_.colour) << '\n';
  }

 private:
  void line(std::string_view verdict, std::string_view old_version, std::string_view rollback,
            std::string_view replication, std::string_view lock, std::string_view phase, std::string_view path) {
    if (!begun_ && !options_.quiet) {
      begun_ = true;
      out_ << paint_("2", fmt::format("{:<17}  {:<11}  {:<10}  {:<13}  {:<7}  {:<8}  {}", "verdict", "old version",
                                      "rollback", "replication", "lock", "phase", "file"))
           << '\n';
    }
    out_ << fmt::format("{}  {:<11}  {:<10}  {:<13}  {:<7}  {:<8}  {}\n", verdict, old_version, rollback, replication,
                        lock, phase, path);
  }

  std::ostream& out_;
  ReportOptions options_;
  Paint paint_;
  bool begun_ = false;
};

}  // namespace

std::string summary_line(const Summary& summary, bool colour) {
  const Paint paint{colour};
  const auto plural = [](size_t number, std::string_view word) {
    return fmt::format("{} {}{}", number, word, number == 1 ? "" : "s");
  };
  std::vector<std::string> verdicts;
  for (const auto& [safety, files] : summary.verdicts) {
    if (files > 0) verdicts.push_back(paint(colour_of(safety), fmt::format("{} {}", files, to_string(safety))));
  }
  return fmt::format(
      "{}, {}: {}, {}, {}{}{}", plural(summary.files, "file"), plural(summary.statements, "statement"),
      plural(count_of(summary, Severity::error), "error"), plural(count_of(summary, Severity::warning), "warning"),
      plural(count_of(summary, Severity::info), "note"), verdicts.empty() ? "" : "; ", fmt::join(verdicts, ", "));
}

std::unique_ptr<Reporter> tty_reporter(std::ostream& out, const ReportOptions& options) {
  return std::make_unique<TtyReporter>(out, options);
}
std::unique_ptr<Reporter> verdicts_reporter(std::ostream& out, const ReportOptions& options) {
  return std::make_unique<VerdictsReporter>(out, options);
}

}  // namespace bgdb::lint
