// Every example of the rules and every labelled statement does on a real server what lint predicts.
#include <fmt/format.h>

#include <sstream>

#include "lint/linter.h"
#include "prove/prove.h"
#include "prove/sample.h"
#include "schema/apply.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

using namespace bgdb;

namespace {

const lint::RuleBook& rules() {
  static const auto book = REQUIRE_OK(lint::RuleBook::built_in());
  return book;
}

schema::Catalog replayed(const std::string& sql) {
  schema::Replay replay;
  for (const auto& statement : parse::parse_sql(sql).statements) replay.apply(statement);
  replay.end_of_file();
  return replay.catalog();
}

// Empty when everything is as predicted, or when the server does not know the schema (an extension that is not
// installed).
std::string differences(const std::string& before, const std::string& sql) {
  const auto dsn = test::fresh_database();
  auto session = test::connect(dsn);
  if (!before.empty()) {
    if (const auto made = session.script(before); !made)
      return made.error().sqlstate == "0A000" ? "" : "before: " + made.error().to_string();
  }
  (void)prove::fill_tables(session, replayed(before));  // some rows: checks that nobody fails show nothing
  lint::Linter linter(rules(), {}, {});
  const auto report = linter.lint_text("migration.sql", sql, replayed(before));
  auto observer = REQUIRE_OK(prove::Observer::open(dsn, {{"timezone", "Europe/Berlin"}}));
  std::string out;
  for (const auto& proof : REQUIRE_OK(prove::run_file(observer, report, {}))) {
    for (const auto& one : proof.differences) out += "    " + prove::to_string(one) + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("the examples of every rule do what lint predicts") {
  int wrong = 0, tried = 0;
  for (const auto& rule : rules().rules()) {
    for (const auto& example : rule.examples) {
      ++tried;
      const auto text = differences(example.before, example.sql);
      if (text.empty()) continue;
      ++wrong;
      fmt::print("{}: {}\n{}", rule.id, example.sql, text);
    }
  }
  CHECK(tried > 100);
  CHECK(wrong == 0);
}

TEST_CASE("the labelled statements do what lint predicts") {
  const auto folder = std::filesystem::path(BGDB_SOURCE_DIR) / "testdata/statements";
  const auto before = test::read_file(folder / "before.sql");
  std::istringstream in(test::read_file(folder / "cases.txt"));
  int wrong = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string verdict, lock, sql;
    words >> verdict >> lock >> std::ws;
    std::getline(words, sql);
    for (size_t at = sql.find("\\n"); at != std::string::npos; at = sql.find("\\n", at)) sql.replace(at, 2, "\n");
    const auto text = differences(before, sql + ";");
    if (text.empty()) continue;
    ++wrong;
    fmt::print("{}\n{}", sql, text);
  }
  CHECK(wrong == 0);
}

// The folders are histories of the five kinds: with files that fail on purpose, and with rows of their own.
TEST_CASE("the sample histories do what lint predicts, and lint warns of every file that breaks an old query") {
  size_t statements = 0;
  for (const char* name : {"billing", "chat", "clinic", "fleet", "shop"}) {
    prove::Options options;
    options.path = (std::filesystem::path(BGDB_SOURCE_DIR) / "testdata/migrations" / name).string();
    options.old_queries = "auto";
    size_t files = 0, broken = 0;
    REQUIRE_OK(prove::prove(options, [&](const prove::FileProof& proof) {
      ++files;
      broken += proof.broken.size();
      statements += proof.statements.size();
      for (const auto& statement : proof.statements) {
        for (const auto& one : statement.differences)
          FAIL_CHECK(proof.report.path << ":" << statement.span.line << ": " << prove::to_string(one));
      }
      if (proof.verdict_refuted())
        FAIL_CHECK(proof.report.path << ": " << proof.broken.front().sql << ": " << proof.broken.front().message);
    }));
    CHECK(files > 15);
    CHECK(broken > 0);
  }
  CHECK(statements > 150);
}
