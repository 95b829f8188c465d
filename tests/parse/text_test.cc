// Positions, recovery, and text that is not plain SQL.
#include <atomic>
#include <thread>

#include "parse/one.h"
#include "parse/placeholder_names.h"

using namespace bgdb;
using namespace bgdb::parse;

namespace {

Strings texts(const ParsedText& parsed) {
  Strings out;
  for (const Statement& statement : parsed.statements) out.push_back(statement.text);
  return out;
}

// Every span must cut exactly the statement's text out of the input.
ParsedText checked(std::string_view sql) {
  ParsedText parsed = parse_sql(sql);
  for (const Statement& statement : parsed.statements) {
    CHECK(sql.substr(statement.span.offset, statement.span.length) == statement.text);
  }
  return parsed;
}

TEST_CASE("blanks of other alphabets are no statement") {
  const auto script = parse_sql("select 1;\nselect 2;\xC2\xA0 \xE2\x80\x8B\n");
  REQUIRE(script.statements.size() == 2);
  CHECK(script.statements[0].parsed);
}

}  // namespace

TEST_CASE("spans run from the first token to the last") {
  const auto parsed = checked("-- head\n  SELECT 1 /* in */ + 2 -- tail\n ;\n\n\tSELECT\n  3;;  ");
  CHECK(texts(parsed) == Strings{"SELECT 1 /* in */ + 2", "SELECT\n  3"});
  const Span& first = parsed.statements.at(0).span;
  CHECK(first.line == 2);
  CHECK(first.column == 3);
  CHECK(first.end_line == 2);
  CHECK(first.end_column == 24);
  const Span& second = parsed.statements.at(1).span;
  CHECK(second.line == 5);
  CHECK(second.column == 2);
  CHECK(second.end_line == 6);
  CHECK(second.end_column == 4);
}

TEST_CASE("CRLF, a byte order mark and multibyte text keep positions") {
  const auto parsed = checked("\xEF\xBB\xBFSELECT 'é';\r\nSELECT 2;\r\n");
  REQUIRE(parsed.statements.size() == 2);
  CHECK(parsed.statements[0].span.offset == 3);
  CHECK(parsed.statements[1].span.line == 2);
  CHECK(parsed.statements[1].span.column == 1);
  CHECK(parsed.statements[1].text == "SELECT 2");
}

TEST_CASE("sections of a file count from where they begin") {
  const auto parsed = parse_sql("SELECT 1;\nSELECT x y z", {.first_line = 10, .first_offset = 100});
  CHECK(parsed.statements.at(0).span.line == 10);
  CHECK(parsed.statements.at(0).span.offset == 100);
  CHECK(parsed.statements.at(1).span.line == 11);
  CHECK(parsed.statements.at(1).error_span.offset == 100 + 10 + 11);
}

TEST_CASE("blank text has no statements") {
  for (const char* blank : {"", "  \n", ";", ";;;", "-- only\n/* comments */", "\xEF\xBB\xBF"}) {
    INFO(blank);
    CHECK(parse_sql(blank).statements.empty());
  }
}

TEST_CASE("one bad statement loses one statement") {
  const auto parsed = checked("CREATE TABLE a (b int;\nDROP TABLE x;\n\n  ALTER TABEL t ADD é int;\nSELECT 1");
  REQUIRE(parsed.statements.size() == 4);
  CHECK_FALSE(parsed.statements[0].parsed);
  CHECK(parsed.statements[0].text == "CREATE TABLE a (b int");
  CHECK(parsed.statements[1].parsed);
  CHECK(kind_name(parsed.statements[1].node) == "Drop");
  const Statement& bad = parsed.statements[2];
  CHECK_FALSE(bad.parsed);
  CHECK(bad.error == "syntax error at or near \"TABEL\"");
  CHECK(bad.error_span.line == 4);
  CHECK(bad.error_span.column == 9);
  CHECK(bad.error_span.length == 5);
  CHECK(kind_name(bad.node) == "Other");
  CHECK(parsed.statements[3].parsed);
}

TEST_CASE("an error behind multibyte text points to the right byte") {
  const std::string sql = "SELECT 'ééé€😀' FORM t";
  const auto parsed = checked("SELECT 1; " + sql);
  const Statement& bad = parsed.statements.at(1);
  CHECK(sql.substr(bad.error_span.offset - 10, bad.error_span.length) == "t");
}

TEST_CASE("semicolons inside quotes, comments, rules and SQL bodies end nothing") {
  const auto parsed = checked(
      "SELECT ';', \";\", E'\\';', U&';', $$;$$, $a$ $$;$$ $a$ /* ; /* ; */ ; */ -- ;\n; nonsense;"
      "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);"
      "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END;"
      "SELECT foo$bar$baz; SELECT 5");
  REQUIRE(parsed.statements.size() == 6);
  CHECK(parsed.statements[0].parsed);
  CHECK_FALSE(parsed.statements[1].parsed);
  CHECK(kind_name(parsed.statements[2].node) == "CreateRule");
  CHECK(kind_name(parsed.statements[3].node) == "CreateFunction");
  CHECK(parsed.statements[4].text == "SELECT foo$bar$baz");
}

TEST_CASE("unterminated quotes and comments are errors at their place") {
  for (const char* tail : {"'abc", "\"abc", "$x$ abc", "/* abc", "E'abc\\'", "(((", ")))"}) {
    INFO(tail);
    const auto parsed = checked(std::string("SELECT 1;\nSELECT ") + tail);
    REQUIRE(parsed.statements.size() == 2);
    CHECK(parsed.statements[0].parsed);
    CHECK_FALSE(parsed.statements[1].parsed);
    CHECK(parsed.statements[1].error_span.line == 2);
  }
}

TEST_CASE("comments are collected with their places") {
  const auto parsed =
      parse_sql("-- bgdb: ignore x reason\nSELECT 1; --   tail  \r\n/* two\n lines */ SELECT '--no', $$ -- no $$;");
  REQUIRE(parsed.comments.size() == 3);
  CHECK(parsed.comments[0].text == "bgdb: ignore x reason");
  CHECK(parsed.comments[0].line);
  CHECK(parsed.comments[0].own_line);
  CHECK(parsed.comments[0].span.line == 1);
  CHECK(parsed.comments[1].text == "tail");
  CHECK_FALSE(parsed.comments[1].own_line);
  CHECK(parsed.comments[1].span.column == 11);
  CHECK(parsed.comments[2].text == "two\n lines");
  CHECK_FALSE(parsed.comments[2].line);
  CHECK(parsed.comments[2].span.line == 3);
  CHECK(parsed.comments[2].span.end_line == 4);
}

TEST_CASE("psql commands are passed over") {
  const auto parsed = checked(
      "\\set ON_ERROR_STOP on\nSELECT 1 \\gset\n\\i other.sql 'it''s\nSELECT 2\\;SELECT 3;\n\\copy t from program "
      "'x'\nSELECT 4;");
  CHECK(texts(parsed) == Strings{"SELECT 1", "SELECT 2", "SELECT 3", "SELECT 4"});
  for (const Statement& statement : parsed.statements) CHECK(statement.parsed);
  REQUIRE(parsed.skipped.size() == 4);
  CHECK(parsed.skipped[0].what == "psql command");
  CHECK(parsed.skipped[0].span.line == 1);
  CHECK(parsed.skipped[2].span.line == 3);
}

TEST_CASE("COPY data is passed over") {
  const auto parsed = checked(
      "COPY t (a) FROM stdin;\nDROP TABLE x;\n'odd\n\\N\t1\n\\.\nSELECT 1;\r\nCOPY u FROM STDIN WITH (FORMAT "
      "csv);\r\n1,2\r\n\\.\r\nSELECT 2");
  CHECK(texts(parsed) ==
        Strings{"COPY t (a) FROM stdin", "SELECT 1", "COPY u FROM STDIN WITH (FORMAT csv)", "SELECT 2"});
  CHECK(parsed.statements.at(3).span.line == 10);
  REQUIRE(parsed.skipped.size() == 2);
  CHECK(parsed.skipped[0].what == "COPY data");
  CHECK(parsed.skipped[0].span.line == 2);
  CHECK(std::get<Copy>(parsed.statements.at(0).node).from_stdin);
  CHECK(parse_sql("\\copy t from stdin\n'\n\\.\nSELECT 1").statements.size() == 1);
  CHECK(parse_sql("COPY t FROM stdin;\n'never ended").statements.size() == 1);
  CHECK(parse_sql("COPY t FROM stdin").statements.size() == 1);
  // COPY TO and a column called stdin carry no data.
  CHECK(parse_sql("COPY t TO stdout;\nSELECT 1;").statements.size() == 2);
  CHECK(parse_sql("COPY stdin FROM 'f';\nSELECT 1;").statements.size() == 2);
}

TEST_CASE("placeholders are read as names or values and marked") {
  const auto table = [](std::string_view sql) {
    const ParsedText parsed = checked(sql);
    REQUIRE(parsed.statements.size() == 1);
    INFO(parsed.statements[0].error);
    CHECK(parsed.statements[0].parsed);
    CHECK(parsed.statements[0].has_placeholder);
  };
  table("CREATE TABLE {{ index .Options \"Namespace\" }}.users (id int)");
  table("ALTER TABLE \"{{ .Schema }}\".t ADD a int");
  table("ALTER TABLE ${schema}.t ADD a int");
  table("ALTER TABLE pre_${name}_post ADD a int");
  table("ALTER TABLE :GRAPHILE_WORKER_SCHEMA.jobs ADD a int");
  table("SELECT :'value', :\"name\", :1, f(:x)");
  table("CREATE TABLE t (id $%AUTO_INCREMENT_PRIMARY_KEY%$)");
  table("SELECT {% raw %} 1");
  CHECK(one_as<Query>("{{ if .X }} SELECT a FROM t {{ end }}").reads.size() == 1);
  CHECK(one_as<AlterTable>("ALTER TABLE pre_${name}_post ADD a int").relation.name == "pre___name__post");
}

TEST_CASE("CONCURRENTLY that depends on the template is left out, as the case in which more waits") {
  const auto concurrently = [](std::string_view sql) { return one_as<CreateIndex>(sql).concurrently; };
  CHECK_FALSE(concurrently("CREATE INDEX {{ if not .InTransaction }}concurrently{{ end }} i ON t (a)"));
  CHECK_FALSE(concurrently("CREATE INDEX {% if live %} CONCURRENTLY {% endif %} i ON t (a)"));
  CHECK(concurrently("CREATE INDEX CONCURRENTLY i ON t (a) {{ if .X }} WHERE a > 0 {{ end }}"));
  CHECK(concurrently("CREATE INDEX {{ if .X }} CONCURRENTLY IF NOT EXISTS {{ end }} i ON t (a)"));
}

TEST_CASE("names that stand for placeholders are written as they were") {
  const auto names = placeholder_names(
      "ALTER TABLE ${ohdsiSchema}.t ADD a int; SELECT 1 FROM :APP.t, {{ .Schema }}.t, \"{{ .Schema }}\".t, "
      "${ohdsiSchema}.u");
  CHECK(names ==
        PlaceholderNames{{"__ohdsischema_", "${ohdsiSchema}"}, {"_app", ":APP"}, {"____schema___", "{{ .Schema }}"}});
  CHECK(as_written("dropping __ohdsischema_.t, pre__ohdsischema_t", names) ==
        "dropping ${ohdsiSchema}.t, pre${ohdsiSchema}t");
  CHECK(as_written("_app.t, my_app.t, _apps", names) == ":APP.t, my_app.t, _apps");
  CHECK(as_written("dropping public.t", names) == "dropping public.t");
  CHECK(placeholder_names("SELECT '${x}', a::text").empty());
}

TEST_CASE("what only looks like a placeholder stays") {
  for (const char* sql : {"SELECT a::text, '{{1,2}}'::int[]", "SELECT a[1:n], a[:n]", "SELECT f(a := 1)",
                          "SELECT '${x}', $${{x}}$$", "SELECT $1, $tag$ :x $tag$", "SELECT '\\x' -- :name {{x}}"}) {
    INFO(sql);
    const Statement statement = one(sql);
    CHECK_FALSE(statement.has_placeholder);
  }
  CHECK(one_as<Query>("SELECT * FROM t WHERE a = ':x'").string_constants == Strings{":x"});
}

TEST_CASE("templates of many kinds are names, also with quotes inside quotes") {
  for (const auto* name :
       {"{{ index .Options \"Schema\" }}", "\"{{ index .Options \"Schema\" }}\"", "${schema}", "#{schema}", "%{schema}",
        "$%SCHEMA%$", "@schema@", "<%= schema %>", ":schema", ":\"schema\""}) {
    INFO(name);
    const auto parsed = parse_sql("select 1;\nalter table " + std::string(name) + ".t add column x int;\nselect 2;");
    REQUIRE(parsed.statements.size() == 3);
    CHECK(parsed.statements[1].parsed);
    CHECK(parsed.statements[1].has_placeholder);
    CHECK(std::holds_alternative<AlterTable>(parsed.statements[1].node));
    CHECK(parsed.statements[2].span.line == 3);
  }
}

TEST_CASE("operators that look like placeholders stay operators") {
  const auto parsed = parse_sql(
      "select a @> b, @ -5, x @@ y, a #> '{x}', b % 3, 'w' <% d, a <@ b from t;\nselect d %> 'w', a[1:2], a::int from "
      "t;");
  REQUIRE(parsed.statements.size() == 2);
  for (const auto& statement : parsed.statements) {
    CHECK(statement.parsed);
    CHECK_FALSE(statement.has_placeholder);
  }
}

TEST_CASE("a forgotten quote costs its statement, and the next one begins behind its line") {
  const auto parsed = parse_sql(
      "create table a (x text);\ninsert into a values ('it's');\ncreate table b (x text default 'q');\n"
      "update a set x = 'y;\ncreate table c (x int);\n");
  REQUIRE(parsed.statements.size() == 5);
  CHECK(parsed.statements[0].parsed);
  CHECK_FALSE(parsed.statements[1].parsed);
  CHECK(parsed.statements[1].text == "insert into a values ('it's')");
  CHECK(parsed.statements[2].parsed);
  CHECK(parsed.statements[2].span.line == 3);
  CHECK_FALSE(parsed.statements[3].parsed);
  CHECK(parsed.statements[4].parsed);
  // Text that holds statements is text as long as it parses.
  CHECK(parse_sql("select 'a;\ncreate table x (y int);\n';").statements.size() == 1);
}

TEST_CASE("a subquery in FROM needs no alias, as since version 16") {
  const auto parsed = parse_sql(
      "insert into a select x from (select 1 as x), (select (2) from (select 3)) where true;\nselect 1 from (select "
      "2;\n"
      "delete from a;");
  REQUIRE(parsed.statements.size() == 3);
  CHECK(parsed.statements[0].parsed);
  CHECK(kind_name(parsed.statements[0].node) == "Insert");
  CHECK(parsed.statements[0].text.ends_with("where true"));
  CHECK_FALSE(parsed.statements[1].parsed);
  CHECK(parsed.statements[2].parsed);
}

TEST_CASE("a delimiter of one's own ends statements at the end of a line") {
  ParseOptions options;
  options.delimiter = "/";
  const auto slashes = parse_sql("select 4 / 2\n/\nselect 6 /\n", options);
  REQUIRE(slashes.statements.size() == 2);
  CHECK(slashes.statements[0].text == "select 4 / 2");
  options.delimiter = "GO";
  const auto words = parse_sql("select 1 as\ngo_on\ngo\nselect 2\n  GO  \n", options);
  REQUIRE(words.statements.size() == 2);
  CHECK(words.statements[1].parsed);
}

TEST_CASE("only the statement with the placeholder is marked") {
  const auto parsed = checked("SELECT 1; SELECT :x; SELECT 2; SELECT oops oops oops; SELECT {{y}}");
  REQUIRE(parsed.statements.size() == 5);
  const std::vector<bool> expected{false, true, false, false, true};
  for (size_t i = 0; i < 5; ++i) {
    INFO(i);
    CHECK(parsed.statements[i].has_placeholder == expected[i]);
  }
}

TEST_CASE("framework markers separate statements that lack a semicolon") {
  const auto parsed = checked(
      "ALTER TABLE a ADD b int\n--> statement-breakpoint\nALTER TABLE a ADD c int\n-- +goose StatementEnd\nSELECT "
      "1\n-- migrate:down\nSELECT 2");
  CHECK(parsed.statements.size() == 4);
  for (const Statement& statement : parsed.statements) CHECK(statement.parsed);
  CHECK(parsed.comments.size() == 3);
  CHECK(parsed.comments.at(0).text == "> statement-breakpoint");
  CHECK(parse_sql("SELECT 1 -- an ordinary remark\n + 2").statements.size() == 1);
}

TEST_CASE("NUL bytes and broken UTF-8 neither crash nor shift anything") {
  const auto parsed = checked(std::string_view("SELECT 1;\nSELECT 'a\0b';\nSELECT 3", 31));
  REQUIRE(parsed.statements.size() == 3);
  CHECK(parsed.statements[0].parsed);
  CHECK_FALSE(parsed.statements[1].parsed);
  CHECK(parsed.statements[1].error.find("NUL") != std::string::npos);
  CHECK(parsed.statements[1].error_span.column == 10);
  CHECK(parsed.statements[2].parsed);
  CHECK(checked("SELECT '\xC3';\nSELECT \xFF\xFE;\nSELECT oops oops \xF0\x9F;\nSELECT 4").statements.size() == 4);
  CHECK(checked("SELECT oops oops oops\xF0").statements.size() == 1);
}

TEST_CASE("deep nesting is an error statement, not a crash") {
  const auto nested = [](const std::string& open, const std::string& middle, const std::string& close, int depth) {
    std::string sql = "SELECT ";
    for (int i = 0; i < depth; ++i) sql += open;
    sql += middle;
    for (int i = 0; i < depth; ++i) sql += close;
    return sql;
  };
  const std::vector<std::string> hostile{
      nested("(", "1", ")", 100'000),
      nested("", "1", "+1", 100'000),
      nested("", "a", "::int", 50'000),
      nested("", "a", " IS NULL", 50'000),
      nested("(a and (b or ", "c", "))", 20'000),
      nested("(SELECT ", "1", ")", 5'000),
      nested("f(", "1", ")", 3'000),
      nested("NOT ", "a", "", 9'000),
      nested("", "1", " UNION SELECT 1", 20'000),
      nested("- ", "a", "", 9'000),
      nested("CASE WHEN a THEN ", "1", " END", 2'500),
      "CREATE VIEW v AS " + nested("", "1", "+1", 100'000),
      "ALTER TABLE t ADD CHECK (" + nested("", "1", "+1", 100'000).substr(7) + ")",
      "DELETE FROM t WHERE " + nested("", "a", " || a", 100'000).substr(7),
  };
  for (const std::string& sql : hostile) {
    INFO(sql.substr(0, 60));
    const auto parsed = parse_sql(sql + ";\nSELECT 1");
    REQUIRE(parsed.statements.size() == 2);
    CHECK_FALSE(parsed.statements[0].parsed);
    CHECK(parsed.statements[1].parsed);
    CHECK(parsed.statements[1].span.line == 2);
  }
  CHECK(one("SELECT " + std::string(200, '(') + "1" + std::string(200, ')')).parsed);
  CHECK_FALSE(parse_expression("1" +
                               [] {
                                 std::string s;
                                 for (int i = 0; i < 5000; ++i) s += "+1";
                                 return s;
                               }())
                  .has_value());
}

TEST_CASE("large files are read in a pass") {
  std::string good;
  for (int i = 0; i < 10'000; ++i) good += "INSERT INTO t VALUES (" + std::to_string(i) + ", :x) /* c */; -- note\n";
  const auto parsed = parse_sql(good);
  REQUIRE(parsed.statements.size() == 10'000);
  CHECK(parsed.statements.back().span.line == 10'000);
  CHECK(parsed.statements.back().has_placeholder);
  CHECK(parsed.comments.size() == 20'000);
  // The same with one error: each statement is then parsed alone.
  const auto recovered = parse_sql("oops;\n" + good);
  REQUIRE(recovered.statements.size() == 10'001);
  CHECK_FALSE(recovered.statements.front().parsed);
  CHECK(recovered.statements.back().span.line == 10'001);
  CHECK(recovered.statements.back().parsed);
  // Rows of one statement.
  std::string rows = "INSERT INTO t VALUES (0)";
  for (int i = 1; i < 20'000; ++i) rows += ",(" + std::to_string(i) + ")";
  CHECK(parse_sql(rows).statements.at(0).parsed);
}

TEST_CASE("threads parse at the same time") {
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&wrong, t] {
      const std::string name = "t" + std::to_string(t);
      for (int i = 0; i < 200; ++i) {
        const auto parsed = parse_sql("oops; UPDATE " + name + " SET a = 1 WHERE CASE WHEN b THEN c END; SELECT " +
                                      (i % 2 == 0 ? "1" : "1 +"));
        const auto* query = std::get_if<Query>(&parsed.statements.at(1).node);
        const bool fine = parsed.statements.size() == 3 && query != nullptr && query->target.name == name &&
                          query->where->sql == "CASE WHEN b THEN c END" && parsed.statements[2].parsed == (i % 2 == 0);
        if (!fine) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}
