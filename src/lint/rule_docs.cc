#include "lint/rule_docs.h"

#include <array>

#include <fmt/format.h>

namespace bgdb::lint {

namespace {

std::string sql_block(const std::string& text) {
  return fmt::format("```sql\n{}\n```\n", text);
}

}  // namespace

std::string rule_page(const Rule& rule) {
  auto out = fmt::format("# {}\n\n{}\n\n", rule.id, rule.title);
  out += fmt::format("| section | severity | PostgreSQL | rewrite |\n|---|---|---|---|\n| {} | {} | {} | {} |\n\n",
                     rule.section, to_string(rule.severity),
                     rule.since == 0 && rule.until == 0 ? "all"
                     : rule.until == 0                  ? fmt::format("{} and later", rule.since)
                                                        : fmt::format("up to {}", rule.until),
                     rule.rewrite.empty() ? "-" : rule.rewrite);
  out += rule.why + "\n\n";
  if (!rule.instead.empty()) out += "## Instead\n" + sql_block(rule.instead.example()) + "\n";
  for (const bool fires : {true, false}) {
    bool first = true;
    for (const auto& example : rule.examples) {
      if (example.fires != fires) continue;
      if (first) out += fires ? "## Reported\n" : "## Not reported\n";
      first = false;
      if (!example.name.empty()) out += fmt::format("{}:\n", example.name);
      out += sql_block(example.before.empty() ? example.sql
                                              : "-- before\n" + example.before + "\n-- migration\n" + example.sql);
    }
    if (!first) out += "\n";
  }
  if (!rule.aliases.empty()) out += fmt::format("Known elsewhere as: {}.\n\n", fmt::join(rule.aliases, ", "));
  out += fmt::format("Silence one statement: `-- bgdb: ignore {} reason`\n", rule.id);
  return out;
}

std::map<std::string, std::string> rule_pages(const RuleBook& rules) {
  std::map<std::string, std::string> pages;
  std::string index = "# Rules\n\nGenerated from `rules/*.yaml` by `bgdb lint --write-rule-docs docs/rules`.\n";
  for (const std::string_view section :
       std::array<std::string_view, 5>{"compatibility", "locks", "transaction", "hygiene", "style"}) {
    index += fmt::format("\n## {}\n| rule | severity | what |\n|---|---|---|\n", section);
    for (const auto& rule : rules.rules()) {
      if (rule.section != section) continue;
      index += fmt::format("| [{0}]({0}.md) | {1} | {2} |\n", rule.id, to_string(rule.severity), rule.title);
    }
  }
  index += "\n## the linter itself\n| finding | severity | what |\n|---|---|---|\n";
  for (const auto& own : rules.own_rules()) {
    index += fmt::format("| {} | {} | {} |\n", own.id, to_string(own.severity), own.title);
  }
  index += "\n## Facts for conditions\n| fact | type | meaning |\n|---|---|---|\n";
  for (const auto& fact : kKnownFacts) {
    const auto* type = fact.type == FactType::flag     ? "flag"
                       : fact.type == FactType::number ? "number"
                       : fact.type == FactType::text   ? "text"
                                                       : "list";
    index += fmt::format("| {} | {} | {} |\n", fact.name, type, fact.meaning);
  }
  pages["README.md"] = index;
  for (const auto& rule : rules.rules()) pages[rule.id + ".md"] = rule_page(rule);
  return pages;
}

}  // namespace bgdb::lint
