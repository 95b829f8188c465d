// The section lint of bgdb.yml, and patterns for paths.
#include "app/config.h"
#include "app/init.h"
#include "app/lint_run.h"
#include "app/path_glob.h"
#include "support/check.h"
#include "support/files.h"

using namespace bgdb;
using namespace bgdb::app;

namespace {

std::string problem_of(const std::string& yaml) {
  const auto config = parse_config(yaml, "bgdb.yml", Sides::optional);
  REQUIRE_FALSE(config);
  return config.error().to_string();
}

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return true;
}

}  // namespace

TEST_CASE("a bgdb.yml that is only there for lint needs no databases") {
  const auto config =
      REQUIRE_OK(parse_config("lint: { fail_on: warning, pg_version: 16 }\n", "bgdb.yml", Sides::optional));
  CHECK(config.lint.fail_on == "warning");
  CHECK(config.lint.pg_version == 16);
  CHECK_FALSE(parse_config("lint: { fail_on: warning }\n", "bgdb.yml"));
}

TEST_CASE("every key of the section is read") {
  const auto config = REQUIRE_OK(parse_config(
      "lint:\n  framework: flyway\n  baseline: V2.3.0\n  schema: schema.sql\n  rules_dir: mine\n"
      "  rules: { drop-table: warning, prefer-text: off }\n  exclude: [\"legacy/**\"]\n"
      "  ignore:\n    - { path: \"a/*.sql\", rules: [drop-column], reason: \"before the first release\" }\n",
      "bgdb.yml", Sides::optional));
  CHECK(config.lint.framework == "flyway");
  CHECK(config.lint.baseline == "V2.3.0");
  CHECK(config.lint.rules.size() == 2);
  CHECK(config.lint.rules[1].second == lint::Severity::off);
  CHECK(config.lint.exclude == std::vector<std::string>{"legacy/**"});
  REQUIRE(config.lint.ignores.size() == 1);
  CHECK(config.lint.ignores[0].rules == std::vector<std::string>{"drop-column"});
}

TEST_CASE("mistakes in the section are told with line, key and the nearest known one") {
  says(problem_of("lint:\n  fail-on: error\n"),
       "bgdb.yml:2: unknown key 'lint.fail-on' (did you mean 'lint.fail_on'?)");
  says(problem_of("lint: { pg_version: 13 }\n"), "13");
  says(problem_of("lint: { framework: flyaway }\n"), "flyaway");
  says(problem_of("lint: { rules: { drop-table: fatal } }\n"), "the severity of 'drop-table'");
  says(problem_of("lint: { rules: [drop-table] }\n"), "must map rule ids");
  says(problem_of("lint: { ignore: [{ path: a, rules: [b] }] }\n"), "reason");
  says(problem_of("lint: { ignore: [{ path: a, reason: b }] }\n"), "names no rule");
  says(problem_of("lint: { since: main, baseline: V1 }\n"), "both say where the release begins");
}

TEST_CASE("the file that init writes has a lint section that is read") {
  const auto config = REQUIRE_OK(parse_config(initial_config(), "bgdb.yml"));
  CHECK(config.lint.fail_on == "error");
}

TEST_CASE("patterns match paths as .gitignore does") {
  CHECK(path_matches("*.sql", "a/b/c.sql"));
  CHECK(path_matches("legacy", "db/legacy/V1.sql"));
  CHECK(path_matches("legacy/", "db/legacy/V1.sql"));
  CHECK(path_matches("db/*.sql", "db/V1.sql"));
  CHECK_FALSE(path_matches("db/*.sql", "db/old/V1.sql"));
  CHECK(path_matches("db/**", "db/old/V1.sql"));
  CHECK(path_matches("**/old/*.sql", "db/old/V1.sql"));
  CHECK(path_matches("**/old/*.sql", "old/V1.sql"));
  CHECK(path_matches("db/**/V1.sql", "db/V1.sql"));
  CHECK(path_matches("./db/V?.sql", "db/V1.sql"));
  CHECK(path_matches("/db", "db/V1.sql"));
  CHECK_FALSE(path_matches("/db", "x/db/V1.sql"));
  CHECK_FALSE(path_matches("db", "database/V1.sql"));
  CHECK_FALSE(path_matches("", "V1.sql"));
}

TEST_CASE("fail-on takes severities, verdicts and both") {
  const auto fails = [](const char* text, const lint::Summary& summary) {
    return REQUIRE_OK(parse_fail_on(text)).fails(summary);
  };
  lint::Summary summary;
  summary.findings[lint::Severity::warning] = 1;
  summary.verdicts[lint::Safety::rollback_breaking] = 1;
  CHECK_FALSE(fails("error", summary));
  CHECK(fails("warning", summary));
  CHECK(fails("info", summary));
  CHECK_FALSE(fails("never", summary));
  CHECK(fails("rollback-breaking", summary));
  CHECK_FALSE(fails("not-analysed", summary));
  CHECK(fails("error,rollback-breaking", summary));
  CHECK_FALSE(parse_fail_on("sometimes"));
  CHECK_FALSE(parse_fail_on("error,"));
}

TEST_CASE("a misspelt rule in bgdb.yml is an error that names the nearest") {
  test::TempDir dir;
  const auto path = dir.write("bgdb.yml", "lint: { rules: { drop-tabel: off } }\n");
  LintRequest request;
  request.config_path = path;
  request.stdin_text = "select 1;";
  const auto severity = plan_lint(request);
  REQUIRE_FALSE(severity);
  says(severity.error().to_string(), "there is no rule 'drop-tabel'");
  says(severity.error().to_string(), "did you mean 'drop-table'?");
  dir.write("bgdb.yml", "lint: { ignore: [{ path: a, rules: [drop-tabel], reason: b }] }\n");
  const auto ignore = plan_lint(request);
  REQUIRE_FALSE(ignore);
  says(ignore.error().to_string(), "lint.ignore: there is no rule 'drop-tabel'");
}
