// What a linter must bear: texts that are too long, too deep or no texts, files that are no files, output that cannot
// be written. Never a crash, never silence.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/process.h"
#include "support/check.h"
#include "support/files.h"

using namespace bgdb;
namespace fs = std::filesystem;

namespace {

std::string repeated(const std::string& text, size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

core::ProcessResult lint(std::vector<std::string> arguments, core::ProcessOptions options = {}) {
  options.argv = {BGDB_BINARY, "lint", "--fail-on", "never"};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.environment["GITHUB_ACTIONS"] = "";
  options.timeout = std::chrono::minutes(4);
  return REQUIRE_OK(core::run_process(options));
}

// The only file's report; the process ended by itself with status 0 and said nothing on stderr.
nlohmann::json report_of(const std::string& path) {
  const auto result = lint({"--format", "json", path});
  INFO(result.stderr_text << result.stdout_text.substr(0, 1'000));
  REQUIRE(result.exit_status == 0);
  const auto json = nlohmann::json::parse(result.stdout_text, nullptr, false);
  REQUIRE(json.is_object());
  REQUIRE(json["files"].size() == 1);
  return json["files"][0];
}

bool finds(const nlohmann::json& file, const std::string& rule) {
  for (const auto& finding : file["findings"]) {
    if (finding["rule"] == rule) return true;
  }
  return false;
}

core::ProcessResult shell(const std::string& script, const std::string& path) {
  return REQUIRE_OK(core::run_process(
      {.argv = {"/bin/bash", "-c", script, "bash", BGDB_BINARY, path}, .timeout = std::chrono::minutes(4)}));
}

}  // namespace

TEST_CASE("a statement of 100 MB is not analysed, and what stands beside it is") {
  test::TempDir dir;
  const std::string head = "CREATE TABLE t (id int);\n", tail = "\nDROP TABLE released;\n";
  SECTION("one literal") {
    const auto file = report_of(
        dir.write("V1__a.sql", head + "INSERT INTO t VALUES ('" + repeated("0123456789", 10'000'000) + "');" + tail));
    REQUIRE(file["statements"].size() == 3);
    CHECK(finds(file, "not-analysed"));
    CHECK(finds(file, "drop-table"));
    CHECK(file["statements"][1]["line"] == 2);
  }
  SECTION("many rows on one line") {
    const auto file = report_of(
        dir.write("V1__a.sql", head + "INSERT INTO t VALUES (0)" + repeated(", (1234567)", 9'000'000) + ";" + tail));
    REQUIRE(file["statements"].size() == 3);
    CHECK(finds(file, "not-analysed"));
    CHECK(finds(file, "drop-table"));
  }
  SECTION("an open quote") {
    const auto file = report_of(dir.write("V1__a.sql", head + "SELECT '" + repeated("x\n", 50'000'000)));
    REQUIRE(file["statements"].size() == 2);
    CHECK(finds(file, "not-analysed"));
  }
  SECTION("a comment") {
    const auto file = report_of(dir.write("V1__a.sql", head + "/*" + repeated(" - ;", 25'000'000) + "*/" + tail));
    REQUIRE(file["statements"].size() == 2);
    CHECK(finds(file, "drop-table"));
  }
  SECTION("COPY data") {
    const auto file = report_of(
        dir.write("V1__a.sql", head + "COPY t FROM stdin;\n" + repeated("123456789\n", 10'000'000) + "\\.\n" + tail));
    REQUIRE(file["statements"].size() == 3);
    CHECK(finds(file, "drop-table"));
  }
}

TEST_CASE("nesting of any depth is read or not analysed, with its position") {
  const auto nested = [](const std::string& open, const std::string& middle, const std::string& close, size_t depth) {
    return repeated(open, depth) + middle + repeated(close, depth);
  };
  std::string blocks = "DO $do$ BEGIN ";
  blocks += nested("BEGIN ", "DROP TABLE x; ", "END; ", 20'000) + "END $do$";
  std::string quotes = "SELECT 1";
  for (int i = 0; i < 200; ++i)
    quotes = "DO $q" + std::to_string(i) + "$ BEGIN " + quotes + "; END $q" + std::to_string(i) + "$";
  std::string executes = "DROP TABLE x";
  for (int i = 0; i < 12; ++i) {
    std::string doubled;
    for (const char c : executes) doubled += c == '\'' ? "''" : std::string(1, c);
    executes = "DO $e" + std::to_string(i) + "$ BEGIN EXECUTE '" + doubled + "'; END $e" + std::to_string(i) + "$";
  }
  const std::vector<std::string> hostile = {
      "SELECT " + nested("(", "1", ")", 100'000),
      "SELECT " + nested("(SELECT ", "1", ")", 100'000),
      "SELECT 1 WHERE a" + repeated(" AND a", 100'000),
      "SELECT 1 WHERE a" + repeated(" OR (a AND b)", 100'000),
      "SELECT 1" + repeated(" + 1", 100'000),
      "SELECT a" + repeated("::int", 100'000),
      "SELECT " + nested("NOT ", "a", "", 100'000),
      "SELECT " + nested("f(", "1", ")", 100'000),
      "SELECT " + nested("ARRAY[", "1", "]", 100'000),
      "SELECT * FROM t" + repeated(" JOIN t ON true", 50'000),
      "SELECT 1" + repeated(" UNION SELECT 1", 50'000),
      nested("WITH a AS (", "SELECT 1", ") SELECT 1", 20'000),
      "SELECT a" + repeated(".a", 100'000),
      "SELECT " + repeated("CASE WHEN a THEN ", 20'000) + "1" + repeated(" END", 20'000),
      "CREATE VIEW v AS SELECT " + nested("(", "1", ")", 100'000),
      "CREATE INDEX i ON t ((" + nested("(", "a", ")", 100'000) + "))",
      "ALTER TABLE t ADD CHECK (a" + repeated(" AND a > 0", 100'000) + ")",
      "ALTER TABLE t ALTER a TYPE int USING " + nested("(", "a", ")", 50'000),
      "ALTER TABLE t " + repeated("ADD COLUMN IF NOT EXISTS a int, ", 20'000) + "ADD b int",
      "CREATE TABLE big (" + repeated("a int, ", 20'000) + "b int)",
      "CREATE TABLE d (a int DEFAULT " + nested("(", "1", ")", 100'000) + ")",
      "DROP TABLE t" + repeated(", t", 50'000),
      "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$ BEGIN " + repeated("IF a THEN ", 20'000) + "NULL;" +
          repeated(" END IF;", 20'000) + " END $f$",
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $f$ SELECT " + nested("(", "1", ")", 100'000) + " $f$",
      blocks,
      quotes,
      executes,
      nested("/*", "", "*/", 100'000) + "SELECT 1",
      repeated("(", 1'000'000),
      repeated("BEGIN;", 20'000) + "COMMIT",
      repeated("SAVEPOINT s;", 10'000) + "ROLLBACK TO s",
      repeated("$a$", 100'001),
      repeated("{{", 100'000),
      repeated("'", 100'001),
  };
  test::TempDir dir;
  for (const auto& sql : hostile) {
    INFO(sql.substr(0, 80));
    const auto file =
        report_of(dir.write("V1__a.sql", "CREATE TABLE t (a int);\n" + sql + ";\nDROP TABLE released;\n"));
    REQUIRE(file["statements"].size() >= 2);
    CHECK(file["statements"][1]["line"] == 2);
  }
}

TEST_CASE("bytes that are no text are said, texts of other editors are read") {
  test::TempDir dir;
  const auto nul = report_of(dir.write("a/V1__a.sql", std::string("DROP TABLE a;\0SELECT 1;", 23)));
  CHECK(finds(nul, "unreadable-file"));
  CHECK(nul["verdict"] == "not-analysed");
  const auto latin = report_of(dir.write("b/V1__a.sql", "INSERT INTO t VALUES ('caf\xE9');\nDROP TABLE a;\n"));
  REQUIRE(latin["statements"].size() == 2);
  CHECK(finds(latin, "drop-table"));
  const auto crlf = report_of(dir.write("c/V1__a.sql", "\xEF\xBB\xBF-- x\r\nDROP TABLE a;\r\nDROP TABLE b;\r\n"));
  REQUIRE(crlf["statements"].size() == 2);
  CHECK(crlf["statements"][1]["line"] == 3);
  const auto binary = report_of(dir.write("d/V1__a.sql", test::read_file(BGDB_BINARY).substr(0, 200'000)));
  CHECK(finds(binary, "unreadable-file"));
  CHECK(report_of(dir.write("e/V1__a.sql", ""))["statements"].empty());
}

TEST_CASE("what is no migration is named with a cure") {
  test::TempDir dir;
  dir.write("nothing/readme.md", "# none");
  const auto empty = lint({(dir.path() / "nothing").string()});
  CHECK(empty.exit_status == 2);
  CHECK(empty.stderr_text.find("holds no migration") != std::string::npos);
  const auto missing = lint({(dir.path() / "missing").string()});
  CHECK(missing.exit_status == 2);
  CHECK(missing.stderr_text.find("no such file or folder") != std::string::npos);
}

TEST_CASE("files that are no files stop nothing") {
  test::TempDir dir;
  dir.write("m/V1__a.sql", "CREATE TABLE t (id int);\n");
  const auto folder = dir.path() / "m";
  fs::create_directory(folder / "V2__folder.sql");
  REQUIRE(mkfifo((folder / "V3__fifo.sql").c_str(), 0600) == 0);
  fs::create_symlink("/dev/zero", folder / "V4__device.sql");
  fs::create_symlink("V5__loop.sql", folder / "V5__loop.sql");
  fs::create_symlink(".", folder / "again");
  fs::create_symlink("nowhere.sql", folder / "V6__dangling.sql");
  dir.write("m/V7__b.sql", "DROP TABLE released;\n");
  const auto result = lint({"--format", "json", folder.string()});
  INFO(result.stderr_text << result.stdout_text);
  REQUIRE(result.exit_status == 0);
  const auto json = nlohmann::json::parse(result.stdout_text, nullptr, false);
  REQUIRE(json.is_object());
  CHECK(finds(json["files"].front(), "drop-table") != finds(json["files"].back(), "drop-table"));
  // Named one by one, each is answered.
  for (const char* name : {"V3__fifo.sql", "V4__device.sql", "V5__loop.sql", "V6__dangling.sql"}) {
    INFO(name);
    const auto one = lint({"--format", "json", (folder / name).string()});
    INFO(one.stdout_text << one.stderr_text);
    const bool refused = one.exit_status == 2 && one.stderr_text.find(name) != std::string::npos;
    const bool found = one.exit_status == 0 && one.stdout_text.find("unreadable-file") != std::string::npos;
    CHECK((refused || found));
  }
}

TEST_CASE("a file that may not be read is a finding, the others are judged") {
  test::TempDir dir;
  dir.write("m/V1__a.sql", "CREATE TABLE t (id int);\n");
  const auto closed = dir.write("m/V2__b.sql", "DROP TABLE t;\n");
  dir.write("m/V3__c.sql", "DROP TABLE released;\n");
  fs::permissions(closed, fs::perms::none);
  fs::permissions(dir.path(), fs::perms::all);
  core::ProcessOptions options;
  if (getuid() == 0) options.run_as_user = "nobody";
  const auto result = lint({"--format", "json", (dir.path() / "m").string()}, options);
  INFO(result.stderr_text << result.stdout_text);
  REQUIRE(result.exit_status == 0);
  const auto json = nlohmann::json::parse(result.stdout_text, nullptr, false);
  REQUIRE(json["files"].size() == 3);
  CHECK(finds(json["files"][1], "unreadable-file"));
  CHECK(finds(json["files"][2], "drop-table"));
}

TEST_CASE("output that cannot be written is an error, a reader that goes away is none") {
  test::TempDir dir;
  for (int i = 1; i < 3'000; ++i)
    dir.write("V" + std::to_string(i) + "__a.sql", "DROP TABLE t" + std::to_string(i) + ";\n");
  const auto full = shell("\"$1\" lint --format json \"$2\" > /dev/full", dir.path().string());
  CHECK(full.exit_status == 2);
  CHECK(full.stderr_text.find("No space left") != std::string::npos);
  const auto closed = shell("{ \"$1\" lint \"$2\"; echo \"status $?\" >&2; } | head -n 1", dir.path().string());
  CHECK(closed.stderr_text.find("status") == 0);
  CHECK(closed.stderr_text.find("status 139") == std::string::npos);
}

TEST_CASE("Ctrl-C ends a long lint with status 130") {
  test::TempDir dir;
  const std::string text = repeated("ALTER TABLE t ADD COLUMN c int;\n", 1'000);
  for (int i = 1; i < 1'000; ++i) dir.write("V" + std::to_string(i) + "__a.sql", text);
  auto child =
      REQUIRE_OK(core::ChildProcess::start({.argv = {BGDB_BINARY, "lint", "--format", "jsonl", dir.path().string()},
                                            .output_file = (dir.path() / "out").string()}));
  while (!fs::exists(dir.path() / "out") || fs::file_size(dir.path() / "out") == 0) usleep(1'000);
  child.signal(SIGINT);
  CHECK(child.wait(std::chrono::minutes(2)).value_or(-1) == 130);
}

TEST_CASE("a tree of 50,000 files is linted whole") {
  test::TempDir dir;
  for (int project = 0; project < 50; ++project) {
    for (int i = 1; i <= 1'000; ++i) {
      dir.write("p" + std::to_string(project) + "/V" + std::to_string(i) + "__a.sql",
                "CREATE TABLE t" + std::to_string(i) + " (id int PRIMARY KEY);\n");
    }
  }
  std::vector<std::string> arguments = {"--format", "json"};
  for (int project = 0; project < 50; ++project)
    arguments.push_back((dir.path() / ("p" + std::to_string(project))).string());
  const auto result = lint(arguments);
  REQUIRE(result.exit_status == 0);
  CHECK(result.stdout_text.find("\"summary\":{\"files\":50000,\"statements\":50000") != std::string::npos);
}
