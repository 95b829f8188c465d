#include "rewrite/in_place.h"

#include "schema/apply.h"
#include "support/check.h"

using namespace bgdb;

namespace {

const char* const kBefore =
    "CREATE TABLE t (id int PRIMARY KEY, a int, b int); CREATE INDEX t_a ON t (a); CREATE TABLE o (id int PRIMARY KEY);"
    "CREATE TABLE p (id int) PARTITION BY LIST (id);";

schema::Catalog before() {
  schema::Replay replay;
  for (const auto& statement : parse::parse_sql(kBefore).statements) replay.apply(statement);
  return replay.catalog();
}

rewrite::InPlace fixed(migration::Framework framework, const std::string& path, const std::string& sql) {
  std::vector<migration::Text> texts = {{path, sql}};
  const auto file = migration::order(texts, framework).files.at(0);
  auto result = REQUIRE_OK(rewrite::fix_in_place(file, sql, before()));
  // Run over its own result it changes nothing.
  std::vector<migration::Text> again = {{path, result.text}};
  const auto second =
      REQUIRE_OK(rewrite::fix_in_place(migration::order(again, framework).files.at(0), result.text, before()));
  CHECK(second.changes.empty());
  CHECK(second.text == result.text);
  return result;
}

std::string goose(const std::string& sql) {
  return fixed(migration::Framework::goose, "1_x.sql", "-- +goose NO TRANSACTION\n-- +goose Up\n" + sql)
      .text.substr(38);
}

}  // namespace

TEST_CASE("indexes are built and dropped concurrently, comments stay") {
  CHECK(goose("-- why\nCREATE INDEX /* name */ i ON t (b); -- behind\n") ==
        "-- why\nCREATE INDEX CONCURRENTLY /* name */ i ON t (b); -- behind\n");
  CHECK(goose("create unique index on t (b);\n") == "create unique index CONCURRENTLY on t (b);\n");
  CHECK(goose("DROP INDEX IF EXISTS t_a;\n") == "DROP INDEX CONCURRENTLY IF EXISTS t_a;\n");
  CHECK(goose("CREATE TABLE n (id int); CREATE INDEX i ON n (id);\n") ==
        "CREATE TABLE n (id int); CREATE INDEX i ON n (id);\n");
  CHECK(goose("CREATE INDEX i ON p (id);\n") == "CREATE INDEX i ON p (id);\n");
}

TEST_CASE("constraints are added NOT VALID and validated by a statement of their own") {
  CHECK(goose("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);\n") ==
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c;\n");
  CHECK(goose("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES o -- end") ==
        "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES o NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT f; "
        "-- end");
}

TEST_CASE("nothing is made concurrent inside a transaction") {
  using F = migration::Framework;
  const std::string index = "CREATE INDEX i ON t (b);\n";
  CHECK(fixed(F::flyway, "V1__x.sql", index).text == index);
  CHECK(fixed(F::flyway, "V1__x.sql", index).left.size() == 1);
  CHECK(fixed(F::prisma, "1_x/migration.sql", index + "SELECT 1;").changes.empty());
  CHECK(fixed(F::prisma, "1_x/migration.sql", index).changes.size() == 1);
  CHECK(goose("BEGIN; CREATE INDEX i ON t (b); COMMIT;\n") == "BEGIN; CREATE INDEX i ON t (b); COMMIT;\n");
}
