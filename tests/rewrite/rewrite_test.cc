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
                "=trigger");
  check_refused("ALTER TABLE users RENAME email TO mail; ALTER TABLE users RENAME age TO email;",
                "column public.users.email until contract", "no column has yet");
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

TEST_CASE("a partition is attached when CHECKs prove what ATTACH would read the tables for") {
  const std::string before_sql =
      "CREATE TABLE m (id int, k int NOT NULL) PARTITION BY RANGE (k); CREATE TABLE m_d PARTITION OF m DEFAULT;"
      "CREATE INDEX m_id ON m (id); CREATE TABLE loose (id int, k int NOT NULL);"
      "CREATE TABLE two (a int, b int) PARTITION BY RANGE (a, b); CREATE TABLE two_d PARTITION OF two DEFAULT;";
  const auto partition_plan = [&](const std::string& sql) {
    schema::Replay replay;
    for (const auto& statement : parse::parse_sql(before_sql).statements) replay.apply(statement);
    const auto file = file_of(migration::Framework::plain, "2_change.sql", sql);
    return REQUIRE_OK(rewrite::rewrite_text(file, sql, replay.catalog()));
  };
  const auto attached = partition_plan("ALTER TABLE m ATTACH PARTITION loose FOR VALUES FROM (1) TO (MAXVALUE);");
  CHECK(sql_of(attached, Phase::expand).empty());
  const auto steps = sql_of(attached, Phase::backfill);
  for (const char* part : {"ALTER TABLE public.loose ADD CONSTRAINT bgdb_bounds_loose_loose CHECK (k IS NOT NULL AND k "
                           ">= 1) NOT VALID;",
                           "CHECK (NOT (k IS NOT NULL AND k >= 1)) NOT VALID;",
                           "CREATE INDEX CONCURRENTLY loose_id_idx ON public.loose USING btree (id);",
                           "ALTER TABLE public.m_d VALIDATE CONSTRAINT bgdb_bounds_m_d_loose;"}) {
    INFO(steps << "\n" << part);
    CHECK(has(steps, part));
    CHECK(steps.find(part) < steps.find("ATTACH PARTITION public.loose"));
  }
  CHECK(steps.find("DROP CONSTRAINT bgdb_bounds_m_d_loose") > steps.find("ATTACH PARTITION public.loose"));

  const auto created = partition_plan("CREATE TABLE m_1 PARTITION OF m FOR VALUES FROM (1) TO (2);");
  CHECK(has(sql_of(created, Phase::expand), "CREATE TABLE public.m_1 (LIKE public.m INCLUDING ALL"));
  CHECK(has(sql_of(created, Phase::backfill), "ATTACH PARTITION public.m_1 FOR VALUES FROM (1) TO (2);"));

  const auto unknown = partition_plan("ALTER TABLE two ATTACH PARTITION loose FOR VALUES FROM (1, 1) TO (2, 2);");
  CHECK(has(unknown.old_version_notes.at(0), "ATTACH PARTITION reads it"));
  const auto detached = partition_plan("ALTER TABLE m DETACH PARTITION m_d;");
  CHECK(sql_of(detached, Phase::contract) == "ALTER TABLE m DETACH PARTITION m_d;\n");
}

TEST_CASE("a function under another signature stands beside the old one until contract") {
  const std::string before_sql =
      "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION t() RETURNS trigger LANGUAGE "
      "plpgsql AS 'BEGIN RETURN NEW; END';";
  const auto function_plan = [&](const std::string& sql) {
    schema::Replay replay;
    for (const auto& statement : parse::parse_sql(before_sql).statements) replay.apply(statement);
    const auto file = file_of(migration::Framework::plain, "2_change.sql", sql);
    return REQUIRE_OK(rewrite::rewrite_text(file, sql, replay.catalog()));
  };
  const std::string body = " RETURNS int LANGUAGE sql AS 'SELECT 1';";
  const auto other = function_plan("DROP FUNCTION f; CREATE FUNCTION f(text)" + body);
  CHECK(has(sql_of(other, Phase::expand), "CREATE FUNCTION f(text)"));
  CHECK(sql_of(other, Phase::contract) == "DROP FUNCTION public.f(int4);\n");

  // Calls of the old version find the new one.
  CHECK(function_plan("DROP FUNCTION f(int); CREATE FUNCTION f(int)" + body).nothing_to_rewrite());
  CHECK(function_plan("DROP FUNCTION f(int); CREATE FUNCTION f(int, text DEFAULT '')" + body).nothing_to_rewrite());
  CHECK(function_plan("DROP FUNCTION t(); CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';")
            .nothing_to_rewrite());

  const auto refusal = [&](const std::string& sql) { return function_plan(sql).refused.at(0).reason; };
  CHECK(has(refusal("DROP FUNCTION f(int); CREATE FUNCTION f(int) RETURNS text LANGUAGE sql AS 'SELECT 1';"),
            "returns another type"));
  CHECK(has(refusal("DROP FUNCTION f(int) CASCADE; CREATE FUNCTION f(text)" + body), "depends on public.f(int4)"));
  CHECK(has(refusal("DROP FUNCTION f(int); CREATE FUNCTION f(text)" + body + "GRANT EXECUTE ON FUNCTION f TO public;"),
            "two functions are called"));
}

TEST_CASE("a generated column is refused with its cure, or becomes a trigger when the file says so") {
  const std::string add = "ALTER TABLE users ADD COLUMN loud text GENERATED ALWAYS AS (upper(code)) STORED NOT NULL;";
  check_refused(add, "computed for every row", "-- bgdb: generated loud=trigger");
  const auto plan = REQUIRE_OK(plan_of("-- bgdb: generated loud=trigger\n" + add));
  CHECK(plan.refused.empty());
  CHECK(has(sql_of(plan, Phase::expand), "NEW.loud := (SELECT (upper(code)) FROM (SELECT (NEW).*) AS bgdb_row);"));
  CHECK(has(sql_of(plan, Phase::backfill), "\"trigger\":\"zz_bgdb_generated_loud\""));
  CHECK(has(sql_of(plan, Phase::contract), "ALTER COLUMN loud SET NOT NULL"));
  CHECK_FALSE(has(sql_of(plan, Phase::backfill), "SET NOT NULL"));
}

TEST_CASE("what expand only adds has an undo") {
  const auto plan = REQUIRE_OK(
      plan_of("CREATE FUNCTION g(a int, OUT b int) LANGUAGE sql AS 'SELECT 1'; CREATE TRIGGER w BEFORE INSERT ON users "
              "FOR EACH ROW EXECUTE FUNCTION g(); CREATE DOMAIN d AS int; CREATE TABLE c AS SELECT 1; ALTER TABLE "
              "users DROP CONSTRAINT users_age_check; ALTER TABLE users RENAME code TO word;"));
  std::string undo;
  for (const auto& step : plan.steps) undo += step.undo;
  for (const char* part :
       {"DROP FUNCTION IF EXISTS g(int4);", "DROP TRIGGER IF EXISTS w ON users;", "DROP DOMAIN IF EXISTS d;",
        "DROP TABLE IF EXISTS c;", "ADD CONSTRAINT users_age_check CHECK (age > 0) NOT VALID;",
        "VALIDATE CONSTRAINT users_age_check;"}) {
    INFO(undo << "\n" << part);
    CHECK(has(undo, part));
  }
}

// What the file says must be what discovery reads: otherwise a concurrent build fails inside a transaction.
TEST_CASE("the marker that switches the transaction off is the framework's own") {
  using migration::Framework;
  const std::string sql = "CREATE INDEX users_code ON users (code);";
  for (const auto framework : {Framework::goose, Framework::dbmate, Framework::sql_migrate, Framework::atlas,
                               Framework::postgres_migrations, Framework::graphile, Framework::tern}) {
    INFO(migration::to_string(framework));
    const auto file = file_of(framework, "2_change.sql", sql);
    const auto plan = REQUIRE_OK(rewrite::rewrite_text(file, sql, before()));
    const auto files = rewrite::render(plan, file);
    REQUIRE_FALSE(files.empty());
    auto written = file;
    written.path = files[0].path;
    const auto sections = migration::sections(written, files[0].text);
    REQUIRE_FALSE(sections.empty());
    CHECK(sections[0].direction == migration::Direction::up);
    CHECK_FALSE(sections[0].in_transaction);
    CHECK(has(files[0].text.substr(sections[0].offset, sections[0].length), "CREATE INDEX CONCURRENTLY"));
  }
}
