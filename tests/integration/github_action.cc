// The script of action.yml in an environment like a runner's; the hook and the action say what the program understands.
#include "core/process.h"
#include "support/check.h"
#include "support/files.h"

namespace bgdb {

namespace {

namespace fs = std::filesystem;

// A pull request that drops a column, checked out as actions/checkout does with fetch-depth: 0.
class Runner {
 public:
  Runner() {
    fs::create_directories(dir_.path() / "bin");
    fs::create_symlink(BGDB_BINARY, dir_.path() / "bin/bgdb");
    run({"git", "init", "-q", "-b", "main", "upstream"}, dir_.path());
    dir_.write("upstream/migrations/V1__a.sql", "create table t (id int primary key, a int);\n");
    commit();
    run({"git", "switch", "-q", "-c", "feature"}, dir_.path() / "upstream");
    dir_.write("upstream/migrations/V2__b c.sql", "alter table t drop column a;\n");
    commit();
    run({"git", "clone", "-q", "upstream", "work"}, dir_.path());
  }
  core::ProcessResult action(std::map<std::string, std::string> inputs) {
    inputs["GITHUB_ACTIONS"] = "true";
    inputs["GITHUB_OUTPUT"] = output();
    inputs["GITHUB_STEP_SUMMARY"] = summary();
    return start({"bash", std::string(BGDB_SOURCE_DIR) + "/ci/github-lint.sh"}, dir_.path() / "work", inputs);
  }
  std::string output() const { return dir_.path().string() + "/output"; }
  std::string summary() const { return dir_.path().string() + "/summary.md"; }
  fs::path work() const { return dir_.path() / "work"; }

 private:
  void run(const std::vector<std::string>& argv, const fs::path& folder) {
    const auto result = start(argv, folder, {});
    INFO(result.stderr_text);
    REQUIRE(result.exit_status == 0);
  }
  void commit() {
    run({"git", "add", "-A"}, dir_.path() / "upstream");
    run({"git", "commit", "-q", "-m", "x"}, dir_.path() / "upstream");
  }
  core::ProcessResult start(const std::vector<std::string>& argv, const fs::path& folder,
                            std::map<std::string, std::string> environment) {
    for (const char* who : {"AUTHOR", "COMMITTER"}) {
      environment[std::string("GIT_") + who + "_NAME"] = "a";
      environment[std::string("GIT_") + who + "_EMAIL"] = "a@b";
    }
    environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
    environment["PATH"] = (dir_.path() / "bin").string() + ":/usr/bin:/bin";
    return REQUIRE_OK(
        core::run_process({.argv = argv, .environment = environment, .working_directory = folder.string()}));
  }

  test::TempDir dir_;
};

}  // namespace

TEST_CASE("the action annotates what a pull request changed, fails, and leaves a summary and SARIF") {
  Runner runner;
  const auto result = runner.action({{"GITHUB_BASE_REF", "main"}, {"INPUT_SARIF", "out.sarif"}});
  INFO(result.stderr_text);
  CHECK(result.exit_status == 1);
  CHECK(result.stdout_text.starts_with("::error file=migrations/V2__b c.sql,line=1,"));
  CHECK(result.stdout_text.find("V1__a") == std::string::npos);
  CHECK(test::read_file(runner.output()) == "status=1\n");
  CHECK(test::read_file(runner.summary()).find("    rollback-breaking  breaks") != std::string::npos);
  CHECK(test::read_file(runner.work() / "out.sarif").find("\"version\":\"2.1.0\"") != std::string::npos);
  for (const auto& entry : fs::directory_iterator(runner.work())) {
    CHECK_FALSE(entry.path().filename().string().starts_with(".bgdb-verdicts"));
  }
}

TEST_CASE("the action's inputs reach bgdb as they are") {
  Runner runner;
  CHECK(runner
            .action({{"INPUT_SINCE", "none"},
                     {"INPUT_FAIL_ON", "never"},
                     {"INPUT_PATHS", "migrations/V1__a.sql\nmigrations/V2__b c.sql\n"}})
            .exit_status == 0);
  CHECK(runner
            .action({{"GITHUB_BASE_REF", "main"},
                     {"INPUT_ARGS", "--severity=drop-column=warning\n--severity=breaking-in-minor-version=off"}})
            .exit_status == 0);
  const auto unknown = runner.action({{"INPUT_SINCE", "no-such-ref"}});
  CHECK(unknown.exit_status == 2);
  CHECK(unknown.stderr_text.find("git knows no commit 'no-such-ref'") != std::string::npos);
}

}  // namespace bgdb
