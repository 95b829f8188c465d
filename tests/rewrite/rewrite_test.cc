#include "rewrite/rewrite.h"

#include <algorithm>

#include "rewrite/conversion.h"
#include "rewrite/tokens.h"
#include "schema/apply.h"
#include "support/check.h"

using namespace bgdb;
using rewrite::Phase;

namespace {

const char* const kBefore = R"(
  CREATE TYPE mood AS ENUM ('good', 'bad');
  CREATE TABLE users (id serial PRIMARY KEY, email varchar(100) NOT NULL DEFAULT 'x', price numeric(10,2), code text, mood mood, age int CHECK (age > 0));
  CREATE INDEX users_email ON users (lower(email)) WHERE email <> '';
  CREATE VIEW old_codes AS SELECT code FROM users;
  CREATE TABLE orders (id bigserial PRIMARY KEY, user_id int REFERENCES users (id));)";

schema::Catalog before() {
  schema::Replay replay;
  for (const auto& statement : parse::parse_sql(kBefore).statements) replay.apply(statement);
  return replay.catalog();
}

migration::File file_of(migration::Framework framework, const std::string& path, const std::string& sql) {
  std::vector<migration::Text> texts = {{path, sql}};
  return migration::order(texts, framework).files.at(0);
}

Result<rewrite::Plan> plan_of(const std::string& sql) {
  return rewrite::rewrite_text(file_of(migration::Framework::plain, "2_change.sql", sql), sql, before());
}

std::string sql_of(const rewrite::Plan& plan, Phase phase) {
  std::string sql;
  for (const auto& step : plan.steps) {
    if (step.phase == phase) sql += step.sql;
  }
  return sql;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void check_refused(const std::string& sql, const std::string& reason, const std::string& hint) {
  INFO(sql);
  const auto plan = REQUIRE_OK(plan_of(sql));
  REQUIRE(plan.refused.size() == 1);
  INFO(plan.refused[0].reason << " / " << plan.refused[0].hint);
  CHECK(has(plan.refused[0].reason, reason));
  CHECK(has(plan.refused[0].hint, hint));
}

}  // namespace

TEST_CASE("a file without a hazard needs no rewrite") {
  for (const char* sql :
       {"CREATE TABLE a (id int PRIMARY KEY); ALTER TABLE a RENAME id TO b; CREATE INDEX ON a (b); DROP TABLE a;", "",
        "ALTER TABLE users ADD COLUMN nick text; COMMENT ON TABLE users IS 'x';",
        "INSERT INTO users (code) VALUES ('x')"}) {
    INFO(sql);
    CHECK(REQUIRE_OK(plan_of(sql)).nothing_to_rewrite());
  }
}

TEST_CASE("harmless statements pass through into expand in their order, around the hazards") {
  const auto mixed =
      REQUIRE_OK(plan_of("CREATE TABLE first (id int);\nALTER TABLE users ADD COLUMN a int, ALTER COLUMN age TYPE "
                         "bigint, ADD COLUMN b int;\nCREATE TABLE last (id int);"));
  CHECK(mixed.refused.empty());
  const auto sql = sql_of(mixed, Phase::expand);
  const size_t first = sql.find("CREATE TABLE first"), a = sql.find("ADD COLUMN a int"),
               age = sql.find("ADD COLUMN age__new int8"), b = sql.find("ADD COLUMN b int"),
               last = sql.find("CREATE TABLE last");
  CHECK(first < a);
  CHECK(a < age);
  CHECK(age < b);
  CHECK(b < last);
  CHECK(last != std::string::npos);
  CHECK(has(sql_of(mixed, Phase::contract), "RENAME COLUMN age__new TO age"));
}

TEST_CASE("a renamed column stays, its copy serves the new version and goes with contract") {
  const auto plan = REQUIRE_OK(plan_of("ALTER TABLE users RENAME COLUMN email TO mail;"));
  const auto expand = sql_of(plan, Phase::expand);
  CHECK(has(expand, "SET DEFAULT 'x'"));
  CHECK(has(expand,
            "CREATE INDEX CONCURRENTLY users_email__new ON public.users USING btree (lower(mail)) WHERE mail <> ''"));
  CHECK(has(expand, "ENABLE ALWAYS TRIGGER"));
  CHECK_FALSE(has(expand, "DROP COLUMN"));
  const auto contract = sql_of(plan, Phase::contract);
  CHECK(has(contract, "DROP COLUMN mail"));
  CHECK(has(contract, "RENAME COLUMN email TO mail"));
}

TEST_CASE("constraints of a column that converts with loss wait for contract") {
  const auto plan = REQUIRE_OK(plan_of("ALTER TABLE users ALTER COLUMN age TYPE smallint;"));
  CHECK(plan.refused.empty());
  CHECK_FALSE(has(sql_of(plan, Phase::expand), "ADD CONSTRAINT"));
  CHECK(has(sql_of(plan, Phase::contract), "ADD CONSTRAINT users_age_check CHECK (age > 0) NOT VALID"));
  CHECK(has(sql_of(plan, Phase::contract), "do not convert"));
}

TEST_CASE("SET NOT NULL waits for contract and is proven by a check, NULLs are filled before") {
  const auto plan = REQUIRE_OK(
      plan_of("UPDATE users SET code = 'none' WHERE code IS NULL; ALTER TABLE users ALTER code SET NOT NULL;"));
  CHECK(sql_of(plan, Phase::expand).empty());
  CHECK(has(sql_of(plan, Phase::backfill), "SET code = 'none'"));
  const auto contract = sql_of(plan, Phase::contract);
  const size_t fill = contract.find("SET code = 'none'"), check = contract.find("NOT VALID"),
               validate = contract.find("VALIDATE CONSTRAINT"), set = contract.find("SET NOT NULL");
  CHECK(fill < check);
  CHECK(check < validate);
  CHECK(validate < set);
  CHECK(set != std::string::npos);
}

TEST_CASE("what cannot be rewritten is refused with the cure") {
  check_refused("ALTER TABLE nowhere RENAME COLUMN a TO b;", "not known", "--schema-from");
  check_refused("ALTER TABLE users ALTER COLUMN id TYPE smallint;", "not every value of key", "new key column");
  check_refused("ALTER TABLE users ALTER COLUMN code TYPE varchar(5);", "view public.old_codes", "drop the view");
  check_refused("ALTER TABLE users ALTER price TYPE int USING (price * 100)::int;", "goes back",
                "-- bgdb: reverse price=");
  check_refused("ALTER TABLE users ALTER price TYPE int USING age;", "reads more than the column", "merge");
  check_refused("ALTER TABLE users ADD COLUMN twice int GENERATED ALWAYS AS (age * 2) STORED;", "no other way",
                "BEFORE trigger");
  check_refused("TRUNCATE users;", "loses rows", "phase=contract");
  check_refused("DELETE FROM orders;", "all rows", "WHERE");
  check_refused("UPDATE users SET price = price * 100;", "overwrites", "new column");
  check_refused("DO $$ BEGIN ALTER TABLE users DROP COLUMN code; END $$;", "this DO block runs", "outside of DO");
}

TEST_CASE("a reverse expression in a comment is the way back") {
  const auto plan = REQUIRE_OK(plan_of(
      "-- bgdb: reverse price=price / 100.0\nALTER TABLE users ALTER price TYPE int USING (price * 100)::int;"));
  CHECK(plan.refused.empty());
  CHECK(has(sql_of(plan, Phase::expand), "price__new / 100.0"));
}

TEST_CASE("unreadable statements, placeholders and meta-commands are errors, not guesses") {
  for (const char* sql :
       {"ALTER TABLE users RENAME COLUMN email mail oops;", "ALTER TABLE ${schema}.users RENAME COLUMN email TO mail;",
        "\\connect other\nALTER TABLE users RENAME email TO mail;"}) {
    INFO(sql);
    const auto plan = plan_of(sql);
    REQUIRE_FALSE(plan);
    CHECK(plan.error().code == ErrorCode::input);
    CHECK_FALSE(plan.error().hint.empty());
  }
}

TEST_CASE("the output parses and declares its phase in every framework") {
  const std::string body =
      "ALTER TABLE users RENAME email TO mail; ALTER TABLE users ALTER age TYPE bigint; ALTER TABLE users ALTER mood "
      "SET NOT NULL; "
      "ALTER TABLE users ADD CONSTRAINT price_check CHECK (price > 0); CREATE UNIQUE INDEX u ON users (price); DROP "
      "TABLE orders;";
  using F = migration::Framework;
  const std::vector<std::pair<F, std::string>> names = {{F::plain, "m/2_change.sql"},
                                                        {F::flyway, "m/V2__change.sql"},
                                                        {F::golang_migrate, "m/0002_change.up.sql"},
                                                        {F::goose, "m/0002_change.sql"},
                                                        {F::dbmate, "m/20240101000000_change.sql"},
                                                        {F::diesel, "m/2024-01-01-000000_change/up.sql"},
                                                        {F::prisma, "m/20240101000000_change/migration.sql"},
                                                        {F::sqlx, "m/0002_change.sql"},
                                                        {F::sql_migrate, "m/0002_change.sql"}};
  for (const auto& [framework, path] : names) {
    INFO(path);
    std::string sql = body;
    if (framework == F::goose) sql = "-- +goose Up\n" + body + "\n-- +goose Down\nSELECT 1;";
    if (framework == F::dbmate) sql = "-- migrate:up\n" + body + "\n-- migrate:down\n";
    if (framework == F::sql_migrate) sql = "-- +migrate Up\n" + body + "\n-- +migrate Down\n";
    const auto file = file_of(framework, path, sql);
    const auto plan = REQUIRE_OK(rewrite::rewrite_text(file, sql, before()));
    REQUIRE(plan.refused.empty());
    const auto files = rewrite::render(plan, file);
    CHECK(files.back().path == "m/PLAN.md");
    for (const auto& one : files) {
      if (!one.path.ends_with(".sql") || one.undo) continue;
      INFO(one.path);
      const auto written = file_of(framework, one.path, one.text);
      const auto loaded = migration::load_text(written, one.text);
      CHECK(loaded.file.declared_phase == std::string(to_string(one.phase)));
      CHECK_FALSE(loaded.up.statements.empty());
      if (framework == F::golang_migrate || framework == F::prisma)
        CHECK((one.in_transaction || loaded.up.statements.size() == 1));
      if (!one.in_transaction) CHECK_FALSE(loaded.in_transaction);
      for (const auto& statement : loaded.up.statements) {
        INFO(statement.text);
        CHECK(statement.parsed);
      }
    }
  }
}

TEST_CASE("columns are renamed in expressions, and nothing else is") {
  const std::map<std::string, std::string> names = {{"email", "New Mail"}};
  CHECK(rewrite::rename_columns("lower(email) || 'email' || email(1) || u.email || x.email::email", names, {"u"}) ==
        R"(lower("New Mail") || 'email' || email(1) || u."New Mail" || x.email::email)");
  CHECK(rewrite::rename_columns("\"email\" /* email */ = $$email$$", names, {}) ==
        "\"New Mail\" /* email */ = $$email$$");
  CHECK(rewrite::split_commas("a, f(b, ',') , 'x,y', ARRAY[1,2]") ==
        std::vector<std::string>{"a", "f(b, ',')", "'x,y'", "ARRAY[1,2]"});
  CHECK(rewrite::object_name("p", {std::string(80, 'x')}).size() == 63);
  CHECK(rewrite::object_name("p", {std::string(80, 'x')}) != rewrite::object_name("p", {std::string(81, 'x')}));
}

TEST_CASE("which conversions keep every value") {
  const auto catalog = before();
  const auto exact = [&](const char* from, const char* to) {
    return rewrite::converts_exactly(REQUIRE_OK(parse::parse_type(from)), REQUIRE_OK(parse::parse_type(to)), catalog);
  };
  CHECK(exact("int", "bigint"));
  CHECK(exact("varchar(10)", "varchar(20)"));
  CHECK(exact("varchar(10)", "text"));
  CHECK(exact("int", "numeric(12,2)"));
  CHECK(exact("numeric(10,2)", "numeric(12,2)"));
  CHECK_FALSE(exact("bigint", "int"));
  CHECK_FALSE(exact("varchar(20)", "varchar(10)"));
  CHECK_FALSE(exact("text", "int"));
  CHECK_FALSE(exact("numeric(10,2)", "int"));
  CHECK_FALSE(exact("int", "numeric(5,2)"));
  CHECK_FALSE(exact("bigint", "float8"));
  CHECK(rewrite::is_stable_default("now()"));
  CHECK(rewrite::is_stable_default("'a'::text"));
  CHECK_FALSE(rewrite::is_stable_default("nextval('s')"));
  CHECK_FALSE(rewrite::is_stable_default("gen_random_uuid()"));
}
