// bgdb lint and bgdb explain as programs: exit statuses, formats, standard input, bad input.
#include <nlohmann/json.hpp>

#include "core/process.h"
#include "support/check.h"
#include "support/files.h"

namespace bgdb {

namespace {

core::ProcessResult bgdb(std::vector<std::string> arguments, const std::string& input = {},
                         std::map<std::string, std::string> environment = {}) {
  core::ProcessOptions options;
  options.argv = {BGDB_BINARY};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.stdin_text = input;
  environment.emplace("GITHUB_ACTIONS", "");
  options.environment = environment;
  return REQUIRE_OK(core::run_process(options));
}

}  // namespace

TEST_CASE("exit status: 0 clean, 1 findings at or above --fail-on, 2 usage") {
  test::TempDir dir;
  const auto safe = dir.write("safe.sql", "create table t (id int primary key);\n");
  const auto warning = dir.write("warning.sql", "create index i on released (a);\n");
  const auto breaking = dir.write("breaking.sql", "drop table released;\n");
  CHECK(bgdb({"lint", safe}).exit_status == 0);
  CHECK(bgdb({"lint", warning}).exit_status == 0);
  CHECK(bgdb({"lint", "--fail-on", "warning", warning}).exit_status == 1);
  CHECK(bgdb({"lint", breaking}).exit_status == 1);
  CHECK(bgdb({"lint", "--fail-on", "never", breaking}).exit_status == 0);
  CHECK(bgdb({"lint", "--severity", "drop-table=warning", breaking}).exit_status == 0);
  CHECK(bgdb({"lint"}).exit_status == 2);
  CHECK(bgdb({"lint", safe, "--fail-on", "sometimes"}).exit_status == 2);
  CHECK(bgdb({"lint", safe, "--format", "xml"}).exit_status == 2);
  CHECK(bgdb({"lint", safe, "--severity", "no-such-rule=off"}).exit_status == 2);
}

TEST_CASE("what cannot be linted says so") {
  test::TempDir dir;
  const auto absent = bgdb({"lint", dir.path().string() + "/absent.sql"});
  CHECK(absent.exit_status == 2);
  CHECK(absent.stderr_text.find("absent.sql") != std::string::npos);
  const auto empty_folder = bgdb({"lint", dir.path().string()});
  CHECK(empty_folder.exit_status == 2);
  CHECK(empty_folder.stderr_text.find("holds no migration") != std::string::npos);
  const auto binary = dir.write("binary.sql", std::string_view("drop\0table", 10));
  const auto unreadable = bgdb({"lint", binary});
  CHECK(unreadable.exit_status == 1);
  CHECK(unreadable.stdout_text.find("unreadable-file") != std::string::npos);
  const auto empty = dir.write("empty/empty.sql", "");
  CHECK(bgdb({"lint", empty}).exit_status == 0);
  const auto bad_rules = dir.write("rules/mine.yaml", "id: mine\ncolour: red\n");
  const auto refused = bgdb({"lint", "--rules", dir.path().string() + "/rules", empty});
  CHECK(refused.exit_status == 2);
  CHECK(refused.stderr_text.find("mine.yaml:2: unknown key 'colour'") != std::string::npos);
}

TEST_CASE("standard input is linted as one file") {
  const auto result = bgdb({"lint", "-", "--format", "json"}, "alter table customers rename column email to mail;");
  CHECK(result.exit_status == 1);
  const auto json = nlohmann::json::parse(result.stdout_text);
  CHECK(json.at("files").at(0).at("path") == "stdin.sql");
  CHECK(json.at("summary").at("verdict") == "rollback-breaking");
}

TEST_CASE("under GitHub Actions findings are annotations") {
  test::TempDir dir;
  const auto path = dir.write("m.sql", "drop table released;\n");
  CHECK(bgdb({"lint", path}, {}, {{"GITHUB_ACTIONS", "true"}}).stdout_text.rfind("::error file=", 0) == 0);
  CHECK(bgdb({"lint", path}).stdout_text.rfind("error[drop-table]", 0) == 0);
}

TEST_CASE("explain tells locks, rewrites and breakage of each statement") {
  test::TempDir dir;
  const auto path = dir.write("m.sql", "create table t (id int primary key, n int);\n");
  dir.write("x/V1__t.sql", "create table t (id int primary key, n int);\n");
  const auto second = dir.write("x/V2__n.sql", "alter table t alter column n type bigint;\n");
  const auto result = bgdb({"explain", second});
  CHECK(result.exit_status == 0);
  CHECK(result.stdout_text.find("public.t AccessExclusiveLock") != std::string::npos);
  CHECK(result.stdout_text.find("rewrites") != std::string::npos);
  CHECK(result.stdout_text.find("type-widened public.t.n") != std::string::npos);
  CHECK(bgdb({"explain", path + ".absent"}).exit_status == 2);
}

TEST_CASE("a file is reported under the name it was given") {
  test::TempDir folder;
  folder.write("m/V1.0.0__a.sql", "create table t (id int primary key);\n");
  folder.write("m/V1.1.0__b.sql", "alter table t add column n int;\n");
  const auto result = REQUIRE_OK(core::run_process(
      {.argv = {BGDB_BINARY, "lint", "m/V1.1.0__b.sql", "--json"}, .working_directory = folder.path().string()}));
  const auto json = nlohmann::json::parse(result.stdout_text);
  REQUIRE(json.at("files").size() == 1);
  CHECK(json.at("files").at(0).at("path") == "m/V1.1.0__b.sql");
  CHECK(json.at("files").at(0).at("verdict") == "expand-safe");
}

}  // namespace bgdb
