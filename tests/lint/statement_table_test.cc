// testdata/statements: single statements labelled by what PostgreSQL does, not by what the linter says.
#include <sstream>

#include "lint/lint_support.h"
#include "support/files.h"

namespace bgdb::lint {

namespace {

struct Case {
  int line = 0;
  std::string verdict, lock, sql;
};

std::vector<Case> cases() {
  std::vector<Case> out;
  std::istringstream in(test::read_file(std::filesystem::path(BGDB_SOURCE_DIR) / "testdata/statements/cases.txt"));
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    Case one;
    one.line = number;
    std::istringstream words(line);
    words >> one.verdict >> one.lock >> std::ws;
    std::getline(words, one.sql);
    // \n in a case starts a new line (a marker comment in front).
    for (size_t at = one.sql.find("\\n"); at != std::string::npos; at = one.sql.find("\\n", at))
      one.sql.replace(at, 2, "\n");
    out.push_back(one);
  }
  return out;
}

std::string word(Safety safety) {
  if (safety == Safety::rollback_breaking) return "breaking";
  return safety == Safety::not_analysed ? "unknown" : "safe";
}

}  // namespace

TEST_CASE("single statements get the verdict and the lock that PostgreSQL's behaviour gives them") {
  const auto before = test::read_file(std::filesystem::path(BGDB_SOURCE_DIR) / "testdata/statements/before.sql");
  const auto all = cases();
  CHECK(all.size() >= 150);
  for (const auto& one : all) {
    const auto report = lint_sql(before, one.sql + ";");
    INFO("cases.txt:" << one.line << ": " << one.sql << "\nfindings: " << rules_text(report)
                      << "\nreason: " << report.verdict.reason);
    CHECK(word(report.verdict.safety) == one.verdict);
    CHECK(std::string(to_string(report.verdict.lock)) == one.lock);
  }
}

TEST_CASE("every breaking statement has a finding, and every one that is safe and takes no long lock has no error") {
  const auto before = test::read_file(std::filesystem::path(BGDB_SOURCE_DIR) / "testdata/statements/before.sql");
  for (const auto& one : cases()) {
    const auto report = lint_sql(before, one.sql + ";");
    bool error = false, warning = false;
    for (const auto& finding : report.findings) {
      error = error || finding.severity == Severity::error;
      warning = warning || finding.severity >= Severity::warning;
    }
    INFO("cases.txt:" << one.line << ": " << one.sql << "\nfindings: " << rules_text(report));
    if (one.verdict == "breaking") CHECK(warning);
    if (one.verdict == "unknown") CHECK(warning);
    if (one.verdict == "safe" && (one.lock == "none" || one.lock == "brief")) CHECK_FALSE(error);
  }
}

}  // namespace bgdb::lint
