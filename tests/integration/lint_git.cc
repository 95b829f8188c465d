// --since and --staged in real repositories.
#include <nlohmann/json.hpp>

#include "core/process.h"
#include "support/check.h"
#include "support/files.h"

namespace bgdb {

namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::string> kEnvironment = {{"GIT_CONFIG_GLOBAL", "/dev/null"},
                                                         {"GIT_CONFIG_SYSTEM", "/dev/null"},
                                                         {"GIT_AUTHOR_NAME", "a"},
                                                         {"GIT_AUTHOR_EMAIL", "a@b"},
                                                         {"GIT_COMMITTER_NAME", "a"},
                                                         {"GIT_COMMITTER_EMAIL", "a@b"},
                                                         {"GITHUB_ACTIONS", ""}};

core::ProcessResult run_in(const fs::path& folder, std::vector<std::string> argv,
                           std::map<std::string, std::string> environment = {}) {
  auto all = kEnvironment;
  for (auto& [key, value] : environment) all[key] = value;
  return REQUIRE_OK(
      core::run_process({.argv = std::move(argv), .environment = all, .working_directory = folder.string()}));
}

// A repository whose main branch holds one migration.
class Repository {
 public:
  Repository() {
    git({"init", "-q", "-b", "main"});
    write("migrations/V1.0.0__init.sql", "create table t (id int primary key, name varchar(10), old int);\n");
    commit("first");
  }
  fs::path top() const { return dir_.path() / "repo"; }
  void write(const std::string& path, const std::string& text) const { dir_.write("repo/" + path, text); }
  core::ProcessResult git(std::vector<std::string> arguments) const {
    fs::create_directories(top());
    arguments.insert(arguments.begin(), "git");
    auto result = run_in(top(), arguments);
    INFO(result.stderr_text);
    REQUIRE(result.exit_status == 0);
    return result;
  }
  void commit(const std::string& message) const {
    git({"add", "-A"});
    git({"commit", "-q", "-m", message});
  }
  core::ProcessResult lint(std::vector<std::string> arguments, const std::string& below = ".") const {
    std::vector<std::string> argv = {BGDB_BINARY, "lint", "--json"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run_in(top() / below, argv);
  }
  // path -> verdict
  std::map<std::string, std::string> verdicts(std::vector<std::string> arguments,
                                              const std::string& below = ".") const {
    const auto result = lint(std::move(arguments), below);
    INFO(result.stderr_text);
    std::map<std::string, std::string> out;
    const auto json = nlohmann::json::parse(result.stdout_text);
    for (const auto& file : json.at("files")) out[file.at("path")] = file.at("verdict");
    return out;
  }

 private:
  test::TempDir dir_;
};

using Verdicts = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("since judges what the branch changed as one release, against the state of everything else") {
  Repository repo;
  repo.git({"switch", "-q", "-c", "feature"});
  repo.write("migrations/V1.1.0__new.sql", "create table fresh (id int primary key, a int);\n");
  repo.commit("second");
  repo.write("migrations/V1.2.0__use.sql", "alter table fresh rename column a to b;\n");             // not committed
  repo.write("migrations/V1.3.0__drop.sql", "alter table t alter column name type varchar(20);\n");  // not even added
  repo.git({"add", "migrations/V1.2.0__use.sql"});
  repo.write("README.md", "no migration");
  CHECK(repo.verdicts({"--since", "main"}) == Verdicts{{"migrations/V1.1.0__new.sql", "expand-safe"},
                                                       {"migrations/V1.2.0__use.sql", "expand-safe"},
                                                       {"migrations/V1.3.0__drop.sql", "expand-safe"}});
  // Each for itself, the rename breaks the release in between.
  CHECK(repo.verdicts({"--since", "main", "--release", "file"}).at("migrations/V1.2.0__use.sql") ==
        "rollback-breaking");
  // From a folder below, and with a path that leaves files out.
  CHECK(repo.verdicts({"--since", "main"}, "migrations").contains("V1.1.0__new.sql"));
  CHECK(repo.verdicts({"--since", "main", "migrations/V1.3.0__drop.sql"}).size() == 1);
  CHECK(repo.verdicts({"--since", "main", "README.md"}).empty());
}

TEST_CASE("since takes the merge base: what main got meanwhile is not ours") {
  Repository repo;
  repo.git({"switch", "-q", "-c", "feature"});
  repo.write("migrations/V1.2.0__ours.sql", "alter table t add column a int;\n");
  repo.commit("ours");
  repo.git({"switch", "-q", "main"});
  repo.write("migrations/V1.1.0__theirs.sql", "alter table t drop column old;\n");
  repo.commit("theirs");
  repo.git({"switch", "-q", "feature"});
  CHECK(repo.verdicts({"--since", "main"}) == Verdicts{{"migrations/V1.2.0__ours.sql", "expand-safe"}});
}

TEST_CASE("staged reads the index, not the work tree") {
  Repository repo;
  repo.write("migrations/V1.1.0__b.sql", "alter table t drop column old;\n");
  repo.git({"add", "-A"});
  repo.write("migrations/V1.1.0__b.sql", "select 1;\n");
  repo.write("migrations/V1.0.0__init.sql", "select 'not staged';\n");
  repo.write("migrations/V1.2.0__untracked.sql", "drop table t;\n");
  CHECK(repo.verdicts({"--staged"}) == Verdicts{{"migrations/V1.1.0__b.sql", "rollback-breaking"}});
  CHECK(repo.lint({"--staged"}).exit_status == 1);
  repo.git({"add", "migrations/V1.1.0__b.sql"});
  CHECK(repo.verdicts({"--staged"}) == Verdicts{{"migrations/V1.1.0__b.sql", "expand-safe"}});
  repo.git({"reset", "-q"});
  const auto nothing = repo.lint({"--staged"});
  CHECK(nothing.exit_status == 0);
  CHECK(nothing.stderr_text.find("no migration changed in the index") != std::string::npos);
  CHECK(nlohmann::json::parse(nothing.stdout_text).at("files").empty());
}

TEST_CASE("staged works before the first commit, and leaves no copy of the index behind") {
  test::TempDir dir, temporary;
  dir.write("m/V1__a.sql", "create table t (id int primary key);\n");
  REQUIRE(run_in(dir.path(), {"git", "init", "-q"}).exit_status == 0);
  REQUIRE(run_in(dir.path(), {"git", "add", "-A"}).exit_status == 0);
  const auto result = run_in(dir.path(), {BGDB_BINARY, "lint", "--staged"}, {{"TMPDIR", temporary.path().string()}});
  INFO(result.stderr_text);
  CHECK(result.exit_status == 0);
  CHECK(result.stdout_text.starts_with("1 file, 1 statement"));
  CHECK(fs::is_empty(temporary.path()));
}

TEST_CASE("renamed, deleted and hostile names are taken as git has them") {
  Repository repo;
  repo.write("migrations/V1.1.0__a.sql", "alter table t add column a int;\n");
  repo.write("migrations/V1.2.0__b.sql", "alter table t add column b int;\n");
  repo.commit("second");
  repo.git({"switch", "-q", "-c", "feature"});
  repo.git({"mv", "migrations/V1.1.0__a.sql", "migrations/V1.3.0__a.sql"});
  repo.git({"rm", "-q", "migrations/V1.2.0__b.sql"});
  const std::string hostile = "migrations/V1.4.0__\"q'\n\xC3\xBC $(x).sql";
  repo.write(hostile, "alter table t add column c int;\n");
  repo.commit("third");
  const Verdicts expected = {{"migrations/V1.3.0__a.sql", "expand-safe"}, {hostile, "expand-safe"}};
  CHECK(repo.verdicts({"--since", "main"}) == expected);
  repo.git({"reset", "-q", "--soft", "main"});
  CHECK(repo.verdicts({"--staged"}) == expected);
}

TEST_CASE("a down file that changed is nobody's finding") {
  Repository repo;
  repo.git({"switch", "-q", "-c", "feature"});
  repo.write("db/000001_a.up.sql", "create table u (id int primary key);\n");
  repo.write("db/000001_a.down.sql", "drop table u;\n");
  CHECK(repo.verdicts({"--since", "main"}) == Verdicts{{"db/000001_a.up.sql", "expand-safe"}});
}

TEST_CASE("what git cannot answer is an error with the cure") {
  Repository repo;
  const auto failed = [](const core::ProcessResult& result, const std::string& message, const std::string& cure) {
    INFO(result.stderr_text);
    CHECK(result.exit_status == 2);
    CHECK(result.stderr_text.find(message) != std::string::npos);
    CHECK(result.stderr_text.find(cure) != std::string::npos);
  };
  failed(repo.lint({"--since", "no-such-branch"}), "git knows no commit 'no-such-branch'", "git fetch origin");
  failed(repo.lint({"--since", "--upload-pack=x"}), "git knows no commit '--upload-pack=x'", "git fetch");
  failed(repo.lint({"--since", "main", "--baseline", "1.0.0"}), "both say where the release begins", "one of them");
  test::TempDir outside;
  failed(run_in(outside.path(), {BGDB_BINARY, "lint", "--staged"}), "is in no git repository", "inside a repository");
  failed(run_in(repo.top(), {BGDB_BINARY, "lint", "--staged"}, {{"PATH", outside.path().string()}}),
         "git cannot be run", "install git");
  repo.write("migrations/V1.1.0__a.sql", "alter table t add column a int;\n");
  repo.commit("second");
  const auto clone = outside.path() / "shallow";
  REQUIRE(run_in(outside.path(), {"git", "clone", "-q", "--depth", "1", "file://" + repo.top().string(), "shallow"})
              .exit_status == 0);
  failed(run_in(clone, {BGDB_BINARY, "lint", "--since", "HEAD~1"}), "git knows no commit 'HEAD~1'",
         "git fetch --unshallow");
}

TEST_CASE("a git hook that runs bgdb lint --staged stops a breaking commit and lets a safe one through") {
  Repository repo;
  repo.write(".git/hooks/pre-commit", std::string("#!/bin/sh\nexec '") + BGDB_BINARY + "' lint --staged\n");
  fs::permissions(repo.top() / ".git/hooks/pre-commit", fs::perms::owner_all);
  repo.write("migrations/V1.1.0__b.sql", "alter table t drop column old;\n");
  repo.git({"add", "-A"});
  const auto refused = run_in(repo.top(), {"git", "commit", "-m", "breaking"});
  CHECK(refused.exit_status != 0);
  CHECK((refused.stdout_text + refused.stderr_text).find("error[drop-column]") != std::string::npos);
  repo.write("migrations/V1.1.0__b.sql", "alter table t add column a int;\n");
  // commit -a: git shows the hook an index of its own.
  CHECK(run_in(repo.top() / "migrations", {"git", "commit", "-qam", "safe"}).exit_status == 0);
}

}  // namespace bgdb
