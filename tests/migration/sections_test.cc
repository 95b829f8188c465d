#include <catch2/catch.hpp>

#include "migration/migration.h"
#include "support/check.h"
#include "support/files.h"

using namespace bgdb;
using namespace bgdb::migration;

namespace {

Loaded loaded(const std::string& path, const std::string& text) {
  std::vector<Text> texts = {{path, text}};
  const auto set = order(texts);
  REQUIRE(set.files.size() == 1);
  return load_text(set.files.front(), text);
}

std::vector<std::string> statements(const Loaded& file) {
  std::vector<std::string> texts;
  for (const auto& statement : file.up.statements) texts.push_back(statement.text);
  return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a goose Down section never runs upwards") {
  const auto file = loaded("1_a.sql", "-- +goose Up\ncreate table a (x int);\n\n-- +goose Down\ndrop table a;\n");
  CHECK(statements(file) == Texts{"create table a (x int)"});
  CHECK(file.in_transaction);
  REQUIRE(file.sections.size() == 2);
  CHECK(file.sections[0].direction == Direction::up);
  CHECK(file.sections[1].direction == Direction::down);
  CHECK(file.up.statements[0].span.line == 2);
  CHECK(file.text.substr(file.up.statements[0].span.offset, 12) == "create table");
}

TEST_CASE("Down may come first") {
  const auto file = loaded("1_a.sql", "-- +migrate Down\ndrop table a;\n-- +migrate Up\ncreate table a (x int);\n");
  CHECK(statements(file) == Texts{"create table a (x int)"});
  CHECK(file.up.statements[0].span.line == 4);
}

TEST_CASE("goose markers switch the transaction off whatever their case") {
  CHECK_FALSE(loaded("1_a.sql", "-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently i on t (x);\n")
                  .in_transaction);
  CHECK_FALSE(loaded("1_a.sql", "-- +goose Up\n-- +goose no transaction  \ncreate index concurrently i on t (x);\n")
                  .in_transaction);
  CHECK_FALSE(
      loaded("1_a.sql", "-- +migrate Up notransaction\ncreate index concurrently i on t (x);\n").in_transaction);
  CHECK_FALSE(
      loaded("1_a.sql", "-- migrate:up transaction:false\ncreate index concurrently i on t (x);\n").in_transaction);
  CHECK_FALSE(loaded("1_a.sql", "-- no-transaction\ncreate index concurrently i on t (x);\n").in_transaction);
}

TEST_CASE("a StatementEnd separates statements without a semicolon") {
  const auto file =
      loaded("1_a.sql",
             "-- +goose Up\n-- +goose StatementBegin\ncreate table a (x int)\n-- +goose StatementEnd\n"
             "-- +goose StatementBegin\ncreate table b (x int)\n-- +goose StatementEnd\n-- +goose Down\ndrop table a");
  CHECK(statements(file) == Texts{"create table a (x int)", "create table b (x int)"});
  CHECK(file.up.statements[1].span.line == 6);
}

TEST_CASE("dbmate reads its own markers only") {
  const auto file = loaded("1_a.sql",
                           "-- migrate:up\ncreate table a (x int);\n-- Migrate: mark polls\ncreate table b (x "
                           "int);\n-- migrate:down\ndrop table a;\n");
  CHECK(file.file.framework == Framework::dbmate);
  CHECK(statements(file) == Texts{"create table a (x int)", "create table b (x int)"});
}

TEST_CASE("CRLF line ends do not hide markers") {
  const auto file = loaded("1_a.sql", "-- +goose Up\r\ncreate table a (x int);\r\n-- +goose Down\r\ndrop table a;\r\n");
  CHECK(statements(file) == Texts{"create table a (x int)"});
}

TEST_CASE("who wraps a file in a transaction") {
  CHECK(loaded("V1__a.sql", "create table a (x int); create table b (x int);").in_transaction);
  CHECK_FALSE(loaded("V1__a.sql", "create index concurrently i on a (x);").in_transaction);
  CHECK(loaded("1_a.up.sql", "create table a (x int); create table b (x int);").in_transaction);
  CHECK_FALSE(loaded("1_a.up.sql", "create index concurrently i on a (x);").in_transaction);
  CHECK(loaded("1_a.up.sql", "select 1; create index concurrently i on a (x);").in_transaction);  // and fails there
  CHECK(loaded("a.sql", "create table a (x int);").in_transaction);
  CHECK_FALSE(loaded("a.sql", "begin; create table a (x int); commit;").in_transaction);
  CHECK_FALSE(loaded("a.sql", "vacuum a;").in_transaction);
}

TEST_CASE("diesel's metadata.toml and flyway's conf file switch the transaction off") {
  test::TempDir dir;
  const auto up = dir.write("2024-01-01-000000_x/up.sql", "create index i on t (x);");
  auto set = REQUIRE_OK(discover({dir.path()}));
  CHECK(REQUIRE_OK(load(set.files.at(0))).in_transaction);
  dir.write("2024-01-01-000000_x/metadata.toml", "run_in_transaction = false\n");
  set = REQUIRE_OK(discover({dir.path()}));
  CHECK_FALSE(REQUIRE_OK(load(set.files.at(0))).in_transaction);

  test::TempDir other;
  other.write("V1__x.sql", "create table t (x int);");
  other.write("V1__x.sql.conf", "executeInTransaction=false\n");
  set = REQUIRE_OK(discover({other.path()}));
  CHECK_FALSE(REQUIRE_OK(load(set.files.at(0))).in_transaction);
}

TEST_CASE("blank files and files without a section are fine") {
  CHECK(loaded("1_a.up.sql", "").up.statements.empty());
  CHECK(loaded("V1__a.sql", "-- nothing here").up.statements.empty());
  CHECK(loaded("1_a.sql", "-- +goose Up\n").up.statements.empty());
  CHECK(loaded("1_a.sql", "-- +goose Down\ndrop table x;").up.statements.empty());
  CHECK(loaded("1_a.sql", "-- +goose Up").up.statements.empty());
}

TEST_CASE("comments before the first marker stay visible") {
  const auto file = loaded("1_a.sql", "-- bgdb: phase=expand\n-- +goose Up\ncreate table a (x int);\n");
  CHECK(file.file.declared_phase == "expand");
  CHECK(file.file.declared_release.empty());
  CHECK(loaded("2_b.sql", "-- bgdb: phase=backfill release=1_a\nselect 1;\n").file.declared_release == "1_a");
  REQUIRE_FALSE(file.up.comments.empty());
  CHECK(file.up.comments.front().text == "bgdb: phase=expand");
}

TEST_CASE("a text that is streamed says the same about itself, and its statements come one by one") {
  const std::string up = "-- +goose Up\nCREATE TABLE a (id int);\nALTER TABEL a;\n-- why\nINSERT INTO a VALUES (1);\n";
  const std::string text = up + "-- +goose Down\nDROP TABLE a;\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON a (id);\n";
  File file;
  file.path = "00001_a.sql";
  for (const auto framework : {Framework::goose, Framework::flyway, Framework::plain, Framework::golang_migrate}) {
    file.framework = framework;
    const auto whole = load_text(file, text);
    auto streamed = load_text(file, text, 0);
    CHECK(streamed.up.statements.empty());
    CHECK(streamed.statement_count == whole.up.statements.size());
    CHECK(streamed.in_transaction == whole.in_transaction);
    CHECK(streamed.one_script == whole.one_script);
    CHECK(streamed.other_dialect == whole.other_dialect);
    CHECK(streamed.up.comments.size() == whole.up.comments.size());
    size_t at = 0;
    each_statement(streamed, [&](const bgdb::parse::Statement& statement) {
      REQUIRE(at < whole.up.statements.size());
      const auto& same = whole.up.statements[at++];
      CHECK(statement.text == same.text);
      CHECK(statement.error == same.error);
      CHECK(statement.span.line == same.span.line);
    });
    CHECK(at == whole.up.statements.size());
  }
}
