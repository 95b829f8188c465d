#include "lint/ignores.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "core/contains.h"

namespace bgdb::lint {

struct Ignores::Marker {
  enum Reach { statement, file, range_begin, range_end, statement_or_file };
  std::string_view prefix;
  bool own;
  Reach reach;
};

namespace {

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

// Words up to a blank or a comma; `comma` tells what stood behind the word.
struct Word {
  std::string_view text;
  bool comma = false;
};

Word next_rule_word(std::string_view& rest) {
  while (!rest.empty() && (is_space(rest.front()) || rest.front() == ',')) rest.remove_prefix(1);
  size_t end = 0;
  while (end < rest.size() && !is_space(rest[end]) && rest[end] != ',') ++end;
  Word word{rest.substr(0, end)};
  rest.remove_prefix(end);
  size_t next = 0;
  while (next < rest.size() && is_space(rest[next])) ++next;
  word.comma = next < rest.size() && rest[next] == ',';
  return word;
}

// "DS102", "MP026": a code of another tool, ours or not.
bool is_code(std::string_view word) {
  const auto letters = word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  return letters != std::string_view::npos && letters > 0 &&
         word.find_first_not_of("0123456789", letters) == std::string_view::npos;
}

// The statement that a comment stands in or behind, or else the next one; the number of statements when none follows.
int statement_for(const parse::CommentText& comment, const std::vector<StatementReport>& statements) {
  const auto offset = comment.span.offset;
  for (size_t i = 0; i < statements.size(); ++i) {
    const auto& span = statements[i].span;
    const bool inside = offset >= span.offset && offset < span.offset + span.length;
    const bool trailing = !comment.own_line && span.end_line == comment.span.line && span.offset < offset;
    if (inside || trailing || span.offset > offset) return static_cast<int>(i);
  }
  return static_cast<int>(statements.size());
}

bool blank_line_follows(const std::string& text, const parse::CommentText& comment) {
  const auto end = text.find('\n', comment.span.offset + comment.span.length);
  if (end == std::string::npos) return false;
  const auto next = text.find_first_not_of(" \t\r", end + 1);
  return next == std::string::npos || text[next] == '\n';
}

}  // namespace

// Longer prefixes first.
const Ignores::Marker* Ignores::marker_of(const std::string& comment) {
  static constexpr std::array kMarkers = std::to_array<Marker>({{"bgdb: ignore-file", true, Marker::file},
                                                                {"bgdb:ignore-file", true, Marker::file},
                                                                {"bgdb: ignore", true, Marker::statement},
                                                                {"bgdb:ignore", true, Marker::statement},
                                                                {"squawk-ignore-file", false, Marker::file},
                                                                {"squawk-ignore", false, Marker::statement},
                                                                {"atlas:nolint", false, Marker::statement_or_file},
                                                                {"pgls-ignore-all", false, Marker::file},
                                                                {"pgls-ignore", false, Marker::statement},
                                                                {"pgt-ignore-all", false, Marker::file},
                                                                {"pgt-ignore", false, Marker::statement},
                                                                {"pgsafe:ignore-file", false, Marker::file},
                                                                {"pgsafe:ignore", false, Marker::statement},
                                                                {"pgfence-ignore", false, Marker::statement},
                                                                {"eugene: ignore", false, Marker::statement},
                                                                {"safety-assured:start", false, Marker::range_begin},
                                                                {"safety-assured:end", false, Marker::range_end},
                                                                {"migrationpilot-disable-file", false, Marker::file},
                                                                {"migrationpilot-disable", false, Marker::statement}});
  const auto* marker =
      std::find_if(kMarkers.begin(), kMarkers.end(), [&](const auto& one) { return comment.starts_with(one.prefix); });
  if (marker == kMarkers.end()) return nullptr;
  // "bgdb: ignored for now" is prose.
  const bool whole_word = comment.size() == marker->prefix.size() || is_space(comment[marker->prefix.size()]) ||
                          comment[marker->prefix.size()] == ':' || comment[marker->prefix.size()] == ',';
  return whole_word ? marker : nullptr;
}

Ignores::Ignores(const FileReport& report, const std::vector<parse::CommentText>& comments, const RuleBook& rules)
    : rules_(rules) {
  for (const auto& comment : comments) add(report, comment);
}

Ignores::Name Ignores::name(const std::string& written, bool own) const {
  Name out{.written = written, .rules = {}};
  const auto slash = own ? std::string::npos : written.rfind('/');  // lint/safety/banDropTable
  const auto plain = slash == std::string::npos ? written : written.substr(slash + 1);
  if (rules_.check_id(plain)) out.rules.push_back(plain);
  for (const auto& rule : rules_.rules()) {  // several of ours may answer to one name of another tool
    if (core::contains(rule.aliases, plain)) out.rules.push_back(rule.id);
  }
  return out;
}

// "a, b reason words": a comma keeps the list going.
void Ignores::read_own(Ignore& ignore, std::string_view rest) const {
  for (bool more = true; more;) {
    const auto word = next_rule_word(rest);
    auto written = std::string(word.text);
    while (!written.empty() && written.back() == ':') written.pop_back();
    if (written.empty() || written == "--") break;
    ignore.names.push_back(name(written, true));
    more = word.comma;
  }
  ignore.has_reason =
      std::any_of(rest.begin(), rest.end(), [](char c) { return !is_space(c) && c != '-' && c != ':'; });
}

// "r1, r2 -- reason", "DS101 MF101", "lint/safety/x: reason": names, until a word is none.
void Ignores::read_foreign(Ignore& ignore, std::string_view rest) const {
  bool any = false;
  for (bool more = true; more;) {
    const auto word = next_rule_word(rest);
    auto written = std::string(word.text);
    const bool ends = !written.empty() && written.back() == ':';
    if (ends) written.pop_back();
    if (written.empty() || written == "--") break;
    any = true;
    auto named = name(written, false);
    more = !ends && (word.comma || !named.rules.empty() || is_code(written));
    if (written == "lint" || written == "lint/safety") ignore.every_rule = true;
    if (!named.rules.empty()) ignore.names.push_back(std::move(named));
  }
  ignore.every_rule = ignore.every_rule || !any;
}

void Ignores::add(const FileReport& report, const parse::CommentText& comment) {
  const auto& statements = report.statements;
  const auto* marker = marker_of(comment.text);
  if (marker == nullptr) return;
  Ignore ignore;
  ignore.own = marker->own;
  ignore.span = comment.span;
  ignore.first = ignore.last = statement_for(comment, statements);
  if (marker->reach == Marker::range_begin) {
    range_begin_ = ignore.first;
    return;
  }
  auto rest = std::string_view(comment.text).substr(marker->prefix.size());
  while (!rest.empty() && (rest.front() == ':' || is_space(rest.front()))) rest.remove_prefix(1);
  if (marker->reach == Marker::range_end) {
    if (range_begin_ < 0) return;
    ignore.first = std::exchange(range_begin_, -1);
    ignore.last -= 1;
    ignore.every_rule = true;
  } else if (marker->own) {
    read_own(ignore, rest);
  } else {
    read_foreign(ignore, rest);
  }
  const bool file_head = marker->reach == Marker::statement_or_file && ignore.first == 0 && comment.own_line &&
                         blank_line_follows(report.text, comment);
  ignore.whole_file = marker->reach == Marker::file || file_head;
  if (ignore.first < static_cast<int>(statements.size())) {
    ignore.offset = statements[static_cast<size_t>(ignore.first)].span.offset;
  }
  ignores_.push_back(std::move(ignore));
}

bool Ignores::silences(const Finding& finding) {
  bool silenced = false;
  for (auto& ignore : ignores_) {
    const bool about_file = finding.statement < 0 && ignore.first == 0 && finding.span.offset == ignore.offset;
    const bool covered =
        ignore.whole_file || about_file || (finding.statement >= ignore.first && finding.statement <= ignore.last);
    if (!covered || !ignore.has_reason) continue;
    silenced = silenced || ignore.every_rule;
    for (auto& name : ignore.names) {
      if (!core::contains(name.rules, finding.rule)) continue;
      name.used = true;
      silenced = true;
    }
  }
  return silenced;
}

std::vector<Finding> Ignores::complaints() const {
  std::vector<Finding> out;
  const auto complain = [&](const Ignore& ignore, std::string_view rule, std::string message, std::string why) {
    Finding finding;
    finding.rule = std::string(rule);
    finding.severity = rules_.own_severity(rule);
    finding.span = ignore.span;
    finding.message = std::move(message);
    finding.why = std::move(why);
    if (finding.severity != Severity::off) out.push_back(std::move(finding));
  };
  const auto is_off = [&](const std::string& id) {
    const auto* rule = rules_.find(id);
    return rule != nullptr && rule->severity == Severity::off;
  };
  for (const auto& ignore : ignores_) {
    if (!ignore.own) continue;
    std::vector<std::string> unused;
    bool known = false;
    for (const auto& name : ignore.names) {
      known = known || !name.rules.empty();
      if (name.rules.empty()) {
        const auto unknown = rules_.check_id(name.written);
        complain(ignore, kUnusedIgnore,
                 fmt::format("there is no rule '{}' to ignore; {}", name.written, unknown ? "" : unknown.error().hint),
                 "A misspelt rule name silences nothing.");
      } else if (!name.used && !std::all_of(name.rules.begin(), name.rules.end(), is_off)) {
        unused.push_back(name.written);
      }
    }
    if (ignore.names.empty()) {
      complain(ignore, kUnusedIgnore, "the comment names no rule to ignore", "Write: -- bgdb: ignore rule-id reason");
    } else if (!ignore.has_reason && known) {
      complain(ignore, kIgnoreWithoutReason,
               "an ignore comment needs a reason behind the rule name; it has no effect without one",
               "The next reader must be able to judge whether the exception still holds.");
    } else if (!unused.empty()) {
      complain(ignore, kUnusedIgnore, fmt::format("nothing is left to ignore here for {}", fmt::join(unused, ", ")),
               "An ignore comment that outlives its reason hides the next real finding.");
    }
  }
  return out;
}

}  // namespace bgdb::lint
