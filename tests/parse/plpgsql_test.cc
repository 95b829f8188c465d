#include "parse/one.h"

using namespace bgdb;
using namespace bgdb::parse;

namespace {

struct Found {
  Strings kinds;
  Strings texts;
};

Found found(const ParsedBody& body) {
  Found out;
  for (const Statement& statement : body.statements) {
    INFO(statement.text);
    INFO(statement.error);
    CHECK(statement.parsed);
    out.kinds.push_back(kind_name(statement.node));
    out.texts.push_back(statement.text);
  }
  return out;
}

ParsedBody read(std::string_view text) {
  ParsedBody body = parse_plpgsql(text);
  INFO(body.error);
  CHECK(body.parsed);
  return body;
}

}  // namespace

TEST_CASE("statements inside nested blocks are found at their places") {
  const std::string_view body = R"(
DECLARE
  r record;
  n int := (SELECT count(*) FROM counters);
  c CURSOR (lim int) FOR SELECT * FROM cursored WHERE id < lim;
BEGIN
  IF EXISTS (SELECT 1 FROM t) THEN
    ALTER TABLE t ADD COLUMN c int;
  ELSIF n > 2 THEN
    UPDATE t SET a = 1;
  ELSE
    DELETE FROM t;
  END IF;
  <<outer>>
  FOR r IN SELECT * FROM looped LOOP
    INSERT INTO log VALUES (r.id);
    EXIT outer WHEN n > 5;
  END LOOP outer;
  FOR i IN 1..10 LOOP NULL; END LOOP;
  WHILE n > 0 LOOP n := n - 1; END LOOP;
  CASE n WHEN 1 THEN TRUNCATE t; ELSE NULL; END CASE;
  BEGIN
    DROP TABLE u;
  EXCEPTION WHEN undefined_table OR SQLSTATE '42P01' THEN
    CREATE TABLE u (a int);
  END;
  COMMIT;
END)";
  const ParsedBody parsed = read(body);
  const Found all = found(parsed);
  CHECK(all.kinds == Strings{"Select", "Select", "Select", "AlterTable", "Update", "Delete", "Select", "Insert",
                             "Truncate", "Drop", "CreateTable", "Transaction"});
  CHECK(all.texts.at(3) == "ALTER TABLE t ADD COLUMN c int");
  for (const Statement& statement : parsed.statements) {
    CHECK(body.substr(statement.span.offset, statement.span.length) == statement.text);
  }
  CHECK(parsed.statements.at(3).span.line == 8);
  CHECK(parsed.statements.at(3).span.column == 5);
  CHECK(displays(std::get<Query>(parsed.statements.at(0).node).reads) == Strings{"counters"});
  CHECK_FALSE(parsed.raises);
  CHECK(parsed.dynamic.empty());
}

TEST_CASE("INTO belongs to PL/pgSQL") {
  const auto parsed = read(R"(BEGIN
    SELECT a, b INTO STRICT rec.x, arr[1], "Odd" FROM t WHERE c = 1;
    INSERT INTO u (a) VALUES (1) RETURNING id INTO new_id;
    SELECT count(*) FROM v INTO n;
    WITH x AS (INSERT INTO w VALUES (1) RETURNING *) SELECT * INTO r FROM x;
    MERGE INTO m USING s ON true WHEN MATCHED THEN DO NOTHING;
  END)");
  const Found all = found(parsed);
  CHECK(all.kinds == Strings{"Select", "Insert", "Select", "Select", "Merge"});
  CHECK(displays(std::get<Query>(parsed.statements.at(0).node).reads) == Strings{"t"});
  CHECK(displays(std::get<Query>(parsed.statements.at(3).node).writes) == Strings{"w"});
}

TEST_CASE("EXECUTE of known text is read, of unknown text is reported") {
  const auto parsed = read(R"(BEGIN
    EXECUTE 'DROP TABLE a';
    EXECUTE $q$ALTER TABLE b ADD c int; CREATE INDEX ON b (c)$q$;
    EXECUTE format('DROP TABLE %I', 'Odd Name');
    EXECUTE 'CREATE TABLE ' || 'c' || ' (a int)' USING 1;
    EXECUTE 'SELECT ''x'' FROM d' INTO v;
    EXECUTE 'DROP TABLE ' || quote_ident(r.name);
    EXECUTE format('DROP TABLE %I', r.name) USING 1;
    FOR r IN EXECUTE 'SELECT 1 FROM e' LOOP NULL; END LOOP;
    RETURN QUERY EXECUTE sql;
  END)");
  const Found all = found(parsed);
  CHECK(all.kinds == Strings{"Drop", "AlterTable", "CreateIndex", "Drop", "CreateTable", "Select", "Select"});
  CHECK(parsed.statements.at(0).span.line == 2);
  CHECK(parsed.statements.at(0).span.column == 14);
  CHECK(parsed.statements.at(2).span.column == 41);
  CHECK(std::get<Drop>(parsed.statements.at(3).node).items.at(0).name.name == "Odd Name");
  REQUIRE(parsed.dynamic.size() == 3);
  CHECK(parsed.dynamic[0].line == 7);
  CHECK(parsed.dynamic[0].column == 5);
  CHECK(parsed.dynamic[1].line == 8);
  CHECK(parsed.dynamic[2].line == 10);
}

TEST_CASE("PERFORM, RETURN, OPEN, CALL and assignments that run queries") {
  const auto parsed = read(R"(BEGIN
    PERFORM pg_notify('x', 'y');
    RETURN QUERY SELECT * FROM a;
    RETURN NEXT f(1);
    OPEN cur FOR SELECT * FROM b;
    CALL p();
    NEW.total := (SELECT sum(x) FROM c);
    arr[1] = 5;
    n := 1 + 2;
    ASSERT (SELECT true FROM d), 'no';
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN NEW;
  END)");
  const Found all = found(parsed);
  CHECK(all.kinds == Strings{"Select", "Select", "Select", "Select", "Call", "Select", "Select"});
  CHECK(all.texts.at(0) == "PERFORM pg_notify('x', 'y')");
  CHECK(displays(std::get<Query>(parsed.statements.at(0).node).functions) == Strings{"pg_notify"});
  CHECK(all.texts.at(5) == "(SELECT sum(x) FROM c)");
}

TEST_CASE("RAISE counts only when it raises") {
  CHECK(read("BEGIN RAISE EXCEPTION 'no %', 1; END").raises);
  CHECK(read("BEGIN RAISE 'no'; END").raises);
  CHECK(read("BEGIN RAISE unique_violation USING message = 'x'; END").raises);
  CHECK(read("BEGIN RAISE; END").raises);
  CHECK_FALSE(read("BEGIN RAISE NOTICE 'x'; RAISE WARNING 'y'; RAISE DEBUG 'z'; END").raises);
}

TEST_CASE("a statement that does not parse costs only itself") {
  const auto parsed = parse_plpgsql("BEGIN\n  DROP TABEL a;\n  DROP TABLE b;\nEND");
  CHECK(parsed.parsed);
  REQUIRE(parsed.statements.size() == 2);
  CHECK_FALSE(parsed.statements[0].parsed);
  CHECK(parsed.statements[0].error_span.line == 2);
  CHECK(parsed.statements[0].error_span.column == 8);
  CHECK(parsed.statements[1].parsed);
}

TEST_CASE("broken bodies are reported") {
  for (const char* body :
       {"", "SELECT 1", "BEGIN SELECT 1;", "BEGIN IF a THEN END;", "BEGIN END; END;", "BEGIN PERFORM 'x; END"}) {
    INFO(body);
    const auto parsed = parse_plpgsql(body);
    CHECK_FALSE(parsed.parsed);
    CHECK_FALSE(parsed.error.empty());
  }
}

TEST_CASE("placeholders in bodies are marked") {
  const auto parsed = read("BEGIN ALTER TABLE ${schema}.t ADD a int; DROP TABLE b; END");
  REQUIRE(parsed.statements.size() == 2);
  CHECK(parsed.statements[0].has_placeholder);
  CHECK(parsed.statements[0].text == "ALTER TABLE ${schema}.t ADD a int");
  CHECK_FALSE(parsed.statements[1].has_placeholder);
}

TEST_CASE("hostile bodies end") {
  std::string deep;
  for (int i = 0; i < 50'000; ++i) deep += "BEGIN ";
  for (int i = 0; i < 50'000; ++i) deep += "END; ";
  CHECK(parse_plpgsql(deep).parsed);
  std::string chain = "BEGIN EXECUTE 'a'";
  for (int i = 0; i < 50'000; ++i) chain += "||'a'";
  CHECK(parse_plpgsql(chain + "; END").dynamic.size() == 1);
  parse_plpgsql(std::string_view("BEGIN \0 \xFF END", 13));
  parse_plpgsql("IF IF IF THEN LOOP CASE WHEN FOR IN ; EXECUTE; RETURN; OPEN; RAISE; :=; <<");
  parse_plpgsql("FOR FOR FOR");
  parse_plpgsql("DECLARE DECLARE x");
}
