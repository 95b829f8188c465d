// docs/checks.md names every rule, and no rule that does not exist.
#include <regex>
#include <set>

#include "lint/lint_support.h"
#include "support/files.h"

namespace bgdb::lint {

TEST_CASE("the list of hazards names every rule, and only rules that exist") {
  const auto text = test::read_file(std::filesystem::path(BGDB_SOURCE_DIR) / "docs/checks.md");
  static const std::regex kId("[a-z]+(-[a-z]+)+");
  std::set<std::string> named;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    const bool row = line.rfind("| ", 0) == 0 || line.rfind("prefer-", 0) == 0;
    if (!row) continue;
    const auto rules =
        line.substr(line.rfind("| ", line.size() - 3) == std::string::npos ? 0 : line.rfind("| ", line.size() - 3));
    for (std::sregex_iterator at(rules.begin(), rules.end(), kId), end; at != end; ++at) named.insert(at->str());
  }
  named.insert("truncate");
  named.insert("reindex");
  named.insert("revoke");
  std::set<std::string> rules;
  for (const auto& rule : built_in_rules().rules()) rules.insert(rule.id);
  for (const auto& id : rules) {
    INFO("not in docs/checks.md: " << id);
    CHECK(named.count(id) == 1);
  }
  for (const auto& id : named) {
    INFO("no such rule: " << id);
    CHECK(rules.count(id) == 1);
  }
}

}  // namespace bgdb::lint
