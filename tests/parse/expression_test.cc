#include "parse/one.h"

using namespace bgdb;
using namespace bgdb::parse;

namespace {

// Printed SQL must parse again and print the same.
std::string printed(std::string_view sql) {
  const std::string once = expression(sql).sql;
  INFO(once);
  CHECK(expression(once).sql == once);
  return once;
}

Strings column_names(const Expr& expr) {
  Strings out;
  for (const auto& column : expr.columns)
    out.push_back(column.table.empty() ? column.name : column.table + "." + column.name);
  return out;
}

std::string type_sql(std::string_view sql) {
  INFO(sql);
  return REQUIRE_OK(parse_type(sql)).sql;
}

}  // namespace

TEST_CASE("expressions are printed as valid SQL") {
  CHECK(printed("5") == "5");
  CHECK(printed("-1") == "-1");
  CHECK(printed("1.50") == "1.50");
  CHECK(printed("99999999999") == "99999999999");
  CHECK(printed("'it''s'") == "'it''s'");
  CHECK(printed("E'a\\\\b'") == "E'a\\\\b'");
  CHECK(printed("NULL") == "NULL");
  CHECK(printed("TRUE") == "true");
  CHECK(printed("a . \"B c\"") == "a.\"B c\"");
  CHECK(printed("(a + b) * c") == "(a + b) * c");
  CHECK(printed("a + b * c") == "a + (b * c)");
  CHECK(printed("a - (-1)") == "a - (-1)");
  CHECK(printed("(-1)::text") == "(-1)::text");
  CHECK(printed("- a") == "- a");
  CHECK(printed("now() - interval '1 day'") == "now() - '1 day'::interval");
  CHECK(printed("CURRENT_TIMESTAMP") == "CURRENT_TIMESTAMP");
  CHECK(printed("(a || b)::varchar(10)") == "(a || b)::varchar(10)");
  CHECK(printed("a IN (1, 'x') AND NOT (b OR c IS NULL)") == "a IN (1, 'x') AND NOT (b OR c IS NULL)");
  CHECK(printed("a NOT IN (1)") == "a NOT IN (1)");
  CHECK(printed("(a AND b) OR (c AND d)") == "(a AND b) OR (c AND d)");
  CHECK(printed("a LIKE 'x%' AND b NOT ILIKE 'y'") == "a LIKE 'x%' AND b NOT ILIKE 'y'");
  CHECK(printed("(a = b) IS NULL") == "(a = b) IS NULL");
  CHECK(printed("a IS DISTINCT FROM b") == "a IS DISTINCT FROM b");
  CHECK(printed("CASE a WHEN 1 THEN 'x' ELSE b END") == "CASE a WHEN 1 THEN 'x' ELSE b END");
  CHECK(printed("CASE WHEN a > 0 AND b THEN 1 END + 1") == "CASE WHEN a > 0 AND b THEN 1 END + 1");
  CHECK(printed("a BETWEEN 1 AND (b AND c)") == "a BETWEEN 1 AND (b AND c)");
  CHECK(printed("a NOT BETWEEN -1 AND 2 + 3") == "a NOT BETWEEN (-1) AND (2 + 3)");
  CHECK(printed("a = ANY (ARRAY['x', 'y']::text[])") == "a = ANY (ARRAY['x', 'y']::text[])");
  CHECK(printed("a <> ALL ('{}')") == "a <> ALL ('{}')");
  CHECK(printed("count(*)") == "count(*)");
  CHECK(printed("s.f(a, g(1))") == "s.f(a, g(1))");
  CHECK(printed("coalesce(a, 0)") == "COALESCE(a, 0)");
  CHECK(printed("$1") == "$1");
}

TEST_CASE("rarer forms are printed, too") {
  for (const char* sql : {"CASE WHEN a > 0 THEN 'x' ELSE 'y' END",
                          "EXISTS (SELECT 1 FROM t WHERE t.id = a)",
                          "a[1:2]",
                          "ARRAY[1, 2]",
                          "(r).f",
                          "ROW(1, 2)",
                          "a AT TIME ZONE 'UTC'",
                          "extract(year FROM ts)",
                          "a BETWEEN 1 AND 2",
                          "a = ANY (ARRAY['x'])",
                          "sum(a) FILTER (WHERE b) OVER (PARTITION BY c ORDER BY d)",
                          "a COLLATE \"C\"",
                          "a IS TRUE",
                          "a LIKE 'x' ESCAPE '!'",
                          "GREATEST(a, b)",
                          "NULLIF(a, '')",
                          "B'101'",
                          "xmlelement(name foo)",
                          "substring(a FROM 1 FOR 2)",
                          "f(VARIADIC a)",
                          "f(x => 1)",
                          "string_agg(a, ',' ORDER BY b)",
                          "a OPERATOR(pg_catalog.+) b",
                          "CURRENT_TIME(3)",
                          "grouping(a)",
                          "(SELECT max(x) FROM t)",
                          "a SIMILAR TO 'b'",
                          "overlay(a placing b from 1)"}) {
    INFO(sql);
    CHECK_FALSE(printed(sql).empty());
    // The deparser's way, for expressions whose source cannot be cut out: what it prints reads back.
    const auto add = command(std::string("ALTER TABLE t ALTER c SET DEFAULT ") + sql);
    INFO(add.expr->sql);
    CHECK(parse_expression(add.expr->sql).has_value());
  }
  CHECK(printed(" a COLLATE \"C\" BETWEEN 'x' AND (b)  -- end") == "a COLLATE \"C\" BETWEEN 'x' AND (b)");
  CHECK(command("ALTER TABLE t ADD CONSTRAINT \"check\" CHECK ( (a IS TRUE) = (b OR (c)) /* x */ ) NOT VALID")
            .constraint->check->sql == "(a IS TRUE) = (b OR (c))");
  CHECK(command("ALTER TABLE t ADD a int GENERATED ALWAYS AS (b[1] + 1) STORED").column->generated->sql == "b[1] + 1");
  CHECK(one_as<CreateIndex>("CREATE INDEX ON t (a) WHERE (b).c IS NULL").predicate->sql == "(b).c IS NULL");
}

TEST_CASE("an expression tells its columns, functions, casts and texts") {
  const Expr expr =
      expression("lower(o.name) || x::int4::text = 'a' AND t.*::text <> '' AND s.f(now()) > CURRENT_DATE");
  CHECK(column_names(expr) == Strings{"o.name", "x", "t.*"});
  CHECK(displays(expr.functions) == Strings{"lower", "s.f", "now", "current_date"});
  CHECK(expr.string_constants == Strings{"a", ""});
  REQUIRE(expr.casts.size() == 3);
  CHECK(expr.casts[0].name == "text");
  CHECK(expr.casts[1].name == "int4");
  CHECK_FALSE(expr.has_subquery);
  CHECK(expression("a > (SELECT 1)").has_subquery);
  CHECK(expression("true").casts.empty());
}

TEST_CASE("constants are told from what is computed") {
  for (const char* constant : {"5", "-1", "+2", "'x'", "'x'::text", "true", "NULL", "NULL::int", "- 1.5::numeric",
                               "interval '1 day'", "'{}'::jsonb", "B'1'"}) {
    INFO(constant);
    CHECK(expression(constant).is_constant);
  }
  for (const char* computed : {"now()", "1 + 1", "a", "CURRENT_TIMESTAMP", "ARRAY[1]", "nextval('q')", "(SELECT 1)"}) {
    INFO(computed);
    CHECK_FALSE(expression(computed).is_constant);
  }
  CHECK(expression("NULL").is_null);
  CHECK(expression("NULL::int").is_null);
  CHECK_FALSE(expression("0").is_null);
}

TEST_CASE("columns proved NOT NULL") {
  const auto proved = [](std::string_view sql) { return expression(sql).not_null_columns; };
  CHECK(proved("a IS NOT NULL") == Strings{"a"});
  CHECK(proved("a IS NOT NULL AND (b IS NOT NULL AND c > 0)") == Strings{"a", "b"});
  CHECK(proved("NOT (a IS NULL)") == Strings{"a"});
  CHECK(proved("t.a IS NOT NULL") == Strings{"a"});
  CHECK(proved("a IS NOT NULL OR b IS NOT NULL").empty());
  CHECK(proved("a IS NULL").empty());
  CHECK(proved("lower(a) IS NOT NULL").empty());
  // A CHECK lets NULL pass: `a > 0` proves nothing about NULL.
  CHECK(proved("a > 0").empty());
}

TEST_CASE("only a whole expression is accepted") {
  for (const char* bad :
       {"", "a,", "a, b", "a FROM t", "a AS x", "1; SELECT 2", "(", "a WHERE b", "a UNION SELECT 1", "a b c", "'x"}) {
    INFO(bad);
    const auto result = parse_expression(bad);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == ErrorCode::input);
    CHECK_FALSE(result.error().message.empty());
  }
  CHECK_FALSE(parse_expression(std::string_view("a\0b", 3)).has_value());
  CHECK(expression("a -- a comment").sql == "a");
}

TEST_CASE("type names are canonical") {
  CHECK(type_sql("integer") == "int4");
  CHECK(type_sql("INT") == "int4");
  CHECK(type_sql("int4") == "int4");
  CHECK(type_sql("smallint") == "int2");
  CHECK(type_sql("bigint") == "int8");
  CHECK(type_sql("character varying(10)") == "varchar(10)");
  CHECK(type_sql("varchar") == "varchar");
  CHECK(type_sql("timestamp with time zone") == "timestamptz");
  CHECK(type_sql("timestamptz(3)") == "timestamptz(3)");
  CHECK(type_sql("timestamp(6) without time zone") == "timestamp(6)");
  CHECK(type_sql("time with time zone") == "timetz");
  CHECK(type_sql("boolean") == "bool");
  CHECK(type_sql("decimal(10, 2)") == "numeric(10,2)");
  CHECK(type_sql("dec") == "numeric");
  CHECK(type_sql("char(3)") == "bpchar(3)");
  CHECK(type_sql("char") == "bpchar(1)");
  CHECK(type_sql("\"char\"") == "\"char\"");
  CHECK(type_sql("real") == "float4");
  CHECK(type_sql("double precision") == "float8");
  CHECK(type_sql("float(24)") == "float4");
  CHECK(type_sql("float") == "float8");
  CHECK(type_sql("bit varying(5)") == "varbit(5)");
  CHECK(type_sql("interval year to month") == "interval year to month");
  CHECK(type_sql("interval second(3)") == "interval second(3)");
  CHECK(type_sql("interval(2)") == "interval(2)");
  CHECK(type_sql("interval") == "interval");
  CHECK(type_sql("serial") == "serial4");
  CHECK(type_sql("bigserial") == "serial8");
  CHECK(type_sql("smallserial") == "serial2");
  CHECK(type_sql("text[][3]") == "text[][]");
  CHECK(type_sql("int ARRAY") == "int4[]");
  CHECK(type_sql("pg_catalog.int4") == "int4");
  CHECK(type_sql("\"My Schema\".\"Mood\"[]") == "\"My Schema\".\"Mood\"[]");
  CHECK(type_sql("geometry(Point, 4326)") == "geometry(point,4326)");
  CHECK(type_sql("citext") == "citext");
  // Printed types read back as the same type.
  for (const char* sql : {"integer", "char", "\"char\"", "numeric(5)", "interval day to second(3)", "varchar(3)[]",
                          "a.b", "serial", "geometry(point,4326)", "bit(3)", "time(3)"}) {
    INFO(sql);
    const TypeName type = REQUIRE_OK(parse_type(sql));
    CHECK(REQUIRE_OK(parse_type(type.sql)) == type);
  }
  CHECK(REQUIRE_OK(parse_type("s.mood[]")).schema == "s");
  CHECK(REQUIRE_OK(parse_type("s.mood[]")).array_dims == 1);
  CHECK_FALSE(REQUIRE_OK(parse_type("geometry(Point)")) == REQUIRE_OK(parse_type("geometry(Polygon)")));
}

TEST_CASE("only a whole type is accepted") {
  for (const char* bad :
       {"", "int) , (1", "int NOT NULL", "1", "int; SELECT 1", "text)::int, CAST(1 AS int", "varchar("}) {
    INFO(bad);
    CHECK_FALSE(parse_type(bad).has_value());
  }
  CHECK_FALSE(parse_type(std::string_view("int\0", 4)).has_value());
}
