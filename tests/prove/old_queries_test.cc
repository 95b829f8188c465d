// Queries made from a schema, and which of them are tried when.
#include "prove/old_queries.h"

#include <algorithm>

#include "introspect/introspect.h"
#include "support/check.h"
#include "support/servers.h"

using namespace bgdb;

namespace {

struct Case {
  std::string dsn;
  pg::Session session;
  schema::Catalog catalog;
};

Case case_with(const std::string& sql) {
  const auto dsn = test::fresh_database();
  auto session = test::connect(dsn);
  CHECK_OK(session.script(sql));
  auto catalog = REQUIRE_OK(introspect::read_catalog(session));
  return {dsn, std::move(session), std::move(catalog)};
}

std::vector<std::string> sql_of(const std::vector<prove::BrokenQuery>& broken) {
  std::vector<std::string> out;
  for (const auto& one : broken) out.push_back(one.sql);
  return out;
}

}  // namespace

TEST_CASE("generated queries name every column, label and function, and find rows by key") {
  auto at = case_with(
      "CREATE TYPE mood AS ENUM ('good'); CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';"
      "CREATE TABLE a (id int PRIMARY KEY, \"The Name\" text, m mood); CREATE VIEW v AS SELECT id FROM a;");
  const auto queries = prove::generate_queries(at.catalog);
  for (const char* part : {"select \"The Name\" from public.a", "set \"The Name\" = null where (id) = (select id",
                           "'good'", "public.f(null::", "select id from public.v", "on conflict (id) do nothing"}) {
    INFO(part);
    CHECK(std::any_of(queries.begin(), queries.end(),
                      [&](const std::string& sql) { return sql.find(part) != std::string::npos; }));
  }
  for (const auto& sql : queries) CHECK(sql.find("ctid") == std::string::npos);
}

TEST_CASE("a view in the place of a renamed table breaks no generated query") {
  auto at = case_with("CREATE TABLE a (id int PRIMARY KEY, name text); INSERT INTO a VALUES (1, 'x'), (2, 'y');");
  auto old = REQUIRE_OK(prove::OldQueries::prepare(at.session, prove::generate_queries(at.catalog), at.catalog));
  CHECK(old.tried() > 8);
  REQUIRE_OK(at.session.script("ALTER TABLE a RENAME TO b; CREATE VIEW a AS SELECT * FROM b;"));
  CHECK_OK(old.probe_all(at.session, 0));
  for (const auto& one : old.broken()) CHECK(one.sql.find("on conflict") != std::string::npos);
}

TEST_CASE("a broken query is put down to the statement that broke it, and mended ones are forgotten") {
  auto at = case_with("CREATE TABLE a (id int, one int, two int); CREATE TABLE b (id int);");
  auto old = REQUIRE_OK(prove::OldQueries::prepare(
      at.session, {"SELECT one FROM a", "SELECT two FROM a", "SELECT id FROM b"}, at.catalog));
  const auto run = [&](const std::string& sql, int index) {
    REQUIRE_OK(at.session.script(sql));
    CHECK_OK(old.probe(at.session, index, sql));
  };
  run("ALTER TABLE a RENAME COLUMN one TO uno", 0);
  run("ALTER TABLE a DROP COLUMN two", 1);
  run("ALTER TABLE a RENAME COLUMN uno TO one", 2);
  CHECK_OK(old.probe_all(at.session, 2));
  REQUIRE(sql_of(old.broken()) == std::vector<std::string>{"SELECT two FROM a"});
  CHECK(old.broken()[0].statement == 1);
  CHECK(old.broken()[0].sqlstate == "42703");
}

TEST_CASE("what breaks through a name that no statement has is found behind the last statement") {
  auto at = case_with(
      "CREATE TABLE a (id int); CREATE FUNCTION hook() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
      "CREATE TRIGGER hook BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION hook();");
  auto old = REQUIRE_OK(prove::OldQueries::prepare(at.session, {"INSERT INTO a VALUES (1)"}, at.catalog));
  const std::string sql =
      "CREATE OR REPLACE FUNCTION hook() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'";
  REQUIRE_OK(at.session.script(sql));
  CHECK_OK(old.probe(at.session, 0, sql));
  CHECK(old.broken().empty());
  CHECK_OK(old.probe_all(at.session, 0));
  CHECK(old.broken().size() == 1);
}

TEST_CASE("nothing that a query does stays") {
  auto at = case_with("CREATE TABLE a (id int)");
  auto old = REQUIRE_OK(prove::OldQueries::prepare(at.session, {"INSERT INTO a VALUES (1)"}, at.catalog));
  CHECK_OK(old.probe_all(at.session, 0));
  CHECK(REQUIRE_OK(at.session.scalar("SELECT count(*) FROM a")) == "0");
}
