// bgdb lint and bgdb explain as programs: exit statuses, formats, standard input, bad input.
#include <fmt/format.h>

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
  const auto config = dir.write(
      "bgdb.yml",
      "name: shop\nblue: { dsn: \"host=/nowhere\" }\ngreen: { dsn: \"host=/nowhere\" }\nmigrations: { dir: migs }\n");
  const auto no_folder = bgdb({"lint", "--config", config});
  CHECK(no_folder.exit_status == 2);
  CHECK(no_folder.stderr_text.find("the folder migs (migrations.dir of " + config) != std::string::npos);
  const auto binary = dir.write("binary.sql", std::string_view("drop\0table", 10));
  const auto unreadable = bgdb({"lint", binary});
  CHECK(unreadable.exit_status == 1);
  CHECK(unreadable.stdout_text.find("unreadable-file") != std::string::npos);
  const auto empty = dir.write("empty/empty.sql", "");
  CHECK(bgdb({"lint", empty}).exit_status == 0);
  const auto bad_rules = dir.write("rules/mine.yaml", "id: mine\ncolour: red\n");
  const auto refused = bgdb({"lint", "--rules", dir.path().string() + "/rules", empty});
  CHECK(refused.exit_status == 2);
  CHECK(refused.stderr_text.find("mine.yaml:2:1: unknown key 'colour'") != std::string::npos);
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

TEST_CASE("explain tells about rules, and answers a word that is neither file nor rule with the nearest") {
  CHECK(bgdb({"explain", "rename-column"}).stdout_text.starts_with("# rename-column\n"));
  CHECK(bgdb({"explain", "not-analysed"}).stdout_text.starts_with("# not-analysed\n"));
  CHECK(bgdb({"explain", "ban-drop-table"}).stdout_text.starts_with("# drop-table\n"));  // squawk's name
  const auto list = bgdb({"explain", "--rules"});
  CHECK(list.stdout_text.find("rename-column") != std::string::npos);
  CHECK(nlohmann::json::parse(bgdb({"explain", "--rules", "--json"}).stdout_text).at("rules").size() > 50);
  const auto typo = bgdb({"explain", "rename-colum"});
  CHECK(typo.exit_status == 2);
  CHECK(typo.stderr_text.find("did you mean 'rename-column'?") != std::string::npos);
  const auto json = nlohmann::json::parse(bgdb({"explain", "-", "--json"}, "drop table t;").stdout_text);
  CHECK(json.at("statements").at(0).at("verdict") == "rollback-breaking");
}

TEST_CASE("a file beside what is printed, and a file instead of it") {
  test::TempDir dir;
  const auto path = dir.write("m.sql", "drop table released;\n");
  const auto sarif = dir.path().string() + "/out.sarif";
  const auto both = bgdb({"lint", "--format", "sarif=" + sarif, path});
  CHECK(both.exit_status == 1);
  CHECK(both.stdout_text.starts_with("error[drop-table]"));
  CHECK(nlohmann::json::parse(test::read_file(sarif)).at("version") == "2.1.0");
  const auto json = dir.path().string() + "/out.json";
  const auto instead = bgdb({"lint", "--json", "-o", json, path});
  CHECK(instead.stdout_text.empty());
  CHECK(instead.stderr_text.starts_with("1 file, 1 statement: 1 error"));
  CHECK(nlohmann::json::parse(test::read_file(json)).at("files").size() == 1);
  const auto nowhere = bgdb({"lint", "-o", dir.path().string() + "/no/such/folder", path});
  CHECK(nowhere.exit_status == 2);
  CHECK(nowhere.stderr_text.find("cannot write") != std::string::npos);
  // A report that was not finished does not replace the one that is there.
  CHECK(bgdb({"lint", "--json", "-o", json, path, "--baseline", "9.9.9"}).exit_status == 2);
  CHECK(nlohmann::json::parse(test::read_file(json)).at("files").size() == 1);
  CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), std::filesystem::directory_iterator()) == 3);
  CHECK(bgdb({"lint", "--format", "json", "--format", "tty", path}).exit_status == 2);
}

TEST_CASE("a reader that goes away ends the run quietly, without leftovers, and a full disk is an error") {
  test::TempDir dir, temporary;
  for (int i = 1; i <= 300; ++i) dir.write(fmt::format("m/V{}__x.sql", i), "drop table released; drop table other;\n");
  const auto shell = [&](const std::string& script) {
    return REQUIRE_OK(core::run_process({.argv = {"/bin/bash", "-c", script, "bash", BGDB_BINARY},
                                         .environment = {{"TMPDIR", temporary.path().string()}, {"GITHUB_ACTIONS", ""}},
                                         .working_directory = dir.path().string()}));
  };
  const auto gone =
      shell("git init -q && git add -A && \"$1\" lint --staged --max-findings 0 | head -n 1; echo ${PIPESTATUS[*]}");
  INFO(gone.stdout_text << gone.stderr_text);
  CHECK(gone.stdout_text.ends_with("\n0 0\n"));
  CHECK(gone.stderr_text.empty());
  CHECK(std::filesystem::is_empty(temporary.path()));
  const auto full = shell("\"$1\" lint m > /dev/full");
  CHECK(full.exit_status == 2);
  CHECK(full.stderr_text.find("No space left on device") != std::string::npos);
}

TEST_CASE("bgdb.yml says what is judged and how, and the command line overrides it") {
  test::TempDir dir;
  dir.write("db/V1__a.sql", "create table t (id int primary key, a int, b int);\n");
  dir.write("db/V2__b.sql", "alter table t drop column a;\n");
  dir.write("db/legacy/V3__c.sql", "alter table t drop column b;\n");
  const auto run = [&](std::vector<std::string> arguments, const std::string& below = ".") {
    arguments.insert(arguments.begin(), {BGDB_BINARY, "lint"});
    return REQUIRE_OK(core::run_process({.argv = arguments,
                                         .environment = {{"GITHUB_ACTIONS", ""}},
                                         .working_directory = (dir.path() / below).string()}));
  };
  dir.write("bgdb.yml",
            "migrations: { dir: db }\n"
            "lint:\n  fail_on: never\n  exclude: [legacy]\n"
            "  ignore: [{ path: \"db/V2*\", rules: [drop-column], reason: \"nobody reads it\" }]\n");
  const auto config = run({});
  CHECK(config.exit_status == 0);
  CHECK(config.stdout_text.starts_with("2 files, 2 statements: 0 errors"));
  CHECK(run({}, "db").stdout_text.starts_with("2 files, 2 statements: 0 errors"));  // found upwards
  CHECK(run({"--fail-on", "rollback-breaking"}).exit_status == 1);
  CHECK(run({"--exclude", "V1*", "--quiet"}).stdout_text.empty());
  dir.write("bgdb.yml", "lint: { rules: { drop-column: warning } }\n");
  CHECK(run({"db"}).exit_status == 0);
  CHECK(run({"db", "--severity", "drop-column=error"}).exit_status == 1);
  CHECK(run({}).exit_status == 2);
  dir.write("bgdb.yml", "lint: { fail-on: error }\n");
  const auto unknown = run({"db"});
  CHECK(unknown.exit_status == 2);
  CHECK(unknown.stderr_text.find("did you mean 'lint.fail_on'?") != std::string::npos);
}

TEST_CASE("standard input may be piped without a dash, and has a name and a place") {
  test::TempDir dir;
  dir.write("V1__a.sql", "create table t (id int primary key, name varchar(10));\n");
  const auto piped = bgdb({"lint"}, "drop table t;");
  CHECK(piped.exit_status == 1);
  const auto placed = bgdb({"lint", "--json", "--stdin-filepath", dir.path().string() + "/V2__b.sql"},
                           "alter table t alter column name type varchar(20);");
  CHECK(placed.exit_status == 0);
  const auto file = nlohmann::json::parse(placed.stdout_text).at("files").at(0);
  CHECK(file.at("path") == dir.path().string() + "/V2__b.sql");
  CHECK(file.at("statements").at(0).at("rewrites").empty());
  CHECK(bgdb({"lint", "-", "V1__a.sql"}, "select 1;").exit_status == 2);
}

TEST_CASE("a file that runs only on the way back is not judged, and that is told") {
  test::TempDir dir;
  dir.write("000001_a.up.sql", "create table t (id int primary key);\n");
  const auto down = dir.write("000001_a.down.sql", "drop table t;\n");
  const auto result = bgdb({"lint", down});
  CHECK(result.exit_status == 0);
  CHECK(result.stderr_text.find("1 file not judged") != std::string::npos);
  CHECK(bgdb({"explain", down}).exit_status == 2);
}

}  // namespace bgdb
