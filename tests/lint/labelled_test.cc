// testdata/labelled: statements and whole files labelled by what PostgreSQL does. The figures are printed with each
// run.
#include <fmt/format.h>

#include <iostream>
#include <map>
#include <sstream>

#include "lint/lint_support.h"
#include "support/files.h"

namespace bgdb::lint {

namespace {

struct Labelled {
  std::string where;  // file:line
  char label = 'S';   // explained in testdata/labelled/statements.txt
  std::string path = "migration.sql";
  std::string before{};
  std::string sql{};
};

std::string folder() {
  return (std::filesystem::path(BGDB_SOURCE_DIR) / "testdata/labelled").string();
}

std::vector<Labelled> statements() {
  std::vector<Labelled> out;
  const auto before = test::read_file(folder() + "/before.sql");
  std::istringstream in(test::read_file(folder() + "/statements.txt"));
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.size() < 4 || line[0] == '#') continue;
    Labelled one{
        .where = fmt::format("statements.txt:{}", number), .label = line[0], .before = before, .sql = line.substr(3)};
    for (size_t at = one.sql.find("\\n"); at != std::string::npos; at = one.sql.find("\\n", at))
      one.sql.replace(at, 2, "\n");
    one.sql += ';';
    out.push_back(one);
  }
  return out;
}

// Files of migrations: "=== L path", the released schema, "---", the migration.
std::vector<Labelled> files() {
  std::vector<Labelled> out;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder() + "/files")) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    std::istringstream in(test::read_file(path));
    std::string line;
    std::string* part = nullptr;
    for (int number = 1; std::getline(in, line); ++number) {
      if (line.rfind("=== ", 0) == 0) {
        out.push_back({.where = fmt::format("{}:{}", path.filename().string(), number),
                       .label = line[4],
                       .path = line.substr(6)});
        part = &out.back().before;
      } else if (line == "---" && part != nullptr) {
        part = &out.back().sql;
      } else if (part != nullptr) {
        *part += line + "\n";
      }
    }
  }
  return out;
}

struct Counts {
  size_t all = 0, right = 0;
};

bool about_locks(const Finding& finding) {
  const auto* rule = built_in_rules().find(finding.rule);
  return rule != nullptr && (rule->section == "locks" || rule->section == "transaction");
}

// Empty when the label is met.
std::string contradiction(const Labelled& one, const FileReport& report) {
  const auto at_least = [&](Severity severity) {
    return std::any_of(report.findings.begin(), report.findings.end(),
                       [&](const auto& finding) { return finding.severity >= severity; });
  };
  const bool breaking = report.verdict.safety == Safety::rollback_breaking;
  const bool fails = std::any_of(report.statements.begin(), report.statements.end(),
                                 [](const auto& statement) { return !statement.effects.fails.empty(); });
  switch (one.label) {
    case 'B':
      if (!breaking) return "a break is missed";
      return at_least(Severity::warning) ? "" : "a break has no finding";
    case 'S':
      if (breaking) return "a safe one is called breaking";
      return at_least(Severity::warning) ? "a safe one has a finding" : "";
    case 'W':
      return breaking ? "one that breaks nothing is called breaking" : "";
    case 'L':
      if (breaking) return "one that only locks is called breaking";
      return std::any_of(report.findings.begin(), report.findings.end(),
                         [&](const auto& f) { return f.severity >= Severity::warning && about_locks(f); })
                 ? ""
                 : "a long lock is missed";
    case 'E':
      return fails && at_least(Severity::error) ? "" : "a statement that fails is missed";
    default:
      return report.verdict.safety == Safety::not_analysed ? "" : "something unknowable is judged";
  }
}

std::map<char, Counts> score(const std::vector<Labelled>& all, std::string& wrong) {
  std::map<char, Counts> counts;
  for (const auto& one : all) {
    const auto report = lint_sql(one.before, one.sql, built_in_rules(), one.path);
    const auto problem = contradiction(one, report);
    ++counts[one.label].all;
    if (problem.empty()) {
      ++counts[one.label].right;
    } else {
      wrong += fmt::format("{} {}: {}: {}\n    [{}] {}\n", one.where, one.label, problem, one.sql, rules_text(report),
                           report.verdict.reason);
    }
  }
  return counts;
}

void check(const char* what, const std::vector<Labelled>& all, size_t least) {
  CHECK(all.size() >= least);
  std::string wrong;
  const auto counts = score(all, wrong);
  std::string figures = fmt::format("{}: {} labelled", what, all.size());
  for (const auto& [label, count] : counts) figures += fmt::format(", {} {}/{}", label, count.right, count.all);
  std::cout << figures << std::endl;
  INFO(wrong);
  CHECK(wrong.empty());
}

}  // namespace

TEST_CASE("labelled statements are judged as PostgreSQL behaves") {
  check("statements", statements(), 450);
}

TEST_CASE("labelled migration files are judged as PostgreSQL behaves") {
  check("files", files(), 80);
}

}  // namespace bgdb::lint
