// What lint predicts for single statements is what a real PostgreSQL does: the measured table, and several hundred
// statements more. BGDB_TEST_PG_BIN names the bin folder of another PostgreSQL to judge by.
#include <fmt/format.h>

#include <cstdlib>
#include <sstream>

#include "introspect/introspect.h"
#include "lint/linter.h"
#include "prove/runner.h"
#include "schema/apply.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;

namespace {

const std::filesystem::path kFolder = std::filesystem::path(BGDB_SOURCE_DIR) / "testdata/locks";

scratch::Postgres& judge() {
  static std::unique_ptr<scratch::Postgres> other;
  const char* bin = std::getenv("BGDB_TEST_PG_BIN");
  if (bin == nullptr) return test::server();
  if (!other) other = REQUIRE_OK(scratch::Postgres::start(test::workspace(), {.name = "judge", .bin_dir = bin}));
  return *other;
}

schema::Catalog replayed(const std::string& sql) {
  schema::Replay replay;
  for (const auto& statement : parse::parse_sql(sql).statements) {
    INFO(statement.text);
    REQUIRE(statement.parsed);
    replay.apply(statement);
  }
  replay.end_of_file();
  return replay.catalog();
}

class Bench {
 public:
  explicit Bench(const std::string& fixture) : template_("template_" + fixture) {
    const auto sql = test::read_file(kFolder / fixture);
    catalog_ = replayed(sql);
    CHECK_OK(judge().create_database(template_));
    auto session = test::connect(judge().dsn(template_));
    CHECK_OK(session.script(sql));
    CHECK_OK(session.script("vacuum analyze"));
    version_ = session.server_version() / 10000;
  }

  // Statements separated by semicolons, as one file.
  std::vector<prove::StatementProof> prove(const std::string& sql) {
    static const auto rules = REQUIRE_OK(lint::RuleBook::built_in());
    lint::Options options;
    options.server_version = version_;
    lint::Linter linter(rules, options, {});
    const auto report = linter.lint_text("migration.sql", sql, catalog_);
    bool outside = false;
    for (const auto& statement : report.statements) outside = outside || !statement.in_transaction;
    if (outside || !observer_) fresh();
    auto proofs = REQUIRE_OK(prove::run_file(*observer_, report, {.commit = outside}));
    if (outside) observer_.reset();
    return proofs;
  }
  int version() const { return version_; }

 private:
  void fresh() {
    observer_.reset();
    auto admin = test::connect(judge().dsn());
    CHECK_OK(admin.script("drop database if exists work"));
    CHECK_OK(admin.script(fmt::format("create database work template \"{}\"", template_)));
    observer_ = REQUIRE_OK(prove::Observer::open(judge().dsn("work"), {{"timezone", "Europe/Berlin"}}));
  }

  std::string template_;
  schema::Catalog catalog_;
  std::optional<prove::Observer> observer_;
  int version_ = 15;
};

std::string names(const prove::Relations& relations) {
  std::string out;
  for (const auto& name : relations) out += (out.empty() ? "" : " ") + name.name;
  return out.empty() ? "-" : out;
}

// As in measured.txt, all statements of the case together.
std::string observed_text(const std::vector<prove::StatementProof>& proofs) {
  prove::Relations rewrites, scans;
  std::string locks;
  for (const auto& proof : proofs) {
    if (proof.observed.failure) return "fails";
    rewrites.insert(proof.observed.rewrites.begin(), proof.observed.rewrites.end());
    scans.insert(proof.observed.scans.begin(), proof.observed.scans.end());
  }
  for (const auto& [name, mode] : proofs.back().observed.locks) {
    locks += fmt::format("{}{}={}", locks.empty() ? "" : " ", name.name, lint::to_string(mode));
  }
  return fmt::format("{} | {} | {}", locks.empty() ? "-" : locks, names(rewrites), names(scans));
}

std::vector<std::string> lines_of(const std::string& file) {
  std::vector<std::string> out;
  std::istringstream in(test::read_file(kFolder / file));
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.front() != '#') out.push_back(line);
  }
  return out;
}

std::string differences(const std::vector<prove::StatementProof>& proofs) {
  std::string out;
  for (const auto& proof : proofs) {
    for (const auto& difference : proof.differences) out += "    " + prove::to_string(difference) + "\n";
    if (!proof.not_compared.empty()) out += "    not compared: " + proof.not_compared + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("every measured statement does what the table says, and lint says the same") {
  Bench bench("fixture.sql");
  const auto lines = lines_of("measured.txt");
  CHECK(lines.size() == 115);
  for (const auto& line : lines) {
    const auto arrow = line.find(" => ");
    REQUIRE(arrow != std::string::npos);
    const auto proofs = bench.prove(line.substr(0, arrow) + ";");
    INFO(line);
    if (bench.version() == 15) CHECK(observed_text(proofs) == line.substr(arrow + 4));
    CHECK(differences(proofs) == "");
  }
}

TEST_CASE("lint predicts the locks, rewrites, scans, builds and failures of statements of all kinds") {
  Bench bench("wide.sql");
  const auto lines = lines_of("wide.txt");
  CHECK(lines.size() >= 500);
  int wrong = 0;
  for (const auto& line : lines) {
    const auto text = differences(bench.prove(line + ";"));
    if (text.empty()) continue;
    ++wrong;
    fmt::print("{}\n{}", line, text);
  }
  CHECK(wrong == 0);
}
