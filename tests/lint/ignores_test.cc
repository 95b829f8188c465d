// Comments that silence findings.
#include <fmt/format.h>

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

TEST_CASE("every convention of other tools silences what it names, and no more") {
  struct Case {
    std::string_view comment;
    bool silences;
  };
  for (const auto& [comment, silences] : std::initializer_list<Case>{
           {"squawk-ignore ban-drop-table, ban-drop-column -- retired", true},
           {"squawk-ignore ban-drop-column, ban-drop-table", true},
           {"squawk-ignore", true},
           {"pgls-ignore lint/safety/banDropTable", true},
           {"pgls-ignore lint/safety: all of it", true},
           {"pgls-ignore lint/safety/banDropColumn: other", false},
           {"pgt-ignore lint/safety/banDropTable: old name of the tool", true},
           {"eugene: ignore", true},
           {"migrationpilot-disable MP026", true},
           {"migrationpilot-disable", true},
           {"pgsafe:ignore drop-table retired last year", true},
           {"pgfence-ignore: drop-table", true},
           {"atlas:nolint DS102", true},
           {"atlas:nolint DS103", false},
           {"atlas:nolint XX999 DS102", true},
       }) {
    INFO(comment);
    const auto report = lint_sql(kBefore, fmt::format("-- {}\ndrop table t;", comment));
    CHECK(count(report, "drop-table") == (silences ? 0 : 1));
    CHECK(count(report, "unused-ignore") == 0);
  }
}

TEST_CASE("a safety-assured range covers the statements inside it") {
  const auto report =
      lint_sql(kBefore, "-- safety-assured:start\ndrop table t;\n-- safety-assured:end\ndrop table u;\n");
  REQUIRE(count(report, "drop-table") == 1);
  CHECK(report.findings[0].span.line == 4);
}

TEST_CASE("atlas:nolint at the head of a file, with a blank line behind it, covers the file") {
  CHECK(lint_sql(kBefore, "-- atlas:nolint\n\nselect 1;\ndrop table t;").findings.empty());
  CHECK(count(lint_sql(kBefore, "-- atlas:nolint\nselect 1;\ndrop table t;"), "drop-table") == 1);
}

TEST_CASE("an unknown rule is answered with the nearest, and each unused name is told") {
  const auto typo = lint_sql(kBefore, "-- bgdb: ignore drop-tabel was dropped once\nselect 1;");
  REQUIRE(typo.findings.size() == 1);
  CHECK(typo.findings[0].message == "there is no rule 'drop-tabel' to ignore; did you mean 'drop-table'?");
  const auto half = lint_sql(kBefore, "-- bgdb: ignore drop-table, drop-column retired\ndrop table t;");
  REQUIRE(half.findings.size() == 1);
  CHECK(half.findings[0].message == "nothing is left to ignore here for drop-column");
}

TEST_CASE("severities of the linter's own findings can be set") {
  auto rules = REQUIRE_OK(RuleBook::built_in());
  CHECK_OK(rules.set_severity("unused-ignore", Severity::off));
  CHECK_OK(rules.set_severity("not-analysed", Severity::error));
  const auto report = lint_sql(kBefore, "-- bgdb: ignore drop-table gone\nselect 1; alter tabel t;", rules);
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].severity == Severity::error);
}

TEST_CASE("text that merely looks alike is no ignore comment") {
  CHECK(lint_sql(kBefore, "-- bgdb: ignored drop-table for now\nselect 1;").findings.empty());
  CHECK(count(lint_sql(kBefore, "select '-- bgdb: ignore drop-table reason'; drop table t;"), "drop-table") == 1);
}

}  // namespace bgdb::lint
