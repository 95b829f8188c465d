#include "parse/one.h"

using namespace bgdb;
using namespace bgdb::parse;

TEST_CASE("CREATE TABLE lists columns and table constraints") {
  const auto table = one_as<CreateTable>(
      "CREATE UNLOGGED TABLE IF NOT EXISTS shop.orders (id bigserial PRIMARY KEY, customer int NOT NULL, total "
      "numeric(10,2) "
      "DEFAULT 0, CONSTRAINT positive CHECK (total >= 0), FOREIGN KEY (customer) REFERENCES customers (id), UNIQUE "
      "(id, customer))");
  CHECK(table.relation == QualifiedName{"shop", "orders"});
  CHECK(table.if_not_exists);
  CHECK(table.persistence == 'u');
  REQUIRE(table.columns.size() == 3);
  CHECK(table.columns[0].type.name == "serial8");
  CHECK(table.columns[0].constraints.at(0).kind == ConstraintKind::primary_key);
  CHECK(table.columns[1].not_null);
  CHECK(table.columns[2].type.modifiers == std::vector<int>{10, 2});
  REQUIRE(table.constraints.size() == 3);
  CHECK(table.constraints[0].name == "positive");
  CHECK(table.constraints[1].columns == Strings{"customer"});
  CHECK(table.constraints[2].columns == Strings{"id", "customer"});
  CHECK(one_as<CreateTable>("CREATE TEMP TABLE t (a int)").persistence == 't');
  CHECK(one_as<CreateTable>("CREATE FOREIGN TABLE f (a int) SERVER s").object == ObjectKind::foreign_table);
}

TEST_CASE("LIKE, inheritance and partitions of a new table") {
  const auto like =
      one_as<CreateTable>("CREATE TABLE t (LIKE s.o INCLUDING DEFAULTS INCLUDING INDEXES, b int) INHERITS (p, s.q)");
  REQUIRE(like.likes.size() == 1);
  CHECK(like.likes[0].relation == QualifiedName{"s", "o"});
  CHECK(like.likes[0].including_defaults);
  CHECK(like.likes[0].including_indexes);
  CHECK_FALSE(like.likes[0].including_constraints);
  CHECK(displays(like.inherits) == Strings{"p", "s.q"});
  CHECK_FALSE(like.partition_of);
  const auto all = one_as<CreateTable>("CREATE TABLE t (LIKE o INCLUDING ALL EXCLUDING COMMENTS)").likes.at(0);
  CHECK(all.including_identity);
  CHECK(all.including_generated);
  CHECK(all.including_constraints);
  CHECK_FALSE(all.including_comments);

  const auto parent =
      one_as<CreateTable>("CREATE TABLE t (a int, b date) PARTITION BY RANGE (b, lower(a::text), \"A b\" int4_ops)");
  CHECK(parent.partition_by == "range (b, (lower(a::text)), \"A b\" int4_ops)");
  CHECK(parent.partition_columns == Strings{"b", "A b"});
  const auto child =
      one_as<CreateTable>("CREATE TABLE c PARTITION OF s.t FOR VALUES FROM (1) TO (2) PARTITION BY LIST (a)");
  CHECK(child.partition_of);
  CHECK(displays(child.inherits) == Strings{"s.t"});
  CHECK(child.bound_sql == "FOR VALUES FROM (1) TO (2)");
  CHECK(child.partition_by == "list (a)");
  CHECK(one_as<CreateTable>("CREATE TABLE c PARTITION OF t DEFAULT").bound_is_default);
}

TEST_CASE("CREATE TABLE AS, SELECT INTO and materialized views") {
  const auto as = one_as<CreateTableAs>(
      "CREATE TEMP TABLE IF NOT EXISTS s.t (a, b) AS SELECT x, y FROM u JOIN v USING (x) WITH NO DATA");
  CHECK(as.relation == QualifiedName{"s", "t"});
  CHECK(as.if_not_exists);
  CHECK(as.persistence == 't');
  CHECK(as.columns == Strings{"a", "b"});
  CHECK_FALSE(as.with_data);
  CHECK(displays(as.reads) == Strings{"u", "v"});
  CHECK(as.query_sql == "SELECT x, y FROM u JOIN v USING (x)");
  const auto into = one_as<CreateTableAs>("SELECT a INTO TEMP copy FROM t WHERE a > 1");
  CHECK(into.relation.name == "copy");
  CHECK(into.persistence == 't');
  CHECK(into.query_sql == "SELECT a FROM t WHERE a > 1");
  CHECK(displays(into.reads) == Strings{"t"});
  const auto view =
      one_as<CreateTableAs>("CREATE MATERIALIZED VIEW m AS WITH x AS (SELECT 1) SELECT * FROM x WITH DATA;");
  CHECK(view.materialized_view);
  CHECK(view.reads.empty());
  CHECK(view.query_sql == "WITH x AS (SELECT 1) SELECT * FROM x");
  CHECK(one_as<CreateTableAs>("CREATE TABLE t AS EXECUTE q(1)").query_sql == "EXECUTE q(1)");
}

TEST_CASE("CREATE INDEX says what it indexes and how") {
  const auto index = one_as<CreateIndex>(
      "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY s.t USING gin (a, lower(b) text_ops DESC NULLS LAST, c "
      "COLLATE \"C\") "
      "INCLUDE (d) NULLS NOT DISTINCT WHERE a IS NOT NULL");
  CHECK(index.name == "i");
  CHECK(index.relation == QualifiedName{"s", "t"});
  CHECK(index.unique);
  CHECK(index.concurrently);
  CHECK(index.if_not_exists);
  CHECK(index.only);
  CHECK(index.nulls_not_distinct);
  CHECK(index.method == "gin");
  REQUIRE(index.elements.size() == 3);
  CHECK(index.elements[0].column == "a");
  CHECK_FALSE(index.elements[0].expr);
  CHECK(index.elements[1].column.empty());
  CHECK(index.elements[1].expr->sql == "lower(b)");
  CHECK(index.elements[1].sql == "(lower(b)) text_ops DESC NULLS LAST");
  CHECK(index.elements[2].sql == "c COLLATE \"C\"");
  CHECK(index.include == Strings{"d"});
  CHECK(index.predicate->not_null_columns == Strings{"a"});
  const auto plain = one_as<CreateIndex>("CREATE INDEX ON t (a)");
  CHECK(plain.name.empty());
  CHECK(plain.method == "btree");
  CHECK_FALSE(plain.only);
  CHECK_FALSE(plain.predicate);
}

TEST_CASE("CREATE VIEW tells its columns and what it reads") {
  const auto view = one_as<CreateView>(
      "CREATE OR REPLACE VIEW s.v AS SELECT o.id, o.total AS sum, lower(c.name), o.x::text, 1, coalesce(a, b) FROM "
      "orders o, s.customers c");
  CHECK(view.relation == QualifiedName{"s", "v"});
  CHECK(view.or_replace);
  CHECK(view.output_columns == Strings{"id", "sum", "lower", "x", "?column?", "coalesce"});
  CHECK(displays(view.reads) == Strings{"orders", "s.customers"});
  CHECK(view.columns_read.at(0).table == "o");
  CHECK(view.columns_read.at(0).name == "id");
  CHECK_FALSE(view.simple_projection);

  const auto simple = one_as<CreateView>("CREATE VIEW v (x) AS SELECT a, b FROM t WHERE a > 0 WITH LOCAL CHECK OPTION");
  CHECK(simple.simple_projection);
  CHECK(simple.columns == Strings{"x"});
  CHECK(simple.output_columns == Strings{"x", "b"});
  CHECK(simple.query_sql == "SELECT a, b FROM t WHERE a > 0");
  CHECK(one_as<CreateView>("CREATE VIEW v AS SELECT * FROM t").output_columns == Strings{"*"});
  CHECK(one_as<CreateView>("CREATE VIEW v AS VALUES (1, 2)").output_columns == Strings{"column1", "column2"});
  CHECK(one_as<CreateView>("CREATE TEMP VIEW v AS SELECT a FROM t UNION SELECT b FROM u").output_columns ==
        Strings{"a"});
  CHECK(one_as<CreateView>("CREATE TEMP VIEW v AS SELECT 1").temporary);
  CHECK_FALSE(one_as<CreateView>("CREATE VIEW v AS SELECT DISTINCT a FROM t").simple_projection);
}

TEST_CASE("a recursive view keeps a query that runs") {
  const auto view =
      one_as<CreateView>("CREATE RECURSIVE VIEW n (i) AS VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 9");
  CHECK(view.recursive);
  CHECK(view.reads.empty());
  CHECK(parse_sql(view.query_sql).statements.at(0).parsed);
  CHECK_FALSE(one_as<CreateView>("CREATE VIEW v AS WITH RECURSIVE n AS (SELECT 1) SELECT * FROM n").recursive);
}

TEST_CASE("sequences") {
  const auto create = one_as<CreateSequence>("CREATE SEQUENCE IF NOT EXISTS s.q AS int START 5 OWNED BY s.t.id");
  CHECK(create.name == QualifiedName{"s", "q"});
  CHECK(create.if_not_exists);
  CHECK(create.type_name == "int4");
  CHECK(create.owned_by_table == QualifiedName{"s", "t"});
  CHECK(create.owned_by_column == "id");
  CHECK(one_as<CreateSequence>("CREATE TEMP SEQUENCE q OWNED BY NONE").owned_by_table.empty());
  const auto alter = one_as<AlterSequence>("ALTER SEQUENCE IF EXISTS q RESTART WITH 10 INCREMENT 2 OWNED BY t.id");
  CHECK(alter.if_exists);
  CHECK(alter.option_names == Strings{"restart", "increment", "owned_by"});
  CHECK(alter.owned_by_table.name == "t");
}

TEST_CASE("schemas, extensions, statistics") {
  CHECK(one_as<CreateSchema>("CREATE SCHEMA IF NOT EXISTS app").name == "app");
  CHECK(one_as<CreateSchema>("CREATE SCHEMA IF NOT EXISTS app").if_not_exists);
  CHECK(one_as<CreateSchema>("CREATE SCHEMA AUTHORIZATION bob").name == "bob");
  const auto extension = one_as<CreateExtension>("CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" WITH SCHEMA ext");
  CHECK(extension.name == "uuid-ossp");
  CHECK(extension.if_not_exists);
  CHECK(extension.schema == "ext");
  CHECK(one_as<AlterExtension>("ALTER EXTENSION postgis UPDATE TO '3'").action == "update");
  CHECK(one_as<AlterExtension>("ALTER EXTENSION postgis ADD TABLE t").action == "add");
  CHECK(one_as<AlterExtension>("ALTER EXTENSION postgis DROP TABLE t").action == "drop");
  const auto statistics = one_as<CreateStatistics>("CREATE STATISTICS s.st (ndistinct) ON a, b FROM s.t");
  CHECK(statistics.name == QualifiedName{"s", "st"});
  CHECK(statistics.relation == QualifiedName{"s", "t"});
}
