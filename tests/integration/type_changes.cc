// ALTER COLUMN TYPE between every two of a hundred types, compared with a real server: is a cast missing, are rows
// written again, are values refused or changed.
#include <fmt/format.h>

#include <iostream>

#include "lint/types.h"
#include "parse/parser.h"
#include "schema/apply.h"
#include "support/check.h"
#include "support/files.h"
#include "support/servers.h"

namespace bgdb {

namespace {

std::string testdata(const std::string& name) {
  return test::read_file(std::filesystem::path(BGDB_SOURCE_DIR) / "testdata/types" / name);
}

parse::TypeName type_named(const std::string& sql) {
  const auto parsed = parse::parse_sql("create table x (c " + sql + ")");
  return std::get<parse::CreateTable>(parsed.statements.at(0).node).columns.at(0).type;
}

struct Judge {
  schema::Catalog catalog;

  lint::TypeChange operator()(const std::string& from, const std::string& to, bool with_using, bool utc) const {
    const auto source = type_named(from), target = type_named(to);
    return lint::judge_type_change(
        {.from = &source, .to = &target, .column = "c", .using_sql = with_using ? "c::" + to : "", .timezone_utc = utc},
        catalog);
  }
};

Judge judge() {
  Judge out;
  const auto parsed = parse::parse_sql(testdata("schema.sql"));
  for (const auto& statement : parsed.statements) schema::apply(out.catalog, statement);
  return out;
}

pg::Rows measured(const std::string& condition, const std::string& timezone) {
  auto session = test::connect(test::fresh_database());
  REQUIRE_OK(session.script("set client_min_messages = error; set timezone = '" + timezone + "'"));
  REQUIRE_OK(session.script(testdata("schema.sql")));
  REQUIRE_OK(session.script(fmt::format(fmt::runtime(testdata("measure.sql")), condition)));
  return REQUIRE_OK(session.query("select * from m.truth order by source, target"));
}

// Differences between what the linter says and what the server did, one line each.
std::vector<std::string> differences(const pg::Rows& truth, bool utc) {
  const auto judged = judge();
  std::vector<std::string> out;
  for (size_t row = 0; row < truth.size(); ++row) {
    const auto from = truth.text(row, "source"), to = truth.text(row, "target");
    const auto note = [&](std::string_view what, bool said) {
      out.push_back(fmt::format("{} -> {}: {} is {}", from, to, what, said ? "claimed" : "missed"));
    };
    const bool automatic = truth.boolean(row, "automatic"), possible = truth.boolean(row, "possible");
    const auto without = judged(from, to, false, utc);
    if (without.needs_using == automatic) note("a missing automatic cast", without.needs_using);
    const auto change = automatic ? without : judged(from, to, true, utc);
    if (!automatic && change.needs_using == possible) note("a missing cast", change.needs_using);
    if (!possible) continue;
    const bool rewrites = truth.boolean(row, "rewrites");
    if (change.rewrites != rewrites) note("a rewrite", change.rewrites);
    // A sample shows that values are refused or changed; that none is, it cannot show.
    if (truth.boolean(row, "narrows") && !change.narrows) note("refused values", false);
    if (truth.boolean(row, "lossy") && !change.lossy && !change.narrows && !change.retyped)
      note("changed values", false);
  }
  return out;
}

std::string lines(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, "\n"));
}

}  // namespace

TEST_CASE("every pair of types is judged as PostgreSQL treats it") {
  const auto truth = measured("true", "Europe/Berlin");
  const auto wrong = differences(truth, false);
  std::cout << fmt::format("type changes: {} pairs, {} differences\n", truth.size(), wrong.size());
  INFO(lines(wrong));
  CHECK(wrong.empty());
}

TEST_CASE("in a session in UTC timestamp and timestamptz are stored alike") {
  const auto wrong = differences(measured("t like 'timestamp%'", "UTC"), true);
  INFO(lines(wrong));
  CHECK(wrong.empty());
}

}  // namespace bgdb
