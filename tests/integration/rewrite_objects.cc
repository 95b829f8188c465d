// The recipes for constraints, indexes, partitions, functions and whole objects on every shape of table
// (rewrite_shapes.h). Those for columns and rows: rewrite_matrix.cc.
#include "rewrite_shapes.h"

using namespace bgdb;
using test::LawCase;
using test::of;
using test::Recipe;
using test::same_column;
using test::Shape;
using test::Worker;

namespace {

const std::set<std::string> kOnlyPartitioned = {"empty", "rows", "composite", "quoted", "referenced"};

// Also does what `then` does.
test::Version caller(const std::string& sql, const std::string& answer, test::Version then = {}) {
  return [=](Worker& worker) -> Result<void> {
    const auto found = BGDB_TRY(worker.session.scalar(sql));
    if (found != answer) return fail(ErrorCode::divergence, sql + " gave " + found);
    return then ? then(worker) : Result<void>{};
  };
}

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> kRecipes = {
      {.name = "split column",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "-- bgdb: reverse u=head || coalesce(tail, '')\nALTER TABLE " + shape.table +
                             " ADD COLUMN head text, ADD COLUMN tail text; UPDATE " + shape.table +
                             " SET head = left(u, 1), tail = substr(u, 2); ALTER TABLE " + shape.table +
                             " DROP COLUMN u;";
             law.old_version = test::version(of(shape, shape.table, "u"));
             law.new_version = law.final_version = test::version(of(shape, shape.table, "head"));
             const auto whole = std::string("head || coalesce(tail, '')");
             law.out_of_step = "SELECT count(*) FROM " + shape.table + " WHERE u <> " + whole;
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE u IS DISTINCT FROM " + whole;
             law.data = "SELECT id, region, head, tail FROM " + shape.table;
             law.old_data = "SELECT id, region, u FROM " + shape.table;
           }},
      {.name = "merge columns",
       .most = "composite",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration =
                 "-- bgdb: reverse u=nullif(split_part(both_of, '|', 1), '')\n"
                 "-- bgdb: reverse mood=split_part(both_of, '|', 2)::mood\n"
                 "ALTER TABLE " +
                 shape.table + " ADD COLUMN both_of text; UPDATE " + shape.table +
                 " SET both_of = coalesce(u, '') || '|' || mood::text; ALTER TABLE " + shape.table +
                 " DROP COLUMN u, DROP COLUMN mood;";
             law.old_version = test::version(of(shape, shape.table, "u"));
             auto column = of(shape, shape.table, "both_of");
             column.value = [](Worker& worker) { return test::number_value(worker) + "|high"; };
             law.new_version = law.final_version = test::version(column);
             const auto whole = std::string("coalesce(u, '') || '|' || mood::text");
             law.out_of_step = "SELECT count(*) FROM " + shape.table + " WHERE both_of <> " + whole;
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE both_of IS DISTINCT FROM " + whole;
             law.data = "SELECT id, region, both_of FROM " + shape.table;
             law.old_data = "SELECT id, region, u, mood FROM " + shape.table;
           }},
      {.name = "generated column",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "-- bgdb: generated twice=trigger\nALTER TABLE " + shape.table +
                             " ADD COLUMN twice bigint NOT NULL GENERATED ALWAYS AS (2 * " + shape.value +
                             "::bigint) STORED CHECK (twice > -100);";
             law.out_of_step =
                 "SELECT count(*) FROM " + shape.table + " WHERE twice <> 2 * " + shape.value + "::bigint";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE twice IS DISTINCT FROM 2 * " +
                              shape.value + "::bigint";
             law.data = "SELECT id, region, twice FROM " + shape.table;
             law.same_end = false;
           }},
      {.name = "exclusion",
       .leaves_out = {"partitioned"},
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table +
                             " ADD CONSTRAINT one_each EXCLUDE USING btree (id WITH =, region WITH =);";
           }},
      {.name = "drop constraint",
       .most = "referenced",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " DROP CONSTRAINT t_check;" +
                             (shape.referenced ? " ALTER TABLE child DROP CONSTRAINT child_t;" : "");
           }},
      {.name = "drop default",
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " ALTER COLUMN mood DROP DEFAULT;";
             auto column = of(shape, shape.table, "mood");
             column.value = [](Worker&) { return "high"; };
             law.new_version = law.final_version = test::version(column);
           }},
      {.name = "drop index",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "DROP INDEX t_value;";
           }},
      {.name = "drop table",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = std::string(shape.referenced ? "ALTER TABLE child DROP CONSTRAINT child_t; " : "") +
                             "DROP VIEW t_view; DROP TABLE " + shape.table + ";";
             law.new_version = law.final_version = caller("SELECT 1", "1");
             law.data = "SELECT 1";
           }},
      {.name = "replace function",
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.before +=
                 "CREATE FUNCTION scaled(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * n';"
                 "CREATE VIEW scaled_view AS SELECT id, scaled(region) AS scaled FROM " +
                 shape.table + ";";
             law.migration =
                 "DROP VIEW scaled_view; DROP FUNCTION scaled(int); CREATE FUNCTION scaled(n int, factor text) RETURNS "
                 "bigint LANGUAGE sql IMMUTABLE AS 'SELECT n * factor::bigint';";
             law.old_version = caller("SELECT scaled(4)", "8", law.old_version);
             law.new_version = law.final_version = caller("SELECT scaled(4, '5')", "20", law.new_version);
           }},
      {.name = "attach partition",
       .leaves_out = kOnlyPartitioned,
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.before +=
                 "CREATE TABLE regions (id int PRIMARY KEY); INSERT INTO regions SELECT generate_series(1, 9);"
                 "ALTER TABLE t ADD CONSTRAINT to_region FOREIGN KEY (region) REFERENCES regions (id);"
                 "CREATE TABLE loose (LIKE t INCLUDING DEFAULTS INCLUDING CONSTRAINTS); INSERT INTO loose (region, v) "
                 "SELECT 7, n FROM generate_series(1, " +
                 std::to_string(shape.rows) + ") n;";
             law.migration = "ALTER TABLE t ATTACH PARTITION loose FOR VALUES IN (7);";
             law.old_data = "SELECT id, region, v, note FROM t WHERE region <> 7 UNION ALL TABLE loose_rows";
             law.before += "CREATE VIEW loose_rows AS SELECT id, region, v, note FROM loose;";
           }},
      {.name = "create partition",
       .leaves_out = kOnlyPartitioned,
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration =
                 "CREATE TABLE t_more PARTITION OF t FOR VALUES IN (7, NULL);"
                 "CREATE TABLE t_most PARTITION OF t FOR VALUES IN (8);";
           }},
      {.name = "detach partition",
       .leaves_out = kOnlyPartitioned,
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE t DETACH PARTITION t_two;";
           }},
  };
  return kRecipes;
}

}  // namespace

#define MATRIX(recipe)                                          \
  TEST_CASE(recipe ": the laws hold on every shape of table") { \
    test::run_matrix(recipes(), recipe);                        \
  }
MATRIX("split column")
MATRIX("merge columns")
MATRIX("generated column")
MATRIX("exclusion")
MATRIX("drop constraint")
MATRIX("drop default")
MATRIX("drop index")
MATRIX("drop table")
MATRIX("replace function")
MATRIX("attach partition")
MATRIX("create partition")
MATRIX("detach partition")
