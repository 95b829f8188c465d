// Any bytes as a file's content: no crash, and what comes back lies inside the text.
#include <catch2/catch.hpp>
#include <random>

#include "migration/migration.h"
#include "support/check.h"

using namespace bgdb;
using namespace bgdb::migration;

namespace {

constexpr int kFrameworks = static_cast<int>(Framework::tern) + 1;

// Pieces that mean something to somebody, in any order, with noise between.
std::string hostile_text(std::mt19937& random) {
  static const std::vector<std::string> pieces = {"-- +goose Up\n",
                                                  "-- +goose Down\n",
                                                  "-- +goose StatementBegin\n",
                                                  "-- +goose StatementEnd\n",
                                                  "-- +goose ",
                                                  "-- +migrate Up notransaction\n",
                                                  "-- +migrate Down",
                                                  "-- migrate:up transaction:false\n",
                                                  "-- migrate:down\n",
                                                  "--liquibase formatted sql\n",
                                                  "--changeset a:b endDelimiter:/ dbms:\n",
                                                  "--changeset a:1 endDelimiter:\"\n",
                                                  "--rollback drop table x;\n",
                                                  "-- Down Migration\n",
                                                  "---- create above / drop below ----\n",
                                                  "# --- !Downs\n",
                                                  "--! no-transaction\n",
                                                  "--> statement-breakpoint",
                                                  "-- bgdb: phase=contract\n",
                                                  "-- atlas:txmode none\n",
                                                  "--",
                                                  "create table t (id int)",
                                                  ";",
                                                  "\n",
                                                  "\r\n",
                                                  "'",
                                                  "\"",
                                                  "$$",
                                                  "$a$",
                                                  "/*",
                                                  "*/",
                                                  "{{",
                                                  "}}",
                                                  "\"{{ .X \"a\" }}\"",
                                                  "${",
                                                  "}",
                                                  ":'x'",
                                                  ":x",
                                                  "@s@",
                                                  "@",
                                                  "\\copy t from stdin\n",
                                                  "\\.",
                                                  "\\",
                                                  "COPY t FROM stdin;\n1\n",
                                                  "select 1",
                                                  "begin atomic",
                                                  "end",
                                                  "do ",
                                                  "\n/\n",
                                                  "\nGO\n",
                                                  "`a`",
                                                  "insert into t values ('it's');\ncreate ",
                                                  std::string("\0", 1),
                                                  "\xEF\xBB\xBF",
                                                  "\xff\xfe",
                                                  "(",
                                                  ")",
                                                  "[",
                                                  "]",
                                                  " ",
                                                  "\t"};
  std::string text;
  std::uniform_int_distribution<size_t> pick(0, pieces.size() - 1);
  const size_t count = std::uniform_int_distribution<size_t>(0, 40)(random);
  for (size_t i = 0; i < count; ++i) {
    text += pieces[pick(random)];
    if (pick(random) == 0) text += static_cast<char>(random());
  }
  return text;
}

void check_inside(const std::string& text, const parse::Span& span) {
  REQUIRE(span.offset <= text.size());
  REQUIRE(span.length <= text.size() - span.offset);
  REQUIRE(span.line >= 1);
  REQUIRE(span.column >= 1);
}

void check_lines(const std::string& text, const parse::Span& span) {
  const auto begin = text.begin();
  const auto lines = std::count(begin, begin + static_cast<std::ptrdiff_t>(span.offset), '\n') + 1;
  REQUIRE(span.line == lines);
  const auto start = span.offset == 0 ? std::string::npos : text.rfind('\n', span.offset - 1);
  REQUIRE(span.column == static_cast<int>(span.offset - (start == std::string::npos ? 0 : start + 1)) + 1);
}

}  // namespace

TEST_CASE("any bytes give sections, statements and comments that lie inside the text, in order, with true lines") {
  std::mt19937 random(20240131);
  for (int round = 0; round < 6000; ++round) {
    const auto text = hostile_text(random);
    INFO(text);
    File file;
    file.path = "m/1_a.sql";
    file.framework = static_cast<Framework>(round % kFrameworks);
    size_t end = 0;
    for (const auto& section : sections(file, text)) {
      REQUIRE(section.offset >= end);
      REQUIRE(section.length <= text.size() - section.offset);
      end = section.offset + section.length;
    }
    const auto loaded = load_text(file, text);
    REQUIRE_FALSE(loaded.sections.empty());
    size_t behind = 0;
    for (const auto& statement : loaded.up.statements) {
      check_inside(text, statement.span);
      check_lines(text, statement.span);
      REQUIRE(statement.span.offset >= behind);
      behind = statement.span.offset + statement.span.length;
      REQUIRE(text.substr(statement.span.offset, statement.span.length) == statement.text);
      if (!statement.parsed) check_inside(text, statement.error_span);
    }
    for (const auto& comment : loaded.up.comments) check_inside(text, comment.span);
    for (const auto& skipped : loaded.up.skipped) check_inside(text, skipped.span);
  }
}

TEST_CASE("statements of a way down are never among those that run upwards") {
  const std::vector<std::pair<Framework, std::string>> texts = {
      {Framework::goose, "-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;\n"},
      {Framework::goose, "-- +goose Down\nselect 2;\n-- +goose Up\nselect 1;"},
      {Framework::sql_migrate, "-- +migrate Down\nselect 2\n-- +migrate Up\nselect 1"},
      {Framework::dbmate, "-- migrate:up\nselect 1\n-- migrate:down\nselect 2"},
      {Framework::node_pg_migrate, "-- Up Migration\nselect 1;\n-- Down Migration\nselect 2;"},
      {Framework::node_pg_migrate, "--- DOWN migration\nselect 2;\n--up migration\nselect 1;"},
      {Framework::tern, "select 1;\n---- create above / drop below ----\nselect 2;"},
      {Framework::liquibase, "--liquibase formatted sql\n--changeset a:1\nselect 1\n--rollback select 2;"},
      {Framework::plain, "-- rambler up\nselect 1;\n-- rambler down\nselect 2;"},
      {Framework::plain, "-- ==== UP ====\nselect 1;\n-- ==== DOWN ====\nselect 2;"},
      {Framework::plain, "-- +goose Up\r\nselect 1;\r\n-- +goose Down\r\nselect 2;\r\n"},
      {Framework::plain,
       "--liquibase formatted sql\n--changeset a:1 dbms:oracle\nselect 2;\n--changeset a:2\nselect 1;"},
      {Framework::plain, "select 1;\n-- //@UNDO\nselect 2;"}};
  for (const auto& [framework, text] : texts) {
    INFO(text);
    File file;
    file.path = "m/1_a.sql";
    file.framework = framework;
    const auto loaded = load_text(file, text);
    REQUIRE(loaded.up.statements.size() == 1);
    CHECK(loaded.up.statements[0].text == "select 1");
  }
}
