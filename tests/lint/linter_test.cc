// Which files are judged, and against what.
#include "lint/linter.h"

#include "lint/lint_support.h"
#include "support/files.h"

namespace bgdb::lint {

namespace {

struct Run {
  std::vector<FileReport> reports;
  Summary summary;
};

Run lint_paths(const std::vector<std::string>& paths, Options options = {}) {
  Run run;
  Linter linter(built_in_rules(), std::move(options),
                [&](FileReport report) { run.reports.push_back(std::move(report)); });
  run.summary = REQUIRE_OK(linter.run(paths));
  return run;
}

std::shared_ptr<const schema::Catalog> sized_catalog(std::string_view sql, int64_t rows, int64_t bytes) {
  auto catalog = catalog_of(sql);
  const auto all = [](const auto&, const auto&) { return true; };
  catalog.relations.edit_where(all, [&](schema::Relation& relation) {
    relation.rows_estimate = rows;
    relation.bytes = bytes;
  });
  catalog.complete = true;
  return std::make_shared<const schema::Catalog>(std::move(catalog));
}

}  // namespace

TEST_CASE("a file that runs on the way back is skipped, and does not hide the history of the one beside it") {
  test::TempDir dir;
  dir.write("000001_a.up.sql", "create table t (id int primary key, name varchar(10));\n");
  dir.write("000001_a.down.sql", "drop table t;\n");
  const auto up = dir.write("000002_b.up.sql", "alter table t alter column name type varchar(20);\n");
  const auto down = dir.write("000002_b.down.sql", "alter table t alter column name type varchar(10);\n");
  const auto both = lint_paths({up, down});
  REQUIRE(both.reports.size() == 1);
  CHECK(both.reports[0].statements[0].effects.rewrites.empty());
  CHECK(both.summary.skipped == std::vector<std::string>{down});
  CHECK(lint_paths({down}).reports.empty());
}

TEST_CASE("a history that misses tables does not make IF EXISTS a statement that does nothing") {
  const auto verdict_of = [](const std::string& first, const std::string& sql) {
    test::TempDir dir;
    dir.write("V1__a.sql", first + ";\n");
    const auto run = lint_paths({dir.write("V2__b.sql", sql + ";\n")});
    return run.reports.at(0).verdict.safety;
  };
  const std::string whole = "create table t (id int primary key)", gap = "alter table u add column x int";
  const std::string rename = "alter table if exists old_name rename to new_name";
  CHECK(verdict_of(whole, rename) == Safety::expand_safe);
  CHECK(verdict_of(gap, rename) == Safety::rollback_breaking);
  CHECK(verdict_of(gap, "drop table if exists old_name") == Safety::rollback_breaking);
  CHECK(verdict_of(gap, "drop table if exists n; create table n (id int primary key)") == Safety::expand_safe);
  // Nobody knows the triggers of a table that nobody saw made.
  CHECK(verdict_of(gap, "drop trigger if exists tg on old_name") == Safety::expand_safe);
  // Tables of another schema, and those that the runner made, are no gap.
  CHECK(verdict_of("insert into auth.users values (1)", rename) == Safety::expand_safe);
  CHECK(verdict_of("delete from schema_migrations", rename) == Safety::expand_safe);
  const std::string guarded =
      "do $$ begin if exists (select 1 from information_schema.columns where table_name = 'e' and column_name = 'a') "
      "then alter table e rename column a to b; end if; end $$";
  CHECK(verdict_of(whole, guarded) == Safety::expand_safe);
  CHECK(verdict_of(gap, guarded) == Safety::rollback_breaking);
}

TEST_CASE("files that declare one release are judged together, also when only a later one is asked for") {
  test::TempDir dir;
  dir.write("V1__a.sql", "create table t (id int primary key);\n");
  dir.write("V2__b.sql", "-- bgdb: phase=expand release=V2\nalter table t add column a uuid;\n");
  dir.write("V3__c.sql", "-- bgdb: phase=expand release=V2\nalter table t alter a set default gen_random_uuid();\n");
  const auto fill = dir.write("V4__d.sql",
                              "-- bgdb: phase=backfill release=V2\n"
                              "update t set a = default where a is null;\n");
  const auto check = dir.write("V5__e.sql",
                               "-- bgdb: phase=backfill release=V2\n"
                               "alter table t add constraint c check (a is not null) not valid;\n");
  const auto all = lint_paths({dir.path().string()});
  CHECK(all.summary.verdicts.at(Safety::expand_safe) == 5);
  const auto one = lint_paths({check});
  REQUIRE(one.reports.size() == 1);
  CHECK(rules_text(one.reports[0]).empty());

  dir.write("V4__d.sql", "-- bgdb: phase=backfill release=V2\nselect 1;\n");  // old rows stay empty
  CHECK(has_rule(lint_paths({check}).reports.at(0), "add-check"));
  dir.write("V4__d.sql", "-- bgdb: phase=backfill\nupdate t set a = default where a is null;\n");
  CHECK(has_rule(lint_paths({check}).reports.at(0), "add-check"));  // not of the release: it ends there
  CHECK(fill.ends_with("V4__d.sql"));
}

TEST_CASE("a check over a new column holds for rows that got its default") {
  const auto rules = [](const std::string& sql) {
    return rules_text(lint_sql("create table t (id int primary key);", sql));
  };
  CHECK(rules("alter table t add column a int default 1; alter table t add check (a > 0) not valid;").empty());
  CHECK(rules("alter table t add column a timestamptz default now(); alter table t add check (a is not null) not "
              "valid;")
            .empty());
  // Old rows hold NULL still, and an update of one is checked.
  CHECK(rules("alter table t add column a int; alter table t alter a set default 1;"
              "alter table t add check (a is not null) not valid;") == "add-check");
  CHECK(rules("alter table t add column a int; alter table t alter a set default 1; update t set a = 1;"
              "alter table t add check (a is not null) not valid;")
            .find("add-check") == std::string::npos);
}

TEST_CASE("an excluded file is history, not judged") {
  test::TempDir dir;
  dir.write("V1__a.sql", "create table t (id int primary key, a int);\n");
  dir.write("V2__b.sql", "alter table t drop column a;\n");
  dir.write("V3__c.sql", "alter table t add column a int;\n");
  Options options;
  options.excluded = [](const std::string& path) { return path.ends_with("V2__b.sql"); };
  const auto run = lint_paths({dir.path().string()}, options);
  REQUIRE(run.reports.size() == 2);
  CHECK(run.summary.verdict.safety == Safety::expand_safe);
  CHECK(run.summary.verdicts.at(Safety::expand_safe) == 2);
}

TEST_CASE("a finding that the configuration silences leaves the verdict as it is") {
  test::TempDir dir;
  const auto path = dir.write("drop.sql", "drop table t;\n");
  Options options;
  options.silenced = [](const std::string&, const std::string& rule) { return rule == "drop-table"; };
  const auto run = lint_paths({path}, options);
  CHECK(run.reports.at(0).findings.empty());
  CHECK(run.summary.findings.empty());
  CHECK(run.reports.at(0).verdict.safety == Safety::rollback_breaking);
}

TEST_CASE("behind a given schema earlier files are not replayed, and sizes become estimates") {
  test::TempDir dir;
  dir.write("V1__a.sql", "create table t (id int primary key, a int);\n");
  const auto second = dir.write("V2__b.sql", "alter table t alter column a type bigint;\n");
  Options options;
  options.start = sized_catalog("create table t (id int primary key, a int);", 1000, int64_t{300} << 20);
  const auto run = lint_paths({second}, options);
  REQUIRE(run.reports.size() == 1);
  const auto& estimates = run.reports[0].statements.at(0).estimates;
  REQUIRE(estimates.size() == 1);
  CHECK(estimates[0].work == Work::rewrite);
  CHECK(estimates[0].rows == 1000);
  CHECK(estimates[0].duration_ms > 0);
  CHECK(lint_paths({second}).reports[0].statements.at(0).estimates.empty());
}

TEST_CASE("a text is judged where its name stands among the migrations, saved or not") {
  test::TempDir dir;
  dir.write("V1__a.sql", "create table t (id int primary key, name varchar(10));\n");
  const auto second = dir.write("V2__b.sql", "drop table t;\n");
  const auto third = dir.path().string() + "/V3__c.sql";
  std::vector<FileReport> reports;
  Linter linter(built_in_rules(), {}, [&](FileReport report) { reports.push_back(std::move(report)); });
  const std::string widen = "alter table t alter column name type varchar(20);";
  (void)REQUIRE_OK(linter.run_text(second, widen));
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].path == second);
  CHECK(reports[0].statements.at(0).effects.rewrites.empty());
  dir.write("V2__b.sql", widen);
  (void)REQUIRE_OK(linter.run_text(third, "alter table t alter column name type varchar(20);"));
  REQUIRE(reports.size() == 2);
  CHECK(reports[1].statements.at(0).effects.rewrites.empty());
  CHECK(reports[1].findings.empty());
}

TEST_CASE("what a complete schema lacks does not exist") {
  Options options;
  options.start = sized_catalog("create table t (id int primary key);", 1, 1);
  Linter linter(built_in_rules(), options, {});
  CHECK(REQUIRE_OK(linter.run_text("m.sql", "drop table if exists gone;")).verdict.safety == Safety::expand_safe);
  CHECK(REQUIRE_OK(linter.run_text("m.sql", "drop table if exists t;")).verdict.safety == Safety::rollback_breaking);
}

TEST_CASE("a large file is judged as a small one is") {
  test::TempDir dir;
  const std::string changes =
      "begin;\nalter table t drop column name;\nrollback;\nalter table t drop column kind;\ncreate index on t (id);\n";
  std::string filler;
  while (filler.size() < 600'000) filler += "insert into t (id) values (1);\n";
  dir.write("V1__a.sql", "create table t (id int primary key, name text, kind text);\n");
  const auto small = dir.write("V2__b.sql", changes);
  const auto judged = lint_paths({small}).reports.at(0);
  dir.write("V2__b.sql", changes + filler);
  const auto large = lint_paths({small}).reports.at(0);
  CHECK(large.statements.size() == 5 + filler.size() / 31);
  REQUIRE(large.findings.size() == judged.findings.size());
  REQUIRE_FALSE(judged.findings.empty());
  for (size_t i = 0; i < judged.findings.size(); ++i) {
    CHECK(large.findings[i].message == judged.findings[i].message);
    CHECK(large.findings[i].span.line == judged.findings[i].span.line);
  }
  CHECK(large.verdict.reason == judged.verdict.reason);
}

TEST_CASE("a key over a column that the replay never met is no proof for another one") {
  test::TempDir dir;
  dir.write("V1__a.sql",
            "create table t (id int primary key, a int);\n"
            "create function fill() returns trigger language plpgsql as"
            " 'begin new.known_by_code := 1; new.a := 2; return new; end';\n"
            "create trigger fill before insert or update on t for each row execute function fill();\n"
            "create unique index old on t (known_by_code);\n");
  const auto path = dir.write("V2__b.sql", "create unique index young on t (a);\n");
  const auto report = lint_paths({path}).reports.at(0);
  CHECK(report.statements.at(0).effects.narrows.size() == 1);
}

TEST_CASE("migrations in code and changelogs are said to be unread, beside SQL and alone") {
  test::TempDir dir;
  dir.write("versions/8f2c_add_users.py", "from alembic import op\n");
  dir.write("db.changelog-master.xml", "<databaseChangeLog/>\n");
  Linter linter(built_in_rules(), {}, {});
  const auto none = linter.run({dir.path().string()});
  REQUIRE_FALSE(none);
  CHECK(none.error().message.find("1 step in .py files cannot be read") != std::string::npos);
  CHECK(none.error().message.find("1 step in .xml files cannot be read") != std::string::npos);
  dir.write("001_users.sql", "create table users (id int primary key);\n");
  const auto run = lint_paths({dir.path().string()});
  CHECK(run.reports.size() == 1);
  REQUIRE_FALSE(run.summary.notes.empty());
  CHECK(run.summary.notes.front().find(".xml") != std::string::npos);
}

}  // namespace bgdb::lint
