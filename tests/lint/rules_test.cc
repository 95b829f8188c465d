// Every rule's own examples, and the strictness of the loader.
#include "lint/rules.h"

#include <algorithm>
#include <set>

#include "lint/lint_support.h"
#include "lint/rule_docs.h"
#include "support/files.h"

namespace bgdb::lint {

namespace {

// All rules on, so that examples of rules that are off by default run, too.
RuleBook all_on() {
  auto rules = REQUIRE_OK(RuleBook::built_in());
  std::vector<std::string> off;
  for (const auto& rule : rules.rules()) {
    if (rule.severity == Severity::off) off.push_back(rule.id);
  }
  for (const auto& id : off) CHECK_OK(rules.set_severity(id, Severity::warning));
  return rules;
}

constexpr std::string_view kMinimal =
    "id: my-rule\ntitle: t\nsection: style\nseverity: warning\nwhen: {action: drop-table}\nmessage: \"drops "
    "{table}\"\nwhy: because\n";

std::string load_error(std::string yaml) {
  RuleBook rules;
  const auto loaded = rules.add("my.yaml", yaml, false);
  REQUIRE_FALSE(loaded);
  return loaded.error().message;
}

}  // namespace

TEST_CASE("rules without their examples are the same rules") {
  const auto whole = REQUIRE_OK(RuleBook::built_in()),
             lean = REQUIRE_OK(RuleBook::built_in(RuleBook::Examples::leave_out));
  REQUIRE(lean.rules().size() == whole.rules().size());
  for (size_t i = 0; i < whole.rules().size(); ++i) {
    const auto &a = whole.rules()[i], &b = lean.rules()[i];
    INFO(a.id);
    CHECK(b.id == a.id);
    CHECK(b.severity == a.severity);
    CHECK(b.about_old_version == a.about_old_version);
    CHECK(b.needs == a.needs);
    CHECK(b.message + b.why + b.instead.example() + b.rewrite == a.message + a.why + a.instead.example() + a.rewrite);
    CHECK(b.since == a.since);
    CHECK(b.until == a.until);
    CHECK(b.aliases == a.aliases);
    CHECK(b.examples.empty());
  }
}

TEST_CASE("each rule fires on its bad examples and is silent on its good ones") {
  const auto rules = all_on();
  for (const auto& rule : rules.rules()) {
    for (const auto& example : rule.examples) {
      const auto report = lint_sql(example.before, example.sql, rules);
      INFO(rule.id << ": " << example.name << "\nbefore: " << example.before << "\nsql: " << example.sql
                   << "\nfindings: " << rules_text(report));
      CHECK(has_rule(report, rule.id) == example.fires);
    }
  }
}

TEST_CASE("an alias means one rule of ours, or several that speak of the same statement") {
  std::set<std::string> ids;
  for (const auto& rule : built_in_rules().rules()) ids.insert(rule.id);
  for (const auto& rule : built_in_rules().rules()) {
    for (const auto& alias : rule.aliases) {
      INFO(rule.id << " " << alias);
      CHECK((alias == rule.id || ids.count(alias) == 0));
    }
  }
}

TEST_CASE("what a rule calls good is good for every rule that is on") {
  for (const auto& rule : built_in_rules().rules()) {
    for (const auto& example : rule.examples) {
      if (example.fires || !example.clean) continue;
      const auto report = lint_sql(example.before, example.sql);
      INFO(rule.id << ": " << example.name << "\nsql: " << example.sql << "\nfindings: " << rules_text(report));
      const bool warned = std::any_of(report.findings.begin(), report.findings.end(),
                                      [](const auto& finding) { return finding.severity >= Severity::warning; });
      CHECK_FALSE(warned);
    }
  }
}

TEST_CASE("each rule that judges an action has three examples, of either kind") {
  for (const auto& rule : built_in_rules().rules()) {
    if (rule.scope == RuleScope::file) continue;
    bool bad = false, good = false;
    for (const auto& example : rule.examples) (example.fires ? bad : good) = true;
    INFO(rule.id);
    CHECK(bad);
    CHECK(good);
    CHECK(rule.examples.size() >= 3);
  }
}

TEST_CASE("a rule file's name is its id") {
  for (const auto& rule : built_in_rules().rules()) CHECK(rule.file == "rules/" + rule.id + ".yaml");
}

TEST_CASE("style rules are off by default") {
  for (const auto& rule : built_in_rules().rules()) {
    INFO(rule.id);
    if (rule.section == "style") CHECK(rule.severity == Severity::off);
  }
}

TEST_CASE("a minimal rule loads and fires") {
  RuleBook rules;
  CHECK_OK(rules.add("my.yaml", kMinimal, false));
  const auto report = lint_sql("create table t (id int primary key);", "drop table t;", rules);
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].message == "drops public.t");
}

TEST_CASE("unknown keys, facts, placeholders and comparisons are errors with file and line") {
  const std::string minimal(kMinimal);
  CHECK(load_error(minimal + "colour: red\n") == "my.yaml:8:1: unknown key 'colour'");
  auto unknown_fact = minimal;
  unknown_fact.replace(unknown_fact.find("{action: drop-table}"), 20, "{acton: drop-table}");
  CHECK(load_error(unknown_fact) == "my.yaml:5:8: unknown fact 'acton' (did you mean 'action'?)");
  auto placeholder = minimal;
  placeholder.replace(placeholder.find("{table}"), 7, "{tabel}");
  CHECK(load_error(placeholder) == "my.yaml:6:10: unknown placeholder '{tabel}' (did you mean 'table'?)");
  auto comparison = minimal;
  comparison.replace(comparison.find("{action: drop-table}"), 20, "{action: {like: x}}");
  CHECK(load_error(comparison) == "my.yaml:5:17: unknown comparison 'like'");
  auto number = minimal;
  number.replace(number.find("{action: drop-table}"), 20, "{action: {gt: 3}}");
  CHECK(load_error(number) == "my.yaml:5:21: fact action is no number");
  auto severity = minimal;
  severity.replace(severity.find("severity: warning"), 17, "severity: fatal");
  CHECK(load_error(severity).find("my.yaml:4:11: severity is") == 0);
  CHECK(load_error("id: [\n").find("my.yaml:") == 0);
  CHECK(load_error("- a\n") == "my.yaml:1:1: a rule file holds one map");
  CHECK(load_error("id: x\n").find("is missing") != std::string::npos);
}

TEST_CASE("conditions that can never mean anything are errors") {
  const auto with = [](const std::string& when) {
    auto yaml = std::string(kMinimal);
    yaml.replace(yaml.find("{action: drop-table}"), 20, when);
    return load_error(yaml);
  };
  CHECK(with("{}") == "my.yaml:5:7: the condition is empty, so it would hold for everything");
  CHECK(with("{all: []}") == "my.yaml:5:13: 'all' needs a list of conditions");
  CHECK(with("{any: {action: x}}") == "my.yaml:5:13: 'any' needs a list of conditions");
  CHECK(with("{action: []}") == "my.yaml:5:16: the list of values is empty");
  CHECK(with("{action: {}}") == "my.yaml:5:16: the comparison is empty");
  CHECK(with("{action: a, action: b}") == "my.yaml:5:19: 'action' is written twice");
  CHECK(with("{unique: maybe}") == "my.yaml:5:16: fact unique is true or false, not 'maybe'");
  CHECK(with("{unique: {matches: x}}") == "my.yaml:5:26: fact unique is no text and no list");
  CHECK(with("{columns: {empty: perhaps}}") == "my.yaml:5:25: 'empty' is true or false");
  CHECK(with("{columns.count: {gt: many}}") == "my.yaml:5:28: 'many' is no number");
  CHECK(with("{table: {matches: '('}}").find("my.yaml:5:25: bad pattern '('") == 0);
  CHECK(with("[action]") == "my.yaml:5:7: a condition is a map of facts, all, any or not");
}

TEST_CASE("an alias that contains itself, and aliases that grow without end, are errors and not a hang") {
  auto yaml = std::string(kMinimal);
  yaml.replace(yaml.find("{action: drop-table}"), 20, "&a {not: *a}");
  CHECK(load_error(yaml).find("my.yaml:5:") == 0);
  std::string bomb = "&x0 {action: a}";
  for (int i = 1; i < 15; ++i) {
    const auto last = std::to_string(i - 1);
    bomb = "&x" + std::to_string(i) + " {any: [" + bomb + ", *x" + last + ", *x" + last + "]}";
  }
  yaml = std::string(kMinimal);
  yaml.replace(yaml.find("{action: drop-table}"), 20, bomb);
  CHECK(load_error(yaml).find("too large or too deep") != std::string::npos);
}

TEST_CASE("a duplicate id is an error that names both files") {
  RuleBook rules;
  CHECK_OK(rules.add("one.yaml", kMinimal, false));
  const auto again = rules.add("two.yaml", kMinimal, false);
  REQUIRE_FALSE(again);
  CHECK(again.error().message == "two.yaml:1:5: the id 'my-rule' is already defined in one.yaml");
}

TEST_CASE("a folder of rules adds and overrides, but not twice the same id") {
  test::TempDir dir;
  dir.write("drop-table.yaml",
            "id: drop-table\ntitle: ours\nsection: style\nseverity: info\nwhen: {action: drop-table}\nmessage: "
            "ours\nwhy: x\n");
  dir.write("mine.yaml", kMinimal);
  auto rules = REQUIRE_OK(RuleBook::built_in());
  CHECK_OK(rules.add_folder(dir.path().string()));
  REQUIRE(rules.find("drop-table") != nullptr);
  CHECK(rules.find("drop-table")->title == "ours");
  CHECK(rules.find("my-rule") != nullptr);
  dir.write("mine2.yaml", kMinimal);
  auto again = REQUIRE_OK(RuleBook::built_in());
  CHECK_FALSE(again.add_folder(dir.path().string()));
  CHECK_FALSE(again.add_folder(dir.path().string() + "/absent"));
}

TEST_CASE("conditions compare numbers, lists, texts and patterns") {
  RuleBook rules;
  CHECK_OK(rules.add("a.yaml",
                     "id: a\ntitle: t\nsection: style\nseverity: warning\nwhy: x\nmessage: m\nwhen:\n  action: "
                     "create-index\n  columns.count: {ge: 2, lt: "
                     "4}\n  any:\n    - index: {matches: \"^i_\"}\n    - columns: [zz, b]\n  not: {unique: true}\n",
                     false));
  const std::string before = "create table t (id int primary key, a int, b int, c int, d int);";
  CHECK(has_rule(lint_sql(before, "create index i_x on t (a, c);", rules), "a"));
  CHECK(has_rule(lint_sql(before, "create index x on t (a, b);", rules), "a"));
  CHECK_FALSE(has_rule(lint_sql(before, "create index x on t (a, c);", rules), "a"));
  CHECK_FALSE(has_rule(lint_sql(before, "create index i_x on t (a);", rules), "a"));
  CHECK_FALSE(has_rule(lint_sql(before, "create index i_x on t (a, b, c, d);", rules), "a"));
  CHECK_FALSE(has_rule(lint_sql(before, "create unique index i_x on t (a, b);", rules), "a"));
}

TEST_CASE("since and until bound a rule to server versions") {
  RuleBook rules;
  CHECK_OK(rules.add("my.yaml", std::string(kMinimal) + "since: 14\nuntil: 16\n", false));
  const std::string before = "create table t (id int primary key);";
  CHECK(lint_sql(before, "drop table t;", rules, "m.sql", 13).findings.empty());
  CHECK(lint_sql(before, "drop table t;", rules, "m.sql", 15).findings.size() == 1);
  CHECK(lint_sql(before, "drop table t;", rules, "m.sql", 17).findings.empty());
}

TEST_CASE("docs/rules is what the rules say (bgdb lint --write-rule-docs docs/rules)") {
  const auto folder = std::filesystem::path(BGDB_SOURCE_DIR) / "docs" / "rules";
  const auto pages = rule_pages(built_in_rules());
  std::set<std::string> present;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    present.insert(entry.path().filename().string());
  for (const auto& [name, text] : pages) {
    INFO(name);
    REQUIRE(present.count(name) == 1);
    CHECK(test::read_file(folder / name) == text);
    present.erase(name);
  }
  INFO("pages of rules that do not exist");
  CHECK(present.empty());
}

}  // namespace bgdb::lint
