// Every recipe for columns and rows on every shape of table (rewrite_shapes.h). Those for other objects:
// rewrite_objects.cc.
#include "rewrite_shapes.h"

using namespace bgdb;
using test::LawCase;
using test::of;
using test::Recipe;
using test::same_column;
using test::Shape;
using test::Worker;

namespace {

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> kRecipes = {
      {.name = "rename column",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " RENAME COLUMN " + shape.value + " TO w;";
             law.new_version = law.final_version = test::version(of(shape, shape.table, "w"));
             law.out_of_step = "SELECT count(*) FROM " + shape.table + " WHERE " + shape.value + " <> w";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE " + shape.value + " IS DISTINCT FROM w";
             law.data = "SELECT id, region, w, note FROM " + shape.table;
           }},
      {.name = "rename key",
       .most = "referenced",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " RENAME COLUMN id TO number;";
             auto column = of(shape, shape.table, shape.value);
             column.id = "number";
             law.new_version = law.final_version = test::version(column);
             law.out_of_step = "SELECT count(*) FROM " + shape.table + " WHERE id <> number";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE id IS DISTINCT FROM number";
             law.data = "SELECT number, region, note FROM " + shape.table;
           }},
      {.name = "change type",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " ALTER COLUMN " + shape.value + " TYPE bigint;";
             const std::string twin = shape.value == "v" ? "v__new" : "\"The Value__new\"";
             law.new_version = test::version(of(shape, shape.table, twin));
             law.out_of_step = "SELECT count(*) FROM " + shape.table + " WHERE " + shape.value + " <> " + twin;
             law.not_filled =
                 "SELECT count(*) FROM " + shape.table + " WHERE " + shape.value + " IS DISTINCT FROM " + twin;
           }},
      {.name = "change type of key",
       .most = "referenced",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "DROP VIEW t_view; ALTER TABLE " + shape.table + " ALTER COLUMN id TYPE bigint;" +
                             (shape.referenced ? "ALTER TABLE child ALTER t_id TYPE bigint;" : "") +
                             " CREATE VIEW t_view AS SELECT id, note FROM " + shape.table + ";";
             auto column = of(shape, shape.table, shape.value);
             column.id = "id__new";
             law.new_version = test::version(column);
             law.out_of_step = "SELECT count(*) FROM " + shape.table + " WHERE id <> id__new";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE id IS DISTINCT FROM id__new";
           }},
      {.name = "rename table",
       .most = "referenced",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration =
                 "ALTER TABLE " + shape.table + " RENAME TO renamed; ALTER TABLE renamed ADD COLUMN more int;";
             law.new_version = law.final_version = test::version(of(shape, "renamed", shape.value));
             law.data = "SELECT id, region, " + shape.value + ", more FROM renamed";
           }},
      {.name = "move schema",
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " SET SCHEMA elsewhere;";
             law.new_version = law.final_version = test::version(of(shape, "elsewhere." + shape.table, shape.value));
             law.data = "SELECT id, " + shape.value + " FROM elsewhere." + shape.table;
           }},
      {.name = "volatile default",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration =
                 "ALTER TABLE " + shape.table + " ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE token IS NULL";
           }},
      {.name = "serial",
       .most = "composite",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " ADD COLUMN number bigserial;";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE number IS NULL";
           }},
      {.name = "identity",
       .leaves_out = {"partitioned"},
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " ADD COLUMN number int GENERATED ALWAYS AS IDENTITY;";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE number IS NULL";
           }},
      {.name = "filled column",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " ADD COLUMN twice bigint; UPDATE " + shape.table +
                             " SET twice = 2 * " + shape.value + ";";
             law.data = "SELECT id, twice FROM " + shape.table;
           }},
      {.name = "column filled by a join",
       .most = "composite",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " ADD COLUMN other int; UPDATE " + shape.table +
                             " AS x SET other = y.id FROM " + shape.table + " AS y WHERE y.id = x.id - 1;";
             law.data = "SELECT id, other FROM " + shape.table;
           }},
      {.name = "set not null",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "UPDATE " + shape.table + " SET u = 'none' WHERE u IS NULL; ALTER TABLE " + shape.table +
                             " ALTER COLUMN u SET NOT NULL;";
             auto column = of(shape, shape.table, "u");
             law.new_version = law.final_version = test::version(column);
             law.data = "SELECT id, u FROM " + shape.table;
             law.old_data = law.data;
           }},
      {.name = "check and unique",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " ADD CONSTRAINT positive CHECK (" + shape.value +
                             " >= 0), ADD CONSTRAINT together UNIQUE (region, id);";
           }},
      {.name = "primary key",
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = (shape.referenced ? "ALTER TABLE child DROP CONSTRAINT child_t; " : "") +
                             std::string("ALTER TABLE ") + shape.table +
                             " DROP CONSTRAINT t_key, ADD PRIMARY KEY (id, region, note);" + " UPDATE " + shape.table +
                             " SET note = 'none' WHERE note IS NULL;";
             law.migration = "UPDATE " + shape.table + " SET note = 'none' WHERE note IS NULL; " +
                             law.migration.substr(0, law.migration.find(" UPDATE"));
           }},
      {.name = "foreign key",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration =
                 "CREATE TABLE regions (id int PRIMARY KEY); INSERT INTO regions VALUES (1), (2), (3); ALTER TABLE " +
                 shape.table + " ADD CONSTRAINT to_region FOREIGN KEY (region) REFERENCES regions (id);";
           }},
      {.name = "create index",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "CREATE INDEX t_note ON " + shape.table + " (note, " + shape.value + ");";
           }},
      {.name = "replace index",
       .leaves_out = {"partitioned"},
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "DROP INDEX t_value; CREATE INDEX t_value ON " + shape.table + " (note);";
           }},
      {.name = "drop column",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TABLE " + shape.table + " DROP COLUMN u;";
             law.data = "SELECT id, " + shape.value + " FROM " + shape.table;
           }},
      {.name = "delete rows",
       .leaves_out = {"referenced"},
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "DELETE FROM " + shape.table + " WHERE u IS NULL AND note = 'seed';";
           }},
      {.name = "update rows",
       .most = "composite",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "UPDATE " + shape.table + " SET u = 'one' WHERE u = '1';";
           }},
      {.name = "enum value",
       .most = "partitioned",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration = "ALTER TYPE mood RENAME VALUE 'low' TO 'calm';";
             const auto writer = [shape](const std::string& column, const std::string& word) -> test::Version {
               return [=](Worker& worker) -> Result<void> {
                 const auto id = std::to_string(1 + worker.pick(500));
                 const auto label = worker.pick(2) == 0 ? word : std::string("high");
                 const auto found = BGDB_TRY(worker.session.scalar(
                     "INSERT INTO " + shape.table + " (" + column + ") VALUES ($1) RETURNING " + column, {label}));
                 if (found != label) return fail(ErrorCode::divergence, "wrote " + label + ", read " + found);
                 return worker.session.execute("UPDATE " + shape.table + " SET " + column + " = $1 WHERE id = $2",
                                               {label, id});
               };
             };
             law.old_version = writer("mood", "low");
             law.new_version = writer("mood__new", "calm");
             law.final_version = writer("mood", "calm");
             law.before_final = 1;  // ADD VALUE
             law.out_of_step = "SELECT count(*) FROM " + shape.table + " WHERE (mood = 'low') <> (mood__new = 'calm')";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE mood__new IS NULL";
             law.data = "SELECT id, mood, note FROM " + shape.table;
             law.old_data = law.data;
           }},
      {.name = "enum value removed",
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration =
                 "CREATE TYPE mood_new AS ENUM ('low'); ALTER TABLE " + shape.table +
                 " ALTER COLUMN mood DROP DEFAULT, ALTER COLUMN mood TYPE mood_new USING (mood::text::mood_new);"
                 "ALTER TYPE mood RENAME TO mood_old; ALTER TYPE mood_new RENAME TO mood; DROP TYPE mood_old;"
                 "ALTER TABLE " +
                 shape.table + " ALTER COLUMN mood SET DEFAULT 'low';";
             law.not_filled = "SELECT count(*) FROM " + shape.table + " WHERE mood__new IS NULL";
           }},
      {.name = "replace view",
       .most = "rows",
       .fill =
           [](const Shape& shape, LawCase& law) {
             same_column(shape, law);
             law.migration =
                 "DROP VIEW t_view; CREATE VIEW t_view AS SELECT note, id, region FROM " + shape.table + ";";
           }},
  };
  return kRecipes;
}

}  // namespace

#define MATRIX(recipe)                                          \
  TEST_CASE(recipe ": the laws hold on every shape of table") { \
    test::run_matrix(recipes(), recipe);                        \
  }
MATRIX("rename column")
MATRIX("rename key")
MATRIX("change type")
MATRIX("change type of key")
MATRIX("rename table")
MATRIX("move schema")
MATRIX("volatile default")
MATRIX("serial")
MATRIX("identity")
MATRIX("filled column")
MATRIX("column filled by a join")
MATRIX("set not null")
MATRIX("check and unique")
MATRIX("primary key")
MATRIX("foreign key")
MATRIX("create index")
MATRIX("replace index")
MATRIX("drop column")
MATRIX("delete rows")
MATRIX("update rows")
MATRIX("enum value")
MATRIX("enum value removed")
MATRIX("replace view")
