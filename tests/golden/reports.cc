// testdata/reports/migrations in every format, against testdata/reports/expected/<format>. BGDB_UPDATE=1 rewrites them;
// read the difference before you keep it. Machines check what has a grammar: SARIF by its schema, JUnit by an XML
// parser.
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/process.h"
#include "support/check.h"
#include "support/files.h"

namespace bgdb {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

const fs::path kFolder = fs::path(BGDB_SOURCE_DIR) / "testdata/reports";

core::ProcessResult bgdb(std::vector<std::string> arguments, const fs::path& folder = kFolder) {
  core::ProcessOptions options;
  options.argv = {BGDB_BINARY};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.working_directory = folder.string();
  options.environment = {{"GITHUB_ACTIONS", ""}};
  return REQUIRE_OK(core::run_process(options));
}

// Debian's own interpreter, the one that python3-jsonschema belongs to.
core::ProcessResult python(const std::string& program, std::vector<std::string> arguments, const std::string& input) {
  core::ProcessOptions options{.argv = {"/usr/bin/python3", "-c", program}};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.stdin_text = input;
  return REQUIRE_OK(core::run_process(options));
}

void check_golden(const std::string& name, const std::string& text, std::set<std::string>& seen) {
  const auto path = kFolder / "expected" / name;
  seen.insert(name);
  if (std::getenv("BGDB_UPDATE") != nullptr) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  INFO(name);
  REQUIRE(fs::exists(path));
  CHECK(text == test::read_file(path));
}

// The rules' own texts are in docs/rules; a report repeats them all.
std::string sarif_results(const std::string& text) {
  auto results = Json::parse(text).at("runs").at(0).at("results");
  for (auto& result : results) result.erase("ruleIndex");  // moves with every new rule
  return results.dump(1) + "\n";
}

}  // namespace

TEST_CASE("each format prints what it printed before") {
  std::set<std::string> seen;
  for (const char* format : {"tty", "verdicts", "json", "jsonl", "github", "gitlab", "junit"}) {
    const auto result = bgdb({"lint", "--format", format, "migrations"});
    CHECK(result.exit_status == 1);
    CHECK(result.stderr_text.empty());
    check_golden(fmt::format("{}.txt", format), result.stdout_text, seen);
  }
  check_golden("sarif.txt", sarif_results(bgdb({"lint", "--format", "sarif", "migrations"}).stdout_text), seen);
  check_golden("explain.txt", bgdb({"explain", "migrations/V2.0.0__rename_email.sql"}).stdout_text, seen);
  for (const auto& entry : fs::directory_iterator(kFolder / "expected")) {
    INFO(entry.path().string() << " belongs to no test");
    CHECK(seen.contains(entry.path().filename().string()));
  }
}

TEST_CASE("SARIF is valid by the schema of SARIF 2.1.0, whatever files are called and hold") {
  constexpr auto kProgram =
      "import json, sys, jsonschema\n"
      "schema = json.load(open(sys.argv[1]))\n"
      "jsonschema.validate(json.load(sys.stdin), schema, cls=jsonschema.Draft4Validator)\n"
      "print('valid')\n";
  const auto schema = (fs::path(BGDB_SOURCE_DIR) / "testdata/sarif/sarif-2.1.0-rtm.5.json").string();
  const auto validate = [&](const std::string& text) {
    const auto result = python(kProgram, {schema}, text);
    INFO(result.stderr_text);
    CHECK(result.stdout_text == "valid\n");
  };
  validate(bgdb({"lint", "--format", "sarif", "migrations"}).stdout_text);
  test::TempDir dir;
  dir.write("a b/V1__#1 50% @ü+.sql", "drop table \"\xff\x01 </failure> ]]>\";\n");
  dir.write("a b/V2__empty.sql", "");
  const auto hostile = bgdb({"lint", "--format", "sarif", "a b"}, dir.path()).stdout_text;
  validate(hostile);
  const auto location = Json::parse(hostile).at("runs").at(0).at("results").at(0).at("locations").at(0);
  CHECK(location.at("physicalLocation").at("artifactLocation").at("uri") ==
        "a%20b/V1__%231%2050%25%20%40%C3%BC%2B.sql");
  validate(bgdb({"lint", "--format", "sarif", "a b/V2__empty.sql"}, dir.path()).stdout_text);
  CHECK(python(kProgram, {schema}, R"({"version": "2.1.0", "runs": [{"results": []}]})").exit_status !=
        0);  // it can fail
}

TEST_CASE("JUnit is XML, whatever files are called and hold") {
  constexpr auto kProgram =
      "import sys, xml.etree.ElementTree as tree\n"
      "root = tree.fromstring(sys.stdin.buffer.read())\n"
      "cases = list(root.iter('testcase'))\n"
      "print(root.tag, len(root.findall('testsuite')), len(cases), sum(c.find('failure') is not None for c in "
      "cases))\n";
  CHECK(python(kProgram, {}, test::read_file(kFolder / "expected/junit.txt")).stdout_text.starts_with("testsuites 4 "));
  test::TempDir dir;
  dir.write("V1__a&b<\"'>.sql", "drop table \"\xff\x01\x1b \xEF\xBF\xBE </failure> ]]>\";\n");
  dir.write("V2__\xff.sql", "select 1;");
  const auto result = python(kProgram, {}, bgdb({"lint", "--format", "junit", "."}, dir.path()).stdout_text);
  INFO(result.stderr_text);
  CHECK(result.stdout_text == "testsuites 2 2 1\n");
}

TEST_CASE("every JSON is JSON for names and texts that are no UTF-8") {
  test::TempDir dir;
  dir.write("V1__\xff.sql", "drop table \"\xff\xfe\"; alter tabel \"\xc3\x28\";\n");
  for (const char* format : {"json", "jsonl", "gitlab", "sarif"}) {
    INFO(format);
    CHECK_FALSE(
        Json::parse(bgdb({"lint", "--format", format, "."}, dir.path()).stdout_text, nullptr, false).is_discarded());
  }
}

TEST_CASE("GitLab gets another fingerprint for each of two equal findings, and the same when lines move") {
  test::TempDir dir;
  dir.write("m.sql", "drop table t;\ndrop table t;\n");
  const auto prints = [&] {
    std::vector<std::string> out;
    for (const auto& entry : Json::parse(bgdb({"lint", "--format", "gitlab", "./m.sql"}, dir.path()).stdout_text)) {
      CHECK(entry.at("location").at("path") == "m.sql");
      out.push_back(entry.at("fingerprint"));
    }
    return out;
  };
  const auto before = prints();
  REQUIRE(before.size() == 2);
  CHECK(before[0] != before[1]);
  dir.write("m.sql", "-- moved\n\n  drop  table t;\n\ndrop table t;\n");
  CHECK(prints() == before);
}

TEST_CASE("findings of one file are bounded where people read, worst first, and what is left out is told") {
  test::TempDir dir;
  std::string sql;
  for (int i = 0; i < 30; ++i) sql += fmt::format("create index i{0} on released (a{0});\n", i);
  dir.write("m.sql", sql + "drop table released;\n");
  const auto tty = bgdb({"lint", "--max-findings", "5", "m.sql"}, dir.path()).stdout_text;
  CHECK(tty.find("error[drop-table]") != std::string::npos);
  CHECK(tty.find("26 more findings in this file (--max-findings 0 shows all)") != std::string::npos);
  CHECK(bgdb({"lint", "--max-findings", "0", "m.sql"}, dir.path()).stdout_text.find("more findings") ==
        std::string::npos);
  const auto github = bgdb({"lint", "--format", "github", "m.sql"}, dir.path()).stdout_text;
  size_t warnings = 0;
  for (size_t at = 0; (at = github.find("::warning ", at)) != std::string::npos; ++at) ++warnings;
  CHECK(warnings == 10);  // GitHub shows no more of a step
  CHECK(github.find("\n- m.sql:11:1: warning[create-index]") != std::string::npos);
  CHECK(github.find("- m.sql: 11 more findings") != std::string::npos);
}

TEST_CASE("no text from a migration becomes a command of the runner or of the terminal") {
  test::TempDir dir;
  dir.write("m.sql", "drop table \"x\n::error::forged\n##[set-env]\x1b[2J\";\n");
  const auto github = bgdb({"lint", "--format", "github", "m.sql"}, dir.path()).stdout_text;
  CHECK(github.find("\n::error::forged") == std::string::npos);
  const auto tty = bgdb({"lint", "m.sql"}, dir.path()).stdout_text;
  CHECK(tty.find('\x1b') == std::string::npos);
  CHECK(bgdb({"explain", "m.sql"}, dir.path()).stdout_text.find('\x1b') == std::string::npos);
}

}  // namespace bgdb
