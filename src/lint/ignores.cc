#include "lint/ignores.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include <fmt/format.h>

namespace bgdb::lint {

namespace {

struct Marker {
  std::string_view prefix;
  bool own;
  bool whole_file;
};

// Longer prefixes first.
constexpr std::array kMarkers = std::to_array<Marker>({{"bgdb: ignore-file", true, true},
                                                       {"bgdb:ignore-file", true, true},
                                                       {"bgdb: ignore", true, false},
                                                       {"bgdb:ignore", true, false},
                                                       {"squawk-ignore-file", false, true},
                                                       {"squawk-ignore", false, false},
                                                       {"atlas:nolint", false, false},
                                                       {"pgls-ignore", false, false},
                                                       {"pgsafe:ignore", false, false},
                                                       {"pgfence-ignore:", false, false},
                                                       {"eugene: ignore", false, false},
                                                       {"migrationpilot-disable-file", false, true},
                                                       {"migrationpilot-disable", false, false}});

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

struct Words {
  std::vector<std::string> names;
  std::string reason;
};

// "a, b reason words" -> {a, b}, "reason words". A comma keeps the list going.
Words split(std::string_view text) {
  Words out;
  size_t at = 0;
  bool more = true;
  while (more) {
    while (at < text.size() && (is_space(text[at]) || text[at] == ',' || text[at] == ':')) ++at;
    const size_t start = at;
    while (at < text.size() && !is_space(text[at]) && text[at] != ',') ++at;
    auto name = std::string(text.substr(start, at - start));
    if (!name.empty() && name.back() == ':') name.pop_back();
    if (name.empty() || name == "--") break;
    out.names.push_back(name);
    size_t next = at;
    while (next < text.size() && is_space(text[next])) ++next;
    more = next < text.size() && text[next] == ',';
  }
  auto rest = text.substr(at);
  while (!rest.empty() && (is_space(rest.front()) || rest.front() == '-' || rest.front() == ':')) rest.remove_prefix(1);
  out.reason = std::string(rest);
  return out;
}

std::string last_segment(const std::string& name) {
  const auto slash = name.rfind('/');
  return slash == std::string::npos ? name : name.substr(slash + 1);
}

int statement_for(const parse::CommentText& comment, const std::vector<parse::Statement>& statements) {
  const auto offset = comment.span.offset;
  for (size_t i = 0; i < statements.size(); ++i) {
    const auto& span = statements[i].span;
    const bool inside = offset >= span.offset && offset < span.offset + span.length;
    const bool trailing = !comment.own_line && span.end_line == comment.span.line && span.offset < offset;
    if (inside || trailing) return static_cast<int>(i);
    if (span.offset > offset) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

Ignores::Ignores(const std::vector<parse::CommentText>& comments, const std::vector<parse::Statement>& statements,
                 const RuleBook& rules) {
  for (const auto& comment : comments) add(comment, statements, rules);
}

void Ignores::add(const parse::CommentText& comment, const std::vector<parse::Statement>& statements,
                  const RuleBook& rules) {
  const auto marker = std::find_if(kMarkers.begin(), kMarkers.end(),
                                   [&](const auto& m) { return comment.text.rfind(m.prefix, 0) == 0; });
  if (marker == kMarkers.end()) return;
  const auto rest = std::string_view(comment.text).substr(marker->prefix.size());
  if (!rest.empty() && !is_space(rest.front()) && rest.front() != ':' && rest.front() != ',' &&
      marker->prefix.back() != ':')
    return;
  const auto words = split(rest);
  Ignore ignore;
  ignore.own = marker->own;
  ignore.whole_file = marker->whole_file;
  ignore.span = comment.span;
  ignore.has_reason = !words.reason.empty();
  if (!ignore.whole_file) ignore.statement = statement_for(comment, statements);
  for (const auto& name : words.names) {
    const auto* rule = rules.find(marker->own ? name : last_segment(name));
    if (rule != nullptr) ignore.rules.push_back(rule->id);
    // Several of ours may answer to one name of another tool.
    for (const auto& other : rules.rules()) {
      const bool answers =
          std::find(other.aliases.begin(), other.aliases.end(), last_segment(name)) != other.aliases.end();
      if (answers) ignore.rules.push_back(other.id);
    }
    const bool built_in = name == kNotAnalysed;
    if (built_in) ignore.rules.push_back(name);
    if (rule == nullptr && !built_in) ignore.unknown.push_back(name);
  }
  // A name that we do not have silences nothing; no name at all silences everything (atlas:nolint, squawk-ignore-file).
  if (ignore.rules.empty() && !words.names.empty() && !ignore.own) return;
  ignores_.push_back(std::move(ignore));
}

bool Ignores::silences(const Finding& finding) {
  bool silenced = false;
  for (auto& ignore : ignores_) {
    if (!ignore.whole_file && ignore.statement != finding.statement) continue;
    if (ignore.own && (!ignore.has_reason || ignore.rules.empty())) continue;
    const bool named =
        ignore.rules.empty() || std::find(ignore.rules.begin(), ignore.rules.end(), finding.rule) != ignore.rules.end();
    if (!named) continue;
    ignore.used = true;
    silenced = true;
  }
  return silenced;
}

std::vector<Finding> Ignores::complaints() const {
  std::vector<Finding> out;
  const auto complain = [&](const Ignore& ignore, std::string_view rule, std::string message, std::string why) {
    Finding finding;
    finding.rule = std::string(rule);
    finding.severity = Severity::warning;
    finding.span = ignore.span;
    finding.message = std::move(message);
    finding.why = std::move(why);
    out.push_back(std::move(finding));
  };
  for (const auto& ignore : ignores_) {
    if (!ignore.own) continue;
    for (const auto& name : ignore.unknown) {
      complain(ignore, kUnusedIgnore, fmt::format("there is no rule '{}' to ignore", name),
               "A misspelt rule name silences nothing.");
    }
    if (ignore.rules.empty() && ignore.unknown.empty()) {
      complain(ignore, kUnusedIgnore, "the comment names no rule to ignore", "Write: -- bgdb: ignore rule-id reason");
    } else if (!ignore.has_reason) {
      complain(ignore, kIgnoreWithoutReason,
               "an ignore comment needs a reason behind the rule name; it has no effect without one",
               "The next reader must be able to judge whether the exception still holds.");
    } else if (!ignore.used && !ignore.rules.empty()) {
      complain(ignore, kUnusedIgnore,
               fmt::format("nothing is left to ignore here for {}", fmt::join(ignore.rules, ", ")),
               "An ignore comment that outlives its reason hides the next real finding.");
    }
  }
  return out;
}

}  // namespace bgdb::lint
