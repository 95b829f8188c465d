// `bgdb explain` for people: a table of the statements, then what is to be said about each.
#include <algorithm>

#include "core/display.h"
#include "core/text.h"
#include "lint/paint.h"
#include "lint/report.h"
#include "lint/report_parts.h"

namespace bgdb::lint {

namespace {

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

std::vector<std::string> texts(const std::vector<LockEffect>& locks) {
  std::vector<std::string> out;
  for (const auto& lock : locks) {
    out.push_back(fmt::format("{} {}{}", lock.relation.display(), to_string(lock.mode), lock.released ? "" : " (new)"));
  }
  return out;
}

std::string head_of(const FileReport& report, const parse::Span& span) {
  constexpr size_t kBytesMax = 2000;
  const std::string_view text = report.text;
  const auto raw = core::printable(text.substr(std::min(span.offset, text.size()), std::min(span.length, kBytesMax)));
  std::string out;
  for (const char c : raw) {
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  }
  return core::valid_utf8(out);
}

class Explainer {
 public:
  Explainer(std::ostream& out, const ReportOptions& options) : out_(out), options_(options), paint_{options.colour} {}

  void table(const FileReport& report) {
    out_ << paint_("2", fmt::format("{:>5}  {:<17}  {:<8}  {:<11}  {:<10}  {:<13}  {:<7}  {}", "line", "verdict",
                                    "phase", "old version", "rollback", "replication", "lock", "statement"))
         << '\n';
    for (const auto& one : report.statements) {
      const auto& verdict = one.verdict;
      const auto front = fmt::format("  {:<8}  {:<11}  {:<10}  {:<13}  {:<7}  ", to_string(verdict.phase),
                                     to_string(verdict.old_version), to_string(verdict.rollback),
                                     to_string(verdict.replication), to_string(verdict.lock));
      const size_t used = 7 + 17 + front.size();
      const size_t room = std::max<size_t>(options_.width, used + 40) - used;
      out_ << fmt::format("{:>5}  ", one.span.line)
           << paint_(colour_of(verdict.safety), fmt::format("{:<17}", to_string(verdict.safety))) << front
           << core::fit(head_of(report, one.span), room) << '\n';
    }
  }

  void statement(const FileReport& report, const StatementReport& statement) {
    const auto& verdict = statement.verdict;
    const auto& effects = statement.effects;
    out_ << fmt::format("\n{:>5}  ", statement.span.line)
         << paint_("1", core::fit(head_of(report, statement.span), std::max<size_t>(options_.width, 40) - 7)) << '\n';
    line("verdict", fmt::format("{}: {}", to_string(verdict.safety), verdict.reason));
    line("phase",
         fmt::format("{}{}", to_string(verdict.phase), statement.in_transaction ? "" : ", outside a transaction"));
    list("locks", texts(effects.locks));
    list("rewrites", texts(effects.rewrites));
    list("scans", texts(effects.scans));
    list("builds", texts(effects.index_builds));
    for (const auto& estimate : statement.estimates) line("size", describe(estimate));
    list("breaks", texts(effects.breaks));
    list("narrows", texts(effects.narrows));
    list("widens", texts(effects.widens));
    list("loses", texts(effects.loses));
    list("irreversible", texts(effects.irreversible));
    list("fails", texts(effects.fails));
    if (verdict.replication != Replication::ok) {
      line("replication", fmt::format("{}{}", to_string(verdict.replication),
                                      verdict.replication_reason.empty() ? "" : ": " + verdict.replication_reason));
    }
    list("assumes", effects.unknown);
  }

  void finish(const FileReport& report) {
    out_ << '\n'
         << paint_(colour_of(report.verdict.safety), to_string(report.verdict.safety)) << ": "
         << core::printable(report.verdict.reason) << '\n';
  }

 private:
  void line(std::string_view label, const std::string& text) {
    constexpr size_t kIndent = 20;
    bool first = true;
    for (const auto& part : core::wrap(core::printable(text), std::max<size_t>(options_.width, 60) - kIndent)) {
      out_ << fmt::format("       {:<12} {}\n", first ? label : "", part);
      first = false;
    }
  }

  void list(std::string_view label, const std::vector<std::string>& items) {
    if (!items.empty()) line(label, core::join(items));
  }

  std::ostream& out_;
  ReportOptions options_;
  Paint paint_;
};

}  // namespace

std::string axes_text(const Verdict& verdict) {
  auto out = fmt::format("old version {}, rollback {}, replication {}, lock {}", to_string(verdict.old_version),
                         to_string(verdict.rollback), to_string(verdict.replication), to_string(verdict.lock));
  return out + fmt::format(", phase {}", to_string(verdict.phase));
}

void explain_text(const FileReport& report, std::ostream& out, const ReportOptions& options) {
  Explainer explainer(out, options);
  out << core::printable(report.path) << " (" << report.framework << ")\n";
  if (report.statements.empty()) {
    out << "  no statement\n";
    return;
  }
  explainer.table(report);
  for (const auto& statement : report.statements) explainer.statement(report, statement);
  explainer.finish(report);
}

}  // namespace bgdb::lint
