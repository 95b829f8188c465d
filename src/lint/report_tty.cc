// For people: the line with a caret, what breaks, why, and the safe way.
#include <fmt/format.h>

#include <algorithm>

#include "lint/report.h"

namespace bgdb::lint {

namespace {

struct Paint {
  bool on;
  std::string operator()(std::string_view code, std::string_view text) const {
    return on ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
};

std::string_view colour_of(Severity severity) {
  if (severity == Severity::error) return "1;31";
  return severity == Severity::warning ? "1;33" : "1;36";
}

std::string_view colour_of(Safety safety) {
  if (safety == Safety::rollback_breaking) return "31";
  if (safety == Safety::expand_safe) return "32";
  return safety == Safety::contract_safe ? "36" : "33";
}

// The text of a 1-based line, control characters shown as blanks so that the caret stays true.
std::string line_of(const std::string& text, int line) {
  size_t at = 0;
  for (int i = 1; i < line; ++i) {
    const auto end = text.find('\n', at);
    if (end == std::string::npos) return {};
    at = end + 1;
  }
  auto out = text.substr(at, text.find('\n', at) - at);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

constexpr size_t kLineWidthMax = 160;

void frame(std::ostream& out, const FileReport& report, const Finding& finding, const Paint& paint) {
  if (report.text.empty() || finding.span.length == 0) return;
  auto source = line_of(report.text, finding.span.line);
  const auto number = fmt::format("{:>5}", finding.span.line);
  const auto start = std::min(static_cast<size_t>(std::max(finding.span.column, 1)) - 1, source.size());
  size_t length = finding.span.end_line == finding.span.line
                      ? static_cast<size_t>(std::max(finding.span.end_column - finding.span.column, 1))
                      : source.size() - start;
  size_t first = 0;
  if (source.size() > kLineWidthMax) {
    first = start > 20 ? start - 20 : 0;
    source = source.substr(first, kLineWidthMax);
  }
  length = std::max<size_t>(1, std::min(length, source.size() - std::min(source.size(), start - first)));
  out << paint("2", "      |") << '\n' << paint("2", number + " |") << ' ' << source << '\n';
  out << paint("2", "      |") << ' ' << std::string(start - first, ' ')
      << paint(colour_of(finding.severity), std::string(length, '^')) << '\n';
}

void indented(std::ostream& out, std::string_view label, const std::string& text, const Paint& paint) {
  size_t from = 0;
  bool first = true;
  while (from <= text.size()) {
    auto end = text.find('\n', from);
    if (end == std::string::npos) end = text.size();
    out << paint("2", first ? fmt::format("  {:>8}: ", label) : std::string(12, ' ')) << text.substr(from, end - from)
        << '\n';
    first = false;
    from = end + 1;
  }
}

class TtyReporter : public Reporter {
 public:
  TtyReporter(std::ostream& out, bool colour) : out_(out), paint_{colour} {}

  void file(const FileReport& report) override {
    if (report.findings.empty()) return;
    for (const auto& finding : report.findings) {
      out_ << paint_(colour_of(finding.severity), fmt::format("{}[{}]", to_string(finding.severity), finding.rule))
           << ": " << paint_("1", finding.message) << '\n';
      out_ << paint_("2", "  --> ") << fmt::format("{}:{}:{}", report.path, finding.span.line, finding.span.column)
           << '\n';
      frame(out_, report, finding, paint_);
      if (!finding.why.empty()) indented(out_, "why", finding.why, paint_);
      if (!finding.instead.empty()) indented(out_, "instead", finding.instead, paint_);
      if (!finding.rewrite.empty())
        indented(out_, "rewrite", fmt::format("bgdb rewrite {}   (recipe {})", report.path, finding.rewrite), paint_);
      out_ << '\n';
    }
    out_ << report.path << ": " << paint_(colour_of(report.verdict.safety), to_string(report.verdict.safety)) << " - "
         << report.verdict.reason << "\n\n"
         << std::flush;
  }

  void finish(const Summary& summary) override {
    const auto count = [&](Severity severity) {
      const auto found = summary.findings.find(severity);
      return found == summary.findings.end() ? size_t{0} : found->second;
    };
    const auto plural = [](size_t number, std::string_view word) {
      return fmt::format("{} {}{}", number, word, number == 1 ? "" : "s");
    };
    out_ << fmt::format("{}, {}: {}, {}, {}; ", plural(summary.files, "file"), plural(summary.statements, "statement"),
                        plural(count(Severity::error), "error"), plural(count(Severity::warning), "warning"),
                        plural(count(Severity::info), "note"))
         << "verdict " << paint_(colour_of(summary.verdict.safety), to_string(summary.verdict.safety)) << '\n';
  }

 private:
  std::ostream& out_;
  Paint paint_;
};

void list(std::ostream& out, std::string_view label, const std::vector<std::string>& items) {
  if (items.empty()) return;
  out << fmt::format("    {:<12} {}\n", label, fmt::join(items, ", "));
}

std::vector<std::string> texts(const std::vector<Effect>& effects) {
  std::vector<std::string> out;
  for (const auto& effect : effects) out.push_back(fmt::format("{} {}", effect.kind, effect.object));
  return out;
}

std::vector<std::string> texts(const std::vector<RelationEffect>& effects) {
  std::vector<std::string> out;
  for (const auto& effect : effects) out.push_back(effect.relation.display() + (effect.released ? "" : " (new)"));
  return out;
}

}  // namespace

std::unique_ptr<Reporter> tty_reporter(std::ostream& out, bool colour) {
  return std::make_unique<TtyReporter>(out, colour);
}

void explain_text(const FileReport& report, std::ostream& out, bool colour) {
  const Paint paint{colour};
  out << fmt::format("{} ({})\n", report.path, report.framework);
  for (const auto& statement : report.statements) {
    const auto& verdict = statement.verdict;
    const auto& effects = statement.effects;
    auto head = report.text.substr(statement.span.offset, statement.span.length);
    std::replace_if(
        head.begin(), head.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    if (head.size() > 100) head = head.substr(0, 97) + "...";
    out << fmt::format("\n{:>4}  ", statement.span.line) << paint("1", head) << '\n';
    out << fmt::format("    {:<12} ", "verdict") << paint(colour_of(verdict.safety), to_string(verdict.safety)) << " - "
        << verdict.reason << '\n';
    out << fmt::format("    {:<12} {}{}\n", "phase", to_string(verdict.phase),
                       statement.in_transaction ? "" : ", outside a transaction");
    out << fmt::format("    {:<12} old version {}, rollback {}, replication {}{}\n", "axes",
                       to_string(verdict.old_version), to_string(verdict.rollback), to_string(verdict.replication),
                       verdict.replication_reason.empty() ? "" : " (" + verdict.replication_reason + ")");
    std::vector<std::string> locks;
    for (const auto& lock : effects.locks) {
      locks.push_back(
          fmt::format("{} {}{}", lock.relation.display(), to_string(lock.mode), lock.released ? "" : " (new)"));
    }
    list(out, "locks", locks);
    list(out, "rewrites", texts(effects.rewrites));
    list(out, "scans", texts(effects.scans));
    list(out, "builds", texts(effects.index_builds));
    list(out, "breaks", texts(effects.breaks));
    list(out, "narrows", texts(effects.narrows));
    list(out, "widens", texts(effects.widens));
    list(out, "loses", texts(effects.loses));
    list(out, "fails", texts(effects.fails));
    list(out, "assumes", effects.unknown);
  }
  out << "\nverdict " << paint(colour_of(report.verdict.safety), to_string(report.verdict.safety)) << " - "
      << report.verdict.reason << '\n';
}

}  // namespace bgdb::lint
