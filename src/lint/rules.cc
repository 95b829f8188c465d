#include "lint/rules.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "core/contains.h"
#include "core/nearest.h"
#include "embedded/rules.h"
#include "lint/condition.h"

namespace bgdb::lint {

namespace {

constexpr std::array kKeys =
    std::to_array<std::string_view>({"id", "title", "section", "severity", "per", "about_old_version", "when",
                                     "message", "why", "instead", "since", "until", "rewrite", "aliases", "examples"});
constexpr std::array kSections =
    std::to_array<std::string_view>({"locks", "compatibility", "transaction", "hygiene", "style"});

core::Error error_at(const std::string& file, const YAML::Mark& mark, const std::string& message) {
  return rule_error(file, mark, message);
}

std::string text_of(const YAML::Node& node) {
  if (!node || !node.IsScalar()) return {};
  auto text = node.as<std::string>();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

core::Error unknown_placeholder(const std::string& name, const YAML::Mark& mark, const std::string& file) {
  return error_at(file, mark, fmt::format("unknown placeholder '{{{}}}'{}", name, did_you_mean(name, fact_names())));
}

// {name} in a message is a fact.
Result<std::vector<Rule::Piece>> split_message(const std::string& message, const YAML::Mark& mark,
                                               const std::string& file) {
  std::vector<Rule::Piece> pieces;
  size_t from = 0;
  for (size_t at = message.find('{'); at != std::string::npos; at = message.find('{', from)) {
    const auto end = message.find('}', at);
    if (end == std::string::npos) return fail(error_at(file, mark, "the message has a '{' without '}'"));
    const auto name = message.substr(at + 1, end - at - 1);
    const auto* fact = known_fact(name);
    if (fact == nullptr) return fail(unknown_placeholder(name, mark, file));
    pieces.push_back({message.substr(from, at - from), fact});
    from = end + 1;
  }
  pieces.push_back({message.substr(from), nullptr});
  return pieces;
}

Result<std::vector<RuleExample>> parse_examples(const YAML::Node& node, const std::string& file) {
  std::vector<RuleExample> out;
  for (const auto& item : node) {
    RuleExample example;
    if (!item.IsMap()) return fail(error_at(file, item.Mark(), "an example is a map"));
    for (const auto& entry : item) {
      const auto key = entry.first.as<std::string>();
      if (key == "name")
        example.name = text_of(entry.second);
      else if (key == "before")
        example.before = text_of(entry.second);
      else if (key == "sql")
        example.sql = text_of(entry.second);
      else if (key == "expect") {
        const auto expect = text_of(entry.second);
        if (expect != "finding" && expect != "silent" && expect != "clean") {
          return fail(error_at(file, entry.second.Mark(),
                               fmt::format("expect is 'finding', 'silent' or 'clean', not '{}'", expect)));
        }
        example.clean = expect == "clean";
        example.fires = expect == "finding";
      } else {
        return fail(error_at(file, entry.first.Mark(), fmt::format("unknown key '{}' in an example", key)));
      }
    }
    if (example.sql.empty()) return fail(error_at(file, item.Mark(), "an example needs sql"));
    out.push_back(std::move(example));
  }
  return out;
}

Result<int> parse_version(const YAML::Node& node, const std::string& file) {
  const auto text = text_of(node);
  const bool digits = !text.empty() && text.size() < 4 &&
                      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return fail(error_at(file, node.Mark(), fmt::format("'{}' is no major version of PostgreSQL", text)));
  return std::stoi(text);
}

Result<Rule> parse_rule(const YAML::Node& root, const std::string& file) {
  if (!root.IsMap()) return fail(error_at(file, root.Mark(), "a rule file holds one map"));
  std::set<std::string> seen;
  for (const auto& entry : root) {
    const auto key = entry.first.as<std::string>();
    if (!core::contains(kKeys, key)) {
      const std::vector<std::string> keys(kKeys.begin(), kKeys.end());
      return fail(error_at(file, entry.first.Mark(), fmt::format("unknown key '{}'{}", key, did_you_mean(key, keys))));
    }
    if (!seen.insert(key).second)
      return fail(error_at(file, entry.first.Mark(), fmt::format("the key '{}' is written twice", key)));
  }
  Rule rule;
  rule.file = file;
  rule.id = text_of(root["id"]);
  rule.title = text_of(root["title"]);
  rule.message = text_of(root["message"]);
  rule.why = text_of(root["why"]);
  rule.rewrite = text_of(root["rewrite"]);
  for (const std::string_view key : {"id", "title", "section", "severity", "when", "message", "why"}) {
    if (!root[std::string(key)]) return fail(error_at(file, root.Mark(), fmt::format("the key '{}' is missing", key)));
  }
  rule.section = text_of(root["section"]);
  if (!core::contains(kSections, rule.section)) {
    return fail(error_at(file, root["section"].Mark(), fmt::format("unknown section '{}'", rule.section)));
  }
  const auto severity = severity_from_string(text_of(root["severity"]));
  if (!severity) return fail(error_at(file, root["severity"].Mark(), "severity is error, warning, info or off"));
  rule.severity = *severity;
  if (const auto per = root["per"]) {
    if (text_of(per) != "action" && text_of(per) != "file")
      return fail(error_at(file, per.Mark(), "per is action or file"));
    rule.scope = text_of(per) == "file" ? RuleScope::file : RuleScope::action;
  }
  if (const auto flag = root["about_old_version"]) rule.about_old_version = text_of(flag) == "true";
  rule.when = BGDB_TRY(parse_condition(root["when"], file));
  rule.needs = rule.when->needs();
  std::string unknown;
  rule.instead = Advice::parse(text_of(root["instead"]), unknown);
  if (!unknown.empty()) return fail(unknown_placeholder(unknown, root["instead"].Mark(), file));
  rule.pieces = BGDB_TRY(split_message(rule.message, root["message"].Mark(), file));
  if (root["since"]) rule.since = BGDB_TRY(parse_version(root["since"], file));
  if (root["until"]) rule.until = BGDB_TRY(parse_version(root["until"], file));
  if (const auto aliases = root["aliases"]) {
    for (const auto& alias : aliases) rule.aliases.push_back(alias.as<std::string>());
  }
  if (const auto examples = root["examples"]) rule.examples = BGDB_TRY(parse_examples(examples, file));
  return rule;
}

std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

std::string_view to_string(Severity value) {
  switch (value) {
    case Severity::off:
      return "off";
    case Severity::info:
      return "info";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return "off";
}

std::optional<Severity> severity_from_string(std::string_view text) {
  for (const auto value : {Severity::off, Severity::info, Severity::warning, Severity::error}) {
    if (to_string(value) == text) return value;
  }
  return std::nullopt;
}

bool Rule::applies(const FactView& facts, int server_version) const {
  if ((needs & ~facts.known()).any()) return false;
  if (since > 0 && server_version < since) return false;
  if (until > 0 && server_version > until) return false;
  return when->holds(facts);
}

std::string Rule::render(const FactView& facts) const {
  std::string out;
  for (const auto& piece : pieces) {
    out += piece.text;
    if (piece.fact != nullptr) out += to_text(fact_or_empty(facts, *piece.fact));
  }
  return out;
}

Result<RuleBook> RuleBook::built_in(Examples examples) {
  RuleBook book;
  for (const auto& [file, text] : embedded::rules_files()) {
    std::string_view yaml = text;
    if (examples == Examples::leave_out) yaml = yaml.substr(0, yaml.find("\nexamples:"));  // the last key
    BGDB_CHECK(book.put("rules/" + std::string(file), yaml, false));
  }
  book.sort_by_action();
  return book;
}

Result<void> RuleBook::add(const std::string& file, std::string_view yaml, bool may_override) {
  BGDB_CHECK(put(file, yaml, may_override));
  sort_by_action();
  return {};
}

Result<void> RuleBook::put(const std::string& file, std::string_view yaml, bool may_override) {
  try {
    const auto root = YAML::Load(std::string(yaml));
    auto rule = BGDB_TRY(parse_rule(root, file));
    const auto at = std::lower_bound(rules_.begin(), rules_.end(), rule.id,
                                     [](const Rule& a, const std::string& id) { return a.id < id; });
    if (at != rules_.end() && at->id == rule.id) {
      if (!may_override)
        return fail(
            error_at(file, root["id"].Mark(), fmt::format("the id '{}' is already defined in {}", rule.id, at->file)));
      *at = std::move(rule);
    } else {
      rules_.insert(at, std::move(rule));
    }
  } catch (const YAML::Exception& problem) {
    return fail(error_at(file, problem.mark, problem.msg));
  }
  return {};
}

void RuleBook::sort_by_action() {
  by_action_.clear();
  any_action_.clear();
  const auto asked = [&](const Rule& rule) {
    return rule.scope == RuleScope::action && rule.severity != Severity::off;
  };
  for (const auto& rule : rules_) {
    if (!asked(rule) || rule.when->actions() == nullptr) continue;
    for (const auto& action : *rule.when->actions()) by_action_[action];
  }
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (!asked(rules_[i])) continue;
    const Candidate candidate{rules_[i].needs, i};
    const auto* actions = rules_[i].when->actions();
    if (actions == nullptr) any_action_.push_back(candidate);
    for (auto& [action, candidates] : by_action_) {
      const bool named = actions == nullptr || std::find(actions->begin(), actions->end(), action) != actions->end();
      if (named) candidates.push_back(candidate);
    }
  }
}

const std::vector<RuleBook::Candidate>& RuleBook::about(std::string_view action) const {
  const auto named = by_action_.find(action);
  return named == by_action_.end() ? any_action_ : named->second;
}

Result<void> RuleBook::add_folder(const std::string& folder) {
  std::error_code problem;
  if (!std::filesystem::is_directory(folder, problem)) {
    return fail(ErrorCode::usage, fmt::format("{} is no folder of rules", folder),
                "--rules takes a folder that holds *.yaml files");
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, problem)) {
    if (entry.path().extension() == ".yaml" || entry.path().extension() == ".yml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::pair<std::string, std::string>> seen;
  for (const auto& path : files) {
    RuleBook one;
    BGDB_CHECK(one.add(path.string(), read_all(path), false));
    const auto& id = one.rules_.front().id;
    for (const auto& [other, file] : seen) {
      if (other == id)
        return fail(ErrorCode::config,
                    fmt::format("{}:1:1: the id '{}' is already defined in {}", path.string(), id, file));
    }
    seen.emplace_back(id, path.string());
    BGDB_CHECK(add(path.string(), read_all(path), true));
  }
  return {};
}

const Rule* RuleBook::find(std::string_view id_or_alias) const {
  for (const auto& rule : rules_) {
    if (rule.id == id_or_alias) return &rule;
  }
  for (const auto& rule : rules_) {
    if (core::contains(rule.aliases, id_or_alias)) return &rule;
  }
  return nullptr;
}

Severity RuleBook::own_severity(std::string_view id) const {
  const auto found = std::find_if(own_rules_.begin(), own_rules_.end(), [&](const auto& own) { return own.id == id; });
  return found == own_rules_.end() ? Severity::warning : found->severity;
}

Result<void> RuleBook::check_id(std::string_view id) const {
  std::vector<std::string> known;
  for (const auto& rule : rules_) known.push_back(rule.id);
  for (const auto& own : own_rules_) known.emplace_back(own.id);
  if (core::contains(known, id)) return {};
  const auto meant = core::nearest(id, known);
  return fail(ErrorCode::usage, fmt::format("there is no rule '{}'", id),
              meant.empty() ? "`bgdb explain --rules` lists all of them" : fmt::format("did you mean '{}'?", meant));
}

Result<void> RuleBook::set_severity(std::string_view id, Severity severity) {
  BGDB_CHECK(check_id(id));
  for (auto& rule : rules_) {
    if (rule.id == id) rule.severity = severity;
  }
  for (auto& own : own_rules_) {
    if (own.id == id) own.severity = severity;
  }
  sort_by_action();
  return {};
}

}  // namespace bgdb::lint
