// The shapes of what the reporters print.
#include "lint/report.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "lint/lint_support.h"

namespace bgdb::lint {

namespace {

constexpr std::string_view kBefore = "create table customers (id int primary key, email text);";
constexpr std::string_view kSql =
    "-- rename\nalter table customers\n  rename column email to email_address;\ncreate index i on customers (id);\n";

std::string print(Format format, const std::vector<FileReport>& reports, bool colour = false) {
  std::ostringstream out;
  ReportOptions options;
  options.colour = colour;
  const auto reporter = make_reporter(format, out, built_in_rules(), options);
  Summary summary;
  for (const auto& report : reports) {
    reporter->file(report);
    ++summary.files;
    summary.statements += report.statements.size();
    for (const auto& finding : report.findings) ++summary.findings[finding.severity];
    ++summary.verdicts[report.verdict.safety];
    worsen(summary.verdict, report.verdict);
  }
  reporter->finish(summary);
  return out.str();
}

}  // namespace

TEST_CASE("JSON has the documented shape") {
  const auto json = nlohmann::json::parse(print(Format::json, {lint_sql(kBefore, kSql)}));
  CHECK(json.at("version") == 1);
  const auto& file = json.at("files").at(0);
  CHECK(file.at("path") == "migration.sql");
  CHECK(file.at("verdict") == "rollback-breaking");
  const auto& statement = file.at("statements").at(0);
  CHECK(statement.at("index") == 0);
  CHECK(statement.at("line") == 2);
  CHECK(statement.at("column") == 1);
  CHECK(statement.at("end_line") == 3);
  CHECK(statement.at("phase") == "contract");
  CHECK(statement.at("old_version") == "breaks");
  CHECK(statement.at("replication") == "stops");
  CHECK(statement.at("locks").at(0) ==
        nlohmann::json({{"relation", "public.customers"}, {"mode", "AccessExclusiveLock"}}));
  CHECK(statement.at("breaks").at(0) ==
        nlohmann::json({{"kind", "column-renamed"}, {"object", "public.customers.email"}}));
  CHECK(statement.at("rewrites").empty());
  CHECK(statement.at("unknown").empty());
  CHECK(statement.at("in_transaction").is_boolean());
  const auto& finding = file.at("findings").at(0);
  CHECK(finding.at("rule") == "rename-column");
  CHECK(finding.at("severity") == "error");
  CHECK(finding.at("line") == 2);
  CHECK(finding.at("end_line") == 3);
  CHECK(finding.at("end_column") == 39);
  CHECK(finding.at("rewrite") == "rename-column");
  CHECK(json.at("summary").at("files") == 1);
  CHECK(json.at("summary").at("findings").at("error") == 1);
  CHECK(json.at("summary").at("findings").at("warning") == 1);
}

TEST_CASE("JSON of no files and of bytes that are no UTF-8 is still JSON") {
  CHECK(nlohmann::json::parse(print(Format::json, {})).at("files").empty());
  const auto report = lint_sql(kBefore, "drop table customers; alter tabel \"\xff\xfe\";");
  CHECK(nlohmann::json::parse(print(Format::json, {report})).at("files").size() == 1);
  CHECK(nlohmann::json::parse(print(Format::sarif, {report})).at("version") == "2.1.0");
}

TEST_CASE("JSON lines hold one file each") {
  std::istringstream lines(print(Format::jsonl, {lint_sql(kBefore, kSql), lint_sql(kBefore, "select 1;")}));
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    CHECK(nlohmann::json::parse(line).contains("statements"));
    ++count;
  }
  CHECK(count == 2);
}

TEST_CASE("SARIF names its rules, regions and fingerprints that do not move with the line") {
  const auto first = nlohmann::json::parse(print(Format::sarif, {lint_sql(kBefore, kSql)}));
  const auto& run = first.at("runs").at(0);
  CHECK(run.at("tool").at("driver").at("rules").size() ==
        built_in_rules().rules().size() + built_in_rules().own_rules().size());
  const auto& result = run.at("results").at(0);
  CHECK(result.at("level") == "error");
  CHECK(result.at("locations").at(0).at("physicalLocation").at("region").at("startLine") == 2);
  const auto moved = nlohmann::json::parse(print(Format::sarif, {lint_sql(kBefore, "\n\n" + std::string(kSql))}));
  CHECK(moved.at("runs").at(0).at("results").at(0).at("partialFingerprints") == result.at("partialFingerprints"));
}

TEST_CASE("GitHub annotations are one line each, escaped") {
  const auto report = lint_sql(kBefore, kSql, built_in_rules(), "a,b:c.sql");
  std::istringstream lines(print(Format::github, {report}));
  std::string line;
  REQUIRE(std::getline(lines, line));
  CHECK(line.rfind("::error file=a%2Cb%3Ac.sql,line=2,endLine=3,col=1,title=rename-column::", 0) == 0);
}

TEST_CASE("the terminal report shows the line with a caret, and colour only when asked") {
  const auto report = lint_sql(kBefore, "alter table customers rename column email to mail;");
  const auto plain = print(Format::tty, {report});
  CHECK(plain.find("error[rename-column]: renaming column public.customers.email to mail breaks the old version") == 0);
  CHECK(plain.find("--> migration.sql:1:1") != std::string::npos);
  CHECK(plain.find("    1 | alter table customers rename column email to mail") != std::string::npos);
  CHECK(plain.find("      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n") != std::string::npos);
  CHECK(plain.find("\x1b[") == std::string::npos);
  CHECK(print(Format::tty, {report}, true).find("\x1b[") != std::string::npos);
  CHECK(plain.find("1 file, 1 statement: 1 error, 0 warnings, 0 notes; 1 rollback-breaking") != std::string::npos);
}

TEST_CASE("a finding inside a DO block points at its statement") {
  const auto report = lint_sql(kBefore, "do $$\nbegin\n  alter table customers drop column email;\nend $$;");
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].span.line == 3);
  CHECK(report.findings[0].span.column == 3);
}

}  // namespace bgdb::lint
