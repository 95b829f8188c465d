// The laws of every recipe, on a real server, with an old and a new version writing at once: no statement of either
// fails, each sees what the other writes, the end schema is the original migration's, undo brings back schema and data.
#include "rewrite_versions.h"

using namespace bgdb;
using test::LawCase;
using test::number_value;
using test::one_unit;
using test::version;
using test::Worker;

namespace {

constexpr int64_t kRows = 3000;

LawCase rename_case() {
  LawCase law;
  law.before = R"(
    CREATE TABLE orgs (id int PRIMARY KEY);
    INSERT INTO orgs SELECT generate_series(1, 10);
    CREATE TABLE users (id serial PRIMARY KEY, email varchar(200) NOT NULL DEFAULT 'nobody', org int, note text,
      CONSTRAINT users_email_check CHECK (length(email) > 2), CONSTRAINT users_email_key UNIQUE (email, id));
    CREATE INDEX users_lower_email ON users (lower(email) text_pattern_ops) WHERE email <> '';
    COMMENT ON COLUMN users.email IS 'where we write to';
    INSERT INTO users (email, note) SELECT 'user' || n, 'seed' FROM generate_series(1, 3000) n;)";
  law.migration = "ALTER TABLE users RENAME COLUMN email TO email_address;";
  const auto value = [](Worker& worker) { return "mail-" + worker.unique(); };
  law.old_version = version({"users", "email", value});
  law.new_version = law.final_version = version({"users", "email_address", value});
  law.out_of_step = "SELECT count(*) FROM users WHERE email <> email_address";
  law.not_filled = "SELECT count(*) FROM users WHERE email IS DISTINCT FROM email_address";
  law.data = "SELECT id, email_address, note FROM users";
  law.old_data = "SELECT id, email, note FROM users";
  return law;
}

LawCase type_case() {
  LawCase law;
  law.before = R"(
    CREATE TABLE accounts (id serial PRIMARY KEY, balance int NOT NULL DEFAULT 0 CHECK (balance >= 0), note text);
    CREATE INDEX accounts_balance_idx ON accounts (balance DESC, id);
    INSERT INTO accounts (balance, note) SELECT n * 10, 'seed' FROM generate_series(1, 3000) n;)";
  law.migration = "ALTER TABLE accounts ALTER COLUMN balance TYPE bigint;";
  law.old_version = law.final_version = version({"accounts", "balance", number_value});
  law.new_version = version({"accounts", "balance__new", number_value});
  law.out_of_step = "SELECT count(*) FROM accounts WHERE balance <> balance__new";
  law.not_filled = "SELECT count(*) FROM accounts WHERE balance IS DISTINCT FROM balance__new";
  law.data = "SELECT id, balance, note FROM accounts";
  law.old_data = law.data;
  return law;
}

// A conversion that fails for some values the old version may write.
LawCase narrowing_case() {
  LawCase law;
  law.before = R"(
    CREATE TABLE parts (id serial PRIMARY KEY, code text, note text);
    CREATE INDEX parts_code ON parts (code);
    INSERT INTO parts (code, note) SELECT n::text, 'seed' FROM generate_series(1, 3000) n;)";
  law.migration = "ALTER TABLE parts ALTER COLUMN code TYPE integer USING code::integer;";
  law.old_version = law.final_version = version({"parts", "code", number_value});
  law.new_version = version({"parts", "code__new", number_value});
  law.out_of_step = "SELECT count(*) FROM parts WHERE code <> code__new::text";
  law.not_filled = "SELECT count(*) FROM parts WHERE code IS DISTINCT FROM code__new::text";
  law.data = "SELECT id, code, note FROM parts";
  law.old_data = law.data;
  return law;
}

LawCase rename_and_retype_case() {
  LawCase law;
  law.before = R"(
    CREATE TABLE items (id bigserial PRIMARY KEY, qty int NOT NULL DEFAULT 1, note text);
    INSERT INTO items (qty, note) SELECT n, 'seed' FROM generate_series(1, 3000) n;)";
  law.migration = "ALTER TABLE items RENAME qty TO quantity; ALTER TABLE items ALTER quantity TYPE numeric(20,3);";
  law.old_version = version({"items", "qty", number_value});
  law.new_version = law.final_version = [](Worker& worker) {
    return one_unit(
        {.table = "items", .column = "quantity", .value = [](Worker& w) { return number_value(w) + ".000"; }}, worker);
  };
  law.out_of_step = "SELECT count(*) FROM items WHERE qty <> quantity";
  law.not_filled = "SELECT count(*) FROM items WHERE qty IS DISTINCT FROM quantity";
  law.data = "SELECT id, quantity, note FROM items";
  law.old_data = "SELECT id, qty, note FROM items";
  return law;
}

LawCase not_null_case() {
  LawCase law;
  law.before = R"(
    CREATE TABLE posts (id serial PRIMARY KEY, title text, note text);
    INSERT INTO posts (title, note) SELECT nullif('t' || (n % 5), 't0'), 'seed' FROM generate_series(1, 3000) n;)";
  law.migration =
      "UPDATE posts SET title = 'none' WHERE title IS NULL; ALTER TABLE posts ALTER COLUMN title SET NOT NULL;";
  law.old_version = [](Worker& worker) -> Result<void> {  // writes NULL as ever
    BGDB_CHECK(worker.session.execute("INSERT INTO posts (title, note) VALUES (NULL, 'old')"));
    return worker.session.execute("UPDATE posts SET title = NULL WHERE id = $1",
                                  {std::to_string(1 + worker.pick(kRows))});
  };
  law.new_version = law.final_version =
      version({"posts", "title", [](Worker& worker) { return "t" + worker.unique(); }});
  law.out_of_step = "SELECT 0";
  law.not_filled = "SELECT 0";
  law.data = "SELECT id, title, note FROM posts";
  law.old_data = law.data;
  return law;
}

LawCase split_case() {
  LawCase law;
  law.before = R"(
    CREATE TABLE people (id serial PRIMARY KEY, name text NOT NULL, note text);
    INSERT INTO people (name, note) SELECT 'Ann' || n || ' Lee' || n, 'seed' FROM generate_series(1, 3000) n;)";
  law.migration = R"(
    -- bgdb: reverse name=first_name || ' ' || last_name
    ALTER TABLE people ADD COLUMN first_name text, ADD COLUMN last_name text;
    UPDATE people SET first_name = split_part(name, ' ', 1), last_name = split_part(name, ' ', 2);
    ALTER TABLE people ALTER first_name SET NOT NULL, ALTER last_name SET NOT NULL;
    ALTER TABLE people DROP COLUMN name;)";
  law.old_version =
      version({"people", "name", [](Worker& worker) { return "Bob" + worker.unique() + " Ray" + worker.unique(); }});
  law.new_version = law.final_version = [](Worker& worker) -> Result<void> {
    const auto name = "Cy" + worker.unique();
    BGDB_CHECK(
        worker.session.execute("INSERT INTO people (first_name, last_name, note) VALUES ($1, 'Fox', 'new')", {name}));
    return worker.session.execute("UPDATE people SET first_name = $1, last_name = 'Owl' WHERE id = $2",
                                  {name, std::to_string(1 + worker.pick(kRows))});
  };
  law.out_of_step = "SELECT count(*) FROM people WHERE name <> first_name || ' ' || last_name";
  law.not_filled = "SELECT count(*) FROM people WHERE name IS DISTINCT FROM first_name || ' ' || last_name";
  law.data = "SELECT id, first_name, last_name, note FROM people";
  law.old_data = "SELECT id, name, note FROM people";
  return law;
}

}  // namespace

TEST_CASE("rename column: both versions work, the end is the original's") {
  test::check_end_equals_original(rename_case());
}
TEST_CASE("rename column: undo brings back schema and rows") {
  test::check_undo_restores(rename_case());
}
TEST_CASE("change of type: both versions work, the end is the original's") {
  test::check_end_equals_original(type_case());
}
TEST_CASE("change of type: undo brings back schema and rows") {
  test::check_undo_restores(type_case());
}
TEST_CASE("change of type that can fail: both versions work, the end is the original's") {
  test::check_end_equals_original(narrowing_case());
}
TEST_CASE("change of type that can fail: undo brings back schema and rows") {
  test::check_undo_restores(narrowing_case());
}
TEST_CASE("rename and change of type: both versions work, the end is the original's") {
  test::check_end_equals_original(rename_and_retype_case());
}
TEST_CASE("set not null: both versions work, the end is the original's") {
  test::check_end_equals_original(not_null_case());
}
TEST_CASE("set not null: undo brings back schema and rows") {
  test::check_undo_restores(not_null_case());
}
TEST_CASE("split column: both versions work, the end is the original's") {
  test::check_end_equals_original(split_case());
}
TEST_CASE("split column: undo brings back schema and rows") {
  test::check_undo_restores(split_case());
}
