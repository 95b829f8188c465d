#include "parse/one.h"

using namespace bgdb;
using namespace bgdb::parse;

TEST_CASE("SELECT lists what it reads and calls") {
  const auto query = one_as<Query>(
      "SELECT setval('s.q', 5), count(*) FROM a JOIN s.b USING (x), LATERAL (SELECT 1 FROM c) z WHERE EXISTS (SELECT 1 "
      "FROM d) "
      "AND y = now() LIMIT 5 FOR UPDATE");
  CHECK(query.kind == QueryKind::select);
  CHECK(displays(query.reads) == Strings{"a", "s.b", "c", "d"});
  CHECK(query.writes.empty());
  CHECK(displays(query.functions) == Strings{"setval", "count", "now"});
  CHECK(query.string_constants == Strings{"s.q"});
  CHECK(query.has_limit);
  CHECK(query.locks_rows);
  CHECK_FALSE(query.where);
  CHECK(displays(one_as<Query>("SELECT 1 FROM a UNION SELECT 2 FROM b").reads) == Strings{"a", "b"});
  CHECK(displays(one_as<Query>("SELECT * FROM generate_series(1, 3)").functions) == Strings{"generate_series"});
  CHECK(one_as<Query>("VALUES (1), (2)").kind == QueryKind::select);
  CHECK(displays(one_as<Query>("TABLE s.t").reads) == Strings{"s.t"});
}

TEST_CASE("a common table expression hides a table only where it is in scope") {
  const auto reads = [](std::string_view sql) { return displays(one_as<Query>(sql).reads); };
  CHECK(reads("WITH t AS (SELECT * FROM t) SELECT * FROM t") == Strings{"t"});
  CHECK(reads("WITH RECURSIVE t AS (SELECT 1 UNION SELECT * FROM t) SELECT * FROM t").empty());
  CHECK(reads("WITH a AS (SELECT * FROM x), b AS (SELECT * FROM a) SELECT * FROM b, s.a") == Strings{"x", "s.a"});
  CHECK(reads("SELECT (WITH a AS (SELECT 1) SELECT 1 FROM a) FROM a") == Strings{"a"});
  CHECK(reads("WITH a AS (SELECT 1) SELECT (SELECT 1 FROM a) FROM b") == Strings{"b"});
}

TEST_CASE("INSERT") {
  const auto insert = one_as<Query>(
      "INSERT INTO s.t (a, b) SELECT x, y FROM u ON CONFLICT (a, lower(b)) DO UPDATE SET b = excluded.b RETURNING id");
  CHECK(insert.kind == QueryKind::insert);
  CHECK(insert.target == QualifiedName{"s", "t"});
  CHECK(insert.target_columns == Strings{"a", "b"});
  CHECK(displays(insert.reads) == Strings{"u"});
  CHECK(displays(insert.writes) == Strings{"s.t"});
  CHECK(insert.has_on_conflict);
  CHECK(insert.conflict_columns == Strings{"a"});
  CHECK(one_as<Query>("INSERT INTO t DEFAULT VALUES").target_columns.empty());
  CHECK_FALSE(one_as<Query>("INSERT INTO t VALUES (1)").has_on_conflict);
  CHECK(one_as<Query>("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING").conflict_columns.empty());
}

TEST_CASE("UPDATE and DELETE tell their condition") {
  const auto update =
      one_as<Query>("UPDATE s.t AS x SET a = 1, (b, c) = (SELECT 1, 2 FROM k) FROM u WHERE x.id = u.id");
  CHECK(update.kind == QueryKind::update);
  CHECK(update.target == QualifiedName{"s", "t"});
  CHECK(update.target_columns == Strings{"a", "b", "c"});
  CHECK(displays(update.reads).size() >= 2);
  CHECK(displays(update.writes) == Strings{"s.t"});
  CHECK(update.where->sql == "x.id = u.id");
  CHECK_FALSE(update.where_always_true);

  const auto remove = one_as<Query>("DELETE FROM t USING u WHERE t.id = u.id");
  CHECK(remove.kind == QueryKind::delete_);
  CHECK(displays(remove.reads) == Strings{"u"});
  CHECK_FALSE(one_as<Query>("DELETE FROM t").where);
  for (const char* always : {"true", "1 = 1", "'a' = 'a'", "true AND 1=1", "a > 0 OR true", "1 <= 1"}) {
    INFO(always);
    CHECK(one_as<Query>(std::string("DELETE FROM t WHERE ") + always).where_always_true);
  }
  for (const char* depends : {"a = a", "1 = 2", "false", "true AND a > 0", "NOT true", "NULL = NULL"}) {
    INFO(depends);
    CHECK_FALSE(one_as<Query>(std::string("DELETE FROM t WHERE ") + depends).where_always_true);
  }
}

TEST_CASE("a condition with a subquery is kept as written") {
  const auto where = [](std::string_view sql) { return one_as<Query>(sql).where->sql; };
  CHECK(
      where(
          "WITH c AS (SELECT 1 FROM x WHERE y) UPDATE t SET a = (SELECT 1 WHERE b) FROM u WHERE id IN (SELECT 1 FROM v "
          "WHERE \"returning\") AND /* x */ z -- end\n RETURNING id") ==
      "id IN (SELECT 1 FROM v WHERE \"returning\") AND /* x */ z");
  CHECK(where("DELETE FROM t WHERE EXISTS (SELECT 1)  ;") == "EXISTS (SELECT 1)");
  CHECK(where("DELETE FROM t WHERE CURRENT OF c") == "CURRENT OF c");
  CHECK(where("DELETE FROM t WHERE a  =  1") == "a = 1");
}

TEST_CASE("writes inside common table expressions are found") {
  const auto query = one_as<Query>("WITH gone AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM gone");
  CHECK(query.kind == QueryKind::insert);
  CHECK(displays(query.writes) == Strings{"b", "a"});
  CHECK(query.reads.empty());
  const auto select = one_as<Query>("WITH x AS (UPDATE a SET b = 1 RETURNING *) SELECT * FROM x");
  CHECK(select.kind == QueryKind::select);
  CHECK(displays(select.writes) == Strings{"a"});
}

TEST_CASE("MERGE") {
  const auto merge = one_as<Query>(
      "MERGE INTO t USING s.u ON t.id = u.id WHEN MATCHED THEN UPDATE SET a = u.a WHEN NOT MATCHED THEN INSERT (id, b) "
      "VALUES (u.id, f())");
  CHECK(merge.kind == QueryKind::merge);
  CHECK(merge.target.name == "t");
  CHECK(displays(merge.reads) == Strings{"s.u"});
  CHECK(displays(merge.writes) == Strings{"t"});
  CHECK(merge.target_columns == Strings{"a", "id", "b"});
  CHECK(displays(merge.functions) == Strings{"f"});
}

TEST_CASE("session, locks and maintenance") {
  using T = TransactionKind;
  const auto transaction = [](std::string_view sql) { return one_as<TransactionStatement>(sql); };
  CHECK(transaction("BEGIN").kind == T::begin);
  CHECK(transaction("START TRANSACTION ISOLATION LEVEL SERIALIZABLE").kind == T::begin);
  CHECK(transaction("COMMIT").kind == T::commit);
  CHECK(transaction("END").kind == T::commit);
  CHECK(transaction("ABORT").kind == T::rollback);
  CHECK(transaction("SAVEPOINT a").name == "a");
  CHECK(transaction("RELEASE a").kind == T::release);
  CHECK(transaction("ROLLBACK TO a").kind == T::rollback_to);
  CHECK(transaction("PREPARE TRANSACTION 'x'").name == "x");
  CHECK(transaction("COMMIT PREPARED 'x'").kind == T::commit_prepared);
  CHECK(transaction("ROLLBACK PREPARED 'x'").kind == T::rollback_prepared);

  const auto set = one_as<SetVariable>("SET LOCAL Lock_Timeout = '2s'");
  CHECK(set.name == "lock_timeout");
  CHECK(set.values == Strings{"2s"});
  CHECK(set.local);
  CHECK(one_as<SetVariable>("SET search_path TO a, \"B\"").values == Strings{"a", "B"});
  CHECK(one_as<SetVariable>("SET statement_timeout = 0").values == Strings{"0"});
  CHECK(one_as<SetVariable>("SET x TO DEFAULT").reset);
  CHECK(one_as<SetVariable>("RESET lock_timeout").reset);
  CHECK(one_as<SetVariable>("RESET ALL").reset_all);
  CHECK(one_as<SetVariable>("SET session_replication_role = replica").values == Strings{"replica"});

  const auto lock = one_as<Lock>("LOCK TABLE a, s.b IN SHARE ROW EXCLUSIVE MODE NOWAIT");
  CHECK(displays(lock.relations) == Strings{"a", "s.b"});
  CHECK(lock.mode == "ShareRowExclusiveLock");
  CHECK(lock.nowait);
  CHECK(one_as<Lock>("LOCK a").mode == "AccessExclusiveLock");
  CHECK(one_as<Lock>("LOCK a IN ACCESS SHARE MODE").mode == "AccessShareLock");

  const auto truncate = one_as<Truncate>("TRUNCATE a, s.b RESTART IDENTITY CASCADE");
  CHECK(displays(truncate.relations) == Strings{"a", "s.b"});
  CHECK(truncate.cascade);
  CHECK(truncate.restart_identity);
  const auto copy = one_as<Copy>("COPY s.t (a, b) FROM '/x.csv' WITH (FORMAT csv)");
  CHECK(copy.from);
  CHECK_FALSE(copy.from_stdin);
  CHECK(copy.columns == Strings{"a", "b"});
  CHECK(one_as<Copy>("COPY t FROM PROGRAM 'cat'").program);
  CHECK_FALSE(one_as<Copy>("COPY t TO STDOUT").from);

  const auto reindex = one_as<Reindex>("REINDEX TABLE CONCURRENTLY s.t");
  CHECK(reindex.target == "table");
  CHECK(reindex.relation == QualifiedName{"s", "t"});
  CHECK(reindex.concurrently);
  CHECK(one_as<Reindex>("REINDEX (CONCURRENTLY false) INDEX i").concurrently == false);
  CHECK(one_as<Reindex>("REINDEX DATABASE d").relation.name == "d");
  const auto cluster = one_as<Cluster>("CLUSTER t USING i");
  CHECK(cluster.relation.name == "t");
  CHECK(cluster.index == "i");
  CHECK(one_as<Cluster>("CLUSTER").relation.empty());
  const auto vacuum = one_as<Vacuum>("VACUUM (FULL, ANALYZE) a, s.b");
  CHECK(vacuum.full);
  CHECK(vacuum.analyze);
  CHECK_FALSE(vacuum.analyze_only);
  CHECK(displays(vacuum.relations) == Strings{"a", "s.b"});
  CHECK_FALSE(one_as<Vacuum>("VACUUM (FULL off)").full);
  CHECK(one_as<Vacuum>("ANALYZE t").analyze_only);
  const auto refresh = one_as<Refresh>("REFRESH MATERIALIZED VIEW CONCURRENTLY m");
  CHECK(refresh.concurrently);
  CHECK(refresh.with_data);
  CHECK_FALSE(one_as<Refresh>("REFRESH MATERIALIZED VIEW m WITH NO DATA").with_data);
}

TEST_CASE("publications and roles") {
  const auto create = one_as<PublicationStatement>("CREATE PUBLICATION p FOR TABLE a, s.b WHERE (x > 0)");
  CHECK(create.create);
  CHECK(displays(create.tables) == Strings{"a", "s.b"});
  CHECK(one_as<PublicationStatement>("CREATE PUBLICATION p FOR ALL TABLES").all_tables);
  CHECK(one_as<PublicationStatement>("ALTER PUBLICATION p ADD TABLE a").action == "add");
  CHECK(one_as<PublicationStatement>("ALTER PUBLICATION p DROP TABLE a").action == "drop");
  CHECK(one_as<PublicationStatement>("ALTER PUBLICATION p SET TABLE a").action == "set");
  CHECK(one_as<PublicationStatement>("ALTER PUBLICATION p SET (publish = 'insert')").action == "options");
  CHECK(one_as<RoleStatement>("CREATE ROLE bob LOGIN").create);
  CHECK(one_as<RoleStatement>("ALTER ROLE bob SET x = 1").name == "bob");
  CHECK_FALSE(one_as<RoleStatement>("ALTER USER bob PASSWORD 'x'").create);
}

TEST_CASE("statements nobody judges keep PostgreSQL's node name") {
  const auto name = [](std::string_view sql) { return one_as<Other>(sql).node; };
  CHECK(name("CREATE SERVER s FOREIGN DATA WRAPPER w") == "CreateForeignServerStmt");
  CHECK(name("EXPLAIN SELECT 1") == "ExplainStmt");
  CHECK(name("CREATE DATABASE d") == "CreatedbStmt");
  CHECK(name("NOTIFY x") == "NotifyStmt");
  CHECK(name("SHOW x") == "VariableShowStmt");
  CHECK(name("SET CONSTRAINTS ALL DEFERRED") == "ConstraintsSetStmt");
  CHECK(kind_name(one("CREATE SERVER s FOREIGN DATA WRAPPER w").node) == "CreateForeignServer");
}

TEST_CASE("kinds have stable names") {
  const auto kind = [](std::string_view sql) { return kind_name(one(sql).node); };
  CHECK(kind("SELECT 1") == "Select");
  CHECK(kind("INSERT INTO t VALUES (1)") == "Insert");
  CHECK(kind("UPDATE t SET a = 1") == "Update");
  CHECK(kind("DELETE FROM t") == "Delete");
  CHECK(kind("ALTER TABLE t ADD a int") == "AlterTable");
  CHECK(kind("CREATE INDEX ON t (a)") == "CreateIndex");
  CHECK(kind("CREATE TABLE t ()") == "CreateTable");
  CHECK(kind("CREATE MATERIALIZED VIEW m AS SELECT 1") == "CreateMaterializedView");
  CHECK(kind("ANALYZE") == "Analyze");
  CHECK(kind("REVOKE ALL ON t FROM a") == "Revoke");
  CHECK(kind("DO ''") == "Do");
}
