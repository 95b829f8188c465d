// bgdb as a process: options, exit statuses, streams. No server is needed here.
#include <fcntl.h>
#include <unistd.h>

#include "core/process.h"
#include "support/check.h"
#include "support/files.h"

using namespace bgdb;

namespace {

core::ProcessResult bgdb_in(const std::filesystem::path& folder, std::vector<std::string> arguments) {
  core::ProcessOptions options{.argv = {BGDB_BINARY}};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.working_directory = folder.string();
  return REQUIRE_OK(core::run_process(options));
}

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

// Through a shell, for pipes and redirections.
core::ProcessResult shell(const std::string& script) {
  return REQUIRE_OK(core::run_process({.argv = {"/bin/bash", "-c", script, "bash", BGDB_BINARY}}));
}

}  // namespace

TEST_CASE("help and version go to stdout with status 0") {
  const test::TempDir folder;
  for (const char* option : {"--help", "-h", "--version"}) {
    const auto result = bgdb_in(folder.path(), {option});
    CHECK(result.exit_status == 0);
    CHECK_FALSE(result.stdout_text.empty());
    CHECK(result.stderr_text.empty());
  }
  const auto help = bgdb_in(folder.path(), {"init", "--help"});
  CHECK(help.exit_status == 0);
  has(help.stdout_text, "Usage: bgdb init");
  has(help.stdout_text, "Example:\n  bgdb init");
}

TEST_CASE("every command has a summary in the help and an example of its own") {
  const test::TempDir folder;
  const auto help = bgdb_in(folder.path(), {"--help"}).stdout_text;
  for (const char* name :
       {"init",    "doctor",   "lint",    "explain",  "rewrite", "prove",    "rehearse", "release", "clone",
        "migrate", "backfill", "mapping", "sync",     "verify",  "lag",      "snapshot", "gate",    "approve",
        "traffic", "cutover",  "status",  "rollback", "restore", "finalize", "cleanup",  "journal", "demo"}) {
    INFO(name);
    has(help, std::string("\n  ") + name + " ");
    const auto result = bgdb_in(folder.path(), {name, "--help"});
    CHECK(result.exit_status == 0);
    has(result.stdout_text, std::string("bgdb ") + name);
    has(result.stdout_text, "xample");
  }
}

TEST_CASE("mistyped options and commands are answered with the nearest one and status 2") {
  const test::TempDir folder;
  const auto command = bgdb_in(folder.path(), {"inti"});
  CHECK(command.exit_status == 2);
  CHECK(command.stdout_text.empty());
  has(command.stderr_text, "unknown command 'inti'");
  has(command.stderr_text, "did you mean `init`?");
  const auto option = bgdb_in(folder.path(), {"init", "--jsn"});
  CHECK(option.exit_status == 2);
  has(option.stderr_text, "did you mean `--json`?");
  const auto extra = bgdb_in(folder.path(), {"init", "what"});
  CHECK(extra.exit_status == 2);
  has(extra.stderr_text, "unknown argument 'what'");
  CHECK(bgdb_in(folder.path(), {}).exit_status == 2);
  CHECK(bgdb_in(folder.path(), {"--config"}).exit_status == 2);
}

TEST_CASE("init writes once and then leaves files alone") {
  const test::TempDir folder;
  CHECK(bgdb_in(folder.path(), {"init"}).exit_status == 0);
  const auto before = test::read_file(folder.path() / "bgdb.yml");
  const auto again = bgdb_in(folder.path(), {"init", "--json"});
  CHECK(again.exit_status == 1);
  has(again.stdout_text, "\"written\": false");
  CHECK(test::read_file(folder.path() / "bgdb.yml") == before);
}

TEST_CASE("nothing but a terminal gets escape sequences, and --no-color and NO_COLOR are understood") {
  const test::TempDir folder;
  CHECK(bgdb_in(folder.path(), {"init"}).stdout_text.find('\x1b') == std::string::npos);
  CHECK(bgdb_in(folder.path(), {"--help"}).stdout_text.find('\x1b') == std::string::npos);
  // `script` gives it a terminal.
  if (shell("command -v script").exit_status != 0) {
    WARN("skipped: no `script` here to make a terminal");
    return;
  }
  has(shell("TERM=xterm script -qec \"$1 --help\" /dev/null").stdout_text, "\x1b[1m");
  CHECK(shell("NO_COLOR=1 TERM=xterm script -qec \"$1 --help\" /dev/null").stdout_text.find('\x1b') ==
        std::string::npos);
  CHECK(shell("TERM=xterm script -qec \"$1 init --no-color --help\" /dev/null").stdout_text.find('\x1b') ==
        std::string::npos);
}

TEST_CASE("a reader that goes away ends bgdb quietly") {
  const auto result = shell("{ \"$1\" --help; echo \"status $?\" >&2; } | true");
  CHECK(result.stderr_text == "status 0\n");
}

TEST_CASE("output that cannot be written is an error") {
  const auto result = shell("\"$1\" --help > /dev/full");
  CHECK(result.exit_status == 2);
  has(result.stderr_text, "No space left");
}

// Every command that reads bgdb.yml.
const std::vector<std::vector<std::string>> kConfigured = {
    {"clone"},  {"doctor"}, {"mapping", "check"}, {"migrate"},           {"mapping", "derive"}, {"sync"},
    {"lag"},    {"gate"},   {"cutover", "--yes"}, {"rollback", "--yes"}, {"finalize", "--yes"}, {"status"},
    {"journal"}};

TEST_CASE("without a configuration every command names the way to get one") {
  const test::TempDir folder;
  for (const auto& command : kConfigured) {
    INFO(command[0]);
    const auto result = bgdb_in(folder.path(), command);
    CHECK(result.exit_status == 2);
    CHECK(result.stdout_text.empty());
    has(result.stderr_text, "bgdb " + command[0]);
    has(result.stderr_text, ": no bgdb.yml in");
    has(result.stderr_text, "bgdb init");
    auto named = command;
    named.insert(named.end(), {"--config", "other.yml"});
    has(bgdb_in(folder.path(), named).stderr_text, "there is no file other.yml");
  }
}

TEST_CASE("a wrong configuration is answered with file and line by every command") {
  const test::TempDir folder;
  folder.write("bgdb.yml",
               "blue: { dsn: \"service=b\" }\ngreen: { dsn: \"service=g\" }\nswich: {}\nswitch: { pause_max: 2 }\n");
  for (const auto& command : kConfigured) {
    INFO(command[0]);
    const auto result = bgdb_in(folder.path(), command);
    CHECK(result.exit_status == 2);
    has(result.stderr_text, "bgdb.yml:3: unknown key 'swich' (did you mean 'switch'?)");
    has(result.stderr_text, "bgdb.yml:4: switch.pause_max: '2' is not a duration");
  }
}

TEST_CASE("an unreachable server is named, its password is not") {
  const test::TempDir folder;
  const auto dsn =
      "host=127.0.0.1 port=" + std::to_string(core::free_port()) + " dbname=shop user=u password=hush-hush";
  folder.write("bgdb.yml", "blue: { dsn: \"" + dsn + "\" }\ngreen: { dsn: \"" + dsn + "\" }\n");
  folder.write("migrations/V1__a.sql", "select 1;\n");
  for (const auto& command : kConfigured) {
    INFO(command[0]);
    const auto result = bgdb_in(folder.path(), command);
    // Reports, not errors: a gate that cannot be evaluated holds, a side that cannot be reached is shown so.
    const bool reports = command[0] == "gate" || command[0] == "status";
    CHECK(result.exit_status == (reports ? 1 : 2));
    has(reports ? result.stdout_text : result.stderr_text, "127.0.0.1");
    CHECK(result.stderr_text.find("hush-hush") == std::string::npos);
    CHECK(result.stdout_text.find("hush-hush") == std::string::npos);
  }
  for (const std::string command : {"cutover", "rollback"}) {
    const auto result = bgdb_in(folder.path(), {command, "--yes"});
    has(result.stderr_text, "FAIL operator_lock");
    has(result.stderr_text, "neither side answers");
    CHECK(result.stderr_text.find("ok ") == std::string::npos);  // nothing was done
  }
}
