// testdata/migrations/<project>/: a history of migrations and what is right about each file (expected.txt, written by
// hand). BGDB_UPDATE=1 rewrites expected.txt; read the difference before you keep it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "lint/linter.h"
#include "support/check.h"
#include "support/files.h"

namespace bgdb::lint {

namespace fs = std::filesystem;

namespace {

struct Row {
  std::string file, verdict, rules;
};

std::vector<Row> lint_project(const fs::path& folder) {
  const auto rules = REQUIRE_OK(RuleBook::built_in());
  std::vector<Row> rows;
  Linter linter(rules, {}, [&](const FileReport& report) {
    std::set<std::string> names;
    for (const auto& finding : report.findings) {
      if (finding.severity >= Severity::warning) names.insert(finding.rule);
    }
    const auto file = fs::path(report.path).filename().string();
    rows.push_back({file, std::string(to_string(report.verdict.safety)), fmt::format("{}", fmt::join(names, " "))});
  });
  (void)REQUIRE_OK(linter.run({(folder / "migrations").string()}));
  return rows;
}

std::vector<Row> read_expected(const fs::path& path) {
  std::vector<Row> rows;
  std::istringstream in(test::read_file(path));
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    Row row;
    words >> row.file >> row.verdict >> std::ws;
    std::getline(words, row.rules);
    rows.push_back(row);
  }
  return rows;
}

void write_expected(const fs::path& path, const std::vector<Row>& rows) {
  size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.file.size());
  std::ofstream out(path);
  out << "# file  verdict  rules of severity warning and above, in alphabetical order\n";
  for (const auto& row : rows) {
    auto line = fmt::format("{:<{}}  {:<17}  {}", row.file, width, row.verdict, row.rules);
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

std::vector<fs::path> projects() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(fs::path(BGDB_SOURCE_DIR) / "testdata/migrations")) {
    if (entry.is_directory()) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("migrations of whole projects get the verdict and the findings that are right") {
  size_t files = 0;
  for (const auto& folder : projects()) {
    const auto rows = lint_project(folder);
    if (std::getenv("BGDB_UPDATE") != nullptr) write_expected(folder / "expected.txt", rows);
    const auto expected = read_expected(folder / "expected.txt");
    files += rows.size();
    INFO(folder.filename().string());
    REQUIRE(rows.size() == expected.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      INFO(folder.filename().string() << "/" << rows[i].file);
      CHECK(rows[i].file == expected[i].file);
      CHECK(rows[i].verdict == expected[i].verdict);
      CHECK(rows[i].rules == expected[i].rules);
    }
  }
  CHECK(files >= 100);
}

TEST_CASE("one file of a folder is judged behind the files that come before it") {
  const auto folder = fs::path(BGDB_SOURCE_DIR) / "testdata/migrations/shop/migrations";
  const auto rules = REQUIRE_OK(RuleBook::built_in());
  std::vector<FileReport> reports;
  Linter linter(rules, {}, [&](FileReport report) { reports.push_back(std::move(report)); });
  (void)REQUIRE_OK(linter.run({(folder / "V1.3.0__widen_email.sql").string()}));
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].verdict.safety == Safety::expand_safe);
  REQUIRE(reports[0].statements.size() == 2);
  CHECK(reports[0].statements[0].effects.rewrites.empty());
}

TEST_CASE("a baseline makes all later files one release") {
  test::TempDir dir;
  dir.write("V1.0.0__a.sql", "create table t (id int primary key, a int);\n");
  dir.write("V1.1.0__b.sql", "create table u (id int primary key, a int);\n");
  dir.write("V1.2.0__c.sql", "alter table u rename column a to b; create index i on u (b);\n");
  dir.write("V1.3.0__d.sql", "alter table t drop column a;\n");
  const auto rules = REQUIRE_OK(RuleBook::built_in());
  std::vector<std::string> verdicts;
  Options options;
  options.baseline = "1.0.0";
  Linter linter(rules, options,
                [&](const FileReport& report) { verdicts.emplace_back(to_string(report.verdict.safety)); });
  (void)REQUIRE_OK(linter.run({dir.path().string()}));
  CHECK(verdicts == std::vector<std::string>{"expand-safe", "expand-safe", "rollback-breaking"});
  options.baseline = "9.9.9";
  Linter unknown(rules, options, {});
  const auto failed = unknown.run({dir.path().string()});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().exit_status() == 2);
}

}  // namespace bgdb::lint
