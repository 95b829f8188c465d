// Comments that silence findings.
#include "lint/lint_support.h"

namespace bgdb::lint {

namespace {

constexpr std::string_view kBefore = "create table t (id int primary key, a int); create table u (id int primary key);";

size_t count(const FileReport& report, std::string_view rule) {
  size_t out = 0;
  for (const auto& finding : report.findings) out += finding.rule == rule ? 1 : 0;
  return out;
}

}  // namespace

TEST_CASE("an ignore comment with a reason silences its rule on the next statement only") {
  const auto report = lint_sql(kBefore, "-- bgdb: ignore drop-table never used\ndrop table u;\ndrop table t;\n");
  CHECK(count(report, "drop-table") == 1);
  CHECK(count(report, "unused-ignore") == 0);
  CHECK(report.verdict.safety == Safety::rollback_breaking);  // silenced, not declared harmless
}

TEST_CASE("a trailing comment belongs to the statement on its line") {
  const auto report = lint_sql(kBefore, "drop table u; -- bgdb: ignore drop-table never used\ndrop table t;\n");
  REQUIRE(count(report, "drop-table") == 1);
  CHECK(report.findings[0].span.line == 2);
}

TEST_CASE("several rules and the whole file can be ignored") {
  CHECK(lint_sql(kBefore,
                 "-- bgdb: ignore set-not-null, set-not-null-scan the writers were fixed\nalter table t alter column a "
                 "set not null;")
            .findings.empty());
  CHECK(lint_sql(kBefore, "drop table u; drop table t;\n-- bgdb: ignore-file drop-table retired last year\n")
            .findings.empty());
}

TEST_CASE("a reason is required: without one nothing is silenced") {
  const auto report = lint_sql(kBefore, "-- bgdb: ignore drop-table\ndrop table t;");
  CHECK(count(report, "drop-table") == 1);
  CHECK(count(report, "ignore-without-reason") == 1);
}

TEST_CASE("an unused ignore, a misspelt rule and a missing name are findings") {
  CHECK(count(lint_sql(kBefore, "-- bgdb: ignore drop-table was dropped once\nselect 1;"), "unused-ignore") == 1);
  CHECK(count(lint_sql(kBefore, "-- bgdb: ignore drop-tabel was dropped once\ndrop table t;"), "unused-ignore") == 1);
  CHECK(count(lint_sql(kBefore, "-- bgdb: ignore\ndrop table t;"), "unused-ignore") == 1);
}

TEST_CASE("comments of other tools are understood through the aliases of our rules") {
  CHECK(lint_sql(kBefore, "-- squawk-ignore ban-drop-table\ndrop table t;").findings.empty());
  CHECK(lint_sql(kBefore, "-- squawk-ignore-file ban-drop-table\nselect 1; drop table t;").findings.empty());
  CHECK(lint_sql(kBefore, "-- pgls-ignore lint/safety/banDropTable: old\ndrop table t;").findings.empty());
  CHECK(lint_sql(kBefore, "-- atlas:nolint DS102\ndrop table t;").findings.empty());
  CHECK(lint_sql(kBefore, "-- atlas:nolint\ndrop table t;").findings.empty());
  CHECK(count(lint_sql(kBefore, "-- squawk-ignore prefer-robust-stmts\ndrop table t;"), "drop-table") == 1);
  // Theirs are never reported as unused.
  CHECK(lint_sql(kBefore, "-- squawk-ignore ban-drop-table\nselect 1;").findings.empty());
}

TEST_CASE("text that merely looks alike is no ignore comment") {
  CHECK(lint_sql(kBefore, "-- bgdb: ignored drop-table for now\nselect 1;").findings.empty());
  CHECK(count(lint_sql(kBefore, "select '-- bgdb: ignore drop-table reason'; drop table t;"), "drop-table") == 1);
}

}  // namespace bgdb::lint
